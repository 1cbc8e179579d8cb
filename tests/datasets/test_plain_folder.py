"""A folder of anybody's videos: labels, masks and tracks of every form."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest
from made_videos import write_video
from trees import LABELS, by_name, frames, image, labels, masks, text, video
from vadkit_datasets.cards import FolderConfig
from vadkit_datasets.folder import Folder

from vadkit.errors import DataError

FIVE = "frame,label\n0,0\n1,1\n2,1\n3,0\n4,0\n"


@pytest.fixture
def folder(tmp_path):
    video(tmp_path / "train" / "a.mp4")
    frames(tmp_path / "train" / "b.1", ending=".jpg")
    for name in ("npy.mp4", "csv.mkv", "seconds.avi", "none.mp4"):
        video(tmp_path / "test" / name)
    frames(tmp_path / "test" / "images", ending=".png")
    text(tmp_path / "labels.csv", "clip,start_s,end_s\nseconds,0.1,0.3\n")
    text(tmp_path / "labels" / "csv.csv", FIVE)
    np.save(tmp_path / "labels" / "npy.npy", np.array(LABELS))
    masks(tmp_path / "labels" / "images", name="{}.png", value=1)
    return tmp_path


def test_a_folder_reads_labels_of_every_form(folder):
    dataset = Folder(folder, FolderConfig())
    assert [each.name for each in dataset.videos("train")] == ["a", "b.1"]
    found = {name: labels(dataset, name) for name in by_name(dataset)}
    expected = dict.fromkeys(("npy", "csv", "seconds", "images"), LABELS)
    assert found == {**expected, "none": None}
    assert labels(dataset, "a", "train") is None


def test_a_folders_training_videos_may_be_labelled_and_normal(folder):
    np.save(folder / "labels" / "b.1.npy", np.array(LABELS, bool))
    text(folder / "labels.csv", "clip,start_s,end_s\na,,\nseconds,0.1,0.3\n")
    dataset = Folder(folder, FolderConfig())
    assert labels(dataset, "b.1", "train") == LABELS
    assert labels(dataset, "a", "train") == [0] * 5


def test_seconds_of_a_frame_folder_go_by_the_given_rate(folder):
    shutil.rmtree(folder / "labels" / "images")
    text(folder / "labels.csv", "clip,start_s,end_s\nimages,1,3\nseconds,0.1,0.3\n")
    assert labels(Folder(folder, FolderConfig(fps=1)), "images") == LABELS


def test_seconds_of_frames_whose_rate_nobody_says_are_refused(folder):
    shutil.rmtree(folder / "labels" / "images")
    text(folder / "labels.csv", "clip,start_s,end_s\nseconds,0.1,0.3\nimages,1,3\n")
    dataset = Folder(folder, FolderConfig())
    with pytest.raises(DataError, match=r"labels\.csv, row 3: nobody says how many frames a sec"):
        labels(dataset, "images")
    text(folder / "labels.csv", "clip,start_s,end_s\nimages,,\n")
    assert labels(dataset, "images") == [0] * 5


def test_seconds_of_frames_go_by_the_times_in_their_names(folder):
    shutil.rmtree(folder / "labels" / "images")
    for index in range(5):
        path = folder / "test" / "images" / f"{index + 1:03}.png"
        path.rename(path.with_stem(f"20261124_1200{10 * index:02}"))
    text(folder / "labels.csv", "clip,start_s,end_s\nimages,10,30\n")
    assert labels(Folder(folder, FolderConfig()), "images") == LABELS


def test_masks_of_sixteen_bits_are_numbers_of_objects(folder):
    (folder / "masks" / "none").mkdir(parents=True)
    for index, label in enumerate(LABELS):
        mask = np.full((24, 36), label, np.uint16)
        cv2.imwrite(str(folder / "masks" / "none" / f"{index}.png"), mask)
    assert labels(Folder(folder, FolderConfig()), "none") == LABELS


@pytest.mark.parametrize("form", ["images", "video"])
def test_a_folders_masks_are_read_and_give_labels(folder, form):
    found = [np.zeros((24, 36), np.uint8) for _ in LABELS]
    for mask, label in zip(found, LABELS, strict=True):
        mask[3:9, 4:8] = 255 * label
    target = folder / "masks" / "none"
    if form == "video":
        video(target.with_name("none.mkv"), codec="ffv1", pix_fmt="gray", images=found)
    else:
        target.mkdir(parents=True)
        for index, mask in enumerate(found):
            cv2.imwrite(str(target / f"{index}.png"), mask)
    dataset = Folder(folder, FolderConfig())
    read = list(dataset.masks(by_name(dataset)["none"]))
    assert np.array_equal(read, np.array(found) > 0)
    assert labels(dataset, "none") == LABELS


def test_a_folders_tracks_keep_kind_frames_and_boxes(folder):
    path = folder / "tracks" / "npy.csv"
    header = "track,kind,frame,x1,y1,x2,y2\n"
    text(path, header + "0,vehicle,1,2,3,10,12.5\n1,running,1,0,0,5,5\n0,vehicle,2,3,3,11,12\n")
    dataset = Folder(folder, FolderConfig())
    vehicle, running = dataset.tracks(by_name(dataset)["npy"])
    assert (vehicle.kind, running.kind) == ("vehicle", "running")
    assert vehicle.frames.tolist() == [1, 2]
    assert vehicle.boxes.tolist() == [[2, 3, 10, 12.5], [3, 3, 11, 12]]
    assert dataset.tracks(by_name(dataset)["csv"]) is None
    for wrong in ("0,vehicle,1,2,nan,10,12", "0,vehicle,1.5,2,3,10,12", "0,vehicle,1,2,3,10"):
        text(path, f"{header}{wrong}\n")
        with pytest.raises(DataError, match=r"npy\.csv, row 2"):
            dataset.tracks(by_name(dataset)["npy"])
    text(path, header + "0,vehicle,1,2,3,2,12\n")
    assert "npy: a track's box in frame 1 has no area." in dataset.verify()


def test_a_name_in_both_splits_is_refused(folder):
    video(folder / "test" / "a.avi")
    with pytest.raises(DataError, match="both named 'a'"):
        Folder(folder, FolderConfig()).videos("test")


def test_a_folders_verify_names_strangers_gaps_and_lengths(folder):
    np.save(folder / "labels" / "npy.npy", np.zeros(6, np.uint8))
    np.save(folder / "labels" / "lost.npy", np.zeros(6, np.uint8))
    text(folder / "labels.csv", "clip,start_s,end_s\nseconds,0.1,0.3\nforgotten,1,2\n")
    text(folder / "test" / "notes.txt", "x")
    (folder / "train" / "a.mp4").write_bytes(b"")
    problems = "\n".join(Folder(folder, FolderConfig()).verify())
    for part in ("lost.npy: there is no video", "no video 'forgotten'", "npy: 5 frames, 6 labels",
                 "none: a test video without labels", "a.mp4 is empty"):  # fmt: skip
        assert part in problems
    assert len(problems.splitlines()) == 5
    (said,) = Folder(folder, FolderConfig()).left_out()
    assert said == f"{folder / 'test'} also holds notes.txt, which is not read."


def test_a_folders_verify_calls_no_sound_video_damaged(tmp_path):
    (tmp_path / "test").mkdir()
    dropped = [0, 40, 80, 800, 840]
    for ending in (".mp4", ".mkv", ".ts"):
        write_video(tmp_path / "test" / f"dropped{ending[1:]}{ending}", 5, times=dropped, rate=25)
        text(tmp_path / "labels" / f"dropped{ending[1:]}.csv", FIVE)
    hidden = [40 * index - 160 for index in range(9)]
    write_video(tmp_path / "test" / "trimmed.mp4", 9, times=hidden, rate=25)
    text(tmp_path / "labels" / "trimmed.csv", FIVE)
    assert Folder(tmp_path, FolderConfig()).verify() == []


def test_labels_of_a_folder_are_optional(tmp_path):
    video(tmp_path / "train" / "a.avi")
    for name in ("b", "c"):
        video(tmp_path / "test" / f"{name}.avi")
    assert Folder(tmp_path, FolderConfig()).verify() == []
    (tmp_path / "labels").mkdir()
    np.save(tmp_path / "labels" / "b.npy", np.zeros(5, np.uint8))
    assert Folder(tmp_path, FolderConfig()).verify() == ["c: a test video without labels."]


def test_the_fingerprint_follows_the_content_and_not_the_place(folder, tmp_path_factory):
    first = Folder(folder, FolderConfig()).fingerprint()
    copy = tmp_path_factory.mktemp("copy") / "renamed"
    shutil.copytree(folder, copy)
    assert Folder(copy, FolderConfig()).fingerprint() == first
    seen = {first}
    for change in (
        lambda: np.save(copy / "labels" / "npy.npy", np.array(LABELS[::-1])),
        lambda: text(copy / "labels.csv", "clip,start_s,end_s\nseconds,0.1,0.2\n"),
        lambda: cv2.imwrite(str(copy / "test" / "images" / "003.png"), image(5)),
        (copy / "test" / "none.mp4").unlink,
        lambda: (copy / "test" / "csv.mkv").rename(copy / "test" / "other.mkv"),
        lambda: text(copy / "tracks" / "a.csv", "track,kind,frame,x1,y1,x2,y2\n"),
    ):
        change()
        seen.add(Folder(copy, FolderConfig()).fingerprint())
    assert len(seen) == 7

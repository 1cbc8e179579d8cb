"""Data sets: every layout on a small tree in its official form, and on real data where present."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat
from trees import LABELS, by_name, frames, image, labels, masks, text, video

from vadkit.builtin import vadkit_datasets
from vadkit.cards import NoOptions
from vadkit.data.datasets.avenue import Avenue
from vadkit.data.datasets.folder import Folder
from vadkit.data.datasets.ubnormal import UBnormal
from vadkit.data.datasets.ucsd import Ped2
from vadkit.dataset_cards import AvenueConfig, FolderConfig
from vadkit.errors import DataError

REAL = Path(__file__).parents[2] / ".." / "shared" / "data"


# Ped2


@pytest.fixture
def ped2(tmp_path):
    root = tmp_path / "UCSDped2"
    for number in (1, 2, 10):
        frames(root / "Train" / f"Train{number:03d}")
    for number in (1, 2):
        frames(root / "Test" / f"Test{number:03d}")
    masks(root / "Test" / "Test001_gt")
    masks(root / "Test" / "Test002_gt", [1, 1, 0, 0, 0], "frame{:03d}.bmp")
    entries = "".join(f"TestVideoFile{{end+1}}.gt_frame = [{span}];\n" for span in ("2:3", "1:2"))
    text(root / "Test" / "UCSDped2.m", "TestVideoFile = {};\n" + entries)
    return root


def test_ped2_reads_its_official_tree(ped2):
    dataset = Ped2(ped2, NoOptions())
    assert [each.name for each in dataset.videos("train")] == ["Train001", "Train002", "Train010"]
    assert [each.name for each in dataset.videos("test")] == ["Test001", "Test002"]
    assert labels(dataset, "Test001") == LABELS
    assert labels(dataset, "Test002") == [1, 1, 0, 0, 0]
    assert labels(dataset, "Train001", "train") is None
    for name, each in by_name(dataset).items():
        assert [int(mask.any()) for mask in dataset.masks(each)] == labels(dataset, name)


def test_ped2_is_found_from_the_folder_above(ped2):
    assert Ped2(ped2.parent, NoOptions()).base == ped2


def test_ped2_verify_says_expected_and_found_for_each_split(ped2):
    problems = Ped2(ped2, NoOptions()).verify()
    assert "train: expected 16 videos and 2550 frames, found 3 and 15" in " ".join(problems)
    assert "test: expected 12 videos and 2010 frames, found 2 and 10" in " ".join(problems)
    assert "Test002: frames of 36x24, expected 360x240." in problems


def test_ped2_verify_is_silent_when_all_is_as_expected(ped2, monkeypatch):
    monkeypatch.setattr(Ped2, "official", {"train": (3, 15), "test": (2, 10)})
    monkeypatch.setattr(Ped2, "size", (36, 24))
    assert Ped2(ped2, NoOptions()).verify() == []
    shutil.rmtree(ped2 / "Test" / "Test002_gt")
    (problem,) = Ped2(ped2, NoOptions()).verify()
    assert problem == "test: 1 videos without pixel masks, expected 0 (Test002)."
    (ped2 / "Test" / "Test001" / "005.tif").unlink()
    (ped2 / "Train" / "Train002" / "002.tif").write_bytes(b"II*")
    (ped2 / "Train" / "Train010" / "003.tif").unlink()
    problems = " ".join(Ped2(ped2, NoOptions()).verify())
    assert "002.tif cannot be decoded" in problems
    assert "Train010 has no frame 3" in problems
    assert "found 2 and 9" in problems


def test_ped2_refuses_masks_and_ranges_that_do_not_fit(ped2):
    dataset = Ped2(ped2, NoOptions())
    (ped2 / "Test" / "Test001_gt" / "005.bmp").unlink()
    with pytest.raises(DataError, match="5 frames, 4 labels"):
        dataset.masks(by_name(dataset)["Test001"])
    (ped2 / "Test" / "Test001" / "005.tif").unlink()
    text(ped2 / "Test" / "UCSDped2.m", "gt_frame = [2:5];")
    with pytest.raises(DataError, match="range 2:5 does not fit 4 frames"):
        labels(dataset, "Test001")
    with pytest.raises(DataError, match="labels 1 videos, but not Test002"):
        labels(dataset, "Test002")
    (ped2 / "Test" / "UCSDped2.m").unlink()
    with pytest.raises(DataError, match=r"UCSDped2\.m is missing"):
        labels(dataset, "Test002")


# Avenue


@pytest.fixture(params=["beside", "nested"])
def avenue(tmp_path, request):
    base = tmp_path / "Avenue Dataset"
    for number in (1, 2):
        video(base / "training_videos" / f"{number:02d}.avi")
        video(base / "testing_videos" / f"{number:02d}.avi")
    folder = {"beside": tmp_path, "nested": base}[request.param]
    folder = folder / "ground_truth_demo" / "testing_label_mask"
    folder.mkdir(parents=True)
    for number, found in ((1, LABELS), (2, [1] * 5)):
        cells = np.empty((1, 5), object)
        cells[0, :] = [np.full((24, 36), value, np.uint8) for value in found]
        savemat(folder / f"{number}_label.mat", {"volLabel": cells})
    return tmp_path


def test_avenue_reads_its_official_tree(avenue):
    dataset = Avenue(avenue, AvenueConfig())
    names = [each.name for split in ("train", "test") for each in dataset.videos(split)]
    assert names == ["Train_01", "Train_02", "Test_01", "Test_02"]
    assert labels(dataset, "Test_01") == LABELS
    assert labels(dataset, "Train_01", "train") is None
    assert Avenue(avenue / "Avenue Dataset", AvenueConfig()).videos("test") == dataset.videos(
        "test"
    )


def test_avenue_has_two_sets_of_labels_by_name(avenue):
    other = Avenue(avenue, AvenueConfig(labels="intervals"))
    with pytest.raises(DataError, match="frame_labels_avenue"):
        other.labels(other.videos("test")[0])
    file = avenue / "Avenue Dataset" / "frame_labels_avenue.npy"
    np.save(file, np.array([[0, 0, 1, 1, 0, 1, 1, 0, 0, 0]]))
    assert labels(other, "Test_01") == [0, 0, 1, 1, 0]
    assert labels(other, "Test_02") == [1, 1, 0, 0, 0]
    assert labels(other, "Train_01", "train") is None
    own = Avenue(avenue, AvenueConfig())
    assert (own.label_set, other.label_set) == ("pixels", "intervals")
    assert own.fingerprint() != other.fingerprint()
    np.save(file, np.zeros((1, 9)))
    with pytest.raises(DataError, match="10 frames, 9 labels"):
        labels(Avenue(avenue, AvenueConfig(labels="intervals")), "Test_01")


def test_avenue_verify_names_a_subset(avenue):
    problems = " ".join(Avenue(avenue, AvenueConfig()).verify())
    assert "expected 21 videos and 15324 frames, found 2 and 10 (Test_01, Test_02)" in problems


def test_avenue_verify_notices_a_truncated_video(avenue):
    path = avenue / "Avenue Dataset" / "testing_videos" / "01.avi"
    video(path, 4)
    problems = " ".join(Avenue(avenue, AvenueConfig()).verify())
    assert "Test_01: 4 frames, 5 labels." in problems


# UBnormal


@pytest.fixture
def ubnormal(tmp_path):
    video(tmp_path / "Scene1" / "normal_scene_1_scenario_2.mp4")
    video(tmp_path / "Scene1" / "abnormal_scene_1_scenario_10.mp4")
    video(tmp_path / "Scene2" / "abnormal_scene_2_scenario_1.mp4")
    folder = tmp_path / "Scene1" / "abnormal_scene_1_scenario_10_annotations"
    folder.mkdir()
    for index in range(5):
        objects = np.zeros((24, 36), np.uint8)
        objects[2:6, 3:8] = 1
        objects[10:20, 20 + index : 24 + index] = 2
        name = f"abnormal_scene_1_scenario_10_{index:04d}_gt.png"
        cv2.imwrite(str(folder / name), objects)
    text(folder / "abnormal_scene_1_scenario_10_tracks.txt", "2.0,1,2\n")
    return tmp_path


def test_ubnormal_is_labelled_training_data_of_both_kinds(ubnormal):
    dataset = UBnormal(ubnormal, NoOptions())
    assert dataset.videos("test") == []
    found = {name: labels(dataset, name, "train") for name in by_name(dataset, "train")}
    assert found == {
        "abnormal_scene_1_scenario_10": LABELS,
        "abnormal_scene_2_scenario_1": [1] * 5,
        "normal_scene_1_scenario_2": [0] * 5,
    }


def test_ubnormal_masks_and_tracks_are_those_of_the_anomalous_object(ubnormal):
    dataset = UBnormal(ubnormal, NoOptions())
    annotated = by_name(dataset, "train")["abnormal_scene_1_scenario_10"]
    found = list(dataset.masks(annotated))
    assert [int(mask.any()) for mask in found] == LABELS
    assert not found[1][2:6, 3:8].any()
    (track,) = dataset.tracks(annotated)
    assert track.frames.tolist() == [1, 2]
    assert track.boxes.tolist() == [[21, 10, 25, 20], [22, 10, 26, 20]]
    assert dataset.masks(by_name(dataset, "train")["abnormal_scene_2_scenario_1"]) is None


def test_ubnormal_prefers_corrected_tracks_and_checks_them(ubnormal):
    dataset = UBnormal(ubnormal, NoOptions())
    stem = "abnormal_scene_1_scenario_10"
    path = ubnormal / "Scene1" / f"{stem}_annotations" / f"{stem}_new_tracks.txt"
    text(path, "2,0,0\n2,4,4\n")
    assert labels(dataset, stem, "train") == [1, 0, 0, 0, 1]
    text(path, "2,0,7\n")
    with pytest.raises(DataError, match="does not fit 5 frames"):
        labels(dataset, stem, "train")
    text(path, "2,0,x\n")
    with pytest.raises(DataError, match="row 1: not `object,first,last`"):
        labels(dataset, stem, "train")


def test_ubnormal_verify_names_abnormal_videos_without_annotations(ubnormal):
    (problem,) = UBnormal(ubnormal, NoOptions()).verify()
    assert problem.startswith("abnormal_scene_2_scenario_1: no annotations")


def test_ubnormal_keeps_to_the_authors_training_list(ubnormal):
    text(ubnormal / "scripts" / "normal_training_video_names.txt", "normal_scene_1_scenario_2\n")
    assert list(by_name(UBnormal(ubnormal, NoOptions()), "train")) == ["normal_scene_1_scenario_2"]
    assert UBnormal(ubnormal, NoOptions()).verify() == []
    text(
        ubnormal / "scripts" / "abnormal_training_video_names.txt", "abnormal_scene_9_scenario_1\n"
    )
    (problem,) = UBnormal(ubnormal, NoOptions()).verify()
    assert problem == "abnormal_scene_9_scenario_1: in the list of training videos, but not there."


# A plain folder


@pytest.fixture
def folder(tmp_path):
    video(tmp_path / "train" / "a.mp4")
    frames(tmp_path / "train" / "b.1", ending=".jpg")
    for name in ("npy.mp4", "csv.mkv", "seconds.avi", "none.mp4"):
        video(tmp_path / "test" / name)
    frames(tmp_path / "test" / "images", ending=".png")
    text(tmp_path / "labels.csv", "clip,start_s,end_s\nseconds,0.1,0.3\n")
    text(tmp_path / "labels" / "csv.csv", "frame,label\n0,0\n1,1\n2,1\n3,0\n4,0\n")
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
    for part in ("lost.npy: there is no video", "no video 'forgotten'", "notes.txt: not a video",
                 "npy: 5 frames, 6 labels", "none: a test video without labels",
                 "a.mp4 is empty"):  # fmt: skip
        assert part in problems
    assert len(problems.splitlines()) == 6


def test_labels_of_a_folder_are_optional(tmp_path):
    video(tmp_path / "train" / "a.avi")
    for name in ("b", "c"):
        video(tmp_path / "test" / f"{name}.avi")
    assert Folder(tmp_path, FolderConfig()).verify() == []
    (tmp_path / "labels").mkdir()
    np.save(tmp_path / "labels" / "b.npy", np.zeros(5, np.uint8))
    assert Folder(tmp_path, FolderConfig()).verify() == ["c: a test video without labels."]


# All of them


ON_DISK = [card for card in vadkit_datasets() if card.layout]


@pytest.mark.parametrize("card", ON_DISK, ids=lambda card: card.name)
@pytest.mark.parametrize("root", ["none", "empty", "missing"])
def test_a_missing_data_set_shows_tree_terms_and_source(tmp_path, card, root):
    where = {"none": None, "empty": tmp_path, "missing": tmp_path / "gone"}[root]
    module, _, name = card.load.partition(":")
    with pytest.raises(DataError, match=f"data set '{card.name}' is missing") as caught:
        getattr(import_module(module), name)(where, card.config())
    for part in (card.layout, card.terms, card.url):
        assert part in str(caught.value)


@pytest.mark.parametrize("card", vadkit_datasets(), ids=lambda card: card.name)
def test_a_card_names_a_class_that_exists(card):
    module, _, name = card.load.partition(":")
    assert issubclass(getattr(import_module(module), name), object)
    assert card.config()


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


# Real data


def real(name):
    if not (REAL / name).exists():
        pytest.skip(f"{REAL / name} is not here")
    return REAL / name


@pytest.mark.data
def test_real_ped2_is_complete_and_its_masks_agree_with_its_labels():
    dataset = Ped2(real("UCSDped2"), NoOptions())
    found = [dataset.labels(each) for each in dataset.videos("test")]
    assert sum(map(len, found)) == 2010
    assert sum(int(each.sum()) for each in found) == 1648
    for each, expected in zip(dataset.videos("test"), found, strict=True):
        assert [int(mask.any()) for mask in dataset.masks(each)] == expected.tolist()
    assert dataset.verify() == []


@pytest.mark.data
def test_real_avenue_subset_says_that_it_is_one():
    dataset = Avenue(real("avenue_subset"), AvenueConfig())
    lengths = [len(dataset.labels(each)) for each in dataset.videos("test")]
    assert lengths == [36, 248, 273, 76]
    assert labels(dataset, "Test_08") == [1] * 36
    assert list(by_name(dataset, "train")) == ["Train_10", "Train_11", "Train_12", "Train_16"]


@pytest.mark.data
def test_real_ubnormal_subset_has_both_kinds():
    dataset = UBnormal(real("ubnormal_subset"), NoOptions())
    found = {name: labels(dataset, name, "train") for name in by_name(dataset, "train")}
    assert {name.split("_")[0]: len(each) for name, each in found.items()} == {
        "abnormal": 451,
        "normal": 451,
    }
    assert {name: set(each) for name, each in found.items()} == {
        "abnormal_scene_20_scenario_6": {1},
        "normal_scene_16_scenario_2": {0},
        "normal_scene_6_scenario_5": {0},
    }

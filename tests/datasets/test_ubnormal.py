"""UBnormal: its official tree, and a part of the real one where it is present."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from made_videos import write_video
from trees import LABELS, by_name, labels, real, text, video
from vadkit_datasets.ubnormal import UBnormal

from vadkit.errors import DataError
from vadkit.registry.cards import NoOptions


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


def test_ubnormal_labels_the_frames_that_a_trimmed_clip_shows(tmp_path):
    path = tmp_path / "Scene1" / "normal_scene_1_scenario_2.mp4"
    path.parent.mkdir()
    write_video(path, 9, times=[40 * index - 160 for index in range(9)], rate=25)
    dataset = UBnormal(tmp_path, NoOptions())
    assert labels(dataset, path.stem, "train") == [0] * 5
    assert not any(path.stem in problem for problem in dataset.verify())


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


def test_ubnormal_maps_of_sixteen_bits_are_read_alike(ubnormal):
    for path in ubnormal.rglob("*_gt.png"):
        cv2.imwrite(str(path), cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.uint16))
    dataset = UBnormal(ubnormal, NoOptions())
    annotated = by_name(dataset, "train")["abnormal_scene_1_scenario_10"]
    assert [int(mask.any()) for mask in dataset.masks(annotated)] == LABELS
    assert dataset.tracks(annotated)[0].boxes.tolist() == [[21, 10, 25, 20], [22, 10, 26, 20]]


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
    with pytest.raises(DataError, match="row 1: last is 'x', not a number"):
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

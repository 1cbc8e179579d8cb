"""CUHK Avenue: its official tree, and a part of the real one where it is present."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat
from trees import LABELS, by_name, labels, real, video
from vadkit_datasets.avenue import Avenue, read_mat_masks
from vadkit_datasets.cards import AvenueConfig

from vadkit.errors import DataError


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


@pytest.mark.data
def test_real_avenue_subset_says_that_it_is_one():
    dataset = Avenue(real("avenue_subset"), AvenueConfig())
    lengths = [len(dataset.labels(each)) for each in dataset.videos("test")]
    assert lengths == [36, 248, 273, 76]
    assert labels(dataset, "Test_08") == [1] * 36
    assert list(by_name(dataset, "train")) == ["Train_10", "Train_11", "Train_12", "Train_16"]


def cell(masks):
    found = np.empty((1, len(masks)), object)
    found[0, :] = masks
    return found


def test_masks_of_a_matlab_cell_become_labels(tmp_path):
    masks = [np.full((3, 4), value, np.uint8) for value in LABELS]
    savemat(tmp_path / "1_label.mat", {"volLabel": cell(masks)})
    read = read_mat_masks(tmp_path / "1_label.mat")
    assert read[1].shape == (3, 4)
    assert [bool(mask.all()) for mask in read] == [bool(label) for label in LABELS]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ({"volLabel": cell([np.full((3, 4), 2, np.uint8)] * 2)}, "frame 0: not a mask"),
        ({"volLabel": cell([np.full((3, 4), 0.5)] * 2)}, "frame 0: not a mask"),
        (
            {"volLabel": cell([np.zeros((3, 4), np.uint8), np.zeros((3, 5), np.uint8)])},
            "frame 1: its size",
        ),
        ({"other": np.zeros(3)}, "no variable 'volLabel'"),
    ],
)
def test_doubtful_masks_are_named(tmp_path, content, match):
    savemat(tmp_path / "1_label.mat", content)
    with pytest.raises(DataError, match=match):
        read_mat_masks(tmp_path / "1_label.mat")


@pytest.mark.parametrize("data", [b"", b"MATLAB 7.3 MAT-file" + bytes(600), b"rubbish" * 99])
def test_what_is_no_matlab_file_is_refused(tmp_path, data):
    path = tmp_path / "1_label.mat"
    path.write_bytes(data)
    with pytest.raises(DataError, match="not a MATLAB file"):
        read_mat_masks(path)

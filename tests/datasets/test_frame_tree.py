"""The tree of most published codes, with labels in each of their forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from trees import LABELS, frames, labels
from vadkit_datasets.cards import FolderConfig
from vadkit_datasets.frame_tree import FrameTree

from vadkit.errors import DataError

OTHER = [1, 0, 0, 1, 1]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    frames(tmp_path / "training/frames/01", ending=".jpg")
    for name in ("01", "02"):
        frames(tmp_path / "testing/frames" / name, ending=".jpg")
    return tmp_path


def ranges(root: Path) -> None:
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = np.array([[2], [3]]), np.array([[1, 4], [1, 5]])
    savemat(root / "ped2.mat", {"gt": cells})


def row(root: Path) -> None:
    np.save(root / "frame_labels_ped2.npy", np.array([LABELS + OTHER]))


def masks(root: Path) -> None:
    (root / "testing/test_frame_mask").mkdir()
    for name, known in (("01", LABELS), ("02", OTHER)):
        np.save(root / f"testing/test_frame_mask/{name}.npy", known)


def opened(root: Path) -> FrameTree:
    return FrameTree(root, FolderConfig(fps=10))


@pytest.mark.parametrize("write", [ranges, row, masks])
def test_every_form_of_labels_is_read(tree: Path, write) -> None:
    write(tree)
    dataset = opened(tree)
    assert [of.name for of in dataset.videos("test")] == ["Test_01", "Test_02"]
    assert labels(dataset, "Test_01") == LABELS
    assert labels(dataset, "Test_02") == OTHER
    assert labels(dataset, "Train_01", "train") is None
    assert dataset.verify() == []
    before = dataset.fingerprint()
    (file,) = dataset.label_files()
    (file / "02.npy" if file.is_dir() else file).write_bytes(b"x")
    assert opened(tree).fingerprint() != before


def test_it_may_have_no_labels(tree: Path) -> None:
    assert opened(tree).verify() == []
    assert labels(opened(tree), "Test_01") is None


def test_labels_twice_are_refused(tree: Path) -> None:
    ranges(tree)
    masks(tree)
    with pytest.raises(DataError, match=r"holds labels twice: ped2\.mat, test_frame_mask"):
        labels(opened(tree), "Test_01")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"other": np.zeros(2)}, r"\(all videos together\): 10 frames, 2 labels"),
        ({"gt": np.zeros((2, 3))}, r"has the shape \(2, 3\)"),
    ],
)
def test_a_matlab_file_of_something_else_is_named(tree: Path, content, said: str) -> None:
    savemat(tree / "ped2.mat", content)
    with pytest.raises(DataError, match=said):
        labels(opened(tree), "Test_01")


def test_ranges_of_another_shape_or_length_are_named(tree: Path) -> None:
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = np.array([[2, 3, 4]]), np.array([[1], [9]])
    savemat(tree / "ped2.mat", {"gt": cells})
    with pytest.raises(DataError, match=r"Test_01 has ranges of the shape \(1, 3\)"):
        labels(opened(tree), "Test_01")
    cells[0, 0] = np.array([[2], [3]])
    savemat(tree / "ped2.mat", {"gt": cells})
    with pytest.raises(DataError, match="Test_02: range 1:9 does not fit 5 frames"):
        labels(opened(tree), "Test_02")


def test_labels_of_another_length_are_named(tree: Path) -> None:
    np.save(tree / "frame_labels_ped2.npy", np.zeros(9))
    with pytest.raises(DataError, match=r"together\): 10 frames, 9 labels"):
        labels(opened(tree), "Test_01")

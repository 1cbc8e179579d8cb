"""UCSD Ped2: its official tree, and the real one where it is present."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from trees import LABELS, by_name, frames, labels, masks, real, text
from vadkit_datasets.ucsd import Ped2, read_ucsd

from vadkit.errors import DataError
from vadkit.registry.cards import NoOptions


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
    counts = {"train": (3, 15), "test": (2, 10)}
    monkeypatch.setattr(Ped2, "expected", replace(Ped2.expected, counts=counts, size=(36, 24)))
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


@pytest.mark.data
def test_real_ped2_is_complete_and_its_masks_agree_with_its_labels():
    dataset = Ped2(real("UCSDped2"), NoOptions())
    found = [dataset.labels(each) for each in dataset.videos("test")]
    assert sum(map(len, found)) == 2010
    assert sum(int(each.sum()) for each in found) == 1648
    for each, expected in zip(dataset.videos("test"), found, strict=True):
        assert [int(mask.any()) for mask in dataset.masks(each)] == expected.tolist()
    assert dataset.verify() == []


def test_ucsd_ranges_count_from_one_and_include_both_ends(tmp_path):
    content = (
        "TestVideoFile = {};\n% gt_frame = [9:99];\n"
        "TestVideoFile{end+1}.gt_frame = [2:3];\n"
        "TestVideoFile{end+1}.gt_frame = [1:2, 5:5];\r\n"
        "TestVideoFile{end+1}.gt_frame = [ 4 ];\n"
        "TestVideoFile{end+1}.gt_frame = [];\n"
    )
    text(tmp_path / "a.m", content)
    ranges = read_ucsd(tmp_path / "a.m")
    assert ranges == [[(2, 3)], [(1, 2), (5, 5)], [(4, 4)], []]


@pytest.mark.parametrize("content", ["", "gt_frame = [1:x];", "gt_frame = [zeros(3)];"])
def test_a_ucsd_file_without_ranges_is_refused(tmp_path, content):
    text(tmp_path / "a.m", content)
    with pytest.raises(DataError, match=r"a\.m"):
        read_ucsd(tmp_path / "a.m")

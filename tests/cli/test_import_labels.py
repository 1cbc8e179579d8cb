"""`vadkit data import-labels`: labels of any form become a folder's, and can be looked at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat
from trees import LABELS, masks, video

from vadkit.cli import execute
from vadkit.data.annotations.frame_labels import read_labels

OTHER = [1, 0, 0, 1, 1]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    video(tmp_path / "root" / "train" / "a.avi")
    for name in ("Test_01", "Test_02"):
        video(tmp_path / "root" / "test" / f"{name}.avi")
    return tmp_path / "root"


def imported(source: Path, root: Path, *words: str) -> list[list[int]]:
    assert execute(["data", "import-labels", str(source), f"folder={root}", *words]) == 0
    return [read_labels(path).tolist() for path in sorted((root / "labels").iterdir())]


def ranges(folder: Path) -> Path:
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = np.array([[2], [3]]), np.array([[1, 4], [1, 5]])
    savemat(folder / "avenue.mat", {"gt": cells})
    return folder / "avenue.mat"


def row(folder: Path) -> Path:
    np.save(folder / "all.npy", np.array([LABELS + OTHER]))
    return folder / "all.npy"


@pytest.mark.parametrize("write", [ranges, row])
def test_one_file_of_all_videos(root: Path, tmp_path: Path, write, capsys) -> None:
    assert imported(write(tmp_path), root) == [LABELS, OTHER]
    assert ["Test_02", "5", "3"] in [line.split() for line in capsys.readouterr().out.splitlines()]


def test_files_by_a_pattern(root: Path, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.mkdir()
    savemat(known / "1_label.mat", {"l": np.array(LABELS)})
    np.savetxt(known / "2_label.txt", OTHER, "%d")
    assert imported(known, root, "--names={number}_label") == [LABELS, OTHER]


def test_folders_of_masks(root: Path, tmp_path: Path) -> None:
    for name, labels in (("Test_01", LABELS), ("Test_02", OTHER)):
        masks(tmp_path / "known" / f"{name}_gt", labels, value=1)
    assert imported(tmp_path / "known", root, "--names={name}_gt") == [LABELS, OTHER]


def test_what_is_missing_or_does_not_fit_is_named(root: Path, tmp_path: Path, capsys) -> None:
    known = tmp_path / "known"
    known.mkdir()
    np.save(known / "Test_01.npy", LABELS)
    command = ["data", "import-labels", str(known), f"folder={root}"]
    assert execute(command) == 4
    said = capsys.readouterr().err
    assert "holds 0 entries named 'Test_02', for Test_02" in said
    assert "It holds Test_01.npy" in said
    np.save(known / "Test_02.npy", [0, 1])
    assert execute(command) == 4
    assert "Test_02: 5 frames, 2 labels" in capsys.readouterr().err
    assert not (root / "labels").exists()


def test_pictures_show_where_an_anomaly_begins(root: Path, tmp_path: Path) -> None:
    imported(row(tmp_path), root, f"--pictures={tmp_path / 'pictures'}")
    picture = cv2.imread(str(tmp_path / "pictures" / "Test_02.png"))
    assert picture.shape == (2 * 160, 4 * 240, 3)  # two anomalies, four frames of each
    before, first = picture[160:, 240], picture[160:, 480]  # edges of the second row
    assert before[80, 1] > 100 > before[80, 2]  # green: normal
    assert first[80, 2] > 100 > first[80, 1]  # red: anomalous


def test_nothing_is_overwritten_or_dropped(root: Path, tmp_path: Path, capsys) -> None:
    known = tmp_path / "known"
    known.mkdir()
    for name in ("Test_01", "Test_02", "Test_03"):
        np.save(known / f"{name}.npy", LABELS)
    command = ["data", "import-labels", str(known), f"folder={root}"]
    assert execute(command) == 4
    assert "also holds Test_03.npy, which is of no test video" in capsys.readouterr().err
    (known / "Test_03.npy").unlink()
    assert execute(command) == 0
    assert execute(command) == 4
    assert "labels is there already" in capsys.readouterr().err


def test_ranges_that_overlap_are_refused(root: Path, tmp_path: Path, capsys) -> None:
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = np.array([[1, 3], [3, 5]]), np.array([[1], [2]])
    savemat(tmp_path / "avenue.mat", {"gt": cells})
    assert execute(["data", "import-labels", str(tmp_path / "avenue.mat"), f"folder={root}"]) == 4
    assert "Test_01 has ranges that overlap at frame 3" in capsys.readouterr().err


def test_text_of_all_videos_is_read_and_a_missing_file_named(
    root: Path, tmp_path: Path, capsys
) -> None:
    np.savetxt(tmp_path / "all.txt", LABELS + OTHER, "%d")
    assert imported(tmp_path / "all.txt", root) == [LABELS, OTHER]
    (root / "labels" / "Test_01.csv").unlink()
    (root / "labels" / "Test_02.csv").unlink()
    (root / "labels").rmdir()
    assert execute(["data", "import-labels", str(tmp_path / "gone"), f"folder={root}"]) == 4
    assert "gone is neither a file nor a folder" in capsys.readouterr().err

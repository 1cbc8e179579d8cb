"""Trees as people have them: thumbnails, copies, names of another system, days of a recorder."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest
from trees import image, labels, video
from vadkit_datasets.cards import FolderConfig
from vadkit_datasets.folder import Folder
from vadkit_datasets.ucsd import Ped2

from vadkit.cli import execute
from vadkit.data.annotations.known import known_tracks
from vadkit.errors import DataError
from vadkit.registry.cards import NoOptions


def pictures(folder: Path, count: int = 3) -> None:
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        cv2.imwrite(str(folder / f"{number:03d}.png"), image(number))


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    video(tmp_path / "train" / "mon.avi")
    video(tmp_path / "test" / "tue.avi")
    return tmp_path


@pytest.fixture
def ped2(tmp_path: Path) -> Path:
    for name in ("Train/Train001", "Test/Test001", "Test/Test001_gt"):
        pictures(tmp_path / name, 5)
    (tmp_path / "Test/UCSDped2.m").write_text("TestVideoFile{end+1}.gt_frame = [2:3];\n")
    return tmp_path


def names(dataset) -> list[str]:
    return [of.name for split in ("train", "test") for of in dataset.videos(split)]


@pytest.mark.parametrize("name", ["@eaDir", "#recycle", ".thumbnails", "lost+found", "$RECYCLE.BIN",
                                  "System Volume Information", "__MACOSX", "@Recycle"])  # fmt: skip
def test_what_systems_put_there_is_left_out_without_a_word(
    plain: Path, ped2: Path, name: str
) -> None:
    before = Folder(plain, FolderConfig()).fingerprint()
    for folder in ("train", "test", "Train", "Test"):
        pictures(plain / folder / name / "tue.avi")
    (plain / "test" / "Thumbs.db").write_bytes(b"x")
    for dataset in (Folder(plain, FolderConfig()), Ped2(ped2, NoOptions())):
        assert len(names(dataset)) == 2
        assert dataset.left_out() == []
        assert "@eaDir" not in " ".join(dataset.verify())
    assert Folder(plain, FolderConfig()).fingerprint() == before
    assert labels(Ped2(ped2, NoOptions()), "Test001") == [0, 1, 1, 0, 0]


@pytest.mark.parametrize("name", ["optical_flow", "Test001 (copy)", "Test1_old"])
def test_what_has_no_name_of_the_set_is_named_and_left_out(ped2: Path, name: str) -> None:
    pictures(ped2 / "Test" / name)
    dataset = Ped2(ped2, NoOptions())
    assert names(dataset) == ["Train001", "Test001"]
    assert dataset.left_out() == [f"{ped2 / 'Test'} also holds {name}, which is not read."]


def test_of_many_files_the_first_are_named(plain: Path) -> None:
    for name in "abcde":
        (plain / "train" / f"{name}.txt").touch()
    pictures(plain / "test" / "thumbs")
    assert Folder(plain, FolderConfig()).left_out() == [
        f"{plain / 'test'} also holds thumbs, which is not read.",
        f"{plain / 'train'} also holds a.txt, b.txt, c.txt and 2 more, which is not read.",
    ]


def test_it_is_said_when_data_are_verified(plain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (plain / "test" / "notes.odt").touch()
    assert execute(["data", "verify", f"folder={plain}"]) == 0
    assert "test also holds notes.odt, which is not read." in capsys.readouterr().err


def test_days_of_a_recorder_are_videos_named_by_day(tmp_path: Path) -> None:
    for day in ("2026-11-24", "2026-11-25"):
        video(tmp_path / "train" / day / "10" / "00.28.avi")
        video(tmp_path / "test" / f"{day}b" / "10" / "00.28.avi")
    (tmp_path / "train" / "2026-11-24" / "index.bin").touch()
    (tmp_path / "labels").mkdir()
    np.save(tmp_path / "labels" / "2026-11-24b-10-00.28.npy", [0, 1, 1, 0, 0])
    dataset = Folder(tmp_path, FolderConfig())
    assert names(dataset) == [
        "2026-11-24-10-00.28", "2026-11-25-10-00.28",
        "2026-11-24b-10-00.28", "2026-11-25b-10-00.28",
    ]  # fmt: skip
    assert labels(dataset, "2026-11-24b-10-00.28") == [0, 1, 1, 0, 0]


@pytest.mark.parametrize(("on_disk", "in_table"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_name_in_another_normal_form_is_the_same(plain: Path, on_disk, in_table) -> None:
    video(plain / "test" / (unicodedata.normalize(on_disk, "Tür") + ".avi"))
    written = unicodedata.normalize(in_table, "Tür")
    (plain / "labels.csv").write_text(f"clip,start_s,end_s\n{written},0.1,0.2\ntue,,\n", "utf-8")
    dataset = Folder(plain, FolderConfig())
    assert dataset.verify() == []
    assert sum(labels(dataset, "Tür")) > 0
    (plain / "labels.csv").unlink()
    (plain / "labels").mkdir()
    np.save(plain / "labels" / f"{written}.npy", [0, 0, 0, 0, 1])
    assert labels(dataset, "Tür") == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("ending", ["txt", "NPY", "json"])
def test_labels_of_other_endings_are_read(plain: Path, ending: str) -> None:
    path = plain / "labels" / f"tue.{ending}"
    path.parent.mkdir()
    if ending == "NPY":
        with path.open("wb") as file:
            np.save(file, [0, 1, 1, 0, 0])
    else:
        path.write_text("[0, 1, 1, 0, 0]" if ending == "json" else "0\n1\n1\n0\n0\n")
    assert labels(Folder(plain, FolderConfig()), "tue") == [0, 1, 1, 0, 0]


def test_labels_that_are_not_read_and_labels_twice_are_refused(plain: Path) -> None:
    (plain / "labels").mkdir()
    (plain / "labels" / "tue.xml").write_text("<a/>")
    with pytest.raises(DataError, match=r"tue\.xml is in no form that is read; these are \.npy"):
        labels(Folder(plain, FolderConfig()), "tue")
    shutil.move(plain / "labels" / "tue.xml", plain / "labels" / "tue.txt")
    np.save(plain / "labels" / "tue.npy", [0, 1, 1, 0, 0])
    with pytest.raises(DataError, match=r"tue\.npy and .*tue\.txt are both of the video 'tue'"):
        labels(Folder(plain, FolderConfig()), "tue")


def test_labels_in_seconds_of_frames_need_a_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video(tmp_path / "train" / "mon.avi")
    pictures(tmp_path / "test" / "tue", 5)
    (tmp_path / "labels.csv").write_text("clip,start_s,end_s\ntue,0.1,0.2\n")
    assert execute(["data", "verify", f"folder={tmp_path}"]) == 4
    assert "nobody says how many frames" in capsys.readouterr().err
    assert execute(["data", "verify", f"folder={tmp_path}", "--fps=10"]) == 0
    assert labels(Folder(tmp_path, FolderConfig(fps=10)), "tue") == [0, 1, 0, 0, 0]


@pytest.mark.parametrize("size", [(18, 12), (72, 48)])
def test_masks_of_another_size_are_refused(plain: Path, size: tuple[int, int]) -> None:
    (plain / "masks" / "tue").mkdir(parents=True)
    for number in range(5):
        mask = np.full(size[::-1], 255 * (number == 2), np.uint8)
        cv2.imwrite(str(plain / "masks" / "tue" / f"{number}.png"), mask)
    dataset = Folder(plain, FolderConfig())
    (said,) = dataset.verify()
    sides = "x".join(map(str, size))
    assert said == f"tue: the mask of frame 0 has {sides} pixels, and the frame 36x24."
    (tue,) = dataset.videos("test")
    with pytest.raises(DataError, match="the mask of frame 0"):
        known_tracks(dataset, tue, size=(24, 36))


@pytest.mark.parametrize("name", ["Labels", "ground_truth", "label.csv", "labels.xlsx", "gt.mat"])
def test_what_may_be_labels_elsewhere_is_named(plain: Path, name: str) -> None:
    (plain / name).touch()
    (plain / "boxes.csv").touch()  # may well lie there
    (said,) = Folder(plain, FolderConfig()).left_out()
    assert said == f"{plain} also holds {name}, which is not read."


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("tue,,\ntue,0.1,0.2\n", "row 3: tue is normal throughout in one row"),
        ("tue,0.1,0.2\ntue,,\n", "row 3: tue is normal throughout in one row"),
        ("tue,0.11,0.19\n", "row 2: no frame is shown in this interval"),
        ("", "holds no row"),
    ],
)
def test_intervals_that_say_two_things_or_none_are_refused(plain: Path, rows, said) -> None:
    (plain / "labels.csv").write_text(f"clip,start_s,end_s\n{rows}", "utf-8")
    with pytest.raises(DataError, match=said):
        labels(Folder(plain, FolderConfig()), "tue")


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_intervals_with_other_separators_are_read(plain: Path, separator: str) -> None:
    lines = ("clip", "start_s", "end_s"), ("tue", "0.1", "0.2")
    (plain / "labels.csv").write_text("\n".join(map(separator.join, lines)), "utf-8")
    assert labels(Folder(plain, FolderConfig()), "tue") == [0, 1, 0, 0, 0]


def test_a_file_beside_a_table_of_intervals_is_refused(plain: Path) -> None:
    (plain / "labels.csv").write_text("clip,start_s,end_s\ntue,0.1,0.2\n", "utf-8")
    (plain / "labels").mkdir()
    np.save(plain / "labels" / "tue.npy", [0, 1, 1, 0, 0])
    with pytest.raises(DataError, match=r"tue\.npy and .*labels\.csv are both of the video 'tue'"):
        labels(Folder(plain, FolderConfig()), "tue")

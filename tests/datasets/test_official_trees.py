"""The larger data sets, on small trees in the layout and label format of their authors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from trees import LABELS, by_name, frames, labels, masks, text, video
from vadkit_datasets.campus import Campus
from vadkit_datasets.corridor import Corridor
from vadkit_datasets.shanghaitech import ShanghaiTech
from vadkit_datasets.street_scene import StreetScene
from vadkit_datasets.ucf_crime import UcfCrime
from vadkit_datasets.ucsd import Ped1

from vadkit.errors import DataError
from vadkit.registry.cards import NoOptions

SIZE = (36, 24)


def names(dataset) -> list[list[str]]:
    return [[of.name for of in dataset.videos(split)] for split in ("train", "test")]


def as_expected(monkeypatch: pytest.MonkeyPatch, dataset, train: int, test: int) -> list[str]:
    """What `verify` says once the small tree's own numbers are the official ones."""
    frames_of = {split: 5 * count for split, count in (("train", train), ("test", test))}
    counts = {"train": (train, frames_of["train"]), "test": (test, frames_of["test"])}
    size = SIZE if dataset.expected.size else None
    expected = replace(dataset.expected, counts=counts, size=size)
    monkeypatch.setattr(type(dataset), "expected", expected)
    return dataset.verify()


# Ped1


@pytest.fixture
def ped1(tmp_path: Path) -> Path:
    root = tmp_path / "UCSD_Anomaly_Dataset.v1p2" / "UCSDped1"
    frames(root / "Train" / "Train001")
    for number in (1, 2, 3):
        frames(root / "Test" / f"Test{number:03d}")
    masks(root / "Test" / "Test003_gt", LABELS)
    ranges = ("1:2, 5:5", "", "2:3")
    entries = "".join(f"TestVideoFile{{end+1}}.gt_frame = [{span}];\n" for span in ranges)
    text(root / "Test" / "UCSDped1.m", "TestVideoFile = {};\n" + entries)
    return tmp_path


def test_ped1_has_masks_for_some_and_labels_from_one_for_all(ped1, monkeypatch) -> None:
    dataset = Ped1(ped1, NoOptions())
    assert names(dataset) == [["Train001"], ["Test001", "Test002", "Test003"]]
    assert labels(dataset, "Test001") == [1, 1, 0, 0, 1]
    assert labels(dataset, "Test002") == [0] * 5
    assert dataset.masks(by_name(dataset)["Test001"]) is None
    found = [int(mask.any()) for mask in dataset.masks(by_name(dataset)["Test003"])]
    assert found == labels(dataset, "Test003") == LABELS
    assert "expected 36 videos and 7200 frames, found 3 and 15" in " ".join(dataset.verify())
    assert as_expected(monkeypatch, dataset, 1, 3) == []


# ShanghaiTech


@pytest.fixture
def shanghaitech(tmp_path: Path) -> Path:
    video(tmp_path / "training" / "videos" / "01_001.avi")
    for name in ("01_0014", "04_0011"):
        frames(tmp_path / "testing" / "frames" / name, ending=".png", name="{:03d}")
        for kind in ("frame", "pixel"):
            (tmp_path / "testing" / f"test_{kind}_mask").mkdir(exist_ok=True)
        volume = np.zeros((5, SIZE[1], SIZE[0]), np.uint8)
        volume[1:3, 4:9, 5:8] = 1
        np.save(tmp_path / "testing" / "test_frame_mask" / f"{name}.npy", np.array(LABELS))
        np.save(tmp_path / "testing" / "test_pixel_mask" / f"{name}.npy", volume)
    return tmp_path


def test_shanghaitech_reads_videos_frames_and_both_masks(shanghaitech, monkeypatch) -> None:
    dataset = ShanghaiTech(shanghaitech, NoOptions())
    assert names(dataset) == [["01_001"], ["01_0014", "04_0011"]]
    assert labels(dataset, "01_0014") == LABELS
    assert labels(dataset, "01_001", "train") is None
    assert [int(of.sum()) for of in dataset.masks(by_name(dataset)["01_0014"])] == [0, 15, 15, 0, 0]
    assert dataset.masks(by_name(dataset, "train")["01_001"]) is None
    problems = " ".join(dataset.verify())
    assert "train: expected 330 videos, found 1 and 5" in problems
    assert "test: expected 107 videos and 40791 frames, found 2 and 10" in problems
    assert as_expected(monkeypatch, dataset, 1, 2) == []


def test_shanghaitech_reads_the_tracks_of_the_published_evaluator(
    shanghaitech, monkeypatch
) -> None:
    file = shanghaitech / "annotations" / "ShanghaiTech" / "01_0014.txt"
    text(file, "0,1,4,2,11,9\n1,2,20,10,23,13\n0,2,5,2,12,9\n")
    dataset = ShanghaiTech(shanghaitech, NoOptions())
    one, other = dataset.tracks(by_name(dataset)["01_0014"])
    assert (one.frames.tolist(), other.frames.tolist()) == ([1, 2], [2])
    assert one.boxes.tolist() == [[4, 2, 12, 10], [5, 2, 13, 10]]  # the last pixel is inside
    assert other.boxes.tolist() == [[20, 10, 24, 14]]
    assert dataset.tracks(by_name(dataset)["04_0011"]) is None
    assert as_expected(monkeypatch, dataset, 1, 2) == []
    text(file, "0,5,4,2,11,9\n")
    (problem,) = dataset.verify()
    assert problem == "01_0014: a track is in frame 5, but the video has 5 frames."
    text(file, "0,1,4,2,11\n")
    (problem,) = dataset.verify()
    assert problem.endswith(
        "01_0014.txt, row 1: 5 cells, expected track,frame,x1,y1,x2,y2; none is left for y2."
    )


def test_shanghaitech_verify_holds_masks_against_videos(shanghaitech, monkeypatch) -> None:
    folder = shanghaitech / "testing" / "test_pixel_mask"
    np.save(folder / "01_0014.npy", np.zeros((4, SIZE[1], SIZE[0]), np.uint8))
    (folder / "04_0011.npy").unlink()
    dataset = ShanghaiTech(shanghaitech, NoOptions())
    assert as_expected(monkeypatch, dataset, 1, 2) == [
        "01_0014 (masks): 5 frames, 4 labels.",
        "test: 1 videos without pixel masks, expected 0 (04_0011).",
    ]


def test_shanghaitech_names_a_mask_that_is_none(shanghaitech) -> None:
    np.save(shanghaitech / "testing" / "test_pixel_mask" / "01_0014.npy", np.zeros(5))
    dataset = ShanghaiTech(shanghaitech, NoOptions())
    with pytest.raises(DataError, match=r"01_0014.npy has the shape \(5,\)"):
        list(dataset.masks(by_name(dataset)["01_0014"]))
    np.save(shanghaitech / "testing" / "test_frame_mask" / "01_0014.npy", np.array(LABELS[:4]))
    assert "01_0014: 5 frames, 4 labels." in dataset.verify()


# UCF-Crime

TRAIN = """Abuse/Abuse001_x264.mp4
Training_Normal_Videos_Anomaly/Normal_Videos001_x264.mp4
Training_Normal_Videos_Anomaly/Normal_Videos002_x264.mp4
"""
TEST = """Abuse/Abuse028_x264.mp4
Testing_Normal_Videos_Anomaly/Normal_Videos_003_x264.mp4
"""
ANNOTATION = """Abuse028_x264.mp4  Abuse  2  3  5  5
Normal_Videos_003_x264.mp4  Normal  -1  -1  -1  -1
"""


@pytest.fixture
def ucf(tmp_path: Path) -> Path:
    text(tmp_path / "Anomaly_Detection_splits" / "Anomaly_Train.txt", TRAIN)
    text(tmp_path / "Anomaly_Detection_splits" / "Anomaly_Test.txt", TEST)
    text(tmp_path / "Txt_formate" / "Temporal_Anomaly_Annotation.txt", ANNOTATION)
    for part, name in (
        ("Anomaly-Videos-Part-1/Abuse", "Abuse001"),
        ("Anomaly-Videos-Part-1/Abuse", "Abuse028"),
        ("Training-Normal-Videos-Part-1", "Normal_Videos001"),
        ("Training-Normal-Videos-Part-2", "Normal_Videos002"),
        ("Testing_Normal_Videos_Anomaly", "Normal_Videos_003"),
    ):
        video(tmp_path / part / f"{name}_x264.mp4")
    return tmp_path


def test_ucf_crime_trains_on_the_normal_half_and_tests_on_both(ucf, monkeypatch) -> None:
    dataset = UcfCrime(ucf, NoOptions())
    assert names(dataset) == [
        ["Normal_Videos001_x264", "Normal_Videos002_x264"],
        ["Abuse028_x264", "Normal_Videos_003_x264"],
    ]
    assert labels(dataset, "Abuse028_x264") == [0, 1, 1, 0, 1]
    assert labels(dataset, "Normal_Videos_003_x264") == [0] * 5
    assert "expected 800 videos, found 2" in " ".join(dataset.verify())
    assert as_expected(monkeypatch, dataset, 2, 2) == []


def test_ucf_crime_names_what_is_missing_and_what_does_not_fit(ucf) -> None:
    file = ucf / "Txt_formate" / "Temporal_Anomaly_Annotation.txt"
    text(file, ANNOTATION.replace("5  5", "5  9"))
    dataset = UcfCrime(ucf, NoOptions())
    assert labels(dataset, "Abuse028_x264") == [0, 1, 1, 0, 1]
    said = "Abuse028_x264: annotated up to frame 9, but it has 5; cut there."
    assert said in dataset.verify()
    text(file, ANNOTATION.replace("2  3", "two 3"))
    with pytest.raises(
        DataError, match=r"Temporal_Anomaly_Annotation.txt, row 1: first is 'two', not a number"
    ):
        labels(UcfCrime(ucf, NoOptions()), "Abuse028_x264")
    text(file, "")
    assert "Abuse028_x264: a test video without labels." in UcfCrime(ucf, NoOptions()).verify()
    file.unlink()
    with pytest.raises(DataError, match="holds no Temporal_Anomaly_Annotation"):
        labels(UcfCrime(ucf, NoOptions()), "Abuse028_x264")
    (ucf / "Training-Normal-Videos-Part-2" / "Normal_Videos002_x264.mp4").unlink()
    with pytest.raises(DataError, match=r"lacks 1 of the 2 train videos, .* Normal_Videos002"):
        UcfCrime(ucf, NoOptions()).videos("train")
    (ucf / "Anomaly-Videos-Part-1" / "Abuse" / "Abuse028_x264.mp4").unlink()
    problems = UcfCrime(ucf, NoOptions()).verify()
    assert [problem.partition(" lacks ")[2][:29] for problem in problems] == [
        "1 of the 2 train videos, for ",
        "1 of the 2 test videos, for e",
    ]


# NWPU Campus


@pytest.fixture
def campus(tmp_path: Path) -> Path:
    video(tmp_path / "videos" / "Train" / "D001_03.avi")
    for name in ("D001_01", "D002_10"):
        video(tmp_path / "videos" / "Test" / f"{name}.avi")
    (tmp_path / "groundtruth").mkdir()
    known = {"D001_01": np.array(LABELS), "D002_10": np.ones(5)}
    np.savez(tmp_path / "groundtruth" / "NWPU_Campus_gt.npz", **known)
    return tmp_path


def test_campus_finds_labels_by_name(campus, monkeypatch) -> None:
    dataset = Campus(campus, NoOptions())
    assert names(dataset) == [["D001_03"], ["D001_01", "D002_10"]]
    assert labels(dataset, "D001_01") == LABELS
    assert labels(dataset, "D002_10") == [1] * 5
    assert labels(dataset, "D001_03", "train") is None
    assert "test: expected 242 videos, found 2" in " ".join(dataset.verify())
    assert as_expected(monkeypatch, dataset, 1, 2) == []


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"D001_01": np.full(5, 2)}, "D001_01, frame 0: 2 is neither 0 nor 1"),
        ({"D001_01": np.zeros((2, 5))}, r"D001_01 has the shape \(2, 5\)"),
        ({"D001_01": np.array([{}, {}])}, "NWPU_Campus_gt.npz is missing or holds no arrays"),
    ],
)
def test_campus_names_labels_that_are_none(campus, known, said: str) -> None:
    np.savez(campus / "groundtruth" / "NWPU_Campus_gt.npz", **known)
    with pytest.raises(DataError, match=said):
        labels(Campus(campus, NoOptions()), "D001_01")


def test_campus_names_videos_that_its_labels_leave_out(campus) -> None:
    np.savez(campus / "groundtruth" / "NWPU_Campus_gt.npz", D001_01=np.array(LABELS))
    assert labels(Campus(campus, NoOptions()), "D002_10") is None
    assert "D002_10: a test video without labels." in Campus(campus, NoOptions()).verify()


@pytest.mark.parametrize("left", [0, 2, 200, 400])
def test_campus_without_its_labels_says_so_once(campus, left: int) -> None:
    file = campus / "groundtruth" / "NWPU_Campus_gt.npz"
    file.write_bytes(file.read_bytes()[:left])
    said = [problem for problem in Campus(campus, NoOptions()).verify() if "NWPU" in problem]
    assert said == [f"{file} is missing or holds no arrays of numbers."]


# Street Scene

BOXES = """00002.jpg 1 10 8 8 6
00003.jpg 1 12 8 8 6
00003.jpg 2 30 20 4 4
"""


@pytest.fixture
def street(tmp_path: Path) -> Path:
    frames(tmp_path / "Train" / "Train001", ending=".jpg", name="{:05d}")
    frames(tmp_path / "Test" / "Test001", ending=".jpg", name="{:05d}")
    text(tmp_path / "Test" / "Test001" / "Test001_gt.txt", BOXES)
    return tmp_path


def test_street_scene_has_boxes_by_the_frames_name(street, monkeypatch) -> None:
    dataset = StreetScene(street, NoOptions())
    assert names(dataset) == [["Train001"], ["Test001"]]
    assert labels(dataset, "Test001") == LABELS
    one, two = dataset.tracks(by_name(dataset)["Test001"])
    assert (one.frames.tolist(), two.frames.tolist()) == ([1, 2], [2])
    assert one.boxes.tolist() == [[6, 5, 14, 11], [8, 5, 16, 11]]
    assert two.boxes.tolist() == [[28, 18, 32, 22]]
    assert dataset.tracks(by_name(dataset, "train")["Train001"]) is None
    assert "test: expected 35 videos, found 1" in " ".join(dataset.verify())
    assert as_expected(monkeypatch, dataset, 1, 1) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("00009.jpg 1 10 8 8 6", "row 4: there is no frame 00009.jpg"),
        ("00002.jpg 1 10 8 8", "row 4: 5 cells, expected frame,track,x,y,width,height"),
        ("00002.jpg 1 10 8 wide 6", "row 4: width is 'wide', not a number"),
    ],
)
def test_street_scene_names_a_row_that_does_not_fit(street, line: str, said: str) -> None:
    text(street / "Test" / "Test001" / "Test001_gt.txt", BOXES + line + "\n")
    with pytest.raises(DataError, match=f"Test001_gt.txt, {said}"):
        labels(StreetScene(street, NoOptions()), "Test001")


# IITB Corridor


@pytest.fixture
def corridor(tmp_path: Path) -> Path:
    video(tmp_path / "Train_IITB_Corridor" / "Train" / "000001" / "000001.avi")
    test = tmp_path / "Test_IITB-Corridor"
    for name in ("000209", "000210"):
        video(test / "Test" / name / f"{name}.avi")
        folder = test / "Test_Annotation" / "Annotation" / name
        folder.mkdir(parents=True)
        np.save(folder / f"{name}.npy", np.array(LABELS))
    return tmp_path


def test_corridor_finds_every_video_in_its_folder(corridor, monkeypatch) -> None:
    dataset = Corridor(corridor, NoOptions())
    assert names(dataset) == [["000001"], ["000209", "000210"]]
    assert labels(dataset, "000210") == LABELS
    assert labels(dataset, "000001", "train") is None
    assert "test: expected 150 videos, found 2" in " ".join(dataset.verify())
    assert as_expected(monkeypatch, dataset, 1, 2) == []
    file = corridor / "Test_IITB-Corridor/Test_Annotation/Annotation/000209/000209.npy"
    np.save(file, np.array([*LABELS, 0]))
    assert "000209: 5 frames, 6 labels." in dataset.verify()
    file.unlink()
    assert "000209: a test video without labels." in dataset.verify()


# All of them


@pytest.mark.parametrize(
    ("make", "fixture"),
    [
        (Ped1, "ped1"),
        (ShanghaiTech, "shanghaitech"),
        (UcfCrime, "ucf"),
        (Campus, "campus"),
        (StreetScene, "street"),
        (Corridor, "corridor"),
    ],
)
def test_every_label_file_is_in_the_fingerprint(make, fixture: str, request) -> None:
    root = request.getfixturevalue(fixture)
    before = make(root, NoOptions()).fingerprint()
    files = [
        file
        for path in make(root, NoOptions()).label_files()
        for file in ([path] if path.is_file() else sorted(path.rglob("*.*")))
    ]
    assert files
    files[0].write_bytes(files[0].read_bytes() + b"\n")
    assert make(root, NoOptions()).fingerprint() != before

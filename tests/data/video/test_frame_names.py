"""Names of frames: what is a frame, in which order, and when it was taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_videos import decode, picture, refused, write_frames

from vadkit.data.video.folder_reader import frame_files
from vadkit.data.video.frame_names import read_names


def named(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def frames(folder: Path) -> list[str]:
    return [path.name for path in frame_files(folder)]


def test_images_of_other_patterns_are_left_out_and_named(tmp_path):
    folder = write_frames(tmp_path / "clip", 8, name="{:05d}-capture")
    write_frames(folder, 2, name="{:05d}-analyse")
    write_frames(folder, 1, ".jpg", name="alarm")
    images, reader = decode(folder)
    assert len(images) == reader.info.frames == 8
    assert all(np.array_equal(f.image, picture(f.index)[..., ::-1]) for f in images)
    assert reader.report.warnings == [
        "00001-analyse.png and 2 more left out: not named like 00001-capture.png"
    ]
    assert len(frame_files(folder)) == 8


@pytest.mark.parametrize(
    "others",
    [("background.png",), ("003.png",), ("thumb_1.jpg", "thumb_2.jpg")],
    ids=["text", "ending", "both"],
)
def test_most_images_are_the_frames(tmp_path, others):
    wanted = [f"{n:03}.jpg" for n in range(1, 6)]
    names = read_names(named(tmp_path / "clip", *wanted, *others))
    assert [path.name for path in names.files] == wanted
    assert [path.name for path in names.others] == list(others)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("frame1.png", "frame1_mask.png", "frame2.png", "frame2_mask.png"),
         r"like frame1\.png and frame1_mask\.png"),
        (("cam1_0001.jpg", "cam1_0002.jpg", "cam2_0001.jpg", "cam2_0002.jpg"),
         r"like cam1_0001\.jpg and cam2_0001\.jpg"),
        (("1.jpg", "1.png", "2.jpg", "2.png"), r"like 1\.jpg and 1\.png"),
        (("20261124_120005_cam1.jpg", "20261124_120005_cam2.jpg", "20261124_120006_cam1.jpg",
           "20261124_120006_cam2.jpg"), r"like 20261124_120005_cam1\.jpg and"),
        (("alarm.jpg", "snapshot.jpg"), r"like alarm\.jpg and snapshot\.jpg"),
    ],
)  # fmt: skip
def test_no_pattern_of_most_is_refused(tmp_path, names, told):
    refused(named(tmp_path / "clip", *names), f"several patterns, {told}")


@pytest.mark.parametrize(
    "names",
    [
        [f"frame_{n:06}.jpg" for n in range(0, 100, 5)],
        [f"{n}.png" for n in (33, 67, 100, 133, 167)],  # milliseconds
        [f"{n:03}_at_{33 * n}ms.png" for n in range(5)],
        ["IMG_0001.JPG", "img_0002.jpg", "IMG_0003.jpg"],
        ["cover.jpg"],
    ],
)
def test_a_step_is_a_step(tmp_path, names):
    assert frames(named(tmp_path / "clip", *names)) == names


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["1.jpg", "2.jpg", "3.jpg", "5.jpg"], "has no frame 4: 1 missing before 5"),
        (["0.jpg", "5.jpg", "10.jpg", "25.jpg"], "has no frame 15: 2 missing before 25"),
        (["1.jpg", "3.jpg", "4.jpg"], "has no frame 2: 1 missing before 3"),
        (["IMG_0000.jpg", "IMG_0001.jpg", "IMG_9998.jpg", "IMG_9999.jpg"], "has no frame 2: 9996"),
        (["IMG_0001.JPG", "IMG_0001.jpg"], "holds frame 1 twice"),
    ],
)  # fmt: skip
def test_a_lost_frame_is_told(tmp_path, names, told):
    refused(named(tmp_path / "clip", *names), told)


@pytest.mark.parametrize(
    ("names", "times"),
    [
        (["20261124_115959", "20261124_120004", "20261124_120104"], [0, 5, 65]),
        (["2026-11-24_23-59-58", "2026-11-25_00-00-01"], [0, 3]),
        (["cam2 2026-11-24T12.00.05.250", "cam2 2026-11-24T12.00.05.750"], [0, 0.5]),
        (["IMG_20261124120005_000250", "IMG_20261124120006_000000"], [0, 0.99975]),
        (["01-20261124120005-00", "01-20261124120005-01", "02-20261124120006-00"], [0, 0.5, 1]),
        (["20269924_120005", "20269924_120006"], None),  # no month 99
        (["000010", "000011"], None),
    ],
)
def test_times_of_day_are_the_frames_times(tmp_path, names, times):
    read = read_names(named(tmp_path / "clip", *(f"{name}.jpg" for name in names)))
    assert [path.stem for path in read.files] == names
    assert read.times == (None if times is None else pytest.approx(times))


def test_frames_are_shown_when_their_names_say(tmp_path):
    folder = tmp_path / "clip"
    for index, name in enumerate(("20261124_120005", "20261124_120007", "20261124_120017")):
        write_frames(folder, 1, name=name, start=index)
    images, reader = decode(folder)
    assert [frame.time_s for frame in images] == [0, 2, 12]
    assert reader.info.fps == pytest.approx(2 / 12)
    given, _ = decode(folder, fps=4)
    assert [frame.time_s for frame in given] == [0, 0.25, 0.5]


def test_unrelated_images_are_all_taken(tmp_path):
    names = ["rose_0002.jpg", "rose_0004.jpg", "rose_0019.jpg", "tulip.png"]
    read = read_names(named(tmp_path / "clip", *names), unrelated=True)
    assert [path.name for path in read.files] == names
    assert read.others == []

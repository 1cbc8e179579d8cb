"""Tracks from CSV files: what makes one, and the row and column of what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vadkit.data.annotations.tracks import check_tracks, read_evaluator_tracks, read_tracks
from vadkit.data.dataset import Track
from vadkit.errors import DataError

HEADER = "track,kind,frame,x1,y1,x2,y2\n"


def test_a_number_of_two_kinds_is_two_tracks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}0,car,1,1,2,3,4\n0,dog,0,1,2,3,4\n0,car,0,5,6,7,8\n")
    car, dog = read_tracks(path)
    assert (car.kind, car.frames.tolist(), dog.kind) == ("car", [0, 1], "dog")
    assert car.boxes.tolist() == [[5, 6, 7, 8], [1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (",car,0,1,2,3,4", "track is empty"),
        ("0, ,0,1,2,3,4", "kind is empty"),
        ("0,car,,1,2,3,4", "frame is '', not a number"),
        ("0,car,0,1,2", "5 cells, expected track,kind,frame,x1,y1,x2,y2; none is left for x2,y2"),
    ],
)
def test_a_row_with_something_missing_is_named(tmp_path: Path, row: str, told: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}0,car,1,1,2,3,4\n{row}\n")
    with pytest.raises(DataError, match=rf"a\.csv, row 3: {told}\.$"):
        read_tracks(path)


def test_the_evaluators_files_need_no_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("0,1,4,2,11,9\n")
    (track,) = read_evaluator_tracks(path)
    assert (track.kind, track.boxes.tolist()) == ("anomaly", [[4, 2, 12, 10]])


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        (1, ""),
        (2, "tracks reach to 80,40, and its frames are 60x40 pixels"),
        (1 / 80, "tracks reach to 0.5,0.25, and its frames are 60x40 pixels"),
    ],
)
def test_tracks_of_another_size_are_refused(scale: float, said: str) -> None:
    boxes = scale * np.array([[10, 5, 20, 15], [30, 10, 40, 20]])
    track = Track("car", np.array([0, 1]), boxes)
    if not said:
        check_tracks("a", [track], 2, (40, 60))
        return
    with pytest.raises(DataError, match=said):
        check_tracks("a", [track], 2, (40, 60))


def test_a_box_over_the_edge_is_none_of_another_size() -> None:
    check_tracks("a", [Track("car", np.array([0]), np.array([[50, 5, 64, 15]]))], 1, (40, 60))


def test_text_in_utf_16_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("0,1,4,2,11,9\n".encode("utf-16"))
    (track,) = read_evaluator_tracks(tmp_path / "a.txt")
    assert track.boxes.tolist() == [[4, 2, 12, 10]]

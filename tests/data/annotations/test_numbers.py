"""A number for each frame, in every form in which people keep them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from vadkit.data.annotations.frame_labels import read_labels, read_labels_in_part
from vadkit.data.annotations.numbers import FORMS
from vadkit.errors import DataError
from vadkit.report.score_files import read_frame_scores

WANTED = [0, 1, 1, 0]
Write = Callable[[Path, Any], Any]


def write_npy(path: Path, values: Any) -> None:
    with path.open("wb") as file:  # np.save puts .npy behind .NPY
        np.save(file, values)


WRITERS: dict[str, Write] = {
    "a.npy": write_npy,
    "a.NPY": write_npy,
    "a.npz": np.savez,
    "a.mat": lambda path, values: savemat(path, {"gt": values}),
    "a.json": lambda path, values: path.write_text(json.dumps(np.asarray(values).tolist())),
    "a.txt": lambda path, values: np.savetxt(path, values, "%g"),
    "a.CSV": lambda path, values: path.write_text("gt\n" + "\n".join(map(str, values))),
}


@pytest.mark.parametrize("name", WRITERS)
def test_labels_and_scores_are_read_in_every_form(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name, np.array(WANTED))
    assert read_labels(tmp_path / name).tolist() == WANTED
    WRITERS[name](tmp_path / name, np.array([0.25, 1.5, -2.0]))
    assert read_frame_scores(tmp_path / name).tolist() == [0.25, 1.5, -2.0]


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("a.xml", lambda path: path.write_text("<a/>"), "a.xml is in no form that is read"),
        ("a.npz", lambda path: np.savez(path, a=[1], b=[2]), "one array .* and has 'a', 'b'"),
        ("a.npz", lambda path: path.write_bytes(b"PK"), "is missing or holds no arrays"),
        ("a.mat", lambda path: savemat(path, {"name": "x"}), "one array of numbers, and has none"),
        ("a.mat", lambda path: savemat(path, {"a": np.ones((2, 3))}), r"the shape \(2, 3\)"),
        ("a.mat", lambda path: path.write_bytes(b"MATLAB 7.3 HDF5"), "not a MATLAB file"),
        ("a.json", lambda path: path.write_text('{"a": [0, 1]}'), "no list of numbers in JSON"),
        ("a.json", lambda path: path.write_text("[0, [1, 2]]"), "no list of numbers in JSON"),
        ("a.json", lambda path: path.write_text("[0, 1"), "no list of numbers in JSON"),
        ("a.csv", lambda path: path.write_text("score\n0,4967\n1,23\n"), "Decimal commas"),
    ],
)  # fmt: skip
def test_what_has_no_one_meaning_is_named(tmp_path: Path, name: str, write, said: str) -> None:
    write(tmp_path / name)
    for read in (read_labels, read_frame_scores):
        with pytest.raises(DataError, match=said) as caught:
            read(tmp_path / name)
        assert name in str(caught.value)


def test_a_pickled_object_is_never_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", np.array([{}, {}]))
    with pytest.raises(DataError, match="holds no arrays of numbers"):
        read_labels(tmp_path / "a.npz")


def test_labels_may_leave_frames_out_where_that_is_asked(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", [0, np.nan, 1])
    np.testing.assert_array_equal(read_labels_in_part(tmp_path / "a.npy"), [0, np.nan, 1])
    with pytest.raises(DataError, match="frame 1: nan is neither"):
        read_labels(tmp_path / "a.npy")
    (tmp_path / "b.csv").write_text("label\n0\nhalf\n")
    with pytest.raises(DataError, match="row 3: 'half' is neither"):
        read_labels_in_part(tmp_path / "b.csv")


def test_every_form_is_tried() -> None:
    assert {Path(name).suffix.lower() for name in WRITERS} == {*FORMS}

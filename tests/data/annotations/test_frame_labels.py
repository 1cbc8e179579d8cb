"""Labels: every accepted form, and one sentence with file and row for every doubtful one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadkit.data.annotations.frame_labels import (
    Interval,
    check_length,
    interval_labels,
    mask_labels,
    range_labels,
    read_intervals,
    read_labels,
)
from vadkit.errors import DataError

WANTED = [0, 1, 1, 0]


def save(path, content):
    if isinstance(content, np.ndarray):
        np.save(path, content)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# Arrays


@pytest.mark.parametrize("shape", [(4,), (1, 4), (4, 1)])
@pytest.mark.parametrize("kind", ["u1", "i8", "f4", "?"])
def test_an_array_of_zeros_and_ones_is_read(tmp_path, shape, kind):
    labels = read_labels(save(tmp_path / "a.npy", np.array(WANTED, kind).reshape(shape)))
    assert labels.tolist() == WANTED
    assert labels.dtype == np.uint8
    assert labels.shape == (4,)


@pytest.mark.parametrize("bad", [2, -1, 0.5, np.nan, np.inf])
def test_another_value_is_named_with_file_and_frame(tmp_path, bad):
    path = save(tmp_path / "a.npy", np.array([0, 1, bad, 0]))
    with pytest.raises(DataError, match=r"a\.npy, frame 2: .* is neither 0 nor 1"):
        read_labels(path)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (np.array(["0", "1"]), "holds no numbers"),
        (np.zeros((2, 3)), r"the shape \(2, 3\)"),
        (np.zeros(0), "a.npy"),
        (b"\x89HDF\r\n\x1a\n" + bytes(500), "not an array of numbers"),
        (b"", "not an array of numbers"),
        ("0\n1\n", "not an array of numbers"),
    ],
)
def test_what_is_no_label_array_is_refused(tmp_path, content, match):
    with pytest.raises(DataError, match=match):
        read_labels(save(tmp_path / "a.npy", content))


def test_objects_are_never_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([0, "x", None], object), allow_pickle=True)
    with pytest.raises(DataError, match="not an array of numbers"):
        read_labels(tmp_path / "a.npy")


def test_a_header_that_claims_too_much_allocates_nothing(tmp_path):
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (10000000000000,), }\n"
    data = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode()
    with pytest.raises(DataError, match="not an array of numbers"):
        read_labels(save(tmp_path / "a.npy", data))


# CSV


@pytest.mark.parametrize(
    "text",
    ["0\n1\n1\n0\n", "label\r\n0\r\n1\r\n1\r\n0", "\ufefflabel\n0\n1.0\n1\n0\n\n",
     "frame,label\n0,0\n1,1\n2,1\n3,0\n", "frame, label\n0, 0\n1, 1\n2, 1\n3, 0\n",
     ",anomaly\n0,0\n1,1\n2,1\n3,0\n", "1\t0\n2\t1\n3\t1\n4\t0\n",
     "label\nFalse\nTrue\nTrue\nFalse\n", "false\ntrue\ntrue\nfalse\n",
     "label\n0\n1\n1\n0\n".encode("utf-16")],
)  # fmt: skip
def test_a_column_of_labels_is_read(tmp_path, text):
    assert read_labels(save(tmp_path / "a.csv", text)).tolist() == WANTED


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("0\n1\n2\n", "row 3: '2' is neither"),
        ("label\n0\nyes\n", "row 3: 'yes' is neither"),
        ("0\nnan\n", "row 2: 'nan' is neither"),
        ("0\n-1\n", "row 2: '-1' is neither"),
        ("frame,label\n0,0\n2,1\n", "row 3: frame 2, expected 1"),
        ("frame,label\n1,0\n1,1\n", "row 3: frame 1, expected 2"),
        ("frame,label\n0,0\n1\n", "row 3: 1 cells, expected frame,label"),
        ("0,1,1,0\n", "row 1: 4 cells, expected label"),
        ("time,label\n0,0\n", "row 2: the first column is time, expected frame"),
        ("label\n0,0\n", "row 2: more cells than the first row names"),
        ("label\n", "holds no labels"),
        ("", "holds no labels"),
        (b"\xff\xfe0", "not a CSV file in UTF-8 or UTF-16"),
        ("0\n\xfc\n".encode("latin-1"), "not a CSV file in UTF-8 or UTF-16"),
    ],
)
def test_a_doubtful_row_is_named(tmp_path, text, match):
    with pytest.raises(DataError, match=match) as caught:
        read_labels(save(tmp_path / "a.csv", text))
    assert "a.csv" in str(caught.value)


@given(st.binary(max_size=200))
def test_rubbish_is_labels_or_a_data_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("rubbish")
    for name in ("a.npy", "a.csv"):
        try:
            values = set(read_labels(save(folder / name, data)).tolist())
        except DataError:
            values = set()
        assert values <= {0, 1}


@pytest.mark.parametrize("labels", [1438, 1440])
def test_labels_of_another_length_are_refused(labels):
    with pytest.raises(DataError, match=f"^Test_01: 1439 frames, {labels} labels"):
        check_length("Test_01", 1439, labels)
    check_length("Test_01", 1439, 1439)


# Masks


def test_frames_with_a_masked_pixel_are_anomalous():
    masks = [np.full((3, 4), value, bool) for value in WANTED]
    assert mask_labels(masks).tolist() == WANTED


# Ranges of frames


def test_ranges_count_from_one_and_include_both_ends():
    assert range_labels("a", [(2, 3)], 4).tolist() == WANTED
    assert range_labels("a", [(1, 2), (5, 5)], 5).tolist() == [1, 1, 0, 0, 1]


@pytest.mark.parametrize("span", [(0, 2), (3, 2), (2, 5)])
def test_a_range_that_does_not_fit_is_refused(span):
    with pytest.raises(DataError, match=r"a\.m: range .* does not fit 4 frames"):
        range_labels("a.m", [span], 4)


# Intervals in seconds


def test_intervals_label_the_frames_shown_in_them(tmp_path):
    text = "clip,start_s,end_s\nyard,0.1,0.3\nyard,0.5,0.6\nempty,,\n"
    clips = read_intervals(save(tmp_path / "labels.csv", text))
    assert clips["empty"] == []
    assert clips["yard"][1] == Interval(row=3, start_s=0.5, end_s=0.6)
    times = np.arange(7) / 10
    labels = interval_labels("labels.csv", clips["yard"], times)
    assert labels.tolist() == [0, 1, 1, 0, 0, 1, 0]


def test_uneven_times_decide_and_not_the_frame_number():
    labels = interval_labels("x", [Interval(2, 1.0, 3.0)], np.array([0.0, 0.1, 2.0, 2.1, 5.0]))
    assert labels.tolist() == [0, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ("a,2,1", "row 3: the interval ends before it starts"),
        ("a,-1,1", "row 3: a time in seconds is below 0"),
        ("a,1:02:03,90", "row 3: start_s is '1:02:03', not a number"),
        ("a,nan,1", "row 3: start_s is nan, not a finite number"),
        ("a,1,inf", "row 3: end_s is inf, not a finite number"),
        ("a,5,", "row 3: end_s is '', not a number"),
        ("a,0.5,2", "row 3: the interval overlaps that of row 2"),
        ("a,1", "row 3: 2 cells, expected clip,start_s,end_s"),
    ],
)
def test_a_doubtful_interval_is_named_by_its_row(tmp_path, row, match):
    path = save(tmp_path / "labels.csv", f"clip,start_s,end_s\na,0,1\n{row}\n")
    with pytest.raises(DataError, match=match):
        read_intervals(path)


def test_intervals_need_their_header(tmp_path):
    with pytest.raises(
        DataError, match=r"row 1: the columns are a, 0, 1\. They should be clip,start_s,end_s"
    ):
        read_intervals(save(tmp_path / "labels.csv", "a,0,1\n"))


def test_an_interval_beyond_the_clip_is_refused():
    times = np.arange(10) / 10
    assert interval_labels("labels.csv", [Interval(2, 0.8, 1.1)], times).sum() == 2
    with pytest.raises(DataError, match=r"labels\.csv, row 2: ends at 3 s"):
        interval_labels("labels.csv", [Interval(2, 0.8, 3.0)], times)

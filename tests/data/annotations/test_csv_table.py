"""The reader of CSV files: every accepted form, and the file and the row of what is wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from vadkit.data.annotations.csv_table import CsvRow, read_csv, read_header
from vadkit.errors import DataError, NumericError

NAMED = ("name", "frame", "x1", "y1", "x2", "y2")


def rows_of(path: Path, text: str | bytes, *layouts: tuple[str, ...], **how) -> list[CsvRow]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_csv(path, *layouts, **how))


def test_the_header_gives_the_columns_in_any_order(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path / "a.csv", "\ufeffb, a\r\n\r\n 2 ,1\r\n", ("a", "b"))
    assert (dict(row.cells), row.number) == ({"a": "1", "b": "2"}, 3)


def test_a_header_may_be_left_out_or_say_anything(tmp_path: Path) -> None:
    path, layouts = tmp_path / "a.csv", (("a",), ("a", "b"))
    assert rows_of(path, "1\n", *layouts, header="optional")[0].cells == {"a": "1"}
    assert rows_of(path, "b,a\n1,2\n", *layouts, header="optional")[0].cells == {"a": "2", "b": "1"}
    assert rows_of(path, "x,y\n1,2\n", *layouts, header="any")[0].cells == {"a": "1", "b": "2"}
    assert [row.number for row in rows_of(path, "1\n2\n", ("a",), header="none")] == [1, 2]


def test_blanks_and_semicolons_separate_where_they_may(tmp_path: Path) -> None:
    how = {"header": "none", "blanks": True}
    rows = rows_of(tmp_path / "a.txt", "1  2\n3;4\n\n5,6\n", ("a", "b"), **how)
    assert [[*row.cells.values()] for row in rows] == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert [row.number for row in rows] == [1, 2, 4]


def test_more_columns_may_follow(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path / "a.csv", "a,b,c\n1,2,3\n", ("a", "b"), more=True)
    assert row.floats(["c"]) == [3]
    assert read_header(tmp_path / "a.csv") == ["a", "b", "c"]


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path / "a.csv.gz", gzip.compress(b"a\n1\n"), ("a",))
    assert row.whole("a") == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "row 1: the columns are missing. They should be a,b"),
        ("a\n1\n", "row 1: the columns are a. They should be a,b"),
        ("a,a\n1,1\n", "row 1: the columns are a, a"),
        ("a,b\n1,2\n\n1\n", "row 4: 1 cells, expected a,b; none is left for b\\."),
        ("a,b\n1,2,3\n", "row 2: 3 cells, expected a,b\\."),
        (b"\xff\xfea", "is not a CSV file in UTF-8"),
    ],
)
def test_a_file_of_another_form_is_named(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(DataError, match=f"a\\.csv.*{told}"):
        rows_of(tmp_path / "a.csv", text, ("a", "b"))


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("x,1,2,3,4", "frame is 'x', not a number"),
        ("-1,1,2,3,4", "frame is -1, not a whole number from 0"),
        ("1.5,1,2,3,4", "frame is 1.5, not a whole"),
        ("nan,1,2,3,4", "frame is nan, not a whole"),
        ("0,1,2,,4", "x2 is '', not a number"),
        ("0,1,2,inf,4", "x2 is inf, not a finite number"),
        ("0,3,2,1,4", "the box 3,2,1,4 ends before it begins"),
    ],
)
def test_a_cell_that_is_wrong_is_named(tmp_path: Path, cells: str, told: str) -> None:
    text = f"{','.join(NAMED)}\nok,0,1,2,1,2\nbad,{cells}\n"
    good, bad = rows_of(tmp_path / "a.csv", text, NAMED)
    assert (good.whole("frame"), good.box()) == (0, (1, 2, 1, 2))
    with pytest.raises(DataError, match=rf"a\.csv, row 3: {told}"):
        print(bad.whole("frame"), bad.box())


def test_what_is_not_finite_may_be_another_error(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path / "a.csv", "a\nnan\n", ("a",))
    with pytest.raises(NumericError, match=r"a\.csv, row 2: a is nan, not a finite number"):
        row.floats(["a"], NumericError)

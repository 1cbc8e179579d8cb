"""The one reader of CSV files: rows by column, with errors that name file and row."""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TextIO

from vadkit.errors import DataError, VadkitError
from vadkit.utils.unicode import one_form

BOX = ("x1", "y1", "x2", "y2")
"""Columns of a box: its two corners in pixels."""
Header = Literal["required", "optional", "any", "none"]
Line = tuple[int, list[str]]
"""Number of a line, from 1, and its cells."""
_NUMBER = re.compile(r"[-+]?\.?\d|[-+]?(nan|inf)|true|false")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How a text in UTF-16 begins."""


@dataclass(frozen=True)
class CsvRow:
    """A row of a CSV file."""

    path: Path
    number: int
    """The line that it ends on, from 1."""
    cells: Mapping[str, str]
    """Column -> text, without blanks around it."""

    def error(self, reason: str, hint: str = "") -> DataError:
        """What is wrong with the row, to be raised."""
        return DataError(f"{self.path}, row {self.number}: {reason}.", hint)

    def floats(
        self, columns: Sequence[str], not_finite: type[VadkitError] | None = DataError
    ) -> list[float]:
        """The numbers in some columns; `not_finite` refuses NaN and infinity, None lets them pass.

        Raises:
            DataError: A cell holds no number.
        """
        numbers = [self._number(column) for column in columns]
        for column, number in zip(columns, numbers, strict=True):
            if not_finite and not math.isfinite(number):
                message = self.error(f"{column} is {self.cells[column]}, not a finite number")
                raise not_finite(message.message)
        return numbers

    def whole(self, column: str, low: int | None = 0) -> int:
        """The whole number in a column, at least `low` (None: any).

        Raises:
            DataError: The cell holds something else.
        """
        number = self._number(column)
        if number % 1 or not math.isfinite(number) or (low is not None and number < low):
            kind = "a whole number" if low is None else f"a whole number from {low}"
            raise self.error(f"{column} is {self.cells[column]}, not {kind}")
        return int(number)

    def box(self) -> tuple[float, ...]:
        """x1, y1, x2, y2.

        Raises:
            DataError: A cell holds no finite number, or the box ends before it begins.
        """
        x1, y1, x2, y2 = box = tuple(self.floats(BOX))
        if x2 < x1 or y2 < y1:
            sides = ",".join(f"{side:g}" for side in box)
            raise self.error(
                f"the box {sides} ends before it begins",
                "A box is x1,y1,x2,y2: two corners, not a corner and a size.",
            )
        return box

    def _number(self, column: str) -> float:
        try:
            return float(self.cells[column])
        except ValueError:
            raise self.error(f"{column} is {self.cells[column]!r}, not a number") from None


def read_csv(
    path: Path,
    *layouts: Sequence[str],
    header: Header = "required",
    blanks: bool = False,
    more: bool = False,
) -> Iterator[CsvRow]:
    """The rows of a CSV file in UTF-8 or UTF-16, plain or gzip; empty lines are left out.

    Args:
        path: The file; one that ends in `.gz` is unpacked.
        layouts: The columns that it may have, the usual ones first.
        header: "required": the first row names the columns of a layout, in any order; "optional":
            or it is a row like the others, of the usual layout; "any": a first row that ends with
            no number is passed over, whatever it says, and the number of cells tells the layout;
            "none": the first row is one like the others, of the usual layout.
        blanks: Whether blanks and semicolons separate cells, too.
        more: Whether further columns may be named behind those of the layout.

    Raises:
        DataError: It cannot be read, or a row has too few or too many cells.
    """
    lines = _lines(path, blanks)
    first = next(lines, None)
    columns: list[str] = []
    has_header = first and header != "none" and not _NUMBER.match(first[1][-1].lower())
    if header == "required" or has_header:
        named = first[1] if first else []
        columns = [] if header == "any" else _named_columns(path, named, layouts, more)
    elif first:
        lines = chain([first], lines)
    for number, cells in lines:
        fitting = [of for of in layouts if header == "any" and len(of) == len(cells)]
        names = columns or [*fitting, layouts[0]][0]
        if len(cells) != len(names):
            reason = f"{len(cells)} cells, expected {','.join(names)}"
            if without := ",".join(names[len(cells) :]):
                reason += f"; none is left for {without}"
            raise DataError(f"{path}, row {number}: {reason}.")
        yield CsvRow(path, number, dict(zip(names, cells, strict=True)))


def read_header(path: Path, blanks: bool = False) -> list[str]:
    """The cells of a file's first row; none of an empty file, nor of one that begins with numbers.

    Raises:
        DataError: It cannot be read.
    """
    cells = next(_lines(path, blanks), (0, [""]))[1]
    return [] if _NUMBER.match(cells[-1].lower()) else cells


def read_text(path: Path) -> str:
    """The text in a file in UTF-8 or UTF-16.

    Raises:
        DataError: It cannot be read.
    """
    try:
        with _opened(path) as file:
            return file.read()
    except (OSError, UnicodeError) as error:
        raise DataError(f"{path} is no text in UTF-8 or UTF-16: {error}.") from error


def _named_columns(
    path: Path, named: Sequence[str], layouts: Sequence[Sequence[str]], more: bool
) -> list[str]:
    for layout in layouts:
        front = named[: len(layout)] if more else named
        if sorted(front) == sorted(layout) and len(set(named)) == len(named):
            return list(named)
    expected = " or ".join(",".join(layout) for layout in layouts)
    raise DataError(
        f"{path}, row 1: the columns are {', '.join(named) or 'missing'}.",
        f"They should be {expected}.",
    )


def _lines(path: Path, blanks: bool) -> Iterator[Line]:
    try:
        with _opened(path) as file:
            yield from _split(file) if blanks else _parsed(file)
    except (OSError, EOFError, UnicodeError, csv.Error, zlib.error) as error:
        raise DataError(
            f"{path} is not a CSV file in UTF-8 or UTF-16, or cannot be read: {error}.",
            "Make sure that it is whole.",
        ) from error


def _opened(path: Path) -> TextIO:
    raw: Any = gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115
    encoding = "utf-16" if raw.peek(2)[:2] in _UTF_16 else "utf-8-sig"
    return io.TextIOWrapper(raw, encoding, newline="")


def _parsed(file: TextIO) -> Iterator[Line]:
    first = file.readline()
    separator = max(",;\t", key=first.count)  # a comma where there is none
    reader = csv.reader(chain([first], file), delimiter=separator, skipinitialspace=True)
    for cells in reader:
        stripped = [one_form(cell.strip()) for cell in cells]
        if any(stripped):
            yield reader.line_num, stripped


def _split(file: TextIO) -> Iterator[Line]:
    for number, line in enumerate(file, start=1):
        first, *cells = re.split(r"[,;\s]+", one_form(line.strip()))
        # pandas leaves its first column unnamed, and R quotes
        cells = [cell.strip('"') for cell in (first, *(cell for cell in cells if cell))]
        if any(cells):
            yield number, cells

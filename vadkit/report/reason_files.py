"""Tables that say why the frames of a video have their scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vadkit.data.annotations.csv_table import BOX, CsvRow, read_csv
from vadkit.report.score_files import text_cell
from vadkit.runs.atomic import write_text
from vadkit.scoring.reasons import Reason
from vadkit.utils.text_tables import csv_text

COLUMNS = ("frame", *BOX, "question", "answer", "attribute", "value", "p")
FOLDER = "reasons"
"""Beside the scores of videos, so that a folder of scores holds nothing else."""


def write_reasons(path: Path, reasons: Sequence[Reason | None]) -> None:
    """Write a row for each frame, of empty cells but its number where the frame has no unit.

    Raises:
        ResourceError: The disk is full.
    """
    rows = [[frame, *_cells(reason)] for frame, reason in enumerate(reasons)]
    write_text(path, csv_text([COLUMNS, *rows]))


def read_reasons(path: Path) -> tuple[Reason | None, ...]:
    """Read what `write_reasons` wrote.

    Raises:
        DataError: It cannot be read, or a cell holds something else; the message names the row.
    """
    return tuple(_reason(row) if row.cells["question"] else None for row in read_csv(path, COLUMNS))


def _cells(reason: Reason | None) -> list[object]:
    if reason is None:
        return [""] * (len(COLUMNS) - 1)
    question, attribute = map(text_cell, (reason.question, reason.attribute))
    p = "" if reason.p is None else repr(reason.p)
    return [*map(repr, reason.box), question, repr(reason.answer), attribute, repr(reason.value), p]


def _reason(row: CsvRow) -> Reason:
    x1, y1, x2, y2 = row.box()
    answer, value = row.floats(["answer", "value"])
    question, attribute = (row.cells[key].removeprefix("'") for key in ("question", "attribute"))
    p = row.floats(["p"])[0] if row.cells["p"] else None
    return Reason((x1, y1, x2, y2), question, answer, attribute, value, p)

"""`history.csv`: a row an epoch."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from vadkit.runs.atomic import write_text
from vadkit.utils.text_tables import csv_text

Cell = str | int | float


def append_history(path: Path, row: Mapping[str, Cell]) -> None:
    """Add an epoch's row and rewrite the file whole.

    Rows of this epoch and of later ones go: after a resume they are trained anew. A loss term that
    joins later adds a column, empty in the rows before.

    Args:
        path: `history.csv`.
        row: Column -> value, with the epoch under `epoch`.
    """
    earlier = [old for old in read_history(path) if int(old["epoch"]) < int(row["epoch"])]
    rows: list[Mapping[str, Cell]] = [*earlier, row]
    columns = list(dict.fromkeys(column for each in rows for column in each))
    cells = [[each.get(column, "") for column in columns] for each in rows]
    write_text(path, csv_text([columns, *cells]))


def read_history(path: Path) -> list[dict[str, str]]:
    """Read the rows as text; none where there is no file yet."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))

"""Tables of reasons survive a round trip; damaged ones are refused by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from vadkit.errors import DataError
from vadkit.report.reason_files import COLUMNS, read_reasons, write_reasons
from vadkit.scoring.reasons import Reason

pytestmark = pytest.mark.edges

REASONS = (
    Reason((1.5, 2.0, 30.25, 41.0), "how fast, and where", 1 / 3, "motion.speed", 4.75, 1e-3),
    None,
    Reason((0.0, 0.0, 5.0, 5.0), "=HYPERLINK", 0.0, "box.width", 1e-12, None),
)


def test_every_reason_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "reasons/a.csv"
    write_reasons(path, REASONS)
    lines = path.read_text().splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[2] == "1" + "," * (len(COLUMNS) - 1)
    assert ",'=HYPERLINK," in lines[3]
    assert read_reasons(path) == REASONS


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_reasons(path, REASONS)
    path.write_text(path.read_text().replace("4.75", "fast"))
    with pytest.raises(DataError, match="row 2"):
        read_reasons(path)

"""How long a sweep may take: from what was timed, and never from a guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from grids import grid, read
from made_metrics import phase

from vadkit.sweep.estimate import Estimate, Timings, estimate
from vadkit.sweep.expansion import Cell, Entry
from vadkit.sweep.folder import CellState
from vadkit.sweep.grid import GridFile
from vadkit.sweep.schedule import cells_of

ROWS = "Pre SR Virtual; Pre Virtual SR"


def _state(cell: Cell, *, train: float, evaluate: float, rest: float) -> CellState:
    """A finished cell, each of whose phases took so long."""
    numbers = range(1, len(cell.recipe.phase) + 1)
    total = len(numbers) * (train + evaluate) + rest
    began = datetime(2026, 1, 1, tzinfo=UTC)
    events: list[dict[str, Any]] = [{"event": "run_started", "time": began.isoformat()}]
    for number in numbers:
        saved = {"event": "epoch_saved", "phase": number, "steps": 2, "time": began.isoformat()}
        events += [saved, {"event": "phase_trained", "phase": number, "time": began.isoformat()}]
    ended = (began + timedelta(seconds=total)).isoformat()
    seconds = {"train": train, "evaluate": evaluate}
    phases = {number: phase("p", number, seconds=seconds) for number in numbers}
    return CellState((*events, {"event": "run_done", "time": ended}), phases)


def _estimate(
    file: GridFile, entries: list[Entry], states: dict[str, CellState], home: Path, jobs: int = 1
) -> Estimate:
    known = {cell.name: states.get(cell.name, CellState()) for cell in cells_of(entries)}
    timings = Timings(cells_of(entries), known, home)
    timings.save()
    return estimate(file.grid, entries, known, jobs, timings)


@pytest.fixture
def progressive(tmp_path, registry) -> tuple[GridFile, list[Entry]]:
    return read(tmp_path, grid(ROWS, "sota", top='modes = ["progressive"]'), registry)


def test_nobody_knows_what_was_never_timed(progressive, tmp_path) -> None:
    found = _estimate(*progressive, {}, tmp_path)
    assert found.seconds is None
    assert found.sentence() == (
        "Never timed: prediction, semantic_reconstruction, virtual. So nobody knows how long it "
        "takes."
    )


def test_from_the_cells_that_are_done(progressive, tmp_path) -> None:
    file, entries = progressive
    first, second = cells_of(entries)
    done = {first.name: _state(first, train=60, evaluate=5, rest=10)}
    found = _estimate(file, entries, done, tmp_path)
    assert found.seconds == pytest.approx(2 * (60 + 5) + 10)  # prediction is shared
    assert found.sentence() == "With 1 job at once it may take about 2m20s."
    done[second.name] = _state(second, train=60, evaluate=5, rest=10)
    assert _estimate(file, entries, done, tmp_path).sentence() == "Everything is done."


def test_from_what_earlier_sweeps_noted(progressive, tmp_path, registry) -> None:
    file, entries = progressive
    states = {of.name: _state(of, train=60, evaluate=5, rest=10) for of in cells_of(entries)}
    _estimate(file, entries, states, tmp_path)
    more = read(tmp_path, grid(ROWS, "sota", top="seeds = [7, 8]"), registry)
    alone = 3 + 2  # each seed's trainings one after another
    at_once = 3  # of three tasks each: as long as their sum
    seconds = 2 * (60 * (alone + at_once) + 5 * (alone + 1) + 10 * 3)
    assert _estimate(*more, {}, tmp_path).seconds == pytest.approx(seconds)
    assert _estimate(*more, {}, tmp_path, jobs=4).seconds == pytest.approx(seconds / 4)
    jobs = _estimate(*more, {}, tmp_path, jobs=100)
    assert jobs.seconds == pytest.approx(3 * 65 + 10)  # no faster than the longest


def test_other_sizes_say_nothing(progressive, tmp_path, registry) -> None:
    file, entries = progressive
    states = {of.name: _state(of, train=60, evaluate=5, rest=10) for of in cells_of(entries)}
    _estimate(file, entries, states, tmp_path)
    wider = grid(ROWS, "sota", top='set = { "backbone.width" = 64 }')
    assert _estimate(*read(tmp_path, wider, registry), {}, tmp_path).seconds is None


def test_what_is_partly_known_is_a_lower_bound(progressive, tmp_path, registry) -> None:
    file, entries = progressive
    states = {of.name: _state(of, train=60, evaluate=5, rest=10) for of in cells_of(entries)}
    _estimate(file, entries, states, tmp_path)
    more = read(tmp_path, grid("Pre Jig -", "sota", top='modes = ["progressive"]'), registry)
    found = _estimate(*more, {}, tmp_path).sentence()
    assert found == "With 1 job at once it may take at least 1m20s. Never timed: jigsaw."


def test_notes_of_another_vadkit_are_not_read(progressive, tmp_path) -> None:
    (tmp_path / "timings.json").write_text('{"schema_version": 99, "seconds": 3}')
    assert _estimate(*progressive, {}, tmp_path).seconds is None

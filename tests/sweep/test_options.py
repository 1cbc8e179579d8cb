"""A plan knows the machine: what was trained on another one has to be trained again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from grids import grid, read

from vadkit.registry.registry import Registry
from vadkit.sweep.expansion import Cell
from vadkit.sweep.folder import CellState
from vadkit.sweep.schedule import Options, Schedule, cells_of, keys_done, trainings
from vadkit.utils.machine import this_machine

HERE = {**asdict(this_machine(torch.device("cpu"), threads=2)), "notes": []}
OPTIONS = Options(device="cpu", threads=2)


@pytest.fixture
def cells(tmp_path: Path, registry: Registry) -> list[Cell]:
    """Two orders that begin alike."""
    text = grid("Pre SR -; Pre Jig -", "sota", top='modes = ["progressive"]')
    return cells_of(read(tmp_path, text, registry)[1])


def _finished(**machine: object) -> CellState:
    return CellState(({"event": "run_done"},), identity={**HERE, **machine})


def _done(cells: list[Cell], options: Options, **states: CellState) -> set[int]:
    """The phases of the second cell that nobody has to train any more."""
    first, second = cells
    known = {first.name: states["first"], second.name: states.get("second", CellState())}
    done = keys_done(cells, known, options.unshared(cells, known, usual_threads=1))
    return {number for key, number in trainings(second).items() if key in done}


def test_what_was_trained_here_is_shared(cells: list[Cell]) -> None:
    assert _done(cells, OPTIONS, first=_finished()) == {1}


@pytest.mark.parametrize(
    "change",
    [
        {"torch": "1.0"},
        {"threads": 7},
        {"kernels": ["arm64", "DEFAULT"]},
        {"processor": "NVIDIA H100"},
        {"notes": ["The threads was 7 and then 2: not the same bit for bit."]},
    ],
)
def test_what_was_trained_elsewhere_is_not(cells: list[Cell], change: dict[str, object]) -> None:
    assert _done(cells, OPTIONS, first=_finished(**change)) == set()


def test_where_nothing_is_left_nothing_is_trained_again(cells: list[Cell]) -> None:
    elsewhere = _finished(torch="1.0")
    assert _done(cells, OPTIONS, first=elsewhere, second=elsewhere) == {1, 2}


def test_machines_that_nobody_knows_are_taken_for_equal(cells: list[Cell]) -> None:
    away = Options(device="cpu", threads=2, elsewhere=True)
    assert _done(cells, away, first=_finished(torch="1.0")) == {1}


def test_threads_are_those_of_options_recipe_or_engine(cells: list[Cell]) -> None:
    assert _done(cells, Options(device="cpu"), first=_finished(threads=1)) == {1}
    own = [Cell(c.name, c.identity, c.bound.with_values(threads=5), c.keys) for c in cells]
    assert _done(own, Options(device="cpu"), first=_finished(threads=5)) == {1}
    assert _done(own, Options(device="cpu"), first=_finished(threads=1)) == set()


def test_two_cells_do_not_begin_what_they_share(cells: list[Cell]) -> None:
    """As long as the first, which was trained elsewhere, is not taken for the owner."""
    more = Cell("third", "third", cells[1].bound, cells[1].keys)
    states = {
        cells[0].name: _finished(torch="1.0"),
        cells[1].name: CellState(),
        "third": CellState(),
    }
    unshared = OPTIONS.unshared([*cells, more], states, usual_threads=1)
    schedule = Schedule([*cells, more], states, unshared)
    assert schedule.start() is not None
    assert schedule.start() is None

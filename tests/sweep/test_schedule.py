"""What is shared, and which cell may start when."""

from __future__ import annotations

import pytest
from grids import ZHANG_3, ZHANG_5, by_mode, grid, read

from vadkit.sweep.expansion import Cell, Entry
from vadkit.sweep.folder import CellState
from vadkit.sweep.schedule import Count, Schedule, cells_of, count, total, trainings

FOREIGN = 'set = { "data.foreign" = { dataset = "textures" } }'


def _events(*phases: int, done: bool = False) -> CellState:
    trained = [{"event": "phase_trained", "phase": number} for number in phases]
    return CellState((*trained, *([{"event": "run_done"}] if done else [])))


@pytest.fixture
def entries(tmp_path, registry) -> list[Entry]:
    """Three orders that begin alike, and one that does not."""
    text = grid("Pre SR -; Pre SR Virtual; Pre Jig -; SR - -", "sota", top=ALONE)
    return read(tmp_path, text, registry)[1]


ALONE = 'modes = ["progressive"]'


def _schedule(cells: list[Cell], **states: CellState) -> Schedule:
    return Schedule(cells, {c.name: states.get(c.name[:-20], CellState()) for c in cells})


def _names(cells: list[Cell]) -> list[str]:
    return [cell.name.removesuffix(".progressive.plaza.0") for cell in cells]


@pytest.mark.parametrize(
    ("rows", "alone", "shared"), [(ZHANG_3, 45, 31), (ZHANG_5, 12, 7)], ids=["table 3", "table 5"]
)
def test_zhangs_orders_share(tmp_path, registry, rows, alone, shared) -> None:
    """The counts that [000]'s tables come to, and three times as many for three seeds."""
    for seeds in (1, 3):
        text = grid(rows, "sota", top=f"seeds = {list(range(seeds))}\n{FOREIGN}")
        entries = read(tmp_path, text, registry)[1]
        counts = count(entries, set())
        assert counts["progressive"].alone == alone * seeds
        assert counts["progressive"].shared == counts["progressive"].remaining == shared * seeds
        assert counts["simultaneous"].entries == len(by_mode(entries, "simultaneous"))


def test_table_3_at_once_has_as_many_as_there_are_sets(tmp_path, registry) -> None:
    counts = count(read(tmp_path, grid(ZHANG_3, "sota", top=FOREIGN), registry)[1], set())
    assert counts["simultaneous"] == Count(entries=13, alone=13, shared=11, done=0)
    assert total(counts) == Count(entries=26, alone=58, shared=42, done=0)


def test_modes_share_what_is_the_same_in_both(tmp_path, registry) -> None:
    counts = count(read(tmp_path, grid("Pre - -; Pre SR -", "sota"), registry)[1], set())
    assert counts["progressive"] == Count(2, 3, 2, 0)
    assert counts["simultaneous"] == Count(2, 2, 1, 0)


def test_what_is_not_trained_is_not_counted(tmp_path, registry) -> None:
    (entry,) = read(tmp_path, grid("Pre SR -", "sota", top=ALONE, epochs=0), registry)[1]
    assert trainings(entry.cell) == {}


def test_what_decides_the_weights_decides_what_is_shared(tmp_path, registry) -> None:
    rows = 'set = { "optim.lr" = 1.0 }\n[[row]]\nname = "x"\norder = [["Pre"], ["SR"]]\n'
    text = grid("Pre SR -; Pre Jig -", "sota", top=ALONE, more=rows)
    text += 'set = { "score.fuse" = "max" }'
    first, other_rate, other_score = (entry.cell for entry in read(tmp_path, text, registry)[1])
    assert first.keys == other_score.keys
    assert first.keys[0] != other_rate.keys[0]
    assert first.identity != other_score.identity


def test_a_cell_waits_for_what_another_trains(entries) -> None:
    schedule = _schedule(cells_of(entries))
    assert _names(schedule.ready()) == ["Pre-SR", "SR"]
    first = schedule.start()
    assert first is not None
    assert _names([first]) == ["Pre-SR"]
    assert _names(schedule.ready()) == ["SR"]
    schedule.done.add(first.keys[0])
    assert _names(schedule.ready()) == ["Pre-Jig", "SR"]
    schedule.done.add(first.keys[1])
    assert _names(schedule.ready()) == ["Pre-SR-Virtual", "Pre-Jig", "SR"]


def test_the_next_one_inherits_what_a_failed_one_leaves(entries) -> None:
    schedule = _schedule(cells_of(entries))
    first = schedule.start()
    assert first is not None
    schedule.done.add(first.keys[0])
    schedule.end(first.name)
    assert _names(schedule.ready()) == ["Pre-SR-Virtual", "Pre-Jig", "SR"]


def test_cells_that_help_others_come_first(entries) -> None:
    cells = cells_of(entries)
    schedule = _schedule(cells[::-1])
    assert _names(schedule.ready()) == ["SR", "Pre-Jig"]
    assert _names([cell for _ in range(2) if (cell := schedule.start())]) == ["Pre-Jig", "SR"]


def test_help_counts_more_than_work_and_work_more_than_the_place(tmp_path, registry) -> None:
    rows = "Cls - -; Rec - -; SR Jig Virtual; Pre - -; Pre Jig -"
    schedule = _schedule(cells_of(read(tmp_path, grid(rows, "sota", top=ALONE), registry)[1]))
    started = [cell for _ in range(4) if (cell := schedule.start())]
    assert _names(started) == ["Pre", "SR-Jig-Virtual", "Cls", "Rec"]


def test_everything_is_carried_out_whatever_fails(entries) -> None:
    schedule = _schedule(cells_of(entries))
    ended = []
    while schedule.open:
        cell = schedule.start()
        assert cell is not None
        ended.append(cell.name)
        schedule.end(cell.name)
    assert len(ended) == len(set(ended)) == 4


def test_what_is_done_is_not_done_again(entries) -> None:
    cells = cells_of(entries)
    states = {"Pre-SR-Virtual": _events(1, 2, 3, done=True), "Pre-Jig": _events(1)}
    schedule = _schedule(cells, **states)
    assert _names(schedule.ready()) == ["Pre-SR", "Pre-Jig", "SR"]
    assert count(entries, schedule.done)["progressive"] == Count(4, 8, 5, 3)

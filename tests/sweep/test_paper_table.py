"""Tables and figures of figures that are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from grids import grid, read

from vadkit.data.video.image import image_size
from vadkit.metrics.figures import all_figures
from vadkit.metrics.metrics_schema import PhaseFigures
from vadkit.sweep.figure import draw
from vadkit.sweep.folder import CellState
from vadkit.sweep.paper_table import latex, markdown
from vadkit.sweep.phase_lines import DONE, FAILED, OPEN, PhaseLine, lines_of
from vadkit.sweep.schema import Grid

Value = Callable[[str, str, int, int], float | None]
"""Row, mode, phase and seed -> micro AUC."""


@pytest.fixture
def made(tmp_path, registry) -> Callable[..., tuple[Grid, list[PhaseLine]]]:
    """Makes a grid and a line for each of its phases."""

    def make(text: str, value: Value) -> tuple[Grid, list[PhaseLine]]:
        file, entries = read(tmp_path, text, registry)
        lines = []
        for entry in entries:
            for number, phase in enumerate(entry.cell.recipe.phase, start=1):
                micro = value(entry.row, entry.mode, number, entry.seed)
                lines.append(
                    PhaseLine(
                        entry,
                        number,
                        entry.stages[number - 1],
                        phase.title,
                        dict.fromkeys(all_figures(), micro),
                        0.6,
                        steps=2,
                        seconds=1.0,
                        status=OPEN if micro is None else DONE,
                        reason="",
                    )
                )
        return file.grid, lines

    return make


def _value(row: str, mode: str, number: int, seed: int) -> float | None:
    return 0.5 if mode == "simultaneous" else 0.6 + number / 10 + seed / 100


def _row(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {name}")]
    return [cell.strip() for cell in line.split("|")[2:-1]]


def test_mean_and_deviation_over_seeds(made) -> None:
    grid_, lines = made(grid("Pre SR Virtual", "sota", top="seeds = [0, 1, 2]"), _value)
    text = markdown(grid_, lines)
    row = ["71.0 ± 1.0", "81.0 ± 1.0", "91.0 ± 1.0", "50.0 ± 0.0"]
    assert _row(text, "Pre → SR") == row
    assert "standard deviation over the seeds 0, 1, 2." in text
    assert "Boxes alone, nothing learned, reach 60.0 micro AUC on plaza." in text
    assert "finished" not in text


def test_further_protocols_have_rows_of_their_own(tmp_path, registry) -> None:
    top = 'modes = ["progressive"]\nreadings = ["paper"]'
    _, entries = read(tmp_path, grid("Pre SR -", "sota", top=top), registry)
    first = PhaseFigures(
        number=1, name="prediction", stage="perception", seconds={}, heads=None, auc={"micro": 0.9},
        also={"paper": {"auc": {"micro": 0.7}}},
    )  # fmt: skip
    states = {entries[0].cell.name: CellState(phases={1: first})}
    lines = lines_of(entries[:1], states, {}, ["paper"])
    rows = [(line.entry.row, line.number, line.figures["micro AUC"]) for line in lines]
    name = entries[0].row
    paper = f"{name}: paper"
    assert rows == [(name, 1, 0.9), (name, 2, None), (paper, 1, 0.7), (paper, 2, None)]


def test_a_stage_without_a_step_leaves_the_figure_as_it_was(made) -> None:
    text = markdown(*made(grid("Pre - Virtual; - Pre+SR -", "sota"), _value))
    assert _row(text, "Pre →") == ["70.0", "70.0", "80.0", "50.0"]
    assert _row(text, "\N{EN DASH} →") == ["\N{EN DASH}", "80.0", "80.0", "50.0"]


def test_what_is_missing_is_said(made) -> None:
    grid_, lines = made(
        grid("Pre SR -", "sota", top='seeds = [0, 1]\nmodes = ["progressive"]'),
        lambda row, mode, number, seed: None if seed and number > 1 else 0.7,
    )
    failed = [
        replace(of, status=FAILED, reason="it broke.") if of.status == OPEN else of for of in lines
    ]
    for known in (lines, failed):
        text = markdown(grid_, known)
        assert _row(text, "Pre") == ["70.0 ± 0.0", "70.0 (1 of 2)", "70.0 (1 of 2)"]
        assert "1 of 2 cells are finished." in text
    assert "- Pre-SR.progressive.plaza.1: it broke." in text
    empty = [replace(line, figures=dict.fromkeys(all_figures())) for line in lines]
    assert _row(markdown(grid_, empty), "Pre") == ["…"] * 3
    assert r"\ldots & \ldots & \ldots" in latex(grid_, empty)


def test_data_sets_stand_side_by_side(made) -> None:
    more = '[[dataset]]\nname = "one_two"\n[[dataset]]\nname = "b"'
    both = made(grid("Pre SR -", "sota", more=more), _value)
    assert "| order | one_two: perception | one_two: comprehension |" in markdown(*both)
    heads = latex(*both).splitlines()[4:6]
    assert heads[0] == r" & \multicolumn{4}{c}{one\_two} & \multicolumn{4}{c}{b} \\"
    assert heads[1].count("simultaneous") == 2


def test_two_modes_with_stages_are_told_apart(made) -> None:
    top = 'modes = ["progressive", "cumulative", "simultaneous"]'
    head = markdown(*made(grid("Pre Rec -", "sota", top=top), _value)).splitlines()[4]
    assert "progressive: perception" in head
    assert "cumulative: perception" in head
    assert head.endswith("| simultaneous |")


def test_recipes_have_one_column_where_no_stages_are_named(made) -> None:
    text = 'title = "T"\n[[row]]\nrecipe = "sota"\n[[row]]\nrecipe = "baseline"\n'
    shown = markdown(*made(text, _value))
    assert "| order | end |" in shown
    assert (_row(shown, "sota"), _row(shown, "baseline")) == (["100.0"], ["90.0"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (grid("Pre SR Virtual; - SR -", "sota", top="seeds = [0, 1]"), _value),
        (grid("Pre SR -", "sota", top='modes = ["simultaneous", "cumulative"]'), _value),
        (grid("Pre SR -; Pre - -", "sota", top='modes = ["simultaneous"]'), _value),
        ('title = "a $b$ 100 %"\n[[row]]\nname = "x_$y$"\nrecipe = "sota"\n', _value),
        (
            grid("Pre SR -; Pre Jig -", "sota"),
            lambda row, *_: None if "Jig" in row else 0.5,
        ),
        (
            grid("Pre - -", "sota", more='[[dataset]]\nname = "a"\n[[dataset]]\nname = "b"'),
            _value,
        ),
    ],
    ids=["seeds", "cumulative", "at once", "recipes", "unfinished", "data sets"],
)
def test_figures_are_drawn(made, tmp_path: Path, text: str, value: Value) -> None:
    path = tmp_path / "figure.png"
    draw(path, *made(text, value))
    width, height = image_size(path.read_bytes()) or (0, 0)
    assert min(width, height) > 250

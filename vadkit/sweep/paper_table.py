"""The table as the papers print it: a line for each row, a column for each stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from vadkit.metrics.figures import MICRO_AUC, Figure, all_figures
from vadkit.sweep.aggregation import Point, curve, is_last, stages_of
from vadkit.sweep.orders import ALL
from vadkit.sweep.phase_lines import DONE, FAILED, PhaseLine, best_of_boxes
from vadkit.sweep.schema import NO_STEP, Grid
from vadkit.utils.text_tables import latex_row, latex_table, latex_text, markdown_table

Head = tuple[str, ...]
"""Data set, mode and stage of a column, without what all columns share."""


@dataclass(frozen=True)
class Table:
    """One figure of all rows."""

    figure: Figure
    heads: list[Head]
    rows: list[tuple[str, list[Point | None]]]
    """Name and cells; None where a row is not trained in a column's mode."""


def tables_of(grid: Grid, lines: Sequence[PhaseLine]) -> list[Table]:
    """A table for each figure of the grid."""
    return [_table(grid, lines, figure) for figure in grid.figures]


def _table(grid: Grid, lines: Sequence[PhaseLine], figure: str) -> Table:
    datasets = list(dict.fromkeys(line.entry.dataset for line in lines))
    modes = list(dict.fromkeys(line.entry.mode for line in lines))
    columns = [(d, m, s) for d in datasets for m in modes for s in stages_of(grid, m)]
    rows = []
    for name in dict.fromkeys(line.entry.row for line in lines):
        of_row = [line for line in lines if line.entry.row == name]
        parts = [_cells(grid, of_row, figure, d, m) for d in datasets for m in modes]
        rows.append((name, [cell for part in parts for cell in part]))
    return Table(all_figures()[figure], [_head(c, len(datasets), modes) for c in columns], rows)


def _cells(
    grid: Grid, lines: Sequence[PhaseLine], figure: str, dataset: str, mode: str
) -> Sequence[Point | None]:
    stages = stages_of(grid, mode)
    of_cell = [line for line in lines if (line.entry.dataset, line.entry.mode) == (dataset, mode)]
    return curve(of_cell, figure, stages) if of_cell else [None] * len(stages)


def _head(column: tuple[str, str, str], datasets: int, modes: Sequence[str]) -> Head:
    dataset, mode, stage = column
    many = [mode for mode in modes if mode != ALL]
    named = [mode] if len(many) > 1 and mode != ALL else []
    return (*([dataset] if datasets > 1 else []), *named, stage)


def markdown(grid: Grid, lines: Sequence[PhaseLine]) -> str:
    """The grid's tables, and what is missing in them, as Markdown."""
    parts = [f"# {grid.title}"]
    for table in tables_of(grid, lines):
        parts.append(f"{table.figure.name}{table.figure.unit}{_seeds(grid)}.")
        parts.append(_markdown(table))
    return "\n\n".join([*parts, *_notes(lines)]) + "\n"


def _markdown(table: Table) -> str:
    heads = ["order", *(": ".join(head) for head in table.heads)]
    cells = [[name, *(_text(table.figure, cell, "±") for cell in row)] for name, row in table.rows]
    return markdown_table(heads, cells)


def _seeds(grid: Grid) -> str:
    named = ", ".join(map(str, grid.seeds))
    many = len(grid.seeds) > 1
    return f", mean ± standard deviation over the seeds {named}" if many else f", seed {named}"


def _text(
    figure: Figure, point: Point | None, sign: str, nothing: str = NO_STEP, unknown: str = "…"
) -> str:
    """Mean and deviation; how many seeds they are of, where some are missing."""
    if point is None or not point.wanted:
        return nothing
    if point.mean is None:
        return unknown
    text, deviation = figure.scaled_text, point.deviation
    spread = "" if deviation is None else f" {sign} {text(deviation)}"
    short = len(point.values) < point.wanted
    some = f" ({len(point.values)} of {point.wanted})" if short else ""
    return f"{text(point.mean)}{spread}{some}"


def _notes(lines: Sequence[PhaseLine]) -> Iterator[str]:
    """What was reached without learning, what is missing, and why."""
    for dataset in dict.fromkeys(line.entry.dataset for line in lines):
        best = best_of_boxes([line for line in lines if line.entry.dataset == dataset])
        if best is not None:
            value = MICRO_AUC.scaled_text(MICRO_AUC.scaled(best))
            yield f"Boxes alone, nothing learned, reach {value} {MICRO_AUC.name} on {dataset}."
    names = {line.entry.cell.name: line.status == DONE for line in lines if is_last(line)}
    if not all(names.values()):
        yield f"{sum(names.values())} of {len(names)} cells are finished."
    failed = {line.entry.cell.name: line.reason for line in lines if line.status == FAILED}
    if failed:
        yield "\n".join(
            ["Failed:", "", *(f"- {name}: {reason}" for name, reason in failed.items())]
        )


def latex(grid: Grid, lines: Sequence[PhaseLine]) -> str:
    """The grid's tables as LaTeX that needs no package."""
    parts = [f"% {grid.title}"]
    for table in tables_of(grid, lines):
        parts += [f"% {table.figure.name}{table.figure.unit}{_seeds(grid)}", _latex(table)]
    return "\n".join(parts) + "\n"


def _latex(table: Table) -> str:
    signs = (r"$\pm$", "--", r"\ldots")
    rows = [
        [latex_text(name), *(_text(table.figure, cell, *signs) for cell in cells)]
        for name, cells in table.rows
    ]
    return latex_table(_tex_heads(table.heads), rows, 1 + len(table.heads))


def _tex_heads(heads: Sequence[Head]) -> list[str]:
    """A line for each level; neighbours with one head share it."""
    depth = max(map(len, heads))
    padded = [("",) * (depth - len(head)) + head for head in heads]
    return [
        _tex_level([head[:level] for head in padded], level == depth)
        for level in range(1, depth + 1)
    ]


def _tex_level(paths: Sequence[Head], lowest: bool) -> str:
    cells = [(latex_text(path[-1]), len(list(same))) for path, same in groupby(paths)]
    spans = [
        rf"\multicolumn{{{span}}}{{c}}{{{text}}}" if span > 1 else text for text, span in cells
    ]
    return latex_row(["order" if lowest else "", *spans])

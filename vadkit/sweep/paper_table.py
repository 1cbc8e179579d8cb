"""The table as the papers print it: a line for each row, a column for each stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, product

from vadkit.metrics.figures import MICRO_AUC, Figure, all_figures
from vadkit.sweep.phase_lines import (
    DONE,
    FAILED,
    PhaseLine,
    Point,
    best_of_boxes,
    curve,
    stages_of,
)
from vadkit.sweep.schema import ALL, NO_STEP, Grid
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

    def texts(self, sign: str, no_step: str, unknown: str) -> Iterator[list[str]]:
        """Each row's name, and mean and deviation of each stage, or what stands for them."""
        for name, points in self.rows:
            yield [name, *(_text(self.figure, point, sign, no_step, unknown) for point in points)]


def _text(figure: Figure, point: Point | None, sign: str, no_step: str, unknown: str) -> str:
    if point is None or not point.seeds:
        return no_step
    if point.mean is None:
        return unknown
    text, deviation = figure.scaled_text, point.deviation
    spread = "" if deviation is None else f" {sign} {text(deviation)}"
    missing = len(point.values) < point.seeds
    share = f" ({len(point.values)} of {point.seeds})" if missing else ""
    return f"{text(point.mean)}{spread}{share}"


def _tables(grid: Grid, lines: Sequence[PhaseLine]) -> Iterator[tuple[str, Table]]:
    """Each figure of the grid: its name with unit and seeds, and its table."""
    by_part: dict[tuple[str, str, str], list[PhaseLine]] = {}
    for line in lines:
        part = (line.entry.row, line.entry.dataset, line.entry.mode)
        by_part.setdefault(part, []).append(line)
    rows, datasets, modes = (list(dict.fromkeys(names)) for names in zip(*by_part, strict=True))
    names = ", ".join(map(str, grid.seeds))
    several = len(grid.seeds) > 1
    seeds = f"mean ± standard deviation over the seeds {names}" if several else f"seed {names}"
    for figure in (all_figures()[name] for name in grid.figures):
        table = Table(figure, _heads(grid, datasets, modes), [])
        for row in rows:
            points: list[Point | None] = []
            for dataset, mode in product(datasets, modes):
                stages, part_lines = stages_of(grid, mode), by_part.get((row, dataset, mode))
                if part_lines:
                    points += curve(part_lines, figure.name, stages)
                else:
                    points += [None] * len(stages)
            table.rows.append((row, points))
        yield f"{figure.name}{figure.unit}, {seeds}", table


def _heads(grid: Grid, datasets: Sequence[str], modes: Sequence[str]) -> list[Head]:
    staged = [mode for mode in modes if mode != ALL]
    heads = []
    for dataset, mode in product(datasets, modes):
        named = [dataset] if len(datasets) > 1 else []
        named += [mode] if len(staged) > 1 and mode != ALL else []
        heads += [(*named, stage) for stage in stages_of(grid, mode)]
    return heads


def markdown(grid: Grid, lines: Sequence[PhaseLine]) -> str:
    """The grid's tables, and what is missing in them, as Markdown."""
    parts = [f"# {grid.title}"]
    for title, table in _tables(grid, lines):
        heads = ["order", *(": ".join(head) for head in table.heads)]
        parts += [f"{title}.", markdown_table(heads, table.texts("±", NO_STEP, "…"))]
    return "\n\n".join([*parts, *_notes(lines)]) + "\n"


def _notes(lines: Sequence[PhaseLine]) -> Iterator[str]:
    """What was reached without learning, what is missing, and why."""
    for dataset in dict.fromkeys(line.entry.dataset for line in lines):
        best = best_of_boxes([line for line in lines if line.entry.dataset == dataset])
        if best is not None:
            value = MICRO_AUC.scaled_text(MICRO_AUC.scaled(best))
            yield f"Boxes alone, nothing learned, reach {value} {MICRO_AUC.name} on {dataset}."
    done = {line.entry.cell.name: line.status == DONE for line in lines if line.is_last}
    if not all(done.values()):
        yield f"{sum(done.values())} of {len(done)} cells are finished."
    failed = {line.entry.cell.name: line.reason for line in lines if line.status == FAILED}
    if failed:
        yield "\n".join(["Failed:", "", *(f"- {name}: {why}" for name, why in failed.items())])


def latex(grid: Grid, lines: Sequence[PhaseLine]) -> str:
    """The grid's tables as LaTeX that needs no package."""
    parts = [f"% {grid.title}"]
    for title, table in _tables(grid, lines):
        texts = table.texts(r"$\pm$", "--", r"\ldots")
        rows = [[latex_text(name), *cells] for name, *cells in texts]
        parts += [f"% {title}", latex_table(_tex_heads(table.heads), rows, 1 + len(table.heads))]
    return "\n".join(parts) + "\n"


def _tex_heads(heads: Sequence[Head]) -> Iterator[str]:
    """A line for each level; neighbours with one head share it."""
    depth = max(map(len, heads))
    padded = [("",) * (depth - len(head)) + head for head in heads]
    for level in range(1, depth + 1):
        cells = ["order" if level == depth else ""]
        for path, neighbours in groupby(head[:level] for head in padded):
            text, span = latex_text(path[-1]), len(list(neighbours))
            cells.append(rf"\multicolumn{{{span}}}{{c}}{{{text}}}" if span > 1 else text)
        yield latex_row(cells)

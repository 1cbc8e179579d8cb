"""The papers' figure: AUC stage by stage, one after another against all at once."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from vadkit.metrics.figures import MICRO_AUC, Figure, all_figures
from vadkit.report.style import BLUE, GREEN, RED, drawing, one_line, title
from vadkit.sweep.aggregation import Point, curve, stages_of
from vadkit.sweep.orders import ALL
from vadkit.sweep.phase_lines import PhaseLine, best_of_boxes
from vadkit.sweep.schema import OWN, Grid

_LOOKS: dict[str, dict[str, Any]] = {
    "progressive": {"color": BLUE, "marker": "o"},
    OWN: {"color": BLUE, "marker": "o"},
    "cumulative": {"color": GREEN, "marker": "s"},
    ALL: {"color": RED, "marker": "D"},
}
_BOXES: dict[str, Any] = {"color": "#555555", "linestyle": ":", "linewidth": 1.2}
_ABREAST = 4
_HALO = [withStroke(linewidth=2.5, foreground="white")]
"""Keeps numbers readable on lines."""


def draw(path: Path, grid: Grid, lines: Sequence[PhaseLine]) -> None:
    """Draw the grid's first figure: a panel a row, or a line a row where there is but one stage.

    Args:
        path: The PNG to write.
        grid: Says what is drawn, and names stages.
        lines: What the cells came to.
    """
    datasets = _by_dataset(lines)
    modes = list(dict.fromkeys(line.entry.mode for line in lines))
    staged = any(len(stages_of(grid, mode)) > 1 for mode in modes)
    width, height = _size(len(grid.row), staged)
    with drawing(path, width, height * len(datasets) + 0.9) as figure:
        figure.suptitle(one_line(grid.title), x=0.01, ha="left", weight="bold", parse_math=False)
        parts = figure.subfigures(len(datasets), 1, squeeze=False)[:, 0]
        for part, (dataset, of_dataset) in zip(parts, datasets.items(), strict=True):
            (_panels if staged else _dots)(part, grid, of_dataset)
            if len(datasets) > 1:
                part.suptitle(one_line(dataset), ha="left", x=0.01, parse_math=False)
        figure.legend(handles=_legend(grid, lines, staged), loc="outside lower center", ncols=4)


def _size(rows: int, staged: bool) -> tuple[float, float]:
    """Inches of one data set's part."""
    if not staged:
        return 7.5, 0.42 * rows + 1
    columns = min(rows, _ABREAST)
    return max(5.0, 3.1 * columns), 2.3 * -(-rows // columns) + 0.5


def _panels(part: SubFigure, grid: Grid, lines: Sequence[PhaseLine]) -> None:
    names = list(dict.fromkeys(line.entry.row for line in lines))
    columns = min(len(names), _ABREAST)
    panels = part.subplots(-(-len(names) // columns), columns, sharey=True, squeeze=False)
    for axes, name in zip(panels.flat, names, strict=False):
        _panel(axes, grid, [line for line in lines if line.entry.row == name])
        if (near := _near_boxes(grid, lines)) is not None:
            axes.axhline(near, **_BOXES)
        title(axes, name, fontsize=10)
    for axes in panels.flat[len(names) :]:
        axes.set_axis_off()
    part.supylabel(_axis(grid))


def _panel(axes: Axes, grid: Grid, lines: Sequence[PhaseLine]) -> None:
    modes = list(dict.fromkeys(line.entry.mode for line in lines))
    stages = max((stages_of(grid, mode) for mode in modes), key=len)
    level = _level(axes, grid, [line for line in lines if line.entry.mode == ALL])
    for mode in [mode for mode in modes if mode != ALL]:
        of_mode = [line for line in lines if line.entry.mode == mode]
        points = curve(of_mode, grid.figures[0], stages_of(grid, mode))
        _line(axes, _first(grid), points, level, _LOOKS[mode])
    names = [textwrap.shorten(one_line(stage), 14, placeholder="…") for stage in stages]
    axes.set_xticks(range(len(stages)), names, fontsize=8, parse_math=False)
    axes.set_xlim(-0.4, len(stages) - 0.6)
    axes.tick_params(axis="y", labelsize=9)
    axes.grid(visible=False, axis="x")
    axes.margins(y=0.16)


def _level(axes: Axes, grid: Grid, lines: Sequence[PhaseLine]) -> float | None:
    """What is trained at once has no stages: a level, with its spread over the seeds."""
    if not lines:
        return None
    (point,) = curve(lines, grid.figures[0], [ALL])
    if point.mean is None:
        return None
    value, spread = point.mean, point.deviation or 0.0
    axes.axhspan(value - spread, value + spread, color=RED, alpha=0.12, linewidth=0)
    axes.axhline(value, color=RED, linestyle="--", linewidth=1.4)
    look: dict[str, Any] = {"color": RED, "fontsize": 9, "va": "center"}
    axes.text(
        1.01, value, _first(grid).scaled_text(value), transform=axes.get_yaxis_transform(), **look
    )
    return value


def _line(
    axes: Axes, figure: Figure, points: Sequence[Point], level: float | None, look: dict[str, Any]
) -> None:
    """A curve with its values, each on the side that is away from the level."""
    values, spreads = _columns(points)
    x = np.arange(len(points))
    axes.fill_between(
        x, values - spreads, values + spreads, color=look["color"], alpha=0.15, linewidth=0
    )
    axes.plot(x, values, color=look["color"], zorder=3)
    for i, point in enumerate(points):
        if point.mean is None:
            continue
        face = "white" if point.carried else look["color"]
        axes.plot(x[i], values[i], markersize=6, zorder=4, markerfacecolor=face, **look)
        above = level is None or values[i] >= level
        axes.annotate(
            figure.scaled_text(values[i]),
            (x[i], values[i]),
            (0, 7 if above else -7),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            color=look["color"],
            fontsize=9,
            path_effects=_HALO,
        )


def _columns(points: Sequence[Point]) -> tuple[Any, Any]:
    """(points,) means and deviations."""
    values = [np.nan if point.mean is None else point.mean for point in points]
    return np.array(values), np.array([point.deviation or 0.0 for point in points])


def _dots(part: SubFigure, grid: Grid, lines: Sequence[PhaseLine]) -> None:
    """A line a row, where there are no stages to be seen."""
    names = list(dict.fromkeys(line.entry.row for line in lines))
    modes = list(dict.fromkeys(line.entry.mode for line in lines))
    axes = part.subplots()
    for number, mode in enumerate(modes):
        shift = 0.3 * (number / (len(modes) - 1) - 0.5) if len(modes) > 1 else 0.0
        for y, name in enumerate(names):
            of_dot = [line for line in lines if (line.entry.row, line.entry.mode) == (name, mode)]
            if of_dot:
                (point,) = curve(of_dot, grid.figures[0], ["end"])
                _dot(axes, _first(grid), point, y + shift, _LOOKS[mode])
    if (near := _near_boxes(grid, lines)) is not None:
        axes.axvline(near, **_BOXES)
    shown = [textwrap.fill(one_line(name), 34) for name in names]
    axes.set_yticks(range(len(names)), shown, fontsize=9, parse_math=False)
    axes.set(ylim=(len(names) - 0.5, -0.5), xlabel=_axis(grid))
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.12)


def _dot(axes: Axes, figure: Figure, point: Point, y: float, look: dict[str, Any]) -> None:
    if point.mean is None:
        return
    value, spread = point.mean, point.deviation or 0.0
    axes.errorbar(value, y, xerr=spread or None, markersize=6, linestyle="", **look)
    axes.annotate(
        figure.scaled_text(value),
        (value + spread, y),
        (7, 0),
        textcoords="offset points",
        va="center",
        color=look["color"],
        fontsize=9,
    )


def _near_boxes(grid: Grid, lines: Sequence[PhaseLine]) -> float | None:
    """What boxes alone reach; None where it is another figure, or too far from all that is drawn.

    It would squeeze the curves then; the table says it in any case.
    """
    best, figure = best_of_boxes(lines), _first(grid)
    reached = [line.figures[figure.name] for line in lines]
    values = [value for value in reached if value is not None]
    if best is None or figure != MICRO_AUC or not values:
        return None
    room = max(0.05, max(values) - min(values))
    return figure.scaled(best) if min(values) - room <= best <= max(values) + room else None


def _first(grid: Grid) -> Figure:
    """The figure that is drawn."""
    return all_figures()[grid.figures[0]]


def _axis(grid: Grid) -> str:
    figure = _first(grid)
    return f"{figure.name} (%)" if figure.percent else figure.name


def _legend(grid: Grid, lines: Sequence[PhaseLine], staged: bool) -> list[Line2D]:
    modes = dict.fromkeys(line.entry.mode for line in lines)
    shown = [Line2D([], [], label=mode, **_legend_look(mode, staged)) for mode in modes]
    near = any(_near_boxes(grid, part) for part in _by_dataset(lines).values())
    return [*shown, *([Line2D([], [], label="boxes alone", **_BOXES)] if near else [])]


def _by_dataset(lines: Sequence[PhaseLine]) -> dict[str, list[PhaseLine]]:
    names = dict.fromkeys(line.entry.dataset for line in lines)
    return {name: [line for line in lines if line.entry.dataset == name] for name in names}


def _legend_look(mode: str, staged: bool) -> dict[str, Any]:
    if not staged:
        return {"linestyle": "", **_LOOKS[mode]}
    return {"color": RED, "linestyle": "--"} if mode == ALL else _LOOKS[mode]

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
from vadkit.report.style import (
    BLUE,
    GREEN,
    RED,
    drawing,
    one_line,
    panels,
    title,
    write_value,
)
from vadkit.sweep.phase_lines import PhaseLine, best_of_boxes, curve, stages_of
from vadkit.sweep.schema import ALL, OWN, Grid

_LOOKS: dict[str, dict[str, Any]] = {
    "progressive": {"color": BLUE, "marker": "o"},
    OWN: {"color": BLUE, "marker": "o"},
    "cumulative": {"color": GREEN, "marker": "s"},
    ALL: {"color": RED, "marker": "D"},
}
_LEVEL: dict[str, Any] = {"color": RED, "linestyle": "--"}
_BOXES: dict[str, Any] = {"color": "#555555", "linestyle": ":", "linewidth": 1.2}
_ABREAST = 4
_TEXT: dict[str, Any] = {
    "fontsize": 9,
    "path_effects": [withStroke(linewidth=2.5, foreground="white")],  # readable on lines
}


def draw(path: Path, grid: Grid, lines: Sequence[PhaseLine]) -> None:
    """Draw the grid's first figure: a panel a row, or a line a row where there is but one stage."""
    modes = list(dict.fromkeys(line.entry.mode for line in lines))
    staged = any(len(stages_of(grid, mode)) > 1 for mode in modes)
    datasets: dict[str, list[PhaseLine]] = {}
    for line in lines:
        datasets.setdefault(line.entry.dataset, []).append(line)
    rows, columns = len(grid.row), min(len(grid.row), _ABREAST)
    width, height = 7.5, 0.42 * rows + 1
    if staged:
        width, height = max(5.0, 3.1 * columns), 2.3 * -(-rows // columns) + 0.5
    boxes = {name: _level_of_boxes(grid, dataset_lines) for name, dataset_lines in datasets.items()}
    with drawing(path, width, height * len(datasets) + 0.9) as figure:
        figure.suptitle(one_line(grid.title), x=0.01, ha="left", weight="bold", parse_math=False)
        parts = figure.subfigures(len(datasets), 1, squeeze=False)[:, 0]
        for part, (dataset, dataset_lines) in zip(parts, datasets.items(), strict=True):
            (_panels if staged else _dots)(part, grid, dataset_lines, boxes[dataset])
            if len(datasets) > 1:
                part.suptitle(one_line(dataset), ha="left", x=0.01, parse_math=False)
        handles = [Line2D([], [], label=mode, **_look_in_legend(mode, staged)) for mode in modes]
        if any(level is not None for level in boxes.values()):
            handles.append(Line2D([], [], label="boxes alone", **_BOXES))
        figure.legend(handles=handles, loc="outside lower center", ncols=4)


def _look_in_legend(mode: str, staged: bool) -> dict[str, Any]:
    if not staged:
        return {"linestyle": "", **_LOOKS[mode]}
    return _LEVEL if mode == ALL else _LOOKS[mode]


def _panels(part: SubFigure, grid: Grid, lines: Sequence[PhaseLine], boxes: float | None) -> None:
    names = list(dict.fromkeys(line.entry.row for line in lines))
    shown = panels(part, len(names), min(len(names), _ABREAST), sharey=True)
    for axes, name in zip(shown, names, strict=True):
        _panel(axes, grid, [line for line in lines if line.entry.row == name])
        if boxes is not None:
            axes.axhline(boxes, **_BOXES)
        title(axes, name, fontsize=10)
    part.supylabel(_axis(grid))


def _panel(axes: Axes, grid: Grid, lines: Sequence[PhaseLine]) -> None:
    """A row: a curve a mode, and a level for what is trained at once and has no stages."""
    modes = list(dict.fromkeys(line.entry.mode for line in lines))
    stages = max((stages_of(grid, mode) for mode in modes), key=len)
    level = _level(axes, grid, [line for line in lines if line.entry.mode == ALL])
    for mode in [mode for mode in modes if mode != ALL]:
        _curve(axes, grid, [line for line in lines if line.entry.mode == mode], level)
    names = [textwrap.shorten(one_line(stage), 14, placeholder="…") for stage in stages]
    axes.set_xticks(range(len(stages)), names, fontsize=8, parse_math=False)
    axes.set_xlim(-0.4, len(stages) - 0.6)
    axes.tick_params(axis="y", labelsize=9)
    axes.grid(visible=False, axis="x")
    axes.margins(y=0.16)


def _level(axes: Axes, grid: Grid, lines: Sequence[PhaseLine]) -> float | None:
    """Draw the figure that was reached at once, with its spread over the seeds; return it."""
    value, spread = _last(grid, lines)
    if value is not None:
        axes.axhspan(value - spread, value + spread, color=RED, alpha=0.12, linewidth=0)
        axes.axhline(value, linewidth=1.4, **_LEVEL)
        look: dict[str, Any] = {"color": RED, "fontsize": 9, "va": "center"}
        text, whole = _first(grid).scaled_text(value), axes.get_yaxis_transform()
        axes.text(1.01, value, text, transform=whole, **look)
    return value


def _curve(axes: Axes, grid: Grid, lines: Sequence[PhaseLine], level: float | None) -> None:
    """A mode's curve with its values, each on the side that is away from the level."""
    mode = lines[0].entry.mode
    look, points = _LOOKS[mode], curve(lines, grid.figures[0], stages_of(grid, mode))
    x, color = np.arange(len(points)), look["color"]
    values = np.array([np.nan if point.mean is None else point.mean for point in points])
    spreads = np.array([point.deviation or 0.0 for point in points])
    axes.fill_between(x, values - spreads, values + spreads, color=color, alpha=0.15, linewidth=0)
    axes.plot(x, values, color=color, zorder=3)
    for i in np.flatnonzero(np.isfinite(values)):
        face = "white" if points[i].carried else color
        axes.plot(x[i], values[i], markersize=6, zorder=4, markerfacecolor=face, **look)
        text, above = _first(grid).scaled_text(values[i]), level is None or values[i] >= level
        write_value(axes, text, (x[i], values[i]), 7 if above else -7, color, **_TEXT)


def _dots(part: SubFigure, grid: Grid, lines: Sequence[PhaseLine], boxes: float | None) -> None:
    """A line a row, where there are no stages to be seen."""
    names = list(dict.fromkeys(line.entry.row for line in lines))
    modes = list(dict.fromkeys(line.entry.mode for line in lines))
    axes = part.subplots()
    for number, mode in enumerate(modes):
        shift = 0.3 * (number / (len(modes) - 1) - 0.5) if len(modes) > 1 else 0.0
        for y, name in enumerate(names):
            dot_lines = [
                line for line in lines if (line.entry.row, line.entry.mode) == (name, mode)
            ]
            _dot(axes, grid, dot_lines, y + shift)
    if boxes is not None:
        axes.axvline(boxes, **_BOXES)
    shown = [textwrap.fill(one_line(name), 34) for name in names]
    axes.set_yticks(range(len(names)), shown, fontsize=9, parse_math=False)
    axes.set(ylim=(len(names) - 0.5, -0.5), xlabel=_axis(grid))
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.12)


def _dot(axes: Axes, grid: Grid, lines: Sequence[PhaseLine], y: float) -> None:
    value, spread = _last(grid, lines)
    if value is not None:
        look = _LOOKS[lines[0].entry.mode]
        axes.errorbar(value, y, xerr=spread or None, markersize=6, linestyle="", **look)
        place: dict[str, Any] = {"xytext": (7, 0), "textcoords": "offset points", "va": "center"}
        text = _first(grid).scaled_text(value)
        axes.annotate(text, (value + spread, y), color=look["color"], fontsize=9, **place)


def _last(grid: Grid, lines: Sequence[PhaseLine]) -> tuple[float | None, float]:
    """Mean and deviation of what the cells of one row and mode came to in the end."""
    (point,) = curve(lines, grid.figures[0], ["end"])
    return point.mean, point.deviation or 0.0


def _level_of_boxes(grid: Grid, lines: Sequence[PhaseLine]) -> float | None:
    """What boxes alone reach; None where it is another figure, or too far from all that is drawn.

    It would squeeze the curves then; the table says it in any case.
    """
    best, figure = best_of_boxes(lines), _first(grid)
    values = [value for line in lines if (value := line.figures[figure.name]) is not None]
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

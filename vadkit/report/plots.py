"""Plots a person can read: scores against ground truth, AUC phase by phase, losses."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from vadkit.metrics.alarms import runs
from vadkit.metrics.curves import auc
from vadkit.metrics.figures import MACRO_AUC, MICRO_AUC
from vadkit.metrics.metrics_schema import PhaseFigures, Values
from vadkit.report.style import (
    BLUE,
    COLOURS,
    DASHES,
    GREY,
    RED,
    drawing,
    legend_below,
    one_line,
    panels,
    title,
    whole_ticks,
    write_value,
)
from vadkit.scoring.protocol import FrameScores

Floats = NDArray[np.float64]
Labels = NDArray[Any]
"""(frames,) of 0 and 1."""

_FEW = 24
"""Videos that fit on a page four abreast."""
_ABOVE_ONE = 1.0001
"""No AUC is, so no tick says so."""


def plot_scores(
    path: Path,
    video: str,
    scores: FrameScores,
    times: Floats | None = None,
    labels: Labels | None = None,
) -> None:
    """Draw one video's scores over the frames that are anomalous in truth.

    Args:
        path: The PNG to write.
        video: Its name, for the title.
        scores: Before and after smoothing.
        times: (frames,) seconds; the axis counts frames where they are not known.
        labels: (frames,) ground truth, if known.
    """
    timed = times is not None and not np.isnan(times).any()
    x = np.asarray(times) if timed else np.arange(len(scores.raw), dtype=np.float64)
    with drawing(path, 9, 3.4) as figure:
        axes = figure.subplots()
        _shade(axes, x, labels)
        axes.plot(x, scores.raw, color=GREY, linewidth=0.7, label="raw")
        axes.plot(x, scores.smooth, color=BLUE, label="smoothed")
        axes.set(xlabel="time (s)" if timed else "frame", ylabel="anomaly score")
        axes.margins(x=0)
        title(axes, video)
        legend_below(figure, axes, 3)


def plot_overview(
    path: Path, scores: Mapping[str, Floats], labels: Mapping[str, Labels] | None = None
) -> None:
    """Draw all videos on one page, on one scale, each with its own AUC.

    Args:
        path: The PNG to write.
        scores: Video -> (frames,) smoothed scores.
        labels: Video -> (frames,) ground truth, if known.
    """
    columns = min(len(scores), 4 if len(scores) <= _FEW else 8)
    rows = -(-len(scores) // columns)
    with drawing(path, 3 * columns + 0.5, 1.7 * rows + 1) as figure:
        shown = panels(figure, len(scores), columns, sharey=True)
        for axes, (video, score) in zip(shown, scores.items(), strict=True):
            _panel(axes, video, score, None if labels is None else labels.get(video))
        for axes in shown[-columns:]:
            axes.set_xlabel("frame")
        figure.supylabel("smoothed anomaly score")
        legend_below(figure, next((axes for axes in shown if axes.collections), shown[0]), 2)


def plot_phases(
    path: Path, phases: Sequence[PhaseFigures], baselines: Mapping[str, Values]
) -> None:
    """Draw the AUC after each phase beside what boxes alone reach, by names and figures' keys."""
    with drawing(path, max(7, 1.7 * len(phases) + 2), 4.4 + 0.1 * len(baselines)) as figure:
        axes = figure.subplots()
        micro, macro = (  # NaN where an AUC is not defined
            np.array([phase.figure(figure) for phase in phases], dtype=np.float64)
            for figure in (MICRO_AUC, MACRO_AUC)
        )
        _curve(axes, micro, macro, color=BLUE, marker="o", zorder=3, label="micro AUC")
        _curve(axes, macro, micro, color=RED, marker="s", label="macro AUC, one class skipped")
        # 3 dashes and 5 colours: any 15 lines in a row differ, and neighbours differ in both.
        looks = zip(cycle(DASHES[1:]), cycle(COLOURS[2:]), strict=False)
        for (name, values), (dash, colour) in zip(baselines.items(), looks, strict=False):
            value = values.get(MICRO_AUC.key)
            label = f"{name}: {'undefined' if value is None else MICRO_AUC.text(value)}"
            look: dict[str, Any] = {"color": colour, "linewidth": 1.4, "linestyle": dash}
            axes.axhline(np.nan if value is None else value, label=label, **look)
        names = [one_line(f"{phase.number}. {phase.name}") for phase in phases]
        ticks = [textwrap.fill(name, 18, break_long_words=False) for name in names]
        axes.set_xticks(range(len(phases)), ticks, parse_math=False)
        axes.set(ylabel="frame-level AUC", xlim=(-0.5, len(phases) - 0.5))
        axes.margins(y=0.2)
        axes.yaxis.set_major_formatter(
            lambda value, _: f"{value:.3g}" if value < _ABOVE_ONE else ""
        )
        axes.grid(visible=False, axis="x")
        title(axes, "AUC after each phase")
        legend_below(figure, axes, 2)


def plot_losses(path: Path, histories: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Draw the loss terms of every phase, a panel each; a term keeps its colour throughout.

    Args:
        path: The PNG to write.
        histories: Phase -> its rows, each with `epoch` and `task.term` columns; columns without
            a dot are not losses, and an empty cell is a term that had not joined yet.
    """
    keys = [key for rows in histories.values() for row in rows for key in row]
    terms = dict.fromkeys(key for key in keys if "." in key)
    looks: dict[str, Any] = {
        term: {"color": colour, "linestyle": dash, "marker": "o", "markersize": 3}
        for term, (dash, colour) in zip(terms, cycle(product(DASHES, COLOURS)), strict=False)
    }
    columns = min(len(histories), 4)
    rows = -(-len(histories) // columns)
    with drawing(path, max(7, 3.4 * columns), 3 * rows + 0.3 * (len(terms) + 5) / 3) as figure:
        shown = panels(figure, len(histories), columns)
        for axes, (phase, history) in zip(shown, histories.items(), strict=True):
            _losses(axes, phase, history, looks)
        figure.supylabel("mean training loss")
        lines = [Line2D([], [], label=term, **look) for term, look in looks.items()]
        figure.legend(handles=lines, loc="outside lower center", ncols=3)


def _shade(axes: Axes, x: Floats, labels: Labels | None) -> None:
    """Shade each run of anomalous frames, from half a frame before it to half a frame after."""
    if labels is None or not np.any(labels):
        return
    steps = np.diff(x) if len(x) > 1 else np.ones(1)
    edges = np.concatenate([[x[0] - steps[0] / 2], (x[1:] + x[:-1]) / 2, [x[-1] + steps[-1] / 2]])
    spans = [(edges[a], edges[b] - edges[a]) for a, b in runs(labels)]
    whole = axes.get_xaxis_transform()
    look: dict[str, Any] = {"color": RED, "alpha": 0.2, "linewidth": 0}
    axes.broken_barh(spans, (0, 1), transform=whole, label="anomalous (ground truth)", **look)


def _panel(axes: Axes, video: str, score: Floats, labels: Labels | None) -> None:
    x = np.arange(len(score), dtype=np.float64)
    _shade(axes, x, labels)
    axes.plot(x, score, color=BLUE, linewidth=1.2, label="smoothed score")
    worth = ""
    if labels is not None:
        value = auc(score, labels)
        one_class = "anomalous throughout" if np.any(labels) else "normal throughout"
        worth = f": {one_class}" if value is None else f": AUC {value:.3f}"
    title(axes, f"{video}{worth}", fontsize=10)
    axes.margins(x=0)
    axes.tick_params(labelsize=9)
    whole_ticks(axes, 4)


def _curve(axes: Axes, values: Floats, other: Floats, **look: Any) -> None:
    """Draw a curve and write its values, each on the side that is away from the other curve."""
    axes.plot(values, markersize=7, **look)
    for i in np.flatnonzero(np.isfinite(values)):
        above = not values[i] < other[i]
        text = MICRO_AUC.text(values[i])
        write_value(axes, text, (i, values[i]), 8 if above else -8, look["color"])


def _losses(
    axes: Axes, phase: str, history: Sequence[Mapping[str, Any]], looks: Mapping[str, Any]
) -> None:
    epochs = [int(row["epoch"]) for row in history]
    for term, look in looks.items():
        values = [float(row.get(term) or "nan") for row in history]
        if np.isfinite(values).any():
            axes.plot(epochs, values, **look)
    axes.set(xlabel="epoch", xlim=(0.5, max(epochs, default=1) + 0.5))
    title(axes, phase, fontsize=11)
    whole_ticks(axes, 5)

"""The summary of a run, from its `metrics.json`: phase by phase, beside the baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vadkit.cli.output import say, say_table
from vadkit.metrics.figures import all_figures
from vadkit.metrics.metrics_schema import Metrics
from vadkit.runs.folder import RunFolder

Row = tuple[str, Mapping[str, float | None]]
"""What was judged, and its figures by their keys."""


def say_summary(run: Path) -> None:
    """Print figures, baselines, protocol and notes of a run that was evaluated, and its folder."""
    metrics = Metrics.read(RunFolder(run).metrics)
    if metrics:
        _say_figures(metrics)
        say(f"\nProtocol {metrics.protocol.hash}: {_protocol(metrics)}.")
        if metrics.oracle:
            say("ORACLE: the epochs were chosen by the test labels; these figures are no results.")
        for note in metrics.notes:
            say(f"Note: {note}")
    say(str(run))


def _say_figures(metrics: Metrics) -> None:
    """A line a phase, further protocol and baseline; a column a figure that any of them has."""
    rows = list(_rows(metrics))
    shown = [
        figure
        for figure in all_figures().values()
        if figure.macro in (None, metrics.protocol.macro)
        and any(values.get(figure.key) is not None for _, values in rows)
    ]
    say_table(
        [
            {**{figure.name: figure.text(values.get(figure.key)) for figure in shown}, "of": name}
            for name, values in rows
        ]
    )


def _rows(metrics: Metrics) -> Iterator[Row]:
    figures = all_figures().values()
    for phase in metrics.phases:
        name = f"after phase {phase.number}, {phase.name}"
        # Figures of regions are those of the whole run, which end with its last phase.
        source = metrics if phase is metrics.phases[-1] else phase
        yield name, {figure.key: source.figure(figure) for figure in figures}
        for protocol, judged in phase.also.items():
            yield f"{name}; protocol {protocol}", {f.key: judged.figure(f) for f in figures}
    for name, values in metrics.baselines.items():
        yield f"{name} alone, nothing learned", values


def _protocol(metrics: Metrics) -> str:
    protocol, scorer = metrics.protocol, metrics.scorer
    smooth, borders = protocol.smooth, protocol.borders
    parts: dict[str, Any] = {
        "micro AUC": "one ROC over all frames",
        "macro AUC": f"mean of the videos, those of one class {protocol.macro}",
        "frame": scorer.frame,
        "smoothing": f"{smooth.kind} {smooth.window}",
        "normalisation": protocol.normalise,
        "borders": f"{borders.first} and {borders.last} frames, {borders.rule}",
        "labels": protocol.labels,
        "heads": scorer.heads,
        "checkpoint": protocol.checkpoint,
    }
    return "; ".join(f"{name}: {value}" for name, value in parts.items())

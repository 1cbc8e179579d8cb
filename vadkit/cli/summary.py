"""What a run found, from its `metrics.json`: phase by phase, beside the baselines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vadkit.cli.output import say, say_table
from vadkit.runs.folder import ORACLE


def say_summary(run: Path) -> None:
    """Print AUCs, baselines, protocol and notes of a run that was evaluated, and its folder."""
    file = run / "metrics.json"
    if file.is_file():
        metrics = json.loads(file.read_text(encoding="utf-8"))
        macro = metrics["protocol"]["macro"]
        say_table([_row(name, figures, macro) for name, figures in _figures(metrics)])
        say(f"\nProtocol {metrics['protocol']['hash']}: {_protocol(metrics)}.")
        if metrics["protocol"]["checkpoint"] == ORACLE:
            say("ORACLE: the epochs were chosen by the test labels; these figures are no results.")
        for note in metrics.get("notes", []):
            say(f"Note: {note}")
    say(str(run))


def _figures(metrics: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for phase in metrics["phases"]:
        name = f"after phase {phase['number']}, {phase['name']}"
        yield name, phase.get("auc") or {}
        for protocol, figures in phase["also"].items():
            yield f"{name}; protocol {protocol}", figures["auc"] or {}
    for name, figures in metrics["baselines"].items():
        yield f"{name} alone, nothing learned", figures


def _row(name: str, figures: Mapping[str, Any], macro: str) -> dict[str, str]:
    return {
        "micro AUC": _figure(figures.get("micro")),
        f"macro AUC ({macro})": _figure(figures.get(f"macro_{macro}")),
        "of": name,
    }


def _figure(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "-"


def _protocol(metrics: Mapping[str, Any]) -> str:
    protocol, scorer = metrics["protocol"], metrics["scorer"]
    smooth, borders = protocol["smooth"], protocol["borders"]
    parts = {
        "micro AUC": "one ROC over all frames",
        "macro AUC": f"mean of the videos, those of one class {protocol['macro']}",
        "frame": scorer["frame"],
        "smoothing": f"{smooth['kind']} {smooth['window']}",
        "normalisation": protocol["normalise"],
        "borders": f"{borders['first']} and {borders['last']} frames, {borders['rule']}",
        "labels": protocol["labels"],
        "heads": scorer["heads"],
        "checkpoint": protocol["checkpoint"],
    }
    return "; ".join(f"{name}: {value}" for name, value in parts.items())

"""Metrics of a run that never was."""

from __future__ import annotations

from typing import Any

from vadkit.metrics.figures import frame_figures
from vadkit.metrics.metrics_schema import METRICS_SCHEMA, Metrics, PhaseFigures
from vadkit.recipe import FrameProtocol

SCORER = {
    "use": ["guess.error"],
    "fuse": "mean",
    "weights": {},
    "weigh": "mean",
    "calibrate": {"kind": "none", "among": None, "of": 10_000},
    "frame": "maximum",
    "heads": "trained",
    "tasks": {"guess": {}},
}


def phase(name: str, number: int = 1, **figures: Any) -> PhaseFigures:
    """A phase of these figures; of none where none are given."""
    facts = {"number": number, "name": name, "stage": "s", "heads": None, "also": {}}
    seconds = {"train": 1.0, "evaluate": 1.0}
    empty = {figure.path[0]: None for figure in frame_figures()}
    return PhaseFigures.model_validate({**facts, "seconds": seconds, **empty, **figures})


def metrics(phases: list[PhaseFigures], **changes: Any) -> Metrics:
    """A run of these phases, whose figures are those of the last."""
    protocol = FrameProtocol().model_dump(mode="json", exclude={"preset"})
    tree = {
        "schema_version": METRICS_SCHEMA,
        "vadkit": "0",
        "protocol": {**protocol, "labels": "pixels", "checkpoint": "last epoch", "hash": "abc"},
        "scorer": SCORER,
        "frames": 9,
        "auc": phases[-1].tree()["auc"],
        "intervals": None,
        "also": {},
        "regions": None,
        "rbdc": None,
        "tbdc": None,
        "baselines": {},
        "phases": [of.tree() for of in phases],
        "data": {"fingerprint": "f", "target": "t", "datasets": {"target": "folder"}},
        "device": "cpu",
        "threads": 1,
        "world_size": 1,
        "seed": 0,
        "resumed": [],
    }
    return Metrics.model_validate({**tree, **changes})

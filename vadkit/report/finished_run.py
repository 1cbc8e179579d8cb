"""A finished run, as it is held against others."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vadkit.errors import RunBusyError
from vadkit.metrics.metrics_schema import Metrics
from vadkit.runs.flatten import flat, unequal
from vadkit.runs.folder import RunFolder


@dataclass(frozen=True)
class FinishedRun:
    """What a run reached, and with what."""

    folder: RunFolder
    metrics: Metrics
    recipe: dict[str, Any]
    """With every default filled in."""

    @classmethod
    def read(cls, path: Path) -> FinishedRun:
        """Read a run's metrics and recipe.

        Raises:
            RecipeError: There is no run.
            RunBusyError: It was not finished, or not evaluated, or another vadkit made it.
        """
        folder = RunFolder.open(path)
        metrics = Metrics.read(folder.metrics)
        if metrics is None or not metrics.evaluated:
            raise RunBusyError(
                f"{folder.path} has no figures.",
                "It was not finished, or its test videos have no labels.",
            )
        return cls(folder, metrics, tomllib.loads(folder.resolved.read_text("utf-8")))

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.path.name

    @property
    def seed(self) -> int:
        return self.metrics.seed


def differences(results: Sequence[FinishedRun]) -> list[str]:
    """Why the figures of runs do not compare: a sentence for each run that differs from the first.

    Curricula, backbones and boxes may differ, for they are what is compared; protocol, label set
    and videos may not.
    """
    first, *others = results
    return [sentence for other in others for sentence in _differences(first, other)]


def _differences(first: FinishedRun, other: FinishedRun) -> Iterator[str]:
    protocols = [flat(run.metrics.protocol.model_dump(mode="json")) for run in (first, other)]
    for key in unequal(*protocols):
        if key not in ("hash", "preset"):
            values = [protocol.get(key) for protocol in protocols]
            yield (
                f"{first.name} has the protocol {key} = {values[0]!r}, "
                f"{other.name} has {values[1]!r}."
            )
    if first.metrics.data.target != other.metrics.data.target:
        names = [run.metrics.data.datasets["target"] for run in (first, other)]
        yield f"{first.name} is on {names[0]}, {other.name} on {names[1]}, and the files differ."

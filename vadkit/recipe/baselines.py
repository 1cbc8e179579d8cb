"""Baselines, which stand beside every run: `baselines.toml` says what each is."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path

from vadkit.recipe.schema import FrameProtocol, Protocol


@cache
def baselines() -> dict[str, Protocol]:
    """The baselines by name, each finished as by default."""
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {name: Protocol.model_validate_json(json.dumps(table)) for name, table in tables.items()}


def finished_as(baseline: Protocol, protocol: FrameProtocol) -> Protocol:
    """A baseline, finished as a run's scores are: borders, smoothing and normalisation."""
    fields = {name: getattr(protocol, name) for name in FrameProtocol.model_fields}
    return baseline.model_copy(update=fields)

"""Protocols by name, as published codes have them; `presets.toml` says what each does."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from vadkit.errors import RecipeError
from vadkit.recipe.schema import FrameProtocol
from vadkit.utils.suggestions import suggested

Tables = dict[str, dict[str, Any]]


@cache
def _tables() -> Tables:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def presets() -> dict[str, FrameProtocol]:
    """Every preset by its name."""
    return {name: FrameProtocol.model_validate(table) for name, table in _tables().items()}


def preset(name: str) -> FrameProtocol:
    """The preset of a name.

    Raises:
        RecipeError: There is none.
    """
    protocols = presets()
    if name not in protocols:
        raise RecipeError(f"There is no protocol {name!r}.", suggested(name, protocols))
    return protocols[name]


def with_presets(table: dict[str, Any]) -> dict[str, Any]:
    """A recipe's tables with what its presets say filled in; what is wrong is left for others."""
    score = table.get("score")
    if not isinstance(score, dict):
        return table
    filled = _filled(score)
    if isinstance(score.get("also"), dict):
        filled["also"] = {name: _filled(protocol) for name, protocol in score["also"].items()}
    return {**table, "score": filled}


def _filled(protocol: Any) -> Any:
    """What is given goes before what the preset says, key by key."""
    if not isinstance(protocol, dict):
        return protocol
    usual = _tables().get(str(protocol.get("preset")), {})
    changed = {
        key: {**usual[key], **value} if key in usual and isinstance(value, dict) else value
        for key, value in protocol.items()
    }
    return {**usual, **changed}

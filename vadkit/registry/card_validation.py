"""Validation of cards when they are registered: the cheap, torch-free part."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, get_args

from vadkit.errors import PluginError
from vadkit.registry.cards import (
    VERSION,
    BackboneCard,
    Card,
    Change,
    Corruption,
    DatasetCard,
    DetectorCard,
    EvidenceCard,
    Need,
    Sampling,
    TaskCard,
    TeacherCard,
)

HOOKS: dict[str, type[Card]] = {
    "vadkit_tasks": TaskCard,
    "vadkit_backbones": BackboneCard,
    "vadkit_teachers": TeacherCard,
    "vadkit_detectors": DetectorCard,
    "vadkit_evidence": EvidenceCard,
    "vadkit_datasets": DatasetCard,
}
"""Hook -> the card that it returns."""

EXEMPTIBLE = ("learns", "direction", "corruption")
"""Checks of the conformance kit from which a task's card may exempt it, with a reason."""

_CHANGES: dict[str, dict[int, str]] = {
    "task": {
        2: "in `views`, `batch.clips` of one window is (B, C, T, H, W), so write it for "
        "`batch.clips[:, 0]`; `head` returns `PerView` for an `nn.ModuleDict`; then write `api=2` "
        "on the card"
    }
}
"""Kind -> version of the contract -> what a plugin has to change for it."""

_CHANGED = get_args(Change)
_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_LOAD = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def check_card(card: object, hook: str) -> Card:
    """Return the card where it keeps to the contract.

    Raises:
        PluginError: The sentence names the card, the field and what was expected.
    """
    kind = HOOKS[hook]
    if not isinstance(card, kind):
        raise PluginError(f"{hook} returned {card!r:.80}, expected a {kind.__name__}.")
    _check_version(card)
    _expect(card, "name", _matches(_NAME, card.name), "1 to 64 of a-z, 0-9, _ and -")
    _expect(card, "load", _matches(_LOAD, card.load), '"package.module:Class"')
    _expect(card, "summary", isinstance(card.summary, str) and card.summary != "", "one sentence")
    _expect(card, "revision", isinstance(card.revision, int), "a whole number")
    _check_config(card)
    _check_declared(card)
    return card


def _check_version(card: Card) -> None:
    """Refuse what was written for a later contract, or for one that has changed for its kind."""
    _expect(card, "api", isinstance(card.api, int) and card.api >= 1, "a version, 1 or more")
    written = f"{_title(card)} was written for version {card.api} of vadkit.api"
    if card.api > VERSION:
        raise PluginError(f"{written}, this vadkit has version {VERSION}; install a newer vadkit.")
    changes = _CHANGES.get(card.kind, {})
    if text := "; ".join(changes[version] for version in changes if version > card.api):
        raise PluginError(f"{written}, this vadkit has version {VERSION}: {text}.")


def _title(card: Card) -> str:
    return f"The {card.kind} {card.name!r}"


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _expect(card: Card, field: str, holds: bool, expected: str) -> None:
    if not holds:
        raise PluginError(
            f"{_title(card)} has {field} = {getattr(card, field)!r:.80}, expected {expected}."
        )


def _check_config(card: Card) -> None:
    config: Any = card.config
    frozen = getattr(getattr(config, "__dataclass_params__", None), "frozen", False)
    _expect(card, "config", isinstance(config, type) and frozen, "a frozen dataclass")
    bare = [f.name for f in fields(config) if f.init and f.default is f.default_factory is MISSING]
    if bare:
        raise PluginError(f"{_title(card)} has options without a default: {', '.join(bare)}.")


def _check_declared(card: Card) -> None:
    if isinstance(card, TaskCard):
        _check_answers(card, "score_sampling", Sampling)
        _check_answers(card, "needs", Need)
        _check_answers(card, "score_needs", Need)
        _check_answers(card, "scores", str)
        _check_kit(card)
    if isinstance(card, EvidenceCard):
        names = card.attributes if isinstance(card.attributes, tuple) else ()
        named = bool(names) and all(_matches(_NAME, name) for name in names)
        _expect(card, "attributes", named, "a tuple of names of a-z, 0-9, _ and -")
        known = set(card.raised_by) <= set(names) and set(card.raised_by.values()) <= {*_CHANGED}
        _expect(card, "raised_by", known, f"by attribute one of {', '.join(_CHANGED)}")
        telling = set(card.tells_camera) <= set(names)
        _expect(card, "tells_camera", telling, "a tuple of some of its attributes")
    if isinstance(card, TaskCard | TeacherCard):
        _check_answers(card, "sampling", Sampling)


def _check_kit(card: TaskCard) -> None:
    kinds = get_args(Corruption)
    allowed = all(kind in kinds for kind in card.raised_by.values())
    _expect(card, "raised_by", allowed, f"by score one of {', '.join(kinds)}")
    reasoned = all(name in EXEMPTIBLE and reason for name, reason in card.exempt.items())
    _expect(card, "exempt", reasoned, f"reasons by check, of {', '.join(EXEMPTIBLE)}")


def _check_answers(card: Card, field: str, expected: type) -> None:
    """With the default options, the card's function must answer with values of the contract."""
    declared: Callable[[Any], object] | None = getattr(card, field)
    if declared is None:
        return
    answer = declared(card.config())
    values = answer if isinstance(answer, tuple) else (answer,)
    if not all(isinstance(value, expected) for value in values):
        raise PluginError(
            f"{_title(card)}: {field}(config) returned {answer!r:.80}, "
            f"expected {expected.__name__} or a tuple of them."
        )

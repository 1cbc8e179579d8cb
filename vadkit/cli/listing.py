"""Lists tasks, backbones, teachers, detectors, data sets and the plugins behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vadkit.cli import options
from vadkit.cli.output import say_json, say_table
from vadkit.registry.cards import Card, DatasetCard, TaskCard, TeacherCard
from vadkit.registry.registry import Offer, Registry, load_plugins


def lister(kind: str) -> Callable[..., None]:
    """The command that lists one kind of card."""

    def command(json: options.Json = False, plugin: options.Plugins = None) -> None:
        registry = options.registry(plugin)
        rows = [_row(offer, registry) for offer in registry.offers(kind)]
        _print(rows, json)

    command.__doc__ = f"List the {kind}s that are installed."  # what --help shows
    return command


def plugins(json: options.Json = False, plugin: options.Plugins = None) -> None:
    """List the plugins: where they come from, their state and the reason."""
    rows = [
        {
            "plugin": entry.name,
            "distribution": entry.distribution,
            "version": entry.version,
            "state": entry.state,
            "cards": [card.name for card in entry.cards],
            "seconds": round(entry.seconds, 3),
            "reason": entry.reason,
        }
        for entry in load_plugins(plugin or ()).plugins
    ]
    _print(rows, json)


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        say_json(rows)
    else:
        say_table([{key: _cell(value) for key, value in row.items()} for row in rows])


def _row(offer: Offer, registry: Registry) -> dict[str, Any]:
    card, plugin = offer.card, offer.plugin
    return {
        "name": card.name,
        **_particulars(card),
        "distribution": f"{plugin.distribution} {plugin.version}".strip(),
        "state": _state(offer, registry),
        "summary": card.summary,
    }


def _particulars(card: Card) -> dict[str, Any]:
    if isinstance(card, TaskCard):
        config = card.config()
        sampling = card.sampling(config)
        samplings = sampling if isinstance(sampling, tuple) else (sampling,)
        needs = sorted({need.role for need in card.needs(config)})
        return {"level": card.level, "unit": samplings[0].unit, "needs": needs}
    if isinstance(card, TeacherCard):
        return {"role": card.role, "weights": card.weights or "none"}
    return {"url": card.url} if isinstance(card, DatasetCard) else {}


def _state(offer: Offer, registry: Registry) -> str:
    if registry.shadowed(offer):
        return "hidden"
    same = [card for card in registry.cards(offer.card.kind) if card.name == offer.card.name]
    return "ok" if len(same) == 1 else "ambiguous"


def _cell(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)

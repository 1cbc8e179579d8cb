"""Lists tasks, backbones, teachers, detectors, data sets and the plugins behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vadkit.cli import options
from vadkit.cli.output import say_json, say_table
from vadkit.registry.cards import Card, DatasetCard, EvidenceCard, TaskCard, TeacherCard
from vadkit.registry.registry import load_plugins


def plural(kind: str) -> str:
    """What several plugins of a kind are called."""
    return kind if kind == "evidence" else f"{kind}s"


def lister(kind: str) -> Callable[..., None]:
    """The command that lists one kind of card."""

    def command(json: options.Json = False, plugin: options.Plugins = None) -> None:
        registry = options.registry(plugin)
        names = [card.name for card in registry.cards(kind)]
        rows = []
        for offer in registry.offers(kind):
            card, source = offer.card, offer.plugin
            state = "ok" if names.count(card.name) == 1 else "ambiguous"
            rows.append(
                {
                    "name": card.name,
                    **_particulars(card),
                    "distribution": f"{source.distribution} {source.version}".strip(),
                    "state": "hidden" if registry.shadowed(offer) else state,
                    "summary": card.summary,
                }
            )
        _print(rows, json)

    command.__doc__ = f"List the {plural(kind)} installed here."  # what --help shows
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


def _particulars(card: Card) -> dict[str, Any]:
    if isinstance(card, TaskCard):
        config = card.config()
        sampling = card.sampling(config)
        first = sampling[0] if isinstance(sampling, tuple) else sampling
        needs = sorted({need.role for need in card.needs(config)})
        scores = list(card.score_names(config))
        return {"level": card.level, "unit": first.unit, "needs": needs, "scores": scores}
    if isinstance(card, TeacherCard):
        return {"role": card.role, "weights": card.weights or "none"}
    if isinstance(card, EvidenceCard):
        return {"attributes": list(card.attributes)}
    return {"url": card.url} if isinstance(card, DatasetCard) else {}


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        say_json(rows)
        return
    for row in rows:
        for name, value in row.items():
            row[name] = ", ".join(value) if isinstance(value, list) else str(value)
    say_table(rows)

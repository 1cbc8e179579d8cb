"""The registry: which plugin a name means, its options, its class. Torch-free until `load`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from vadkit.errors import PluginError, RecipeError
from vadkit.registry.card_validation import HOOKS
from vadkit.registry.cards import Card
from vadkit.registry.discovery import (
    OWN,
    Plugin,
    file_plugin,
    installed_plugins,
    normal_name,
    one_line,
    undisturbed,
)
from vadkit.registry.isolation import blamed, guarded
from vadkit.utils.suggestions import allowed_words, did_you_mean, where_to_get

_GUARDED = {"dataset", "detector"}
"""Kinds whose methods are called from everywhere; what calls the others blames them itself."""
KINDS = tuple(card.kind for card in HOOKS.values())


class UnknownNameError(PluginError):
    """A name that no plugin offers."""


@dataclass(frozen=True)
class Offer:
    """A card and the plugin that brought it."""

    card: Card
    plugin: Plugin


def load_plugins(files: Sequence[Path] = ()) -> Registry:
    """Load every installed plugin, and these files.

    Raises:
        PluginError: A file cannot be used. Installed plugins that fail are recorded, not raised.
    """
    return Registry((*installed_plugins(), *(file_plugin(Path(file)) for file in files)))


@dataclass(frozen=True)
class Registry:
    """What the plugins offer, by kind (task, backbone, teacher, detector, dataset) and name.

    A bare name means the built-in card if there is one; `distribution:name` means that
    distribution's own.
    """

    plugins: tuple[Plugin, ...] = field(default=())

    def offers(self, kind: str) -> list[Offer]:
        """Every card of the kind with its plugin, ordered by name."""
        found = [Offer(card, plugin) for plugin in self.plugins for card in plugin.cards]
        return sorted(
            (offer for offer in found if offer.card.kind == kind),
            key=lambda offer: (offer.card.name, offer.plugin.distribution),
        )

    def cards(self, kind: str) -> list[Card]:
        """The cards that a bare name can mean, ordered by name."""
        return [offer.card for offer in self.offers(kind) if not self.shadowed(offer)]

    def shadowed(self, offer: Offer) -> bool:
        """Whether a built-in card of the same name hides it."""
        same = self._named(offer.card.kind, offer.card.name)
        return offer.plugin.distribution != OWN and any(_built_in(other) for other in same)

    @property
    def warnings(self) -> list[str]:
        """A sentence for all broken plugins, and one for each card that a built-in one hides."""
        names = [
            f"{plugin.name} ({plugin.distribution})"
            for plugin in self.plugins
            if plugin.state == "broken"
        ]
        broken = f"Broken plugins: {', '.join(names)}. `vadkit plugins` says why."
        return [broken] * bool(names) + [
            f"The {kind} {offer.card.name!r} of {offer.plugin.distribution} is hidden by the "
            f"built-in one; write {offer.plugin.distribution}:{offer.card.name} to use it."
            for kind in KINDS
            for offer in self.offers(kind)
            if self.shadowed(offer)
        ]

    def offer(self, kind: str, name: str) -> Offer:
        """The card that the name means, and its plugin.

        Raises:
            UnknownNameError: Nobody offers it.
            PluginError: Two distributions offer it, or the plugin that may have is not in use.
        """
        distribution, _, bare = name.rpartition(":")
        found = self._named(kind, bare, distribution)
        chosen = [offer for offer in found if _built_in(offer)] or found
        if len(chosen) == 1:
            return chosen[0]
        raise self._ambiguous(kind, bare, chosen) if chosen else self._missing(kind, name)

    def card(self, kind: str, name: str) -> Card:
        """The card that the name means; raises as `offer` does."""
        return self.offer(kind, name).card

    def source(self, kind: str, name: str) -> str:
        """The distribution that the card comes from; raises as `offer` does."""
        return self.offer(kind, name).plugin.distribution

    def options(self, card: Card, table: Mapping[str, Any]) -> Any:
        """The card's config, made from a table of options.

        Raises:
            RecipeError: Every unknown key, with near matches, and every wrong value.
        """
        problems = option_problems(card, table)
        if problems:
            text = " ".join(f"{key}: {message}" for key, message in problems)
            raise RecipeError(f"The options of the {card.kind} {card.name!r} are wrong: {text}")
        return _config(card, table)

    def load(self, card: Card) -> type[Any]:
        """Import the card's class.

        Raises:
            PluginError: The import fails, in whatever way; the hint is the command that installs
                what is missing.
        """
        module, _, name = card.load.partition(":")
        try:
            with undisturbed():
                found = getattr(import_module(module), name)
        except (Exception, SystemExit) as error:
            raise self.unloadable(card, one_line(error)) from error
        if not isinstance(found, type):
            raise self.unloadable(card, f"{card.load} is not a class")
        return found

    def create(self, kind: str, name: str, options: Mapping[str, Any], *args: Any) -> Any:
        """An instance: `cls(config, *args)`, for a data set `cls(*args, config)`.

        Args:
            kind: task, backbone, teacher, detector or dataset.
            name: Bare or as `distribution:name`.
            options: Table of options for the card's config.
            args: A data set's root; a backbone's number of channels.

        Raises:
            PluginError: Its class cannot be loaded or created; later, where a method of a data
                set or detector fails.
        """
        card = self.card(kind, name)
        config, cls = self.options(card, options), self.load(card)
        with blamed(kind, name, "its constructor"):
            try:
                made = cls(*args, config) if kind == "dataset" else cls(config, *args)
            except ImportError as error:
                raise self.unloadable(card, one_line(error)) from error
        return guarded(kind, name, made) if kind in _GUARDED else made

    def unloadable(self, card: Card, reason: str) -> PluginError:
        """What to raise where a card's class cannot be imported; names the pip command."""
        owner = next((p for p in self.plugins if card in p.cards), None)
        source = owner.distribution if owner else OWN
        hint = f'Try: pip install "{source}[{card.extra}]"' if card.extra else ""
        return PluginError(
            f"The {card.kind} {card.name!r} of {source} cannot be imported: {reason}.", hint
        )

    def _named(self, kind: str, name: str, distribution: str = "") -> list[Offer]:
        wanted = normal_name(distribution)
        return [
            offer
            for offer in self.offers(kind)
            if offer.card.name == name
            and (not wanted or normal_name(offer.plugin.distribution) == wanted)
        ]

    def _ambiguous(self, kind: str, name: str, offers: list[Offer]) -> PluginError:
        sources = sorted({offer.plugin.distribution for offer in offers})
        if len(sources) == 1:
            return PluginError(f"{sources[0]} offers the {kind} {name!r} twice.")
        choice = " or ".join(f"{source}:{name}" for source in sources)
        return PluginError(
            f"The {kind} {name!r} is offered by {' and by '.join(sources)}.", f"Write {choice}."
        )

    def _missing(self, kind: str, name: str) -> PluginError:
        """Blame the plugin that seems to have brought the name, before calling it unknown."""
        for plugin in self.plugins:
            if plugin.state != "ok" and _may_bring(plugin, name):
                return PluginError(
                    f"The {kind} {name!r} seems to come from {_release(plugin)}, which is "
                    f"{plugin.state}: {plugin.reason}",
                    "`vadkit plugins` shows every plugin.",
                )
        known = [card.name for card in self.cards(kind)]
        unused = [plugin.name for plugin in self.plugins if plugin.state != "ok"]
        doubt = f"Plugins not in use: {', '.join(unused)}." if unused else ""
        hint = (
            f"{where_to_get(kind, name)} {did_you_mean(name, known)} {allowed_words(known)} {doubt}"
        )
        return UnknownNameError(f"No plugin offers the {kind} {name!r}.", " ".join(hint.split()))


def option_problems(card: Card, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(key, sentence) for every unknown option and every wrong value, all at once."""
    known = [option.name for option in fields(card.config) if option.init]
    unknown = [
        (key, f"Unknown option. {did_you_mean(key, known)} {allowed_words(known)}")
        for key in table
        if key not in known
    ]
    try:
        _config(card, {key: value for key, value in table.items() if key in known})
    except _validation_error() as error:
        wrong = [(_dotted(entry["loc"]), _sentence(entry)) for entry in error.errors()]
        return unknown + wrong
    return unknown


def _config(card: Card, table: Mapping[str, Any]) -> Any:
    """Validate as strict JSON: 3 is a float and [1, 2] a tuple, but "3" is no number."""
    from pydantic import TypeAdapter  # not needed to list plugins

    text = json.dumps(dict(table), default=str)
    return TypeAdapter(card.config).validate_json(text, strict=True)


def _validation_error() -> type[Any]:
    from pydantic import ValidationError

    return ValidationError


def _sentence(entry: Mapping[str, Any]) -> str:
    return f"{entry['msg']}, got {entry['input']!r:.60}."


def _dotted(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location)


def _built_in(offer: Offer) -> bool:
    return offer.plugin.distribution == OWN


def _release(plugin: Plugin) -> str:
    return f"{plugin.distribution} {plugin.version}".strip()


def _may_bring(plugin: Plugin, name: str) -> bool:
    bare = normal_name(name.rpartition(":")[2])
    return any(
        known == bare or known.endswith(f"-{bare}")
        for known in (normal_name(plugin.name), normal_name(plugin.distribution))
    )

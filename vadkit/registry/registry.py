"""The registry: which plugin a name means, its options, its class. Torch-free until `load`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from vadkit.registry.name_errors import ambiguous_name, missing_name
from vadkit.registry.options import config_from, option_problems

_GUARDED = {"dataset", "detector"}
"""Kinds whose methods are called from everywhere; what calls the others blames them itself."""
KINDS = tuple(card.kind for card in HOOKS.values())


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
        offers = [Offer(card, plugin) for plugin in self.plugins for card in plugin.cards]
        return sorted(
            (offer for offer in offers if offer.card.kind == kind),
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
    def files(self) -> list[Path]:
        """The plugins that are single files; another process has to load them, too."""
        return [plugin.file for plugin in self.plugins if plugin.file]

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
        offers = self._named(kind, bare, distribution)
        chosen = [offer for offer in offers if _built_in(offer)] or offers
        if len(chosen) == 1:
            return chosen[0]
        if chosen:
            raise ambiguous_name(kind, bare, [offer.plugin for offer in chosen])
        offered = [card.name for card in self.cards(kind)]
        raise missing_name(kind, name, self.plugins, offered)

    def offers_name(self, kind: str, name: str) -> bool:
        """Whether anybody offers it."""
        distribution, _, bare = name.rpartition(":")
        return bool(self._named(kind, bare, distribution))

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
        return config_from(card, table)

    def load(self, card: Card) -> type[Any]:
        """Import the card's class.

        Raises:
            PluginError: The import fails, in whatever way; the hint is the command that installs
                what is missing.
        """
        module, _, name = card.load.partition(":")
        try:
            with undisturbed():
                loaded = getattr(import_module(module), name)
        except (Exception, SystemExit) as error:
            raise self.unloadable(card, one_line(error)) from error
        if not isinstance(loaded, type):
            raise self.unloadable(card, f"{card.load} is not a class")
        return loaded

    def create(self, kind: str, name: str, options: Mapping[str, Any], *args: Any) -> Any:
        """An instance: `cls(config, *args)`, for a data set `cls(*args, config)`.

        Args:
            kind: task, backbone, teacher, evidence, detector or dataset.
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
                plugin = cls(*args, config) if kind == "dataset" else cls(config, *args)
            except ImportError as error:
                raise self.unloadable(card, one_line(error)) from error
        return guarded(kind, name, plugin) if kind in _GUARDED else plugin

    def unloadable(self, card: Card, reason: str) -> PluginError:
        """What to raise where a card's class cannot be imported; names the pip command."""
        owner = next((p for p in self.plugins if card in p.cards), None)
        source = owner.distribution if owner else OWN
        hint = f'Try: pip install "{source}[{card.extra}]"' if card.extra else ""
        return PluginError(
            f"The {card.kind} {card.name!r} of {source} cannot be imported: {reason}.", hint
        )

    def _named(self, kind: str, name: str, distribution: str = "") -> list[Offer]:
        source = normal_name(distribution)
        return [
            offer
            for offer in self.offers(kind)
            if offer.card.name == name
            and (not source or normal_name(offer.plugin.distribution) == source)
        ]


def _built_in(offer: Offer) -> bool:
    return offer.plugin.distribution == OWN

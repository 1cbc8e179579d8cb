"""Plugins as a recipe binds them: a name with its card, its options and where it comes from.

Torch-free until something is created. A card is looked up when it is first asked for, so a recipe
can be scored whose other tasks are not installed any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from vadkit.recipe.schema import MAIN
from vadkit.registry.cards import BoxRules, DatasetCard, DetectorCard, Need, Sampling, TeacherCard
from vadkit.registry.options import changed_options
from vadkit.registry.registry import Registry


@dataclass(frozen=True, eq=False)
class Binding:
    """A plugin that a recipe names, with the options that the recipe gives it.

    All of its properties raise `PluginError` where no plugin offers the name.
    """

    kind: str
    """task, backbone, teacher, evidence, detector or dataset."""
    name: str
    """As the recipe writes it: bare or `distribution:name`."""
    options: Mapping[str, Any]
    """JSON values by option, as the recipe has them."""
    registry: Registry = field(repr=False)

    def __deepcopy__(self, _: Any) -> Binding:
        """A value needs no copy; its registry would be copied with it."""
        return self

    @cached_property
    def card(self) -> Any:
        """The card that the name means."""
        return self.registry.card(self.kind, self.name)

    @cached_property
    def config(self) -> Any:
        """The options as the card's config."""
        return self.registry.options(self.card, self.options)

    @property
    def distribution(self) -> str:
        """The distribution that the plugin comes from."""
        return self.registry.source(self.kind, self.name)

    @property
    def origin(self) -> str:
        """Whose plugin it is, and which revision of its behaviour."""
        return f"{self.distribution} revision {self.card.revision}"

    @property
    def table(self) -> dict[str, Any]:
        """The recipe's table: name and options."""
        return {"name": self.name, **self.options}

    def facts(self) -> list[Any]:
        """Name and options as JSON values; an option at its default is left out."""
        return [self.name, changed_options(self.card, self.options)]

    def create(self, *args: Any) -> Any:
        """An instance; arguments and errors are those of `Registry.create` for the kind."""
        return self.registry.create(self.kind, self.name, self.options, *args)


@dataclass(frozen=True, eq=False)
class DetectorBinding(Binding):
    """A detector of `[objects]`."""

    @property
    def reads_boxes(self) -> bool:
        """Whether it gives boxes that were found elsewhere."""
        return isinstance(self.card, DetectorCard) and self.card.reads_boxes

    def stages(self) -> list[dict[str, Any]]:
        """Its table, or those of the detectors that take its place on this machine."""
        becomes = self.card.becomes
        return [dict(table) for table in becomes(self.config)] if becomes else [self.table]


def given_rules(
    of_recipe: BoxRules | None, detectors: Iterable[DetectorBinding]
) -> BoxRules | None:
    """The recipe's rules, or those for boxes that are found here; None for published boxes."""
    published = any(detector.reads_boxes for detector in detectors)
    return of_recipe or (None if published else BoxRules())


@dataclass(frozen=True, eq=False)
class EvidenceBinding(Binding):
    """An evidence part of `[evidence]`, or one that a protocol names alone."""

    def here(self) -> Mapping[str, Any] | str:
        """Its options on this machine, or what it lacks here."""
        found = self.card.becomes(self.config) if self.card.becomes else {}
        return found if isinstance(found, str) else {**self.options, **found}


@dataclass(frozen=True, eq=False)
class TeacherBinding(Binding):
    """A teacher of `[teachers]`."""

    @property
    def role(self) -> str:
        """The role that it can fill; empty where the name is no teacher's."""
        return self.card.role if isinstance(self.card, TeacherCard) else ""

    @property
    def sampling(self) -> Sampling:
        """What it reads around a frame or an object."""
        return self.card.sampling(self.config)

    def with_options(self, options: Mapping[str, Any]) -> TeacherBinding:
        """The same teacher with some options changed."""
        return replace(self, options={**self.options, **options})


@dataclass(frozen=True, eq=False)
class DatasetBinding(Binding):
    """The data set of a data role."""

    role: str
    path: Path | None
    every: int
    """Every n-th frame of a training video is read."""
    given_rules: BoxRules | None
    """Which boxes count, where that is not as usual for the data set."""

    @property
    def rules(self) -> BoxRules:
        """Which boxes count."""
        usual = self.card.rules if isinstance(self.card, DatasetCard) else BoxRules()
        return self.given_rules or usual

    def create(self, *args: Any) -> Any:
        """The data set in its folder."""
        return super().create(self.path, *args)

    def facts(self) -> list[Any]:
        """Name, options and folder as JSON values; files and their content are not looked at."""
        nth = [self.every] if self.every > 1 else []
        return [*super().facts(), str(self.path), *nth]


@dataclass(frozen=True, eq=False)
class TaskBinding(Binding):
    """A proxy task with its options: what it reads, and what it asks of teachers."""

    backbone: str = MAIN
    """Which of the recipe's backbones it uses."""

    @property
    def samplings(self) -> tuple[Sampling, ...]:
        """What training reads; the first brings the units."""
        return self.card.reads(self.config)

    @property
    def score_sampling(self) -> Sampling:
        """What scoring reads."""
        return self.card.reads_to_score(self.config)

    @property
    def needs(self) -> tuple[Need, ...]:
        """The teachers' answers that training reads."""
        return self.card.needs(self.config)

    @property
    def score_needs(self) -> tuple[Need, ...]:
        """The teachers' answers that scoring reads."""
        return self.card.needs_to_score(self.config)

    @property
    def score_names(self) -> tuple[str, ...]:
        """The names of its scores; none where its card does not say."""
        return self.card.score_names(self.config)

    @property
    def all_samplings(self) -> tuple[Sampling, ...]:
        """What training or scoring reads."""
        return (*self.samplings, self.score_sampling)

    @property
    def all_needs(self) -> tuple[Need, ...]:
        """The teachers' answers that training or scoring reads."""
        return (*self.needs, *self.score_needs)

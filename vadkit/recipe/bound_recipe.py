"""A recipe in which every name is bound to its plugin: what `load_recipe` gives.

Whoever has it needs no registry beside it: tasks, data sets, detectors, teachers and backbones
stand under the recipe's own names, and create what they name. Torch-free until then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from vadkit.recipe.baselines import baselines
from vadkit.recipe.bindings import (
    Binding,
    DatasetBinding,
    DetectorBinding,
    EvidenceBinding,
    TaskBinding,
    TeacherBinding,
    given_rules,
)
from vadkit.recipe.schema import MAIN, TARGET, Protocol, Recipe
from vadkit.registry.cards import Need, Sampling, TeacherCard
from vadkit.registry.discovery import OWN
from vadkit.registry.registry import Registry, load_plugins


class Read(NamedTuple):
    """What a task reads of a split: samplings, of which the first brings the units, and needs."""

    split: Literal["train", "test"]
    samplings: tuple[Sampling, ...]
    needs: tuple[Need, ...]
    parts: tuple[str, ...] = ()
    """Evidence parts that describe the objects."""


@dataclass(frozen=True, eq=False)
class BoundRecipe:
    """A recipe's values and, by the names that it uses, the plugins that these mean.

    To carry one to another process, send `as_json` and bind it there again with `from_json`.
    """

    recipe: Recipe
    """The values, with every default and absolute paths."""
    registry: Registry
    """The plugins that the names mean; needed for listings and validation alone."""
    not_asked: tuple[str, ...] = ()
    """Questions that the source asks and this machine cannot answer: a sentence for each part."""

    @cached_property
    def trained_tasks(self) -> list[str]:
        """The tasks of all phases, in order of appearance."""
        phases = self.recipe.phase
        return list(dict.fromkeys(entry.name for phase in phases for entry in phase.tasks))

    @cached_property
    def scoring_tasks(self) -> list[str]:
        """The tasks whose scores a protocol uses."""
        names = (name.task for p in self.protocols.values() for name in p.names)
        return [name for name in dict.fromkeys(names) if name not in self.evidence]

    @cached_property
    def evidence(self) -> Mapping[str, EvidenceBinding]:
        """The evidence parts whose attributes a protocol uses."""
        return {
            name: self._evidence(name)
            for name in dict.fromkeys(n.task for p in self.protocols.values() for n in p.names)
            if name not in self.trained_tasks and self.registry.offers_name("evidence", name)
        }

    @cached_property
    def described(self) -> Mapping[str, EvidenceBinding]:
        """The evidence parts that the baselines need, and those whose attributes are used."""
        names = (name.task for baseline in baselines().values() for name in baseline.names)
        return {**{name: self._evidence(name) for name in names}, **self.evidence}

    def _evidence(self, name: str) -> EvidenceBinding:
        options = self.recipe.evidence.get(name, {})
        return EvidenceBinding("evidence", name, options, self.registry)

    @property
    def protocols(self) -> Mapping[str, Protocol]:
        """All protocols by name, the main one first."""
        return self.recipe.score.protocols

    @cached_property
    def tasks(self) -> Mapping[str, TaskBinding]:
        """The tasks that are trained or score."""
        entries = [entry for phase in self.recipe.phase for entry in phase.tasks]
        backbones = {entry.name: entry.backbone for entry in reversed(entries)}
        options = self.recipe.tasks
        return {
            name: TaskBinding(
                "task", name, options.get(name, {}), self.registry, backbones.get(name, MAIN)
            )
            for name in dict.fromkeys([*self.trained_tasks, *self.scoring_tasks])
        }

    @cached_property
    def datasets(self) -> Mapping[str, DatasetBinding]:
        """Data role -> the data set bound to it."""
        rules = given_rules(self.recipe.objects.rules, self.detectors)
        plugins = self.registry
        return {
            role: DatasetBinding(
                "dataset", of.dataset, of.options, plugins, role, of.path, of.every, rules
            )
            for role, of in self.recipe.data.items()
        }

    @cached_property
    def detectors(self) -> tuple[DetectorBinding, ...]:
        """The stages that find objects."""
        sources, plugins = self.recipe.objects.detectors, self.registry
        return tuple(DetectorBinding("detector", s.name, s.options, plugins) for s in sources)

    @cached_property
    def teachers(self) -> Mapping[str, TeacherBinding]:
        """Teacher role -> the teacher bound to it."""
        sources, plugins = self.recipe.teachers.items(), self.registry
        return {role: TeacherBinding("teacher", s.name, s.options, plugins) for role, s in sources}

    @cached_property
    def backbones(self) -> Mapping[str, Binding]:
        """The backbones by name, the main one first; `create` takes the number of channels."""
        sources = {MAIN: self.recipe.backbone, **self.recipe.backbones}.items()
        plugins = self.registry
        return {name: Binding("backbone", s.name, s.options, plugins) for name, s in sources}

    @property
    def plugins(self) -> Iterator[Binding]:
        """Everything that the recipe names."""
        yield from self.tasks.values()
        yield from self.backbones.values()
        yield from self.teachers.values()
        yield from self.detectors
        yield from self.evidence.values()
        yield from self.datasets.values()

    @property
    def data_roles(self) -> set[str]:
        """The data roles that training or scoring reads."""
        reads = [read for name in self.trained_tasks for read in self.tasks[name].samplings]
        return {TARGET, *(read.role for read in reads)}

    @property
    def reads(self) -> tuple[list[Read], list[Read]]:
        """What is read of training videos and of test videos, a row a task."""
        trained = [Read("train", task.samplings, task.needs) for task in self.tasks.values()]
        scoring = [self.tasks[name] for name in self.scoring_tasks]
        scored = [Read("test", (task.score_sampling,), task.score_needs) for task in scoring]
        # Of training videos for the statistics of batch norm, and to calibrate.
        return [*trained, *(read._replace(split="train") for read in scored)], scored

    def stand_ins(self, role: str) -> list[str]:
        """The teachers of a role that need no weights, built-in ones first."""
        offers = [
            (offer.plugin.distribution != OWN, offer.card.name)
            for offer in self.registry.offers("teacher")
            if isinstance(offer.card, TeacherCard)
            and (offer.card.role, offer.card.weights) == (role, "")
            and not self.registry.shadowed(offer)
        ]
        return [name for _, name in sorted(offers)]

    def with_values(self, **values: Any) -> BoundRecipe:
        """The same recipe with other values under some of its top keys."""
        return BoundRecipe(self.recipe.model_copy(update=values), self.registry)

    def first_phases(self, number: int) -> BoundRecipe:
        """The same recipe as if it ended after so many phases."""
        return self.with_values(phase=self.recipe.phase[:number])

    def as_json(self) -> dict[str, Any]:
        """JSON values from which another process binds the same recipe: values, plugin files."""
        files = [str(file.absolute()) for file in self.registry.files]
        return {"recipe": self.recipe.model_dump(mode="json"), "plugins": files}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> BoundRecipe:
        """The inverse of `as_json`; plugins are loaded once a process."""
        recipe = Recipe.model_validate_json(json.dumps(values["recipe"]), strict=True)
        return cls(recipe, _plugins(tuple(values["plugins"])))


@lru_cache(maxsize=1)
def _plugins(files: tuple[str, ...]) -> Registry:
    return load_plugins([Path(name) for name in files])

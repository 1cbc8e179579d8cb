"""A recipe's tasks as their cards declare them. Torch-free."""

from __future__ import annotations

from typing import cast

from vadkit.recipe import Recipe
from vadkit.registry.cards import Need, Sampling, TaskCard
from vadkit.registry.registry import Registry


class DeclaredTask:
    """A task of a recipe: its card, its options, and what it reads with these."""

    def __init__(self, name: str, recipe: Recipe, registry: Registry) -> None:
        self.card = cast(TaskCard, registry.card("task", name))
        self.config = registry.options(self.card, recipe.tasks.get(name, {}))

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


def trained_tasks(recipe: Recipe) -> list[str]:
    """The tasks of all phases, in order of appearance."""
    return list(dict.fromkeys(entry.name for phase in recipe.phase for entry in phase.tasks))


def scoring_tasks(recipe: Recipe) -> list[str]:
    """The tasks whose scores a protocol uses."""
    uses = [use for protocol in recipe.score.protocols.values() for use in protocol.use]
    return list(dict.fromkeys(use.rpartition(".")[0] for use in uses))

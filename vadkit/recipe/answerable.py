"""Which questions a machine can answer: some evidence parts need weights that may not be there."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import TypeVar

from vadkit.recipe.bound_recipe import BoundRecipe
from vadkit.recipe.schema import Protocol

ProtocolT = TypeVar("ProtocolT", bound=Protocol)


def answerable(bound: BoundRecipe) -> BoundRecipe:
    """The recipe with its evidence parts as they are on this machine.

    What the parts that are not at hand would answer is not asked. A protocol that asks nothing else
    stays as it is, and a run says what is missing.
    """
    found = {name: part.here() for name, part in bound.evidence.items()}
    lacks = {name: what for name, what in found.items() if isinstance(what, str)}
    options = {name: dict(what) for name, what in found.items() if not isinstance(what, str)}
    given = {name: of for name, of in options.items() if of or name in bound.recipe.evidence}
    score = bound.recipe.score
    also = {name: _asked(protocol, lacks) for name, protocol in score.also.items()}
    asked = _asked(score, lacks).model_copy(update={"also": also})
    sentences = tuple(f"evidence part {name} is not asked: {what}" for name, what in lacks.items())
    evidence = {**bound.recipe.evidence, **given}
    return replace(bound.with_values(evidence=evidence, score=asked), not_asked=sentences)


def _asked(protocol: ProtocolT, lacks: Container[str]) -> ProtocolT:
    return protocol.without(lacks) or protocol

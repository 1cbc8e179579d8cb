"""The checks that run a task: views, loss, gradient, score."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vadkit.errors import PluginError
from vadkit.registry.cards import TaskCard
from vadkit.scoring.inference import MAP
from vadkit.task import Batch, Views
from vadkit.testing.card_checks import expect
from vadkit.testing.rig import Case, Rig, equal
from vadkit.utils.rng import generator

CASES = (Case(4, 3, (48, 48)), Case(2, 1, (33, 47)), Case(1, 1, (32, 64)))
"""Colour and grey, even and odd sizes, a batch of one."""

CLIP = 5
"""Dimensions of a clip."""


def _views(card: TaskCard, config: Any) -> None:
    """Views are clips, targets and context of the whole batch, and the batch stays as it was."""
    for case in CASES:
        rig = Rig(card, config, case)
        for training in (True, False):
            batch = rig.batch(training)
            clips = batch.clips.clone()
            views = rig.task.views(batch, generator("check"), training)
            _shaped(card, views, case)
            expect(card, torch.equal(clips, batch.clips), "changes the batch it is given")


def _shaped(card: TaskCard, views: Views, case: Case) -> None:
    expect(card, bool(views.inputs), "makes no input view")
    for name, clip in views.inputs.items():
        holds = clip.ndim == CLIP and tuple(clip.shape[:2]) == (case.batch, case.channels)
        expect(card, holds, f"makes the view {name!r} {tuple(clip.shape)}, not (B, C, T, H, W)")
        expect(card, clip.is_floating_point(), f"makes the view {name!r} {clip.dtype}, not float")
        expect(card, bool(clip.isfinite().all()), f"makes the view {name!r} with NaN or infinity")
    for name, value in {**views.targets, **views.context}.items():
        expect(card, len(value) == case.batch, f"makes {name!r} with {len(value)} rows, not B")


def _randomness(card: TaskCard, config: Any) -> None:
    """Random numbers come from `rng` alone."""
    rig = Rig(card, config, CASES[0])
    before = _global_numbers()
    first = rig.views(training=True)
    rig.task.loss(rig.outputs(first), first.targets)
    expect(card, before == _global_numbers(), "draws global random numbers; draw from rng")
    again = rig.views(training=True)
    same = equal(first.inputs, again.inputs)
    expect(card, same, "makes other views of the same batch from the same seed")


def _global_numbers() -> tuple[bytes, str, str]:
    state = torch.get_rng_state().numpy().tobytes()
    numpy = repr(np.random.get_state())  # noqa: NPY002 - the state that nobody may touch
    return state, repr(random.getstate()), numpy


def _loss(card: TaskCard, config: Any) -> None:
    """Terms are finite scalars, also for a batch of one, and calling twice changes nothing."""
    for case in CASES:
        rig = Rig(card, config, case)
        terms = rig.loss()
        expect(card, bool(terms), "has a loss without terms")
        for name, term in terms.items():
            expect(card, term.ndim == 0, f"has a term {name!r} {tuple(term.shape)}, not a scalar")
            expect(card, bool(term.isfinite()), f"has a term {name!r} that is not finite")
            expect(card, term.requires_grad, f"has a term {name!r} without gradient")


def _gradient(card: TaskCard, config: Any) -> None:
    """The loss reaches every parameter of the head and, unless the card says 0, the backbone."""
    rig = Rig(card, config, CASES[0])
    torch.autograd.backward(list(rig.loss().values()))
    for name, parameter in rig.head.named_parameters():
        expect(card, parameter.grad is not None, f"has no gradient for {name} of its head")
    moved = any(p.grad is not None and p.grad.any() for p in rig.backbone.parameters())
    expect(card, moved or card.backbone_lr == 0, "gives the backbone no gradient")


def _values(card: TaskCard, config: Any) -> None:
    """Loss and score are functions of outputs and targets: no state, nothing changed in place."""
    rig = Rig(card, config, CASES[0])
    views, state = rig.views(training=True), dict(vars(rig.task))
    outputs = {name: out.detach() for name, out in rig.outputs(views).items()}
    before = {**_copied(outputs, "output"), **_copied(views.targets, "target")}
    first, second = (rig.task.loss(outputs, views.targets) for _ in range(2))
    expect(card, equal(first, second), "has another loss when called again")
    after = {**_copied(outputs, "output"), **_copied(views.targets, "target")}
    expect(card, equal(before, after), "changes outputs or targets in place")
    expect(card, state == vars(rig.task), "keeps state between calls")


def _copied(tensors: Mapping[str, Tensor], kind: str) -> dict[str, Tensor]:
    return {f"{kind} {name}": tensor.clone() for name, tensor in tensors.items()}


def _bf16(card: TaskCard, config: Any) -> None:
    """Under bfloat16 autocast, terms and scores stay finite."""
    rig = Rig(card, config, CASES[0])
    with torch.autocast("cpu", torch.bfloat16):
        numbers = rig.loss()
        if card.scored:
            numbers |= rig.score(rig.batch(training=False))
    for name, number in numbers.items():
        expect(card, bool(number.isfinite().all()), f"has {name!r} not finite in bfloat16")


def _score(card: TaskCard, config: Any) -> None:
    """Scores are finite and (B,), under the card's names for every kind of data."""
    names = set()
    for case in CASES:
        rig = Rig(card, config, case)
        scores = rig.score(rig.batch(training=False))
        names.add(tuple(scores))
        for name, score in scores.items():
            holds = score.shape[:1] == (case.batch,) and score.ndim in {1, MAP}
            expect(card, holds, f"has a score {name!r} {tuple(score.shape)}, not (B,) or (B, h, w)")
            expect(card, bool(score.isfinite().all()), f"has a score {name!r} that is not finite")
    expect(card, len(names) == 1 and () not in names, f"names its scores {sorted(names)}")
    declared, given = (", ".join(sorted(n)) for n in (card.score_names(config), *names))
    expect(card, declared in ("", given), f"gives {given}, yet its card's `scores` says {declared}")


def _alone(card: TaskCard, config: Any) -> None:
    """A unit's score is the same again, and whatever else is in the batch."""
    rig = Rig(card, config, CASES[0])
    batch, other = rig.batch(training=False), rig.batch(training=False, seed=9)
    first, again = rig.score(batch), rig.score(batch)
    expect(card, equal(first, again), "scores the same batch differently when asked again")
    beside = rig.score(_first_of(batch, other))
    for name, score in first.items():
        same = torch.allclose(score[0], beside[name][0], rtol=1e-3, atol=1e-5)
        expect(card, same, f"has a score {name!r} that depends on the rest of the batch")


def _reads(card: TaskCard, config: Any) -> None:
    """Scoring reads no labels, and of the teachers' answers those that `score_needs` asks for."""
    rig = Rig(card, config, CASES[0])
    batch, training = rig.batch(training=False), rig.batch(training=True)
    declared = replace(batch, context=_Answers(card, batch.context))
    extra = {**training.context, **batch.context}
    labels = torch.arange(len(batch.clips)) % 2
    more = replace(batch, context=extra, labels=labels, beside=training.beside)
    same = equal(rig.score(declared), rig.score(more))
    expect(card, same, "scores differently where labels or training's answers are in reach")


class _Answers(dict[str, Tensor]):
    """A context that tells which answer was read without being asked for."""

    def __init__(self, card: TaskCard, answers: Mapping[str, Tensor]) -> None:
        super().__init__(answers)
        self._card = card

    def __missing__(self, key: str) -> Tensor:
        raise PluginError(
            f"The task {self._card.name!r} reads the answer {key!r} to score, which its "
            "`score_needs` does not ask for."
        )


def _first_of(batch: Batch, other: Batch) -> Batch:
    """Keep the first unit of a batch, the others from another."""
    clips = torch.cat([batch.clips[:1], other.clips[1:]])
    context = {
        key: torch.cat([answer[:1], other.context[key][1:]])
        for key, answer in batch.context.items()
    }
    return replace(batch, clips=clips, context=context)


TRAINING_CHECKS = {
    "views": _views,
    "randomness": _randomness,
    "loss": _loss,
    "gradient": _gradient,
    "values": _values,
    "bf16": _bf16,
}
SCORING_CHECKS = {"score": _score, "alone": _alone, "reads": _reads}

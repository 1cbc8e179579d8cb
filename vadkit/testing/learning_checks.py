"""The checks that train a task for some steps: what it learns, and what becomes of its scores."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from vadkit.registry.cards import TaskCard
from vadkit.testing.card_checks import expect
from vadkit.testing.rig import Case, Rig, equal

STEPS = 30
CASE = Case(8, 3, (24, 24))
"""The tiny set: eight units, seen by every step."""
SHARE = 0.75
"""Of the units whose score has to rise with a corruption."""


def _learns(card: TaskCard, config: Any) -> None:
    """Thirty steps on a tiny set lower the loss."""
    _, before, after = _trained(card, config)
    change = f"{before:.4g} to {after:.4g}"
    expect(card, after < before, f"learns nothing in {STEPS} steps: its loss went from {change}")


class _Trained(NamedTuple):
    """A task after `STEPS` steps on the tiny set, and its loss before and after them."""

    rig: Rig
    before: float
    after: float


def _trained(card: TaskCard, config: Any) -> _Trained:
    """Train a task, once for the checks of a card that follow each other."""
    if _latest and _latest[0][:2] == (card, config):
        return _latest[0][2]
    rig, views = Rig(card, config, CASE), range(100, 104)
    batch = rig.batch(training=True, fill=CASE.scenes)
    before = rig.mean_loss(batch, views)
    rig.train(batch, range(STEPS))
    rig.forget_statistics()
    _latest[:] = [(card, config, _Trained(rig, before, rig.mean_loss(batch, views)))]
    return _latest[0][2]


_latest: list[tuple[TaskCard, Any, _Trained]] = []


def _direction(card: TaskCard, config: Any) -> None:
    """The backbone alone lowers the loss, raises it, or stays, as `backbone_lr` says."""
    rig = Rig(card, config, CASE)
    batch = rig.batch(training=True, fill=CASE.scenes)
    weights = {name: weight.clone() for name, weight in rig.backbone.named_parameters()}
    before = rig.mean_loss(batch, range(1))
    if card.backbone_lr == 0:
        rig.train(batch, range(3))
        moved = [n for n, w in rig.backbone.named_parameters() if not torch.equal(w, weights[n])]
        expect(card, not moved, f"moves a backbone that its card freezes: {', '.join(moved[:3])}")
        return
    rig.train(batch, [0] * 5, heads=False)
    rise = rig.mean_loss(batch, range(1)) - before
    declared = f"backbone_lr = {card.backbone_lr}, yet the backbone alone changed the loss by"
    expect(card, rise * card.backbone_lr < 0, f"declares {declared} {rise:+.3g}")


def _state(card: TaskCard, config: Any) -> None:
    """Weights that are saved, and loaded into a task made anew, give the same again."""
    rig, other = Rig(card, config, CASE), Rig(card, config, CASE, seed=1)
    rig.train(rig.batch(training=True, fill=CASE.scenes), range(3))
    for name in ("backbone", "head"):
        getattr(other, name).load_state_dict(getattr(rig, name).state_dict())
    same = equal(rig.outputs_of(training=True), other.outputs_of(training=True))
    expect(card, same, "answers differently once its weights were saved and loaded")
    if card.scored:
        batch = rig.batch(training=False)
        same = equal(rig.score(batch), other.score(batch))
        expect(card, same, "scores differently once its weights were saved and loaded")


def _corruption(card: TaskCard, config: Any) -> None:
    """After thirty steps, what the card names raises the score of most units."""
    rig = _trained(card, config).rig
    clean = rig.score(rig.batch(training=False, fill=CASE.scenes))
    for name, corruption in card.raised_by.items():
        expect(card, name in clean, f"has no score {name!r}, which its card's `raised_by` names")
        fill = partial(CASE.scenes, corruption=corruption)
        corrupted = rig.score(rig.batch(training=False, fill=fill))
        rises = _numbers(corrupted[name]) > _numbers(clean[name])  # (B,)
        enough = float(rises.float().mean()) >= SHARE
        count = f"{int(rises.sum())} of {len(rises)} units"
        expect(card, enough, f"has a score {name!r} that {corruption!r} raises for {count} only")


def _numbers(scores: Tensor) -> Tensor:
    """(B,) or (B, h, w) -> (B,)."""
    return scores.flatten(1).mean(dim=1) if scores.ndim > 1 else scores


LEARNING_CHECKS = {"learns": _learns, "direction": _direction, "state": _state}
SCORE_LEARNING_CHECKS = {"corruption": _corruption}

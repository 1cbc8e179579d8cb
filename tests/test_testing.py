"""The conformance kit finds what is wrong with a task, each time by the check that is meant to."""

from __future__ import annotations

import gc
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn
from vadkit_backbones.unet import UNet
from vadkit_reconstruction import CARD as RECONSTRUCTION

from vadkit.errors import PluginError
from vadkit.nn.backbone import Features
from vadkit.nn.heads import Shapes
from vadkit.registry.cards import Need, Sampling, TaskCard
from vadkit.task import Batch, Outputs, Task, Views
from vadkit.testing import check_task, not_checked, task_checks


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 3
    """Frames of the clip."""


class Good(Task[Any]):
    """Is the clip as bright as it looks?"""

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        clip = batch.clips
        return Views({"clip": clip}, {"light": clip.flatten(1).mean(dim=1)})

    def head(self, shapes: Shapes) -> nn.Module:
        return shapes.heads.classifier(1)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"l2": (outputs["clip"][:, 0] - targets["light"]).square().mean()}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"error": (outputs["clip"][:, 0] - targets["light"]).abs()}


class Flat(Good):
    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        return replace(super().views(batch, rng, training), inputs={"clip": batch.clips[:, :, 0]})


class Greedy(Good):
    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        batch.clips.add_(1)
        return super().views(batch, rng, training)


class Short(Good):
    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        views = super().views(batch, rng, training)
        return replace(views, targets={"light": views.targets["light"].repeat(2)})


class Global(Good):
    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        random.random()  # noqa: S311 - no secret
        return super().views(batch, rng, training)


class Moody(Good):
    calls = 0

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        Moody.calls += 1
        clip = batch.clips / Moody.calls
        return Views({"clip": clip}, {"light": clip.flatten(1).mean(dim=1)})


class Vector(Good):
    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"l2": outputs["clip"][:, 0]}


class Detached(Good):
    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"l2": outputs["clip"].detach().mean()}


class Nan(Good):
    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"l2": outputs["clip"].std()}  # of a batch of one


class Idle(Good):
    def head(self, shapes: Shapes) -> nn.Module:
        head = shapes.heads.classifier(1)
        head.register_parameter("idle", nn.Parameter(torch.zeros(1)))
        return head


class Cut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(1, 1)

    def forward(self, features: Any, context: Mapping[str, Tensor]) -> Tensor:
        out: Tensor = self.last(features.pooled().detach().mean(dim=1, keepdim=True))
        return out


class Severed(Good):
    def head(self, shapes: Shapes) -> nn.Module:
        return Cut()


class Keeping(Good):
    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        self.seen = True
        return super().loss(outputs, targets)


class Growing(Good):
    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        terms = super().loss(outputs, targets)
        targets["light"].add_(1)
        return terms


class Crowd(Good):
    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        light = targets["light"]
        return {"error": light - light.mean()}


class Single(Good):
    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"error": outputs["clip"].mean()}


class Climbing(Good):
    """Its loss is what it seems, but the gradient is that of its opposite."""

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {
            name: 2 * term.detach() - term for name, term in super().loss(outputs, targets).items()
        }


class ContraryHead(nn.Module):
    """A head whose gradient comes back to the features with the other sign."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, features: Features, context: Mapping[str, Tensor]) -> Tensor:
        maps = tuple(2 * map_.detach() - map_ for map_ in features.maps)
        out: Tensor = self.head(replace(features, maps=maps), context)
        return out


class Fighting(Good):
    """Its head lets the backbone ascend, of which its card says nothing."""

    def head(self, shapes: Shapes) -> nn.Module:
        return ContraryHead(super().head(shapes))


class Meddling(Good):
    """Changes a backbone that its card says is frozen."""

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        for module in gc.get_objects():
            if type(module) is UNet:
                next(module.parameters()).data.add_(0.1)
        return super().loss(outputs, targets)


class Loose(nn.Module):
    """Keeps a weight where no state dict finds it."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head
        self.weights = [torch.rand(1)]

    def forward(self, features: Features, context: Mapping[str, Tensor]) -> Tensor:
        out: Tensor = self.head(features, context) * self.weights[0]
        return out


class Forgetful(Good):
    def head(self, shapes: Shapes) -> nn.Module:
        return Loose(super().head(shapes))


class Upside(Good):
    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: -score for name, score in super().score(outputs, targets).items()}


class Peeking(Good):
    """Scores by labels where it gets any."""

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        views = super().views(batch, rng, training)
        if training or batch.labels is None:
            return views
        return replace(views, targets={"light": views.targets["light"] + batch.labels})


class Curious(Good):
    """Reads in training and scoring what only training may."""

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        views = super().views(batch, rng, training)
        depth = batch.context["depth"].flatten(1).mean(dim=1)
        return replace(views, targets={"light": views.targets["light"] + depth})


class Wild(Good):
    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"error": torch.rand_like(targets["light"])}


CARD = TaskCard(
    name="light",
    summary="Tell how bright a clip is.",
    level="visual",
    config=Config,
    load=f"{__name__}:Good",
    api=2,
    sampling=RECONSTRUCTION.sampling,  # of a module that imports nothing heavy
    raised_by={"error": "noise"},
)


NEEDY: dict[str, Any] = {
    "needs": lambda _: (Need(role="depth"),),
    "score_needs": lambda _: (),
}


def run(check: str, task: str = "Good", **changes: Any) -> None:
    card = replace(CARD, load=f"{__name__}:{task}", **changes)
    next(each for each in task_checks(card) if each.name == check)()


def test_a_good_task_passes() -> None:
    assert check_task(CARD) == {}


def test_what_failed_is_told_by_check() -> None:
    failed = check_task(replace(CARD, load=f"{__name__}:Single"))
    assert set(failed) == {"score", "alone", "corruption"}


@pytest.mark.parametrize(
    ("task", "check", "sentence"),
    [
        (Flat, "views", "not \\(B, C, T, H, W\\)"),
        (Greedy, "views", "changes the batch"),
        (Short, "views", "rows, not B"),
        (Global, "randomness", "global random"),
        (Moody, "randomness", "other views"),
        (Vector, "loss", "not a scalar"),
        (Detached, "loss", "without gradient"),
        (Nan, "loss", "not finite"),
        (Idle, "gradient", "no gradient for idle"),
        (Severed, "gradient", "backbone no gradient"),
        (Keeping, "values", "state"),
        (Growing, "values", "another loss|in place"),
        (Crowd, "alone", "rest of the batch"),
        (Single, "score", "not \\(B,\\)"),
        (Wild, "alone", "asked again"),
        (Climbing, "learns", "learns nothing in 30 steps"),
        (Climbing, "direction", "backbone alone changed the loss by \\+"),
        (Fighting, "direction", "backbone_lr = 1.0, yet"),
        (Forgetful, "state", "answers differently once its weights were saved"),
        (Upside, "corruption", "'noise' raises for"),
        (Peeking, "reads", "labels or training's answers are in reach"),
    ],
)
@pytest.mark.filterwarnings("ignore:std")
def test_a_fault_is_found(task: type[Task[Any]], check: str, sentence: str) -> None:
    with pytest.raises(PluginError, match=sentence):
        run(check, task.__name__)


@pytest.mark.parametrize("names", [("error",), "error"], ids=["tuple", "one name"])
def test_scores_have_the_names_that_the_card_says(names: Any) -> None:
    run("score", scores=lambda _: names)
    with pytest.raises(PluginError, match=r"gives error, yet its card's `scores` says blur, error"):
        run("score", scores=lambda _: ("error", "blur"))


def test_a_task_that_raises_is_named_with_the_check() -> None:
    with pytest.raises(PluginError, match=r"'light' fails in the check 'loss': .*Missing"):
        run("loss", "Missing")


def test_a_frozen_backbone_needs_no_gradient() -> None:
    run("gradient", "Severed", backbone_lr=0.0)


def test_a_task_without_score_is_not_asked_for_one() -> None:
    names = {check.name for check in task_checks(replace(CARD, scored=False))}
    scoring = {"score", "alone", "reads", "corruption"}
    assert names == {check.name for check in task_checks(CARD)} - scoring


def test_an_answer_that_only_training_needs_is_not_read_to_score() -> None:
    with pytest.raises(PluginError, match="'depth' to score, which its `score_needs` does not"):
        run("reads", "Curious", **NEEDY)
    run("reads", "Curious", needs=NEEDY["needs"])


@pytest.mark.parametrize("rate", [-0.5, 0.0])
def test_a_backbone_moves_as_its_card_says(rate: float) -> None:
    run("direction", backbone_lr=rate)


def test_a_backbone_that_is_frozen_and_moves_is_found() -> None:
    with pytest.raises(PluginError, match="moves a backbone that its card freezes: stem"):
        run("direction", "Meddling", backbone_lr=0.0)


def test_a_score_that_the_task_has_not_is_found() -> None:
    with pytest.raises(PluginError, match="no score 'mistake', which its card's `raised_by`"):
        run("corruption", raised_by={"mistake": "noise"})


def test_what_a_card_exempts_is_not_checked_and_says_why() -> None:
    card = replace(CARD, raised_by={}, exempt={"learns": "It has nothing to learn."})
    assert not {"learns", "corruption"} & {check.name for check in task_checks(card)}
    assert not_checked(card)["learns"] == "It has nothing to learn."
    assert "raised_by" in not_checked(card)["corruption"]
    assert not_checked(CARD) == {}


def test_labels_when_scoring_are_found() -> None:
    with pytest.raises(PluginError, match="labels to score"):
        run("declared", sampling=lambda _: Sampling(frames=3, labels=True))


def test_an_unknown_role_is_found() -> None:
    with pytest.raises(PluginError, match="seance"):
        run("views", needs=lambda _: (Need(role="seance"),))


@dataclass(frozen=True, kw_only=True)
class Bare:
    frames: int = 3
    """Frames of the clip."""
    mystery: int = 1


def test_an_option_without_docstring_is_found() -> None:
    with pytest.raises(PluginError, match="docstring: mystery"):
        run("options", config=Bare)


def test_a_card_that_imports_scipy_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "heavy_card.py").write_text(
        "import scipy\nfrom vadkit.api import Sampling\n"
        "def sampling(config): return Sampling(frames=3)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError, match="imports scipy"):
        run("card", sampling=import_module("heavy_card").sampling)

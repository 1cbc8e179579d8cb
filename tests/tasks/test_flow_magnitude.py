from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from vadkit_flow_magnitude import CARD, Config
from vadkit_flow_magnitude.task import FlowMagnitude

from vadkit.api import Batch
from vadkit.testing.rig import Case, Rig

ODD = Case(2, 1, (33, 47))
PLACES = ("none", "encoder", "skip", "decoder", "final")


def batch() -> Batch:
    """One row of four pixels: still, right, up and left, and far; an object but at the last."""
    flow = torch.tensor([[0.0, 3.0, 0.0, -3.0], [0.0, 0.0, -2.0, 4.0]]).view(1, 2, 1, 4)
    classes = torch.tensor([[0.0, 0.0, 0.0, 1.0], [1.0, 0.5, 0.0, 0.0], [0.0, 0.5, 1.0, 0.0]])
    context = {
        "flow": flow,
        "segmentation": classes.view(1, 3, 1, 4),
        "depth": torch.tensor([0.1, 0.2, 0.3, 0.4]).view(1, 1, 1, 4),
    }
    return Batch(torch.rand(1, 1, 1, 1, 4), context)


@pytest.mark.parametrize(
    ("options", "speeds"),
    [
        ({"mask": False}, [0, 3, 2, 5]),
        ({}, [0, 3, 2, 0]),
        ({"objects": (1,)}, [0, 1.5, 0, 0]),
        ({"mask": False, "scale": 2.0}, [0, 1.5, 1, 2.5]),
    ],
)
def test_the_target_is_the_speed_of_objects(
    options: dict[str, object], speeds: list[float]
) -> None:
    task = FlowMagnitude(Config(**options))  # type: ignore[arg-type]
    views = task.views(batch(), torch.Generator(), training=True)
    assert views.targets["speed"].flatten().tolist() == pytest.approx(speeds)


def test_the_guide_holds_direction_and_distance() -> None:
    """[003] 3.2: X = |cos angle|, Y = |sin angle|, D."""
    views = FlowMagnitude(Config()).views(batch(), torch.Generator(), training=False)
    angles = [None, 0.0, -math.pi / 2, math.atan2(4, -3)]
    cosines = [0.0 if a is None else abs(math.cos(a)) for a in angles]
    sines = [0.0 if a is None else abs(math.sin(a)) for a in angles]
    found = views.context["guide"][0, :, 0].flatten().tolist()
    assert found == pytest.approx([*cosines, *sines, 0.1, 0.2, 0.3, 0.4], abs=1e-6)


@pytest.mark.parametrize("place", PLACES)
def test_every_place_has_its_shape_and_learns(place: str) -> None:
    rig = Rig(CARD, Config(place=place), ODD)  # type: ignore[arg-type]
    views = rig.views(training=True)
    assert ("guide" in views.context) == (place != "none")
    outputs = rig.outputs(views)
    assert outputs["frame"].shape == (2, 1, 1, 33, 47)
    rig.task.loss(outputs, views.targets)["patch"].backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in rig.head.parameters())


@pytest.mark.parametrize(
    ("options", "roles"),
    [
        ({}, ["flow", "segmentation", "depth"]),
        ({"place": "none", "mask": False}, ["flow"]),
    ],
)
def test_only_what_is_used_is_asked_for(options: dict[str, object], roles: list[str]) -> None:
    assert [need.role for need in CARD.needs(Config(**options))] == roles  # type: ignore[arg-type]


def test_score_against_a_loop() -> None:
    found, wanted = np.random.default_rng(0).normal(size=(2, 3, 1, 1, 5, 7))
    expected = [
        sum(abs(found[b][i] - wanted[b][i]) for i in np.ndindex(1, 1, 5, 7)) / 35 for b in range(3)
    ]
    outputs, targets = {"frame": torch.tensor(found)}, {"speed": torch.tensor(wanted)}
    scored = FlowMagnitude(Config()).score(outputs, targets)["error"]
    assert scored.shape == outputs["frame"][:, 0, 0].shape
    assert scored.flatten(1).mean(dim=1).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("place", PLACES)
def test_bf16_on_odd_sizes(place: str) -> None:
    rig = Rig(CARD, Config(place=place), ODD)  # type: ignore[arg-type]
    with torch.autocast("cpu", torch.bfloat16):
        assert rig.loss()["patch"].isfinite()
        assert rig.score(rig.batch(training=False))["error"].isfinite().all()

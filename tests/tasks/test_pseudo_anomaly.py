from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_pseudo_anomaly import CARD, Config
from vadkit_pseudo_anomaly.task import PseudoAnomaly

from vadkit.task import Batch
from vadkit.testing.rig import Case, Rig
from vadkit.utils.rng import generator


def test_the_view_is_the_image_at_rest() -> None:
    images = torch.rand(2, 3, 1, 16, 24)
    batch = Batch(images, cube_size=(8, 8))
    views = PseudoAnomaly(Config(frames=5)).views(batch, generator(0), training=True)
    means = images[:, :, 0].unflatten(-1, (8, 3)).mean(-1).unflatten(-2, (8, 2)).mean(-2)
    assert torch.allclose(views.targets["image"][:, :, 0], means, atol=1e-6)
    assert views.inputs["still"].shape == (2, 3, 5, 8, 8)
    assert all(torch.equal(frame, views.targets["image"][:, :, 0]) for frame in _frames(views))


def _frames(views):
    return views.inputs["still"].unbind(dim=2)


@pytest.mark.parametrize(("norm", "power"), [("l1", 1), ("l2", 2)])
def test_loss_against_a_loop(norm: str, power: int) -> None:
    found, wanted = np.random.default_rng(0).normal(size=(2, 3, 1, 1, 5, 7))
    terms = [abs(found[i] - wanted[i]) ** power for i in np.ndindex(found.shape)]
    task = PseudoAnomaly(Config(norm=norm))  # type: ignore[arg-type]
    outputs, targets = {"still": torch.tensor(found)}, {"image": torch.tensor(wanted)}
    assert float(task.loss(outputs, targets)[norm]) == pytest.approx(np.mean(terms))


def test_the_backbone_ascends_and_nothing_is_scored() -> None:
    """[002] T5: the shared backbone's rate is -0.2 times its own; no score at test."""
    assert CARD.backbone_lr == -0.2
    assert not CARD.scored


def test_bf16_on_odd_sizes() -> None:
    rig = Rig(CARD, Config(), Case(2, 1, (47, 31)))
    with torch.autocast("cpu", torch.bfloat16):
        assert rig.loss()["l1"].isfinite()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="frames"):
        Config(frames=0)

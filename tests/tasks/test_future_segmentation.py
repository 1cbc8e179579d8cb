from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_future_segmentation import CARD, Config
from vadkit_future_segmentation.task import FutureSegmentation

from vadkit.testing.rig import Case, Rig

ODD = Case(2, 1, (33, 47))


@pytest.mark.parametrize("past", [1, 2, 3])
def test_the_frame_that_is_foreseen_is_not_seen(past: int) -> None:
    rig = Rig(CARD, Config(past=past), Case(2, 3, (16, 24)))
    batch, views = rig.batch(training=True), rig.views(training=True)
    sampling = CARD.sampling(rig.config)
    seen = list(sampling.offsets)[:past]
    assert seen == list(range(-past, 0))
    assert torch.equal(views.inputs["past"], batch.clips[:, :, :past])
    assert torch.equal(views.targets["classes"][:, :, 0], batch.context["segmentation"])
    assert views.context == {}


def test_without_foresight_the_frames_end_with_the_one_that_is_segmented() -> None:
    rig = Rig(CARD, Config(past=2, foresee=False), Case(2, 3, (16, 24)))
    batch, views = rig.batch(training=True), rig.views(training=True)
    assert list(CARD.sampling(rig.config).offsets)[1:3] == [-1, 0]
    assert torch.equal(views.inputs["past"], batch.clips[:, :, 1:3])


@pytest.mark.parametrize("scse", [True, False])
def test_a_map_has_a_channel_for_each_of_the_classes(scse: bool) -> None:
    rig = Rig(CARD, Config(scse=scse), ODD)
    assert rig.outputs(rig.views(training=True))["past"].shape == (2, 6, 1, 33, 47)


def test_loss_and_score_against_loops() -> None:
    """[003] 3.3: the worst of 4 x 4 patches; the absolute difference over all pixels."""
    found, wanted = np.random.default_rng(0).normal(size=(2, 3, 4, 1, 8, 12))
    worst, absolute = [], []
    for b in range(3):
        patches = [
            np.mean(
                [
                    (found[b, k, 0, y, x] - wanted[b, k, 0, y, x]) ** 2
                    for k in range(4)
                    for y in range(2 * row, 2 * row + 2)
                    for x in range(3 * column, 3 * column + 3)
                ]
            )
            for row in range(4)
            for column in range(4)
        ]
        worst.append(max(patches))
        absolute.append(np.abs(found[b] - wanted[b]).mean())
    task = FutureSegmentation(Config())
    outputs, targets = {"past": torch.tensor(found)}, {"classes": torch.tensor(wanted)}
    assert float(task.loss(outputs, targets)["patch"]) == pytest.approx(np.mean(worst))
    scored = task.score(outputs, targets)["error"]
    assert scored.shape == outputs["past"][:, 0, 0].shape
    assert scored.flatten(1).mean(dim=1).tolist() == pytest.approx(absolute)


def test_bf16_on_odd_sizes() -> None:
    rig = Rig(CARD, Config(), ODD)
    with torch.autocast("cpu", torch.bfloat16):
        assert rig.loss()["patch"].isfinite()
        assert rig.score(rig.batch(training=False))["error"].isfinite().all()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="past and grid"):
        Config(past=0)

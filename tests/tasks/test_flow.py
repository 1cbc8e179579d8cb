from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm
from vadkit_flow import CARD, Config
from vadkit_flow.task import Flow

from vadkit.task import Batch
from vadkit.testing import check_task
from vadkit.testing.rig import Case, Rig
from vadkit.utils.rng import generator


def batch(frames: int = 5) -> Batch:
    """Clips whose frame t is filled with t; flow (b, -b)."""
    clip = torch.arange(frames).float()[:, None, None].expand(2, 3, frames, 4, 6)
    flow = torch.tensor([[1.0, -1], [2, -2]])[:, :, None, None].expand(-1, -1, 4, 6)
    return Batch(clip, {"flow": flow})


@pytest.mark.parametrize("training", [True, False])
def test_the_own_frame_is_not_seen(training: bool) -> None:
    views = Flow(Config(reach=2)).views(batch(), generator(0), training)
    assert views.inputs["past"][0, 0, :, 0, 0].tolist() == [0, 1]
    assert views.context == {}


def test_the_flow_is_into_the_own_frame() -> None:
    """A teacher's flow at frame t is from t-1, the last frame that is seen, to t."""
    sampling, (need,) = CARD.reads(Config(reach=3))[0], CARD.needs(Config())
    assert list(sampling.offsets)[:3] == [-3, -2, -1]
    assert (need.role, need.at, need.frames) == ("flow", 0, 1)


def test_flow_is_counted_in_the_scale() -> None:
    views = Flow(Config(reach=2, scale=4)).views(batch(), generator(0), training=True)
    assert views.targets["flow"].shape == (2, 2, 1, 4, 6)
    assert views.targets["flow"][1, :, 0, 3, 5].tolist() == [0.5, -0.5]


@pytest.mark.parametrize(("norm", "power"), [("l1", 1), ("l2", 2)])
def test_loss_and_score_against_loops(norm: str, power: int) -> None:
    found, flow = np.random.default_rng(0).normal(size=(2, 3, 2, 1, 5, 7))
    errors = []
    for b in range(3):
        away = [abs(found[b][i] - flow[b][i]) ** power for i in np.ndindex(2, 1, 5, 7)]
        errors.append(sum(away) / len(away))
    task = Flow(Config(norm=norm))  # type: ignore[arg-type]
    outputs, targets = {"past": torch.tensor(found)}, {"flow": torch.tensor(flow)}
    assert float(task.loss(outputs, targets)[norm]) == pytest.approx(np.mean(errors))
    assert task.score(outputs, targets)["error"].tolist() == pytest.approx(errors)


def test_a_variance_that_is_learned_against_the_density() -> None:
    rng = np.random.default_rng(1)
    mean, log_variance, flow = rng.normal(size=(3, 2, 2, 1, 5, 7))
    outputs = {"past": torch.tensor(np.concatenate([mean, log_variance], axis=1))}
    density = norm.logpdf(flow, mean, np.exp(log_variance / 2)) + np.log(2 * np.pi) / 2
    expected = -density.mean(axis=(1, 2, 3, 4))
    task = Flow(Config(norm="nll"))
    assert task.score(outputs, {"flow": torch.tensor(flow)})["error"].tolist() == pytest.approx(
        expected.tolist()
    )


def test_bf16_on_odd_sizes() -> None:
    rig = Rig(CARD, Config(reach=1), Case(2, 1, (33, 47)))
    with torch.autocast("cpu", torch.bfloat16):
        assert rig.loss()["l2"].isfinite()
        assert rig.score(rig.batch(training=False))["error"].isfinite().all()


@pytest.mark.parametrize("norm", ["l1", "nll"])
def test_every_norm_conforms(norm: str) -> None:
    assert check_task(CARD, Config(norm=norm, reach=1)) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"reach": 0}, {"scale": 0.0}], ids=str)
def test_what_cannot_work_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="reach"):
        Config(**options)  # type: ignore[arg-type]

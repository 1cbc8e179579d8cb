from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_completion import CARD, Config
from vadkit_completion.task import Completion

from vadkit.nn.heads import Shapes
from vadkit.task import Batch, Views
from vadkit.testing import check_task
from vadkit.utils.rng import generator


def views(**options: object) -> Views:
    """Views of clips of odd size whose frame t is t everywhere, counted from 1."""
    config = Config(frames=3, **options)  # type: ignore[arg-type]
    ramp = torch.arange(1, 4).float()[None, None, :, None, None]
    batch = Batch(ramp.expand(2, 3, 3, 7, 9), {"flow": torch.rand(2, 2, 7, 9)})
    return Completion(config).views(batch, generator(0), training=True)


@pytest.mark.parametrize(
    ("erase", "seen"),
    [
        ("delete", [[2, 3], [1, 3], [1, 2]]),
        ("zero", [[0, 2, 3], [1, 0, 3], [1, 2, 0]]),
    ],
)
def test_each_frame_is_erased_in_turn(erase: str, seen: list[list[int]]) -> None:
    made = views(erase=erase)
    assert list(made.inputs) == ["frame0", "frame1", "frame2"]
    for clip, frames in zip(made.inputs.values(), seen, strict=True):
        assert clip.shape == (2, 3, len(frames), 7, 9)
        assert (clip == torch.tensor(frames).float()[None, None, :, None, None]).all()
    assert made.targets["event"][0, 0, :, 0, 0].tolist() == [1, 2, 3]


def test_the_flow_is_completed_without_the_middle_frame() -> None:
    made = views(flow=0.5)
    assert list(made.inputs) == ["frame0", "frame1", "frame2"]
    assert made.targets["flow"].shape == (2, 2, 1, 7, 9)


def test_the_flow_is_needed_only_where_it_weighs_something() -> None:
    assert [(need.role, need.at) for need in CARD.needs(Config(flow=1.0))] == [("flow", 0)]
    assert CARD.needs(Config()) == ()


def test_last_layers_are_apart_and_the_trunk_is_one() -> None:
    shapes = Shapes(channels=1, size=(8, 8), widths=(8, 16), strides=(1, 2))
    heads = Completion(Config(frames=3, flow=1.0)).head(shapes)
    assert {name for name, _ in heads.named_children()} == {"frame0", "frame1", "frame2"}
    assert len({id(head.trunk) for head in heads.children()}) == 1
    assert [head.last.out_channels for head in heads.children()] == [1, 3, 1]


def test_the_middle_frame_alone_is_erased() -> None:
    made = views(erased="middle", flow=1.0)
    assert list(made.inputs) == ["frame1"]
    assert made.targets["event"][0, 0, :, 0, 0].tolist() == [2]
    outputs = {"frame1": torch.cat([made.targets["event"], made.targets["flow"] + 0.5], dim=1)}
    task = Completion(Config(frames=3, erased="middle", flow=1.0))
    scores = task.score(outputs, made.targets)
    assert scores["error"].tolist() == [0, 0]
    assert scores["flow"].tolist() == pytest.approx([0.25, 0.25])


@pytest.mark.parametrize("flow", [0.0, 0.3])
def test_loss_and_score_against_loops(flow: float) -> None:
    rng = np.random.default_rng(0)
    event, drawn = rng.random((2, 4, 3, 5, 13, 9))
    true, moved = rng.normal(size=(2, 4, 2, 1, 13, 9))
    errors = np.mean([(drawn[:, :, t] - event[:, :, t]) ** 2 for t in range(5)], axis=(0, 2, 3, 4))
    away = ((moved - true) ** 2).mean(axis=(1, 2, 3, 4))
    outputs = {f"frame{t}": torch.tensor(drawn[:, :, t : t + 1]) for t in range(5)}
    outputs["frame2"] = torch.cat([outputs["frame2"], torch.tensor(moved)], dim=1)
    targets = {"event": torch.tensor(event), "flow": torch.tensor(true)}
    task = Completion(Config(flow=flow))
    loss, scores = task.loss(outputs, targets), task.score(outputs, targets)
    expected = {"l2": errors.mean()} | ({"flow": 0.3 * away.mean()} if flow else {})
    assert {name: float(term) for name, term in loss.items()} == pytest.approx(expected)
    assert scores["error"].tolist() == pytest.approx(errors.tolist())
    assert ("flow" in scores) == bool(flow)
    if flow:
        assert scores["flow"].tolist() == pytest.approx(away.tolist())
    variance = event.var(axis=(3, 4)).mean(axis=(1, 2))
    assert scores["unexplained"].tolist() == pytest.approx((errors / (variance + 1e-3)).tolist())


@pytest.mark.parametrize(
    "config",
    [Config(erase="zero", frames=2), Config(flow=0.5), Config(erased="middle", flow=0.5)],
    ids=str,
)
def test_every_way_conforms(config: Config) -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, config) == {}


@pytest.mark.parametrize("options", [{"frames": 1}, {"flow": -1}], ids=str)
def test_what_cannot_work_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"frames|flow"):
        Config(**options)  # type: ignore[arg-type]

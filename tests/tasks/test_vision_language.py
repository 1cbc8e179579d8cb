from __future__ import annotations

from dataclasses import replace
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_world import World
from vadkit_vision_language import CARD, Config
from vadkit_vision_language.task import VisionLanguage

from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry
from vadkit.testing import check_task
from vadkit.testing.rig import Case, Rig
from vadkit.utils.rng import generator

TWO_AND_THREE = Config(normal=("a", "b"), abnormal=("c", "d", "e"), temperature=0.2, align=0.5)
TEACHER = """
[teachers.clip]
name = "random-language"
dim = 24
"""


def softmax(logits: np.ndarray) -> list[float]:
    powers = [exp(logit) for logit in logits]
    return [power / sum(powers) for power in powers]


def test_training_alone_asks_the_teacher() -> None:
    embedding, prompts = CARD.needs(TWO_AND_THREE)
    assert (embedding.key, embedding.texts) == ("clip", ())
    assert (prompts.role, prompts.key, prompts.texts) == ("clip", "prompts", tuple("abcde"))
    assert CARD.needs_to_score(TWO_AND_THREE) == ()


def test_targets_are_the_teachers_in_training_alone() -> None:
    rig = Rig(CARD, TWO_AND_THREE, Case(2, 3, (16, 16)))
    batch = rig.batch(training=True)
    training, scoring = (
        rig.task.views(rig.batch(training=when), generator(0), when) for when in (True, False)
    )
    expected = [softmax(row / 0.2) for row in batch.context["prompts"].double().numpy()]
    np.testing.assert_allclose(training.targets["probabilities"], expected, rtol=1e-5)
    assert torch.equal(training.targets["embedding"], batch.context["clip"])
    assert training.inputs["cube"].shape == (2, 3, 5, 16, 16)
    assert (training.context, scoring.targets, scoring.context) == ({}, {}, {})


def test_the_default_temperature_is_clips() -> None:
    rig = Rig(CARD, Config(), Case(1, 1, (8, 8)))
    cosines = torch.tensor([[0.30, 0.29, *[0.2] * 10]])
    batch = rig.batch(training=True)
    asked = replace(batch, context={**batch.context, "prompts": cosines})
    found = rig.task.views(asked, generator(0), True).targets["probabilities"]
    assert float(found[0, 0] / found[0, 1]) == pytest.approx(exp(1), rel=1e-4)


def test_loss_and_score_against_loops() -> None:
    rng = np.random.default_rng(0)
    output, embedding = rng.normal(size=(3, 4 + 5)), rng.normal(size=(3, 4))
    wanted = np.array([softmax(row) for row in rng.normal(size=(3, 5))])
    apart, crossed, abnormal = 0.0, 0.0, []
    for b in range(3):
        own, its = output[b][:4], embedding[b]
        apart += 1 - sum(own * its) / (sum(own**2) * sum(its**2)) ** 0.5
        found = softmax(output[b][4:])
        crossed -= sum(wanted[b][p] * log(found[p]) for p in range(5))
        abnormal.append(found[2] + found[3] + found[4])
    task = VisionLanguage(TWO_AND_THREE)
    outputs = {"cube": torch.tensor(output)}
    targets = {"embedding": torch.tensor(embedding), "probabilities": torch.tensor(wanted)}
    loss = task.loss(outputs, targets)
    assert float(loss["align"]) == pytest.approx(0.5 * apart / 3)
    assert float(loss["classify"]) == pytest.approx(crossed / 3)
    assert task.score(outputs, {})["abnormal"].tolist() == pytest.approx(abnormal)


def test_one_layer_has_all_outputs() -> None:
    rig = Rig(CARD, TWO_AND_THREE, Case(2, 1, (33, 47)))
    assert rig.outputs(rig.views(training=True))["cube"].shape == (2, 32 + 5)


def test_bf16_on_odd_sizes() -> None:
    rig = Rig(CARD, Config(), Case(2, 1, (33, 47)))
    with torch.autocast("cpu", torch.bfloat16):
        assert all(term.isfinite() for term in rig.loss().values())
        score = rig.score(rig.batch(training=False))["abnormal"]
    assert ((score > 0) & (score < 1)).all()


@pytest.mark.parametrize("config", [TWO_AND_THREE, Config(frames=1, align=0)], ids=str)
def test_other_options_conform(config: Config) -> None:
    assert check_task(CARD, config) == {}


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"normal": ()}, "a text each"),
        ({"abnormal": (" ",)}, "empty"),
        ({"normal": ("a car",)}, "twice"),
        ({"temperature": 0}, "positive"),
        ({"frames": 0}, "positive"),
        ({"align": -1}, "negative"),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Config(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("bound", ["", TEACHER], ids=["unnamed", "named"])
def test_it_learns_and_scores_by_the_stand_in(
    bound: str, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    path = tmp_path / "recipe.toml"
    given = world.recipe("vision_language", use="vision_language.abnormal").read_text()
    path.write_text(given + bound)
    folder = run(load_recipe(path, registry=registry), out=tmp_path / "run")
    rows = (folder / "scores" / "c.csv").read_text().splitlines()[1:]
    scores = [float(row.split(",")[2]) for row in rows]
    assert 'name = "random-language"' in (folder / "resolved.toml").read_text()
    assert len(scores) == 40
    assert all(0 <= score <= 1 for score in scores)
    assert max(scores) > 0

"""One protocol: the questions of `vadkit`, to which each curriculum adds what it has learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from installed import optional_libraries
from tiny_recipe import small
from tiny_world import World

from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry

CURRICULA = ["sota", "baseline", "sequential", "ssmtl", "ssmtl_v1", "ssmtl_v2", "attention"]
READINGS = ["main", "paper", "questions"]


def constants(name: str, registry: Registry) -> dict[str, Any]:
    """All that a recipe's main protocol says but for its questions and what its own count for."""
    score = load_recipe(name, registry=registry).protocols["main"]
    asked = {"questions", "heads", "refit_epochs", "every_phase", "oracle", "also"}
    shared = load_recipe("questions", registry=registry).protocols["main"].questions
    weights = {title: weight for title, weight in score.weights.items() if title in shared}
    return {**score.model_dump(exclude=asked), "weights": weights}


def test_the_default_asks_the_questions_and_what_was_learned(registry: Registry) -> None:
    bound = load_recipe("vadkit", registry=registry)
    main, questions = bound.protocols.values()
    learned = main.questions.pop("in which order")
    assert main.questions == questions.questions
    assert {name.task for name in learned.of} == set(bound.trained_tasks)


def test_scores_take_the_place_of_questions_and_of_what_goes_with_them(registry: Registry) -> None:
    changed = {"score.use": ["prediction.error"], "score.fuse": "mean"}
    score = load_recipe("sota", changed, registry=registry).protocols["main"]
    assert (score.questions, score.weights, score.only) == ({}, {}, None)
    weighed = {**changed, "score.weights": {"prediction.error": 2.0}}
    score = load_recipe("sota", weighed, registry=registry).protocols["main"]
    assert score.weights == {"prediction.error": 2.0}


def test_what_counts_nothing_is_neither_asked_nor_described(registry: Registry) -> None:
    score = {'score.weights."how they hold themselves"': 0}
    bound = load_recipe("questions", score, registry=registry)
    assert "how they hold themselves" not in bound.protocols["main"].asked
    assert {*bound.evidence} == {"appearance", "box", "ground", "motion"}
    used = {"score.use": ["posture.lean", "box.area"], "score.weights": {"posture.lean": 0}}
    assert {*load_recipe("questions", used, registry=registry).evidence} == {"box"}


@pytest.mark.parametrize("name", ["vadkit", *CURRICULA])
def test_no_constant_differs(name: str, registry: Registry) -> None:
    assert constants(name, registry) == constants("questions", registry)


@pytest.mark.parametrize("name", CURRICULA)
def test_the_tasks_of_a_curriculum_answer_further_questions(name: str, registry: Registry) -> None:
    bound, questions = (
        load_recipe(name, registry=registry),
        load_recipe("questions").protocols["main"],
    )
    assert list(bound.protocols) == READINGS
    main = bound.protocols["main"].questions
    assert main.items() > questions.questions.items()
    added = [
        score for title in main.keys() - questions.questions.keys() for score in main[title].of
    ]
    assert added
    assert {score.task for score in added} <= set(bound.trained_tasks)
    assert bound.protocols["questions"].questions == questions.questions
    assert {name.task for name in bound.protocols["paper"].names} <= set(bound.trained_tasks)


def test_a_run_has_the_three_readings(
    world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    data = [f"folder={world.target}"]
    bound = load_recipe("sota", small("sota", world, registry), data, world.boxes, registry)
    with optional_libraries():
        out = run(bound, out=tmp_path / "run", device="cpu")
    metrics = json.loads((out / "metrics.json").read_text())
    assert list(metrics["also"]) == READINGS[1:]
    readings = [metrics, *metrics["also"].values()]
    assert all(0 <= reading["auc"]["micro"] <= 1 for reading in readings)
    assert len({reading["auc"]["micro"] for reading in readings}) > 1
    asked = metrics["scorer"]["questions"]["what was learned"]["of"]
    assert {name.split(".")[0] for name in asked} == {"prediction", "reconstruction", "jigsaw"}

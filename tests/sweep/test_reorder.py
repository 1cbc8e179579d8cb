"""Phases in another order: which of their keys go with the task, and which with the place."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from vadkit.errors import RecipeError
from vadkit.recipe import load_recipe
from vadkit.recipe.toml_tables import named
from vadkit.registry.registry import Registry
from vadkit.sweep.reorder import kind_of, reordered

PROGRESSIVE = """
seed = 3
phase = [
  { stage = "a", tasks = ["a"], epochs = 1 },
  { stage = "b", tasks = [{ name = "b", backbone_lr = 0.5, weight = 2.0 }], epochs = 2 },
  { stage = "c", tasks = [{ name = "c", backbone_lr = -0.2 }], epochs = 3 },
  { stage = "d", tasks = [{ name = "d", backbone_lr = 0.1 }], epochs = 4, lr = 0.01 },
]
"""
CUMULATIVE = """
phase = [
  { stage = "first", tasks = ["a"], epochs = 1 },
  { stage = "second", tasks = ["a", { name = "b", weight = 2.0 }], epochs = 2 },
  { stage = "all", tasks = ["b", { name = "a", weight = 3.0 }, "c"], epochs = 3 },
]
"""


def entries(table: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [[named(entry) for entry in phase["tasks"]] for phase in table["phase"]]


def test_phases_go_with_their_tasks_and_gentleness_stays_with_the_place() -> None:
    table = tomllib.loads(PROGRESSIVE)
    found = reordered(table, "progressive", ["d", "c", "b", "a"])
    assert [(p["stage"], p["epochs"]) for p in found["phase"]] == [
        ("d", 4),
        ("c", 3),
        ("b", 2),
        ("a", 1),
    ]
    assert entries(found) == [
        [{"name": "d"}],  # nothing came before, so nothing has to be kept
        [{"name": "c", "backbone_lr": -0.2}],
        [{"name": "b", "weight": 2.0, "backbone_lr": 0.5}],
        [{"name": "a", "backbone_lr": 0.1}],
    ]
    assert found["phase"][0]["lr"] == 0.01
    assert found["seed"] == 3


def test_the_same_order_changes_nothing() -> None:
    for text, kind, order in ((PROGRESSIVE, "progressive", "abcd"), (CUMULATIVE, "cumulative", 0)):
        table = tomllib.loads(text)
        before = tomllib.loads(text)
        found = reordered(table, kind, list(order or "abc"))  # type: ignore[arg-type]
        assert table == before
        assert [p["stage"] for p in found["phase"]] == [p["stage"] for p in before["phase"]]
        if kind == "progressive":
            assert found == before


def test_places_of_cumulative_phases_keep_their_length_and_take_up_the_next_task() -> None:
    found = reordered(tomllib.loads(CUMULATIVE), "cumulative", ["c", "b", "a"])
    assert [p["epochs"] for p in found["phase"]] == [1, 2, 3]
    assert [p["stage"] for p in found["phase"]] == ["c", "c, b", "all"]
    assert entries(found) == [
        [{"name": "c"}],
        [{"name": "c"}, {"name": "b", "weight": 2.0}],
        [{"name": "c"}, {"name": "b"}, {"name": "a", "weight": 3.0}],
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sota", "progressive"),
        ("progressive/virtual-sr", "progressive"),
        ("sequential", "cumulative"),
        ("sequential/cls-rec-pre", "cumulative"),
    ],
)
def test_shipped_curricula_are_told_apart(name: str, kind: str, registry: Registry) -> None:
    assert kind_of(load_recipe(name, registry=registry).recipe) == kind


@pytest.mark.parametrize("name", ["ssmtl", "attention"])
def test_what_is_learned_at_once_has_no_order(name: str, registry: Registry) -> None:
    with pytest.raises(RecipeError, match="no order of tasks") as caught:
        kind_of(load_recipe(name, registry=registry).recipe)
    assert "sota.toml" in caught.value.hint

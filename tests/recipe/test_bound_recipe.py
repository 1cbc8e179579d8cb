"""A recipe's names are bound to plugins in one place, and nobody carries a registry beside it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CARD
from tiny_world import World

import vadkit
from vadkit.errors import PluginError
from vadkit.recipe import BoundRecipe, ScoreName, load_recipe
from vadkit.recipe.bound_recipe import Read
from vadkit.registry.cards import BoxRules
from vadkit.registry.registry import Registry, load_plugins

PHASES = ("prediction", '"jigsaw", "virtual"')
CORE = Path(vadkit.__file__).parent


@pytest.fixture
def bound(world: World, registry: Registry) -> BoundRecipe:
    return load_recipe(world.recipe(*PHASES), registry=registry)


def test_every_name_is_bound(bound: BoundRecipe, world: World) -> None:
    assert bound.trained_tasks == ["prediction", "jigsaw", "virtual"]
    assert bound.scoring_tasks == ["prediction"]
    assert bound.tasks.keys() == {"prediction", "jigsaw", "virtual"}
    assert bound.data_roles == bound.datasets.keys() == {"target", "virtual"}
    assert bound.backbones["main"].config.width == 8
    assert [detector.name for detector in bound.detectors] == ["file"]
    assert bound.datasets["target"].path == world.target
    kinds = {plugin.kind: plugin.origin for plugin in bound.plugins}
    assert kinds["dataset"] == kinds["backbone"] == "vadkit revision 1"


def test_what_is_bound_creates_what_it_names(bound: BoundRecipe) -> None:
    assert type(bound.tasks["jigsaw"].create()).__name__ == "Jigsaw"
    videos = bound.datasets["target"].create().videos("train")
    assert [video.name for video in videos] == ["a", "b"]
    assert bound.backbones["main"].create(1).widths[0] == 8


def test_what_is_read_is_listed_by_split(bound: BoundRecipe, registry: Registry) -> None:
    task = bound.tasks["prediction"]
    trained, scored = bound.reads
    assert scored == [Read("test", (task.score_sampling,), task.score_needs)]
    assert [read.samplings for read in trained[:-1]] == [
        of.samplings for of in bound.tasks.values()
    ]
    assert trained[-1] == scored[0]._replace(split="train")  # for the statistics of batch norm


def test_rules_are_the_recipes_or_the_data_sets(bound: BoundRecipe) -> None:
    dataset = bound.datasets["target"]
    assert dataset.rules == dataset.card.rules
    rules = BoxRules(min_side=3.0)
    objects = bound.recipe.objects.model_copy(update={"rules": rules})
    assert bound.with_values(objects=objects).datasets["target"].rules == rules


def test_another_process_binds_the_same(world: World, tmp_path: Path) -> None:
    """Also plugins that are single files: the other process knows nothing but the JSON text."""
    file = tmp_path / "strange_task.py"
    file.write_text(CARD.format(name="strange", load="strange_task:Config", extra=""))
    registry = load_plugins([file])
    bound = load_recipe(world.recipe("strange", use="strange.error"), registry=registry)
    code = (
        "import json, sys; from vadkit.recipe import BoundRecipe;"
        "bound = BoundRecipe.from_json(json.loads(sys.stdin.read()));"
        "print(bound.tasks['strange'].samplings[0].frames, bound.recipe.seed,"
        " 'torch' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(bound.as_json()),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["5", "0", "False"]


def test_a_task_that_is_not_installed_fails_only_where_it_is_asked_for(
    bound: BoundRecipe, registry: Registry
) -> None:
    plugins = tuple(plugin for plugin in registry.plugins if plugin.name != "jigsaw")
    fewer = BoundRecipe(bound.recipe, Registry(plugins))
    assert fewer.tasks["prediction"].samplings
    with pytest.raises(PluginError, match="No plugin offers the task 'jigsaw'"):
        _ = fewer.tasks["jigsaw"].samplings


def test_a_score_name_knows_its_parts() -> None:
    name = ScoreName.compose("vadkit.x:flow", "error")
    assert (name, name.task, name.score) == ("vadkit.x:flow.error", "vadkit.x:flow", "error")
    assert ScoreName("error").task == ""


def _arguments(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Name and annotated types of the arguments of every function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            args = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            written = [ast.unparse(arg.annotation) for arg in args if arg.annotation]
            yield node.name, {word for text in written for word in text.split(" | ")}


PAIRS = {"Recipe", "BoundRecipe", "GridFile"}
CARRIES_BOTH = """
def prepare(recipe: Recipe, registry: Registry | None) -> None: ...
def load(name: str, registry: Registry) -> BoundRecipe: ...
"""


def _carriers(source: str) -> list[str]:
    return [
        name
        for name, types in _arguments(ast.parse(source))
        if "Registry" in types and types & PAIRS
    ]


def test_no_function_takes_a_recipe_and_a_registry() -> None:
    """`BoundRecipe` has both; who needs one of them has it there."""
    assert _carriers(CARRIES_BOTH) == ["prepare"]
    sources = sorted(CORE.rglob("*.py"))
    found = {
        path.relative_to(CORE).as_posix(): _carriers(path.read_text("utf-8")) for path in sources
    }
    assert {path: names for path, names in found.items() if names} == {}

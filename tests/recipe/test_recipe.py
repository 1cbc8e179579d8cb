"""Recipes: read and completed, or told to be none."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
import tomli_w
from made_recipes import OWN, PLAIN, REGISTRY, TEACHER, load_plain, write_recipe

from vadkit.errors import RecipeError
from vadkit.recipe import Protocol, Recipe, load_recipe, resolved, schema, shipped_recipes
from vadkit.recipe.schema import Score
from vadkit.registry.discovery import Plugin
from vadkit.registry.registry import Registry

pytestmark = pytest.mark.edges


def test_names_alone_stand_for_tables(tmp_path) -> None:
    recipe = load_plain(tmp_path, {"objects": {"detectors": ["motion", {"name": "file"}]}})
    assert recipe.phase[0].tasks[0].name == "guess"
    assert [detector.name for detector in recipe.objects.detectors] == ["motion", "file"]


def test_options_are_completed_with_their_defaults(tmp_path) -> None:
    recipe = load_plain(tmp_path, {"backbone": {"name": "unet", "width": 7}})
    assert recipe.backbone.options == {"width": 7}
    assert recipe.data["target"].options == {"width": 4}
    assert recipe.tasks == {"guess": {"look": False, "role": "target"}}


def test_resolved_recipe_reads_back_as_itself(tmp_path) -> None:
    boxes = tmp_path / "boxes.csv"
    recipe = load_plain(tmp_path, {"tasks": {"guess": {"look": True}}}, boxes=boxes)
    again = tmp_path / "resolved.toml"
    again.write_text(resolved(recipe))
    assert load_recipe(again, registry=REGISTRY).recipe == recipe
    assert tomllib.loads(resolved(recipe))["optim"]["weight_decay"] == 0.01


def test_role_without_teacher_gets_the_stand_in_without_weights(tmp_path) -> None:
    recipe = load_plain(tmp_path, {"tasks": {"guess": {"look": True}}})
    assert recipe.teachers["scene"].name == "mean"
    bound = load_plain(
        tmp_path, {"tasks": {"guess": {"look": True}}, "teachers": {"scene": {"name": "heavy"}}}
    )
    assert bound.teachers["scene"].name == "heavy"


def test_built_in_stand_in_comes_before_a_strangers(tmp_path) -> None:
    strange = Plugin(name="a", distribution="x", cards=(replace(TEACHER, name="another"),))
    file = write_recipe(tmp_path, {**PLAIN, "tasks": {"guess": {"look": True}}})
    recipe = load_recipe(file, registry=Registry((strange, OWN))).recipe
    assert recipe.teachers["scene"].name == "mean"


def test_bom_and_windows_lines_are_fine(tmp_path) -> None:
    file = tmp_path / "windows.toml"
    text = tomli_w.dumps(PLAIN).replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_recipe(file, registry=REGISTRY).recipe.phase[0].epochs == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"seed = 1\nseed = 2\n", ":2: not valid TOML: Cannot overwrite a value"),
        (b"seed 1", ":1: not valid TOML"),
        ("seed = 1".encode("utf-16"), "is not UTF-8 text"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = " + b"[" * 220 + b"]" * 220, ""),
        (b"a" * 1_000_001, "larger than 1 MB"),
        (b"seed = " + b"9" * 5000, "not valid TOML"),
        (b"seed = nan", "seed"),
        (b"seed = 1979-05-27", "seed"),
        (b"", "'score' is missing"),
        (b"data = 3\nphase = 3\nscore = 3\ntasks = 3\nobjects = 3\nteachers = 3", "data"),
        (b"\n".join(b"k%d = 1" % number for number in range(20_000)), "there are more problems"),
    ],
)
def test_files_that_are_no_recipe(tmp_path, content: bytes, message: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        load_recipe(file, registry=REGISTRY)
    assert message in str(caught.value)


def test_names_that_lead_to_no_file(tmp_path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.toml").touch()
    cases = {
        str(tmp_path): "is a folder",
        str(tmp_path / "run"): "is a run folder",
        str(tmp_path / "gone.toml"): "There is no recipe",
        "soat": "Did you mean 'sota'?",
    }
    for name, message in cases.items():
        with pytest.raises(RecipeError) as caught:
            load_recipe(name, registry=REGISTRY)
        assert message in str(caught.value)


def test_shipped_recipes_are_valid() -> None:
    assert {"baseline", "smoke", "sota"} <= set(shipped_recipes())
    for name in shipped_recipes():
        bound = load_recipe(name)
        assert bound.recipe.phase or bound.evidence


def test_schema_lists_the_keys_and_both_forms_of_a_task() -> None:
    found = schema()
    assert {*Recipe.model_fields, "extends"} == set(found["properties"])
    assert {*Protocol.model_fields, "extends"} == set(found["$defs"]["Protocol"]["properties"])
    assert {*Score.model_fields, "extends"} == set(found["$defs"]["Score"]["properties"])
    assert found["then"]["required"] == ["data", "score"]  # `if` nothing is extended
    tasks = found["$defs"]["Phase"]["properties"]["tasks"]["items"]
    assert {"type": "string"} in tasks["anyOf"]

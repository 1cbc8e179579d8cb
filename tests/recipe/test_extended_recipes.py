"""What a recipe takes from another file, and where its paths start."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_recipes import PLAIN, REGISTRY, load_plain, problem_lines, write_recipe

from vadkit.errors import RecipeError
from vadkit.recipe import load_recipe

pytestmark = pytest.mark.edges


def test_extends_merges_tables_and_replaces_phases(tmp_path) -> None:
    base = {
        **PLAIN,
        "optim": {"lr": 0.1, "batch": 7},
        "objects": {"detectors": [{"name": "file", "path": "b.csv"}]},
    }
    (tmp_path / "deep").mkdir()
    write_recipe(tmp_path / "deep", base, "base.toml")
    child = {
        "extends": "deep/base.toml",
        "optim": {"lr": 0.2},
        "phase": [{"stage": "x", "tasks": ["guess"], "epochs": 5}],
    }
    recipe = load_recipe(write_recipe(tmp_path, child, "child.toml"), registry=REGISTRY).recipe
    assert (recipe.optim.lr, recipe.optim.batch) == (0.2, 7)
    assert [phase.epochs for phase in recipe.phase] == [5]
    assert recipe.objects.detectors[0].options == {"path": str(tmp_path / "deep" / "b.csv")}


def test_problem_of_an_extended_recipe_names_the_file_that_has_it(tmp_path) -> None:
    write_recipe(tmp_path, {**PLAIN, "optim": {"lr": -1.0, "batch": 0}}, "base.toml")
    text = 'extends = "base.toml"\n[optim]\nbatch = -1\n[[phase]]\nstage = 3\n'
    lines = problem_lines(tmp_path, text)
    assert any(line.startswith("base.toml:") and "optim.lr" in line for line in lines)
    assert any(line.startswith("bad.toml:3: optim.batch") for line in lines)
    assert any(line.startswith("bad.toml:4: phase.0: 'tasks' is missing") for line in lines)


@pytest.mark.parametrize("name", ["child.toml", "middle.toml", 3, ["a", "b"], "gone"])
def test_extends_takes_one_step(tmp_path, name: object) -> None:
    write_recipe(tmp_path, {"extends": "child.toml"}, "middle.toml")
    with pytest.raises(RecipeError):
        load_recipe(
            write_recipe(tmp_path, {**PLAIN, "extends": name}, "child.toml"), registry=REGISTRY
        )


def test_paths_start_at_the_recipe_and_know_the_home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", "/some/home")
    monkeypatch.setenv("WHERE", "expanded")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    paths = {"target": "../x", "second": "~/y", "third": "$WHERE", "fourth": "/abs"}
    data = {role: {"dataset": "yard", "path": path} for role, path in paths.items()}
    recipe = load_plain(tmp_path, {"data": data}, sets=['data.second.path="z"'])
    assert recipe.data["target"].path == tmp_path / ".." / "x"
    assert recipe.data["second"].path == tmp_path / "here" / "z"
    assert recipe.data["third"].path == tmp_path / "$WHERE"
    assert recipe.data["fourth"].path == Path("/abs")
    assert load_plain(tmp_path, {"data": data}).data["second"].path == Path("/some/home/y")


def test_paths_are_local(tmp_path) -> None:
    data = {"target": {"dataset": "yard", "path": "https://example.org/x"}}
    with pytest.raises(RecipeError, match="is a URL, expected a local path"):
        load_plain(tmp_path, {"data": data}, sets=["data.target.every=1"])


ASKED = {
    "questions": {"a": "guess.error", "b": ["guess.error", "guess.other"]},
    "fuse": "power",
    "calibrate": {"kind": "tail", "cap": 5.0},
    "heads": "refit",
}


def test_a_protocol_extends_that_of_another_recipe(tmp_path) -> None:
    write_recipe(tmp_path, {**PLAIN, "score": ASKED}, "base.toml")
    score = {
        "extends": "base.toml",
        "calibrate": {"cap": 4.0},
        "questions": {"c": "guess.error"},
        "also": {"same": {"extends": "base.toml"}, "plain": {"use": ["guess.error"]}},
    }
    read = load_plain(tmp_path, {"score": score}).score
    assert sorted(read.questions) == ["a", "b", "c"]
    assert (read.fuse, read.calibrate.kind, read.calibrate.cap) == ("power", "tail", 4.0)
    assert read.heads == "trained"  # which is no part of a protocol
    assert sorted(read.also["same"].questions) == ["a", "b"]
    assert read.also["same"].calibrate.cap == 5.0
    assert read.also["plain"].fuse == "mean"


def test_use_takes_the_place_of_questions(tmp_path) -> None:
    base = write_recipe(tmp_path, {**PLAIN, "score": ASKED}, "base.toml")
    used = {"extends": "base.toml", "score": {"use": ["guess.error"]}}
    file = write_recipe(tmp_path, used, "child.toml")
    for recipe in (
        load_recipe(file, registry=REGISTRY).recipe,
        load_recipe(base, ['score.use=["guess.error"]'], registry=REGISTRY).recipe,
        load_recipe(base, {"score.use": ["guess.error"]}, registry=REGISTRY).recipe,
    ):
        assert (recipe.score.use, recipe.score.questions) == (("guess.error",), {})
    asked = load_recipe(file, ['score.questions.d="guess.error"'], registry=REGISTRY).recipe
    assert (asked.score.use, [*asked.score.questions]) == ((), ["d"])
    both = {"use": ["guess.error"], "questions": {"a": "guess.error"}}
    with pytest.raises(RecipeError, match="either `use` or `questions`"):
        load_plain(tmp_path, {"score": both})


@pytest.mark.parametrize(
    "base", [{"extends": "questions"}, {**PLAIN, "score": {"extends": "questions"}}]
)
def test_a_protocol_extends_one_step(tmp_path, base: dict[str, object]) -> None:
    write_recipe(tmp_path, base, "base.toml")
    with pytest.raises(RecipeError, match="Name a recipe whose"):
        load_plain(tmp_path, {"score": {"extends": "base.toml"}})
    with pytest.raises(RecipeError, match="expected the name of one recipe"):
        load_plain(tmp_path, {"score": {"extends": 3}})

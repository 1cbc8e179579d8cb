"""Recipes: read, extended, changed, validated with every problem at once, completed."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vadkit.errors import RecipeError
from vadkit.recipe import Recipe, load_recipe, resolved, schema, shipped_recipes
from vadkit.recipe.diagnostics import ProblemsError
from vadkit.recipe.line_numbers import key_lines
from vadkit.registry.cards import (
    BackboneCard,
    DatasetCard,
    DetectorCard,
    Need,
    Sampling,
    TaskCard,
    TeacherCard,
)
from vadkit.registry.discovery import Plugin
from vadkit.registry.registry import Registry

pytestmark = pytest.mark.edges


@dataclass(frozen=True, kw_only=True)
class Width:
    width: int = 4


@dataclass(frozen=True, kw_only=True)
class Boxes:
    path: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Look:
    look: bool = False
    role: str = "target"


TASK = TaskCard(
    name="guess",
    summary="A test.",
    level="visual",
    config=Look,
    load="a:B",
    api=2,
    sampling=lambda config: Sampling(frames=3, role=config.role),
    needs=lambda config: (Need(role="scene"),) if config.look else (),
)
SILENT = replace(TASK, name="silent", scored=False)
RAISING = replace(TASK, name="raising", needs=lambda config: 1 // 0)
TEACHER = TeacherCard(
    name="mean",
    summary="A test.",
    load="a:B",
    role="scene",
    sampling=lambda config: Sampling(frames=1),
)
CARDS = (
    TASK,
    SILENT,
    TEACHER,
    replace(TEACHER, name="heavy", weights="from the authors"),
    replace(TEACHER, name="arrows", role="flow"),
    BackboneCard(name="unet", summary="A test.", load="a:B", config=Width),
    DetectorCard(name="motion", summary="A test.", load="a:B"),
    DetectorCard(name="file", summary="A test.", load="a:B", config=Boxes),
    DatasetCard(name="yard", summary="A test.", load="a:B", config=Width),
    DatasetCard(name="ped2", summary="A test.", load="a:B"),
)
OWN = Plugin(name="own", distribution="vadkit", cards=CARDS)
BROKEN = Plugin(
    name="flicker", distribution="vadkit-flicker", version="0.1", state="broken", reason="no way"
)
REGISTRY = Registry((OWN, BROKEN))

PLAIN: dict[str, Any] = {
    "data": {"target": {"dataset": "yard"}},
    "phase": [{"stage": "perception", "tasks": ["guess"], "epochs": 2}],
    "score": {"use": ["guess.error"]},
}


def _write(folder: Path, table: dict[str, Any], name: str = "plain.toml") -> Path:
    file = folder / name
    file.write_text(tomli_w.dumps(table))
    return file


def _load(folder: Path, table: dict[str, Any] | None = None, **given: Any) -> Recipe:
    file = _write(folder, {**PLAIN, **(table or {})})
    return load_recipe(file, registry=REGISTRY, **given).recipe


def _lines(folder: Path, text: str, **given: Any) -> list[str]:
    """The lines of the error that a text raises, without the folder's name."""
    file = folder / "bad.toml"
    file.write_text(text)
    with pytest.raises(ProblemsError) as caught:
        load_recipe(file, registry=REGISTRY, **given)
    return [line.strip().replace(f"{folder}/", "") for line in caught.value.lines]


def test_names_alone_stand_for_tables(tmp_path) -> None:
    recipe = _load(tmp_path, {"objects": {"detectors": ["motion", {"name": "file"}]}})
    assert recipe.phase[0].tasks[0].name == "guess"
    assert [detector.name for detector in recipe.objects.detectors] == ["motion", "file"]


def test_options_are_completed_with_their_defaults(tmp_path) -> None:
    recipe = _load(tmp_path, {"backbone": {"name": "unet", "width": 7}})
    assert recipe.backbone.options == {"width": 7}
    assert recipe.data["target"].options == {"width": 4}
    assert recipe.tasks == {"guess": {"look": False, "role": "target"}}


def test_resolved_recipe_reads_back_as_itself(tmp_path) -> None:
    boxes = tmp_path / "boxes.csv"
    recipe = _load(tmp_path, {"tasks": {"guess": {"look": True}}}, boxes=boxes)
    again = tmp_path / "resolved.toml"
    again.write_text(resolved(recipe))
    assert load_recipe(again, registry=REGISTRY).recipe == recipe
    assert tomllib.loads(resolved(recipe))["optim"]["weight_decay"] == 0.01


def test_role_without_teacher_gets_the_stand_in_without_weights(tmp_path) -> None:
    recipe = _load(tmp_path, {"tasks": {"guess": {"look": True}}})
    assert recipe.teachers["scene"].name == "mean"
    bound = _load(
        tmp_path, {"tasks": {"guess": {"look": True}}, "teachers": {"scene": {"name": "heavy"}}}
    )
    assert bound.teachers["scene"].name == "heavy"


def test_built_in_stand_in_comes_before_a_strangers(tmp_path) -> None:
    strange = Plugin(name="a", distribution="x", cards=(replace(TEACHER, name="another"),))
    file = _write(tmp_path, {**PLAIN, "tasks": {"guess": {"look": True}}})
    recipe = load_recipe(file, registry=Registry((strange, OWN))).recipe
    assert recipe.teachers["scene"].name == "mean"


BAD = """\
sed = 3
seed = "x"
[data]
target = { dataset = "yrad", every = 0 }
[objects]
rules = { confidnce = 0.1 }
detectors = ["motion", { name = "file", pth = "x" }]
[backbone]
name = "unet"
widht = 3
[optim]
name = "adamx"
[[phase]]
stage = "perception"
tasks = [
  "gues",
  { name = "guess", weigth = 2.0, backbone = "second" },
]
epochs = 3
[[phase]]
stage = "perception"
tasks = ["silent", "silent"]
epochs = 1
[score]
use = ["guess.error", "silent.error", "other.error", "guess"]
smooth = { window = 4 }
[tasks.guess]
look = 1
"""


def test_every_problem_is_told_at_once_with_its_line(tmp_path) -> None:
    lines = _lines(tmp_path, BAD)
    expected = [
        "bad.toml:1: sed: unknown key. Did you mean 'seed'?",
        "bad.toml:2: seed: Input should be a valid integer, got 'x'.",
        "bad.toml:4: data.target.every: Input should be greater than or equal to 1",
        "bad.toml:4: data.target.dataset: No plugin offers the dataset 'yrad'.",
        "bad.toml:6: objects.rules.confidnce: unknown key. Did you mean 'confidence'?",
        "bad.toml:7: objects.detectors.1.pth: Unknown option. Did you mean 'path'?",
        "bad.toml:10: backbone.widht: Unknown option. Did you mean 'width'?",
        "bad.toml:12: optim.name: Input should be 'adamw', 'adam' or 'sgd', got 'adamx'.",
        "bad.toml:16: phase.0.tasks.0: No plugin offers the task 'gues'. Did you mean 'guess'?",
        "bad.toml:17: phase.0.tasks.1.weigth: unknown key. Did you mean 'weight'?",
        "bad.toml:17: phase.0.tasks.1.backbone: no backbone 'second'. Allowed: main.",
        "bad.toml:22: phase.1.tasks.1: 'silent' is twice in this phase.",
        "bad.toml:25: score.use.1: the task 'silent' gives no score.",
        "bad.toml:25: score.use.2: 'other.error' does not name a task of a phase",
        "bad.toml:25: score.use.3: 'guess' does not name a task of a phase",
        "bad.toml:26: score.smooth.window: a window must be odd",
        "bad.toml:28: tasks.guess.look: Input should be a valid boolean, got 1.",
    ]
    assert [line[: len(start)] for line, start in zip(lines, expected, strict=True)] == expected


def test_key_at_the_wrong_level_is_sent_home(tmp_path) -> None:
    lines = _lines(tmp_path, f"lr = 0.1\nsmooth = 3\n{tomli_w.dumps(PLAIN)}")
    assert "bad.toml:1: lr: unknown key. It belongs in optim or phase. Allowed" in lines[0]
    assert "It belongs in score." in lines[1]


def test_missing_keys_are_told_where_their_table_is(tmp_path) -> None:
    lines = _lines(tmp_path, '[[phase]]\nstage = "x"\n\n[[phase]]\ntasks = ["guess"]\nepochs = 1\n')
    assert "bad.toml:1: phase.0: 'tasks' is missing." in lines
    assert "bad.toml:1: phase.0: 'epochs' is missing." in lines
    assert "bad.toml:4: phase.1: 'stage' is missing." in lines
    assert "bad.toml: 'data' is missing." in lines


def test_roles_that_nothing_is_bound_to(tmp_path) -> None:
    table = {
        **PLAIN,
        "data": {"virtaul": {"dataset": "yard"}},
        "tasks": {"guess": {"role": "virtual"}},
        "teachers": {"scene": {"name": "arrows"}},
    }
    text = "\n".join(_lines(tmp_path, tomli_w.dumps(table)))
    assert "Scoring reads the data role 'target', which [data] does not bind." in text
    assert "The task 'guess' reads the data role 'virtual'" in text
    assert "Did you mean 'virtaul'?" in text
    assert "'arrows' fills the role 'flow', not 'scene'." in text


def test_weights_are_of_tasks_that_there_are(tmp_path) -> None:
    score = {"use": ["guess.error"], "weights": {"gess.error": 2.0, "guess.other": 3.0}}
    (line,) = _lines(tmp_path, tomli_w.dumps({**PLAIN, "score": score}))
    assert "score.weights.gess.error" in line
    assert "Did you mean 'guess'?" in line


def test_need_without_any_teacher(tmp_path) -> None:
    file = _write(tmp_path, {**PLAIN, "tasks": {"guess": {"look": True}}})
    cards = tuple(card for card in CARDS if card.name != "mean")
    with pytest.raises(RecipeError, match="needs a teacher for 'scene'"):
        load_recipe(file, registry=Registry((replace(OWN, cards=cards),)))


def test_only_plugins_to_blame_is_a_plugin_error(tmp_path) -> None:
    phase = {"stage": "x", "tasks": ["guess", "flicker"], "epochs": 1}
    with pytest.raises(RecipeError, match=r"vadkit-flicker 0\.1, which is broken") as caught:
        _load(tmp_path, {"phase": [phase]})
    assert caught.value.exit_code == 5
    with pytest.raises(RecipeError) as caught:
        _load(tmp_path, {"phase": [phase], "sed": 1})
    assert caught.value.exit_code == 2


def test_card_that_raises_is_a_plugin_error(tmp_path) -> None:
    registry = Registry((replace(OWN, cards=(*CARDS, RAISING)),))
    phase = {"stage": "x", "tasks": ["guess", "raising"], "epochs": 1}
    with pytest.raises(RecipeError, match="ZeroDivisionError") as caught:
        load_recipe(_write(tmp_path, {**PLAIN, "phase": [phase]}), registry=registry)
    assert caught.value.exit_code == 5


def test_extends_merges_tables_and_replaces_phases(tmp_path) -> None:
    base = {
        **PLAIN,
        "optim": {"lr": 0.1, "batch": 7},
        "objects": {"detectors": [{"name": "file", "path": "b.csv"}]},
    }
    (tmp_path / "deep").mkdir()
    _write(tmp_path / "deep", base, "base.toml")
    child = {
        "extends": "deep/base.toml",
        "optim": {"lr": 0.2},
        "phase": [{"stage": "x", "tasks": ["guess"], "epochs": 5}],
    }
    recipe = load_recipe(_write(tmp_path, child, "child.toml"), registry=REGISTRY).recipe
    assert (recipe.optim.lr, recipe.optim.batch) == (0.2, 7)
    assert [phase.epochs for phase in recipe.phase] == [5]
    assert recipe.objects.detectors[0].options == {"path": str(tmp_path / "deep" / "b.csv")}


def test_problem_of_an_extended_recipe_names_the_file_that_has_it(tmp_path) -> None:
    _write(tmp_path, {**PLAIN, "optim": {"lr": -1.0, "batch": 0}}, "base.toml")
    text = 'extends = "base.toml"\n[optim]\nbatch = -1\n[[phase]]\nstage = 3\n'
    lines = _lines(tmp_path, text)
    assert any(line.startswith("base.toml:") and "optim.lr" in line for line in lines)
    assert any(line.startswith("bad.toml:3: optim.batch") for line in lines)
    assert any(line.startswith("bad.toml:4: phase.0: 'tasks' is missing") for line in lines)


@pytest.mark.parametrize("name", ["child.toml", "middle.toml", 3, ["a", "b"], "gone"])
def test_extends_takes_one_step(tmp_path, name: object) -> None:
    _write(tmp_path, {"extends": "child.toml"}, "middle.toml")
    with pytest.raises(RecipeError):
        load_recipe(_write(tmp_path, {**PLAIN, "extends": name}, "child.toml"), registry=REGISTRY)


def test_paths_start_at_the_recipe_and_know_the_home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", "/some/home")
    monkeypatch.setenv("WHERE", "expanded")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    paths = {"target": "../x", "second": "~/y", "third": "$WHERE", "fourth": "/abs"}
    data = {role: {"dataset": "yard", "path": path} for role, path in paths.items()}
    recipe = _load(tmp_path, {"data": data}, sets=['data.second.path="z"'])
    assert recipe.data["target"].path == tmp_path / ".." / "x"
    assert recipe.data["second"].path == tmp_path / "here" / "z"
    assert recipe.data["third"].path == tmp_path / "$WHERE"
    assert recipe.data["fourth"].path == Path("/abs")
    assert _load(tmp_path, {"data": data}).data["second"].path == Path("/some/home/y")


def test_paths_are_local(tmp_path) -> None:
    data = {"target": {"dataset": "yard", "path": "https://example.org/x"}}
    with pytest.raises(RecipeError, match="is a URL, expected a local path"):
        _load(tmp_path, {"data": data}, sets=["data.target.every=1"])


def test_data_and_boxes_re_bind(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = {"data": {"target": {"dataset": "yard", "width": 3}}}
    recipe = _load(tmp_path, table, data=["ped2=sub/dir"], boxes=Path("b"))
    assert recipe.data["target"].dataset == "ped2"
    assert recipe.data["target"].path == tmp_path / "sub" / "dir"
    assert recipe.objects.detectors[0].name == "file"
    assert recipe.objects.detectors[0].options == {"path": str(tmp_path / "b")}


@pytest.mark.parametrize("data", [["ped2"], ["=x"], ["ped2="], ["ped2=a", "yard=b"], ["pde2=a"]])
def test_data_that_cannot_be_bound(tmp_path, data: list[str]) -> None:
    with pytest.raises(RecipeError, match="--data"):
        _load(tmp_path, data=data)


def test_sets_take_toml_values(tmp_path) -> None:
    sets = [
        "phase.0.epochs=3",
        "phase.0.tasks.0.weight = 2.5",
        "score.smooth.window=5",
        'data.virtual={dataset="ped2", path="/x"}',
        "tasks.guess.role='virtual'",
        'optim.name="sgd"',
        "seed=1",
        "seed=2",
    ]
    recipe = _load(tmp_path, sets=sets)
    assert recipe.phase[0].epochs == 3
    assert recipe.phase[0].tasks[0].weight == 2.5
    assert recipe.score.smooth.window == 5
    assert recipe.data["virtual"].path == Path("/x")
    assert recipe.tasks["guess"]["role"] == "virtual"
    assert (recipe.optim.name, recipe.seed) == ("sgd", 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("phase.9.epochs=1", "phase has no item '9'. Allowed: 0."),
        ("phase.first.epochs=1", "phase has no item 'first'"),
        ("epcohs=3", "unknown key"),
        ("optim.lrr=3.0", "Did you mean 'lr'?"),
        ("optim.lr=fast", "Quote a string: --set 'optim.lr=\"fast\"'"),
        ("x=__import__('os')", "is not a TOML value"),
        ("seed=1\nthreads=2", "is not a TOML value"),
        ("optim.lr='3'", "should be a valid number, got '3'"),
        ("seed.deep=3", "Input should be a valid integer"),
        ("seed", "expected key.path=VALUE"),
        ("=3", "expected key.path=VALUE"),
        ("a..b=3", "expected key.path=VALUE"),
        ("seed=", "is not a TOML value"),
        ("seed=" + "[" * 100_000, "is not a TOML value"),
        ("²=3", "unknown key"),
        ("data.target.widht=3", "Did you mean 'width'?"),
    ],
)
def test_sets_that_are_wrong(tmp_path, text: str, message: str) -> None:
    with pytest.raises(ProblemsError) as caught:
        _load(tmp_path, sets=[text])
    assert message in str(caught.value)
    assert f"--set {text[:20]}" in str(caught.value)


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
        (b"", "'phase' is missing"),
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
        assert load_recipe(name).recipe.phase


def test_schema_lists_the_keys_and_both_forms_of_a_task() -> None:
    found = schema()
    assert set(Recipe.model_fields) == set(found["properties"])
    tasks = found["$defs"]["Phase"]["properties"]["tasks"]["items"]
    assert {"type": "string"} in tasks["anyOf"]


TEXT = '''\
a = 1 # [not.a.table]
"b c" = """
x = 1
"""
[d] # comment
e.f = { g = [1,
# = 3
  { h = 2 }], i = '=' }
[[j.k]]
l = [
  [1, 2], "]",
  { m = 1979-05-27T07:32:00 },
]
[[j.k]]
[j.k.n]
o = 1.5
'''


def test_lines_of_keys() -> None:
    lines = key_lines(TEXT)
    assert tomllib.loads(TEXT)
    expected = {
        ("a",): 1,
        ("b c",): 2,
        ("d",): 5,
        ("d", "e", "f", "g"): 6,
        ("d", "e", "f", "g", 1): 8,
        ("d", "e", "f", "g", 1, "h"): 8,
        ("d", "e", "f", "i"): 8,
        ("j", "k", 0): 9,
        ("j", "k", 0, "l", 0, 1): 11,
        ("j", "k", 0, "l", 1): 11,
        ("j", "k", 0, "l", 2, "m"): 12,
        ("j", "k", 1): 14,
        ("j", "k", 1, "n", "o"): 16,
    }
    assert {key: lines.get(key) for key in expected} == expected


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = set()
    for key, below in items:
        found.add((*path, key))
        if isinstance(below, dict | list):
            found |= _paths(below, (*path, key))
    return found


KEYS = st.sampled_from(
    [
        *Recipe.model_fields,
        *["name", "dataset", "path", "tasks", "stage", "epochs", "use", "smooth", "window", "x"],
        "é ",
    ]
)
VALUES = st.recursive(
    st.none().map(lambda _: "guess")
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=12,
)
FUZZ = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_lines_are_found_for_every_key_of_any_text(table: dict[str, Any]) -> None:
    assert _paths(table) <= set(key_lines(tomli_w.dumps(table)))


@FUZZ
@given(st.dictionaries(KEYS, VALUES, max_size=6), st.booleans())
def test_random_recipes_raise_nothing_but_recipe_errors(tmp_path, table, plain: bool) -> None:
    file = _write(tmp_path, {**PLAIN, **table} if plain else table)
    with suppress(RecipeError):
        assert load_recipe(file, registry=REGISTRY).recipe.phase


@FUZZ
@given(st.lists(st.tuples(st.lists(KEYS | st.sampled_from(["0", "1", ""]), max_size=4), VALUES)))
def test_random_sets_raise_nothing_but_recipe_errors(tmp_path, pairs) -> None:
    sets = [f"{'.'.join(keys)}={value!r}" for keys, value in pairs]
    with suppress(RecipeError):
        assert _load(tmp_path, sets=sets).phase


@FUZZ
@given(st.binary(max_size=60))
def test_random_bytes_raise_nothing_but_recipe_errors(tmp_path, content: bytes) -> None:
    file = tmp_path / "random.toml"
    file.write_bytes(content)
    with pytest.raises(RecipeError):
        load_recipe(file, registry=REGISTRY)

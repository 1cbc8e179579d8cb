"""`--data`, `--boxes` and `--set` change a recipe, or are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_recipes import PLAIN, load_plain, write_recipe

from vadkit.errors import RecipeError
from vadkit.recipe.diagnostics import ProblemsError

pytestmark = pytest.mark.edges


def test_data_and_boxes_re_bind(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = {"data": {"target": {"dataset": "yard", "width": 3}}}
    recipe = load_plain(tmp_path, table, data=["ped2=sub/dir"], boxes=Path("b"))
    assert recipe.data["target"].dataset == "ped2"
    assert recipe.data["target"].path == tmp_path / "sub" / "dir"
    assert recipe.objects.detectors[0].name == "file"
    assert recipe.objects.detectors[0].options == {"path": str(tmp_path / "b")}


@pytest.mark.parametrize("data", [["ped2"], ["=x"], ["ped2="], ["ped2=a", "yard=b"], ["pde2=a"]])
def test_data_that_cannot_be_bound(tmp_path, data: list[str]) -> None:
    with pytest.raises(RecipeError, match="--data"):
        load_plain(tmp_path, data=data)


ASKED = {"score": {"questions": {"how large": {"of": ["guess.a"]}, "how fast": "guess.b"}}}


def test_sets_name_questions_in_quotes(tmp_path) -> None:
    sets = [
        'score.questions."how large".of = ["guess.c"]',
        "score.questions.'how fast' = { of = 'guess.b', gate = 'guess.a' }",
        'score.weights."how fast" = 2',
    ]
    score = load_plain(tmp_path, ASKED, sets=sets).score
    assert {*score.questions} == {"how large", "how fast"}
    assert score.questions["how large"].of == ("guess.c",)
    assert (score.questions["how fast"].of, score.questions["how fast"].gate) == (
        ("guess.b",),
        "guess.a",
    )
    assert score.weights == {"how fast": 2.0}
    again = load_plain(tmp_path, ASKED, sets={'score.questions."how large"': ["guess.d"]}).score
    assert again.questions["how large"].of == ("guess.d",)


def test_sets_put_keys_beside_the_scores_of_a_bare_question(tmp_path) -> None:
    bare = {"score": {"questions": {"how fast": ["guess.a", "guess.b"], "how": "guess.c"}}}
    sets = [
        'score.questions."how fast".gate="guess.c"',
        'score.questions."how fast".above=0.5',
        "score.questions.how.gate='guess.a'",
    ]
    questions = load_plain(tmp_path, bare, sets=sets).score.questions
    fast, how = questions["how fast"], questions["how"]
    assert (fast.of, fast.gate, fast.above) == (("guess.a", "guess.b"), "guess.c", 0.5)
    assert (how.of, how.gate) == (("guess.c",), "guess.a")
    other = load_plain(tmp_path, bare, sets=['score.questions."how fast".1="guess.d"'])
    assert other.score.questions["how fast"].of == ("guess.a", "guess.d")


def test_sets_extend_a_protocol_as_a_file_does(tmp_path, monkeypatch) -> None:
    other = {"use": ["guess.o"], "fuse": "max", "smooth": {"window": 5}, "every_phase": False}
    write_recipe(tmp_path, {**PLAIN, "score": other}, "other.toml")
    monkeypatch.chdir(tmp_path)
    sets = ['score.extends="other.toml"', 'score.also.x.extends="other.toml"']
    for score in (
        load_plain(tmp_path, ASKED, sets=[*sets, "score.smooth.window=7"]).score,
        load_plain(tmp_path, ASKED, sets=['score.also.x={extends="other.toml"}', *sets[:1]]).score,
    ):
        assert (score.use, score.questions, score.fuse) == (("guess.o",), {}, "max")
        assert score.every_phase  # which is no part of a protocol
        assert score.also["x"].smooth.window == 5
        assert score.also["x"].use == ("guess.o",)


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
    recipe = load_plain(tmp_path, sets=sets)
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
        ("seed.deep=3", "Input should be a whole number"),
        ('a"b=3', "expected key.path=VALUE"),
        ('score.questions."a=b".of=3', 'score.questions."a=b".of: Input should be a list, got 3'),
        ("score.extends=3", "extends is 3, expected the name of one recipe."),
        ("score.extends='gone'", "There is no recipe 'gone'."),
        ("extends='sota'", "extends: only a file extends a recipe. Name that recipe in place"),
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
        load_plain(tmp_path, sets=[text])
    assert message in str(caught.value)
    assert f"--set {text[:20]}" in str(caught.value)

"""Every problem of a recipe is told at once, with its line and whose it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tomli_w
from made_recipes import (
    CARDS,
    OWN,
    PLAIN,
    RAISING,
    TASK,
    load_plain,
    problem_lines,
    write_recipe,
)

from vadkit.errors import RecipeError
from vadkit.recipe import load_recipe
from vadkit.registry.cards import EvidenceCard, Sampling
from vadkit.registry.registry import Registry

pytestmark = pytest.mark.edges


SPEED = EvidenceCard(name="motion", summary="A test.", load="a:B", attributes=("speed",))
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
    lines = problem_lines(tmp_path, BAD)
    expected = [
        "bad.toml:1: sed: unknown key. Did you mean 'seed'?",
        "bad.toml:2: seed: Input should be a whole number, got 'x'.",
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
        "bad.toml:28: tasks.guess.look: Input should be true or false, got 1.",
    ]
    assert [line[: len(start)] for line, start in zip(lines, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ({"frames": {"size": [32]}}, ["frames.size: item 1 is missing."]),
        (
            {"frames": {"size": [1, 2, 3]}},
            ["frames.size: Input should be a list of 2 at most, got"],
        ),
        ({"optim": {"batch": True}}, ["optim.batch: Input should be a whole number, got true."]),
        ({"objects": {"rules": 3}}, ["objects.rules: Input should be a table, got 3."]),
        (
            {"score": {"questions": {"q": []}}},
            ["q.of: Input should be a list of 1 or more, got []."],
        ),
        (
            {"score": {"questions": {"q": [3]}}},
            ["q.of.0: Input should be a text in quotes, got 3."],
        ),
        ({"score": {"questions": {"q": {}}}}, ["score.questions.q: 'of' is missing."]),
        ({"score": {"use": "guess.x"}}, ["score.use: Input should be a list, got 'guess.x'."]),
        (
            {"score": {"use": ["guess.x"], "calibrate": {"kind": "tail", "cap": "rul"}}},
            ["calibrate.cap: Input should be a number above 0 or 'rule', got 'rul'. Did you mean"],
        ),
        (
            {"score": {"use": ["guess.x"], "calibrate": {"kind": "tail", "cap": 0}}},
            ["score.calibrate.cap: Input should be a number above 0 or 'rule', got 0."],
        ),
        (
            {"score": {"use": ["guess.x"], "weigh": "aera"}},
            ["weigh: Input should be 'mean', 'area' or a list of scores, got 'aera'. Did you mean"],
        ),
        (
            {"score": {"use": ["guess.x"], "weigh": [3]}},
            ["score.weigh: Input should be 'mean', 'area' or a list of scores, got [3]."],
        ),
        (
            {"score": {"use": ["guess.x"], "weights": {"guess.x": "x"}}},
            ["score.weights.\"guess.x\": Input should be a valid number, got 'x'."],
        ),
        ({"score": {}}, ["score: give either `use` or `questions`."]),
        (
            {"score": {"use": ["guess.x"], "also": {"main": {"use": ["guess.x"]}}}},
            ["score.also.main: 'main' is no name of a further protocol; 'main' is `score` itself"],
        ),
    ],
    ids=lambda value: None if isinstance(value, list) else "-".join(value),
)
def test_wrong_values_are_told_in_the_words_of_toml(tmp_path, table, lines) -> None:
    given = problem_lines(tmp_path, tomli_w.dumps({**PLAIN, **table}))
    assert len(given) == len(lines)
    assert all(expected in line for line, expected in zip(given, lines, strict=True))


def test_key_at_the_wrong_level_is_sent_home(tmp_path) -> None:
    lines = problem_lines(tmp_path, f"lr = 0.1\nsmooth = 3\n{tomli_w.dumps(PLAIN)}")
    assert "bad.toml:1: lr: unknown key. It belongs in optim or phase. Allowed" in lines[0]
    assert "It belongs in score." in lines[1]


def test_missing_keys_are_told_where_their_table_is(tmp_path) -> None:
    lines = problem_lines(
        tmp_path, '[[phase]]\nstage = "x"\n\n[[phase]]\ntasks = ["guess"]\nepochs = 1\n'
    )
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
    text = "\n".join(problem_lines(tmp_path, tomli_w.dumps(table)))
    assert "Scoring reads the data role 'target', which [data] does not bind." in text
    assert "The task 'guess' reads the data role 'virtual'" in text
    assert "Did you mean 'virtaul'?" in text
    assert "'arrows' fills the role 'flow', not 'scene'." in text


def test_weights_are_of_tasks_that_there_are(tmp_path) -> None:
    score = {"use": ["guess.error"], "weights": {"gess.error": 2.0, "guess.other": 3.0}}
    (line,) = problem_lines(tmp_path, tomli_w.dumps({**PLAIN, "score": score}))
    assert 'score.weights."gess.error"' in line
    assert "Did you mean 'guess'?" in line


def test_scores_that_are_weighed_by_area_are_asked_for(tmp_path) -> None:
    score = {"use": ["guess.error"], "weigh": ["guess.eror"]}
    (line,) = problem_lines(tmp_path, tomli_w.dumps({**PLAIN, "score": score}))
    assert "score.weigh: no score 'guess.eror' is asked for. Did you mean 'guess.error'?" in line


def test_weights_of_questions_name_one_of_them(tmp_path) -> None:
    score = {"questions": {"how odd": ["guess.error"]}, "weights": {"how old": 2.0}}
    (line,) = problem_lines(tmp_path, tomli_w.dumps({**PLAIN, "score": score}))
    assert "score.weights" in line
    assert "no question 'how old'. Did you mean 'how odd'?" in line


JIGSAW = replace(TASK, name="jigsaw", scores=lambda _: ("temporal", "spatial"))
FRAMES = replace(TASK, name="frames", sampling=lambda _: Sampling(frames=3, unit="frame"))
SCORES = Registry((replace(OWN, cards=(*CARDS, JIGSAW, FRAMES, SPEED)),))
TRAINED = [{"stage": "x", "tasks": ["guess", "jigsaw", "frames"], "epochs": 1}]


def score_lines(folder, score) -> list[str]:
    text = tomli_w.dumps({**PLAIN, "phase": TRAINED, "score": score})
    return problem_lines(folder, text, registry=SCORES)


@pytest.mark.parametrize(
    ("score", "key"),
    [
        ({"use": ["jigsaw.temporal", "jigsaw.temporl"]}, "score.use.1"),
        ({"questions": {"how": ["jigsaw.temporl"]}}, "score.questions.how"),
        ({"questions": {"how": {"of": "jigsaw.spatial", "gate": "jigsaw.temporl"}}}, "score.ques"),
        ({"use": ["guess.x"], "also": {"b": {"use": ["jigsaw.temporl"]}}}, "score.also.b.use.0"),
    ],
    ids=["use", "questions", "gate", "also"],
)
def test_a_score_that_its_task_does_not_give_is_told_before_training(tmp_path, score, key) -> None:
    (line,) = score_lines(tmp_path, score)
    assert key in line
    assert "the task 'jigsaw' has no score 'temporl'. Did you mean 'temporal'? Allowed:" in line


@pytest.mark.parametrize(
    "question",
    [
        ["jigsaw.spatial", "frames.error"],
        {"of": ["frames.error"], "gate": "jigsaw.spatial"},
        {"of": "frames.error", "gate": "motion.speed"},
    ],
    ids=["of", "gate", "evidence"],
)
def test_a_question_about_objects_and_whole_frames_is_told_before_training(
    tmp_path, question
) -> None:
    (line,) = score_lines(tmp_path, {"questions": {"how": question}})
    assert "score.questions.how: mixes scores of objects (" in line
    assert "and of whole frames (frames.error). Make two questions of it." in line


@pytest.mark.parametrize("fuse", ["power", "stouffer"])
def test_p_values_are_joined_where_there_are_some(tmp_path, fuse) -> None:
    for kind in ("none", "zscore"):
        score = {"use": ["guess.x"], "fuse": fuse, "calibrate": {"kind": kind}}
        (line,) = score_lines(tmp_path, score)
        said = f"{fuse!r} joins p-values, which calibrate.kind = {kind!r} does not give. Take quant"
        assert f"score.fuse: {said}" in line
    for kind in ("quantile", "tail"):
        score = {"use": ["guess.x"], "fuse": fuse, "calibrate": {"kind": kind}}
        load_recipe(write_recipe(tmp_path, {**PLAIN, "score": score}), registry=SCORES)


@pytest.mark.parametrize("kind", ["none", "zscore", "quantile"])
def test_the_rule_of_the_cap_is_refused_where_nothing_has_a_cap(tmp_path, kind) -> None:
    asked = {"use": ["guess.x"], "calibrate": {"kind": kind, "cap": "rule"}}
    (line,) = score_lines(tmp_path, asked)
    said = f"'rule' means nothing for calibrate.kind = {kind!r}. Take tail, or leave the cap out."
    assert f"score.calibrate.cap: {said}" in line


@pytest.mark.parametrize("kind", ["none", "zscore"])
def test_what_is_relative_are_p_values(tmp_path, kind) -> None:
    question = {"of": "guess.x", "relative": True}
    (line,) = score_lines(tmp_path, {"questions": {"how": question}, "calibrate": {"kind": kind}})
    assert "questions.how.relative: compares p-values. Take calibrate.kind = quantile" in line


def test_what_counts_is_about_what_is_asked(tmp_path) -> None:
    score = {"use": ["jigsaw.spatial"], "only": {"score": "frames.error", "least": 1.0}}
    (line,) = score_lines(tmp_path, score)
    assert "score.only.score: 'frames.error' is about no unit that a question is about." in line


@pytest.mark.parametrize(
    ("weighed", "said"),
    [
        ("jigsaw.temporl", "the task 'jigsaw' has no score 'temporl'. Did you mean 'temporal'?"),
        ("motion.sped", "the evidence part 'motion' has no score 'sped'. Did you mean 'speed'?"),
    ],
)
def test_weights_are_of_scores_that_there_are(tmp_path, weighed, said) -> None:
    (line,) = score_lines(tmp_path, {"use": ["jigsaw.spatial"], "weights": {weighed: 2.0}})
    assert said in line


def test_a_quantile_without_its_gate_is_told(tmp_path) -> None:
    (line,) = score_lines(tmp_path, {"questions": {"how": {"of": "guess.x", "above": 0.5}}})
    assert "questions.how.above: is a quantile of the score `gate`, which is not given." in line


def test_names_of_a_task_that_does_not_say_them_are_left_to_scoring(tmp_path) -> None:
    score = {"questions": {"how": ["jigsaw.spatial", "guess.anything"], "how else": "frames.any"}}
    table = {**PLAIN, "phase": TRAINED, "score": score}
    load_recipe(write_recipe(tmp_path, table), registry=SCORES)


def test_need_without_any_teacher(tmp_path) -> None:
    file = write_recipe(tmp_path, {**PLAIN, "tasks": {"guess": {"look": True}}})
    cards = tuple(card for card in CARDS if card.name != "mean")
    with pytest.raises(RecipeError, match="needs a teacher for 'scene'"):
        load_recipe(file, registry=Registry((replace(OWN, cards=cards),)))


def test_only_plugins_to_blame_is_a_plugin_error(tmp_path) -> None:
    phase = {"stage": "x", "tasks": ["guess", "flicker"], "epochs": 1}
    with pytest.raises(RecipeError, match=r"vadkit-flicker 0\.1, which is broken") as caught:
        load_plain(tmp_path, {"phase": [phase]})
    assert caught.value.exit_code == 5
    with pytest.raises(RecipeError) as caught:
        load_plain(tmp_path, {"phase": [phase], "sed": 1})
    assert caught.value.exit_code == 2


def test_card_that_raises_is_a_plugin_error(tmp_path) -> None:
    registry = Registry((replace(OWN, cards=(*CARDS, RAISING)),))
    phase = {"stage": "x", "tasks": ["guess", "raising"], "epochs": 1}
    with pytest.raises(RecipeError, match="ZeroDivisionError") as caught:
        load_recipe(write_recipe(tmp_path, {**PLAIN, "phase": [phase]}), registry=registry)
    assert caught.value.exit_code == 5

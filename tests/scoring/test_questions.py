"""Questions: attributes to -log p, answers joined, a gate; against plain loops."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import logsumexp
from scoring.test_fusion import make_units

from vadkit.errors import RecipeError
from vadkit.recipe import Protocol, ScoreName, Smooth
from vadkit.recipe.schema import Calibrate, Question, Score
from vadkit.scoring.calibration import Normal, tail, usual_cap
from vadkit.scoring.fusion import _power, fuse, fuse_units

RAW = Smooth(kind="none")
TAIL = Calibrate(kind="tail")


def plain_tail(value: float, known: list[float], beyond: float, cap: float) -> float:
    start = float(np.quantile(known, beyond))
    if value > start:
        excess = [one - start for one in known if one > start]
        mean = sum(excess) / len(excess) if excess else 0.0
        answer = -math.log(1 - beyond) + ((value - start) / mean if mean else math.inf)
    else:
        answer = -math.log((sum(one >= value for one in known) + 1) / (len(known) + 1))
    return min(answer, cap)


@pytest.mark.parametrize("ties", [False, True])
def test_the_tail_goes_on_as_an_exponential_up_to_the_cap(ties: bool) -> None:
    rng = np.random.default_rng(0)
    known = rng.exponential(size=400).round(1 if ties else 9)
    values = np.concatenate([known[:50], np.linspace(-1, 12, 60)])
    answers = tail(values, known, TAIL)
    expected = [plain_tail(value, known.tolist(), 0.98, 6.0) for value in values]
    assert answers == pytest.approx(expected)
    assert answers.min() >= 0
    assert answers.max() == TAIL.cap


def test_training_scores_that_are_all_one_value_leave_the_cap_to_all_above() -> None:
    assert tail(np.array([0.0, 1.0, 2.0]), np.ones(9), TAIL).tolist() == [0.0, 0.0, 6.0]


def scores(units, **values):
    return {ScoreName(name.replace("_", ".")): (units, np.array(of)) for name, of in values.items()}


def normal(**values):
    """Hundred training objects whose scores are 0 to 99, for each attribute."""
    boxes, sizes = np.zeros((100, 5), np.float32), np.ones((100, 2), np.int64)
    names = {name.split("_")[0] for name in values}
    return {
        part: Normal(
            boxes,
            sizes,
            {
                ScoreName(name.replace("_", ".")): np.arange(100.0)
                for name in values
                if name.split("_")[0] == part
            },
            np.full(100, ""),
            np.zeros(100, np.int64),
        )
        for part in names
    }


def test_answers_are_means_of_scores_and_the_loudest_object_counts() -> None:
    units = make_units([2], [(0, 0), (0, 0), (0, 1)])
    values = {"a_x": [10.0, 90.0, 50.0], "a_y": [50.0, 95.0, 0.0], "b_z": [99.0, 20.0, 60.0]}
    protocol = Score(
        questions={"first": Question(of=("a.x", "a.y")), "second": Question(of=("b.z",))},
        calibrate=TAIL, fuse="power", smooth=RAW,
    )  # fmt: skip
    result = fuse(scores(units, **values), protocol, normal(**values))["v0"].raw
    training = np.arange(100.0).tolist()
    objects = []
    for x, y, z in zip(*values.values(), strict=True):
        first = (plain_tail(x, training, 0.98, 6) + plain_tail(y, training, 0.98, 6)) / 2
        second = plain_tail(z, training, 0.98, 6)
        objects.append(2 * math.log((math.exp(first / 2) + math.exp(second / 2)) / 2))
    assert result == pytest.approx([max(objects[:2]), objects[2]])


def tracks(copies: int) -> dict[str, Normal]:
    """Thousand training objects of fifty videos; in a video each is there so many times."""
    scores = np.random.default_rng(2).exponential(size=(50, 20 // copies)).repeat(copies, axis=1)
    boxes, sizes = np.zeros((1000, 5), np.float32), np.ones((1000, 2), np.int64)
    pieces = np.arange(50).repeat(20)
    return {
        "a": Normal(boxes, sizes, {ScoreName("a.x"): scores.ravel()}, np.full(1000, ""), pieces)
    }


def test_the_cap_by_the_rule_is_lower_where_training_objects_are_alike() -> None:
    names = (ScoreName("a.x"),)
    independent, alike = (usual_cap(names, tracks(copies), TAIL) for copies in (1, 20))
    assert 3 <= alike < independent <= math.log(1000) + 0.5


def test_the_cap_by_the_rule_caps_answers() -> None:
    units, by_rule = make_units([1], [(0, 0)]), TAIL.model_copy(update={"cap": "rule"})
    protocol = Score(use=("a.x",), calibrate=by_rule, smooth=RAW)
    raw = fuse(scores(units, a_x=[1e9]), protocol, tracks(20))["v0"].raw
    assert raw == [usual_cap(protocol.names, tracks(20), TAIL)]


def test_a_question_counts_by_its_weight() -> None:
    units, values = make_units([1], [(0, 0)]), {"a_x": [80.0], "b_y": [40.0]}
    questions = {"first": Question(of=("a.x",)), "second": Question(of=("b.y",))}
    protocol = Score(questions=questions, calibrate=TAIL, smooth=RAW, weights={"first": 3.0})
    raw = fuse(scores(units, **values), protocol, normal(**values))["v0"].raw
    training = np.arange(100.0).tolist()
    first, second = (plain_tail(value, training, 0.98, 6) for value in (80.0, 40.0))
    assert raw == pytest.approx([(3 * first + second) / 4])


def test_a_question_of_weight_0_is_not_asked() -> None:
    units, values = make_units([1], [(0, 0)]), {"a_x": [80.0]}
    questions = {"first": Question(of=("a.x",)), "second": Question(of=("b.y",))}
    both = Score(questions=questions, calibrate=TAIL, smooth=RAW, weights={"second": 0})
    alone = Score(questions={"first": questions["first"]}, calibrate=TAIL, smooth=RAW)
    assert both.names == ("a.x",)
    raw, expected = (
        fuse(scores(units, **values), protocol, normal(**values))["v0"].raw
        for protocol in (both, alone)
    )
    assert raw == expected
    assert both.without({"a"}) is None


@pytest.mark.parametrize("asked", [{"questions": {"q": ["a.x"]}}, {"use": ["q"]}])
def test_something_has_to_count(asked: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="every weight is 0"):
        Score(**asked, weights={"q": 0})


def test_a_gated_question_is_silent_below_the_training_quantile() -> None:
    units = make_units([2], [(0, 0), (0, 1)])
    values = {"a_x": [99.0, 99.0], "b_speed": [24.0, 25.0]}
    question = Question(of=("a.x",), gate="b.speed", above=0.25)
    protocol = Score(questions={"size": question}, calibrate=TAIL, smooth=RAW)
    answers = fuse(scores(units, **values), protocol, normal(**values))["v0"].raw
    assert answers[0] == 0 < answers[1]


def test_what_most_of_a_video_are_says_nothing_of_one_of_them() -> None:
    units = make_units([3, 3], [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)])
    values = {"a_x": [95.0, 95.0, 99.0, 10.0, 10.0, 99.0]}
    question = Question(of=("a.x",), relative=True)
    protocol = Score(questions={"looks": question}, calibrate=TAIL, smooth=RAW)
    raw = fuse(scores(units, **values), protocol, normal(**values))
    training = np.arange(100.0).tolist()
    usual, odd, rare = (plain_tail(value, training, 0.98, 6) for value in (10.0, 95.0, 99.0))
    assert odd > math.log(5) > usual
    assert raw["v0"].raw == pytest.approx([math.log(5), math.log(5), rare - odd + math.log(5)])
    assert raw["v1"].raw == pytest.approx([usual, usual, rare])


def test_only_units_that_reach_a_score_count() -> None:
    units = make_units([3], [(0, 0), (0, 1), (0, 2)])
    values = {"a_x": [99.0, 99.0, 5.0], "b_way": [0.09, 0.1, 2.0]}
    protocol = Score(
        use=("a.x",), calibrate=TAIL, smooth=RAW, only={"score": "b.way", "least": 0.1}
    )
    answers = fuse(scores(units, **values), protocol, normal(**values))["v0"].raw
    assert answers[0] == 0 < answers[2] < answers[1]


def test_units_count_by_the_score_as_measured_also_where_areas_weigh() -> None:
    units = make_units([2], [(0, 0), (0, 1)], np.float32([[0, 0, 9, 9, 1]] * 2))
    values = {"a_x": [99.0, 99.0], "b_way": [0.09, 0.1]}
    only = {"score": "b.way", "least": 0.1}
    protocol = Score(use=("a.x",), calibrate=TAIL, smooth=RAW, only=only, weigh="area")
    answers = fuse(scores(units, **values), protocol, normal(**values))["v0"].raw
    assert answers[0] == 0 < answers[1]


def test_who_does_not_count_is_as_usual_as_the_most_usual() -> None:
    units = make_units([1], [(0, 0)] * 3)
    values = {"a_x": [50.0, 10.0, 5.0], "b_way": [0.0, 1.0, 1.0]}
    only = {"score": "b.way", "least": 0.1}
    how = Calibrate(kind="zscore")
    protocol = Score(use=("a.x",), calibrate=how, smooth=RAW, only=only)
    table, known = scores(units, **values), normal(**values)
    boxes = np.float32([[0, 0, 9, 9, 1]] * 100)
    usual = {name: replace(of, boxes=boxes) for name, of in known.items()}
    ((_, answers),) = fuse_units(table, protocol, usual)
    assert answers[0] == answers[2] < answers[1] < 0


def test_a_frame_in_which_nothing_counts_has_no_reason() -> None:
    units = make_units([2], [(0, 0), (0, 1)])
    values = {"a_x": [99.0, 99.0], "b_way": [0.0, 1.0]}
    only = {"score": "b.way", "least": 0.1}
    protocol = Score(use=("a.x",), calibrate=TAIL, smooth=RAW, only=only)
    silent, loud = fuse(scores(units, **values), protocol, normal(**values))["v0"].reasons
    assert silent is None
    assert loud.question == "a.x"


def test_whole_frames_count_whatever_objects_do() -> None:
    units = make_units([1], [(0, 0)])
    frames = make_units([1], [(0, 0)], np.float32([[0, 0, 1, 1, 1]]))
    tables = scores(units, a_x=[99.0], b_way=[0.0]) | scores(frames, c_y=[99.0])
    only = {"score": "b.way", "least": 0.1}
    protocol = Score(use=("a.x", "c.y"), fuse="max", calibrate=TAIL, smooth=RAW, only=only)
    usual = normal(a_x=[], b_way=[], c_y=[])
    assert fuse(tables, protocol, usual)["v0"].raw[0] > 4
    alone = protocol.without({"c"})
    assert alone
    assert fuse(tables, alone, usual)["v0"].raw.tolist() == [0]
    assert protocol.without({"b"}).only is None


@pytest.mark.parametrize("how", ["mean", "max", "sum", "stouffer", "power"])
def test_joining_in_two_steps_is_joining_in_one(how: str) -> None:
    """Questions of objects and of whole frames join by frame what would join by unit."""
    frames = make_units([2], [(0, 0), (0, 1)])
    others = make_units([2], [(0, 0), (0, 1)], np.tile(np.float32([0, 0, 1, 1, 1]), (2, 1)))
    rng = np.random.default_rng(1)
    a, b, c = rng.exponential(size=(3, 2))
    protocol = Score(use=("a.x", "b.y", "c.z"), fuse=how, smooth=RAW, weights={"a.x": 2.0})
    one = fuse(scores(frames, a_x=a, b_y=b, c_z=c), protocol)["v0"].raw
    two = fuse(scores(frames, a_x=a, b_y=b) | scores(others, c_z=c), protocol)["v0"].raw
    assert two == pytest.approx(one)


def test_stouffer_adds_normal_deviates() -> None:
    from scipy.stats import norm

    units = make_units([1], [(0, 0)])
    p, q = 0.01, 0.2
    protocol = Score(use=("a.x", "b.y"), fuse="stouffer", smooth=RAW)
    answer = fuse(scores(units, a_x=[-math.log(p)], b_y=[-math.log(q)]), protocol)["v0"].raw
    joined = norm.sf((norm.isf(p) + norm.isf(q)) / math.sqrt(2))
    assert answer == pytest.approx([-math.log(joined)])


def test_a_question_of_objects_and_frames_is_refused() -> None:
    units = make_units([1], [(0, 0)])
    others = make_units([1], [(0, 0)], np.float32([[0, 0, 1, 1, 1]]))
    protocol = Score(questions={"both": Question(of=("a.x", "b.y"))}, smooth=RAW)
    with pytest.raises(RecipeError, match="'both' joins scores of objects and of whole frames"):
        fuse(scores(units, a_x=[1.0]) | scores(others, b_y=[1.0]), protocol)


def test_a_question_of_objects_has_no_gate_of_frames() -> None:
    units = make_units([1], [(0, 0)])
    others = make_units([1], [(0, 0)], np.float32([[0, 0, 1, 1, 1]]))
    protocol = Score(questions={"both": Question(of=("a.x",), gate="b.y")}, smooth=RAW)
    with pytest.raises(RecipeError, match="'both' joins scores of objects and of whole frames"):
        fuse(scores(units, a_x=[1.0]) | scores(others, b_y=[1.0]), protocol)


@pytest.mark.parametrize("name", ["main", ""])
def test_a_further_protocol_has_a_name_of_its_own(name: str) -> None:
    with pytest.raises(ValidationError, match="no name of a further protocol"):
        Score(also={name: {"use": ["a.x"]}})


def test_either_scores_or_questions() -> None:
    for keys in ({}, {"use": ("a.x",), "questions": {"q": Question(of=("a.x",))}}):
        with pytest.raises(ValueError, match="either `use` or `questions`"):
            Score(**keys)


def test_what_is_not_learned_yet_leaves_the_rest() -> None:
    protocol = Score(
        questions={
            "both": Question(of=("a.x", "b.y")),
            "gated": Question(of=("a.x",), gate="b.y"),
            "last": Question(of=("b.y",)),
        }
    )
    left = protocol.without({"b"})
    assert left
    assert left.questions == {"both": Question(of=("a.x",))}
    assert protocol.without({"a", "b"}) is None


def test_each_camera_has_its_own_tail_and_gate() -> None:
    """What is usual before one camera is odd before another; before a new one, all count."""
    cameras = np.repeat(["near", "far"], 100)
    known = np.concatenate([np.arange(100.0), np.arange(100.0) / 10])
    boxes, sizes = np.zeros((200, 5), np.float32), np.ones((200, 2), np.int64)
    pieces = np.zeros(len(known), np.int64)
    training = {"a": Normal(boxes, sizes, {ScoreName("a.x"): known}, cameras, pieces)}
    units = replace(make_units([1, 1, 1], [(0, 0), (1, 0), (2, 0)]), cameras=("near", "far", "new"))
    gated = Question(of=("a.x",), gate="a.x", above=0.5)
    for question, silent in ((Question(of=("a.x",)), False), (gated, True)):
        protocol = Score(questions={"q": question}, calibrate=TAIL, smooth=RAW)
        frames = fuse(scores(units, a_x=[20.0, 20.0, 20.0]), protocol, training)
        near, far, new = (float(of.raw[0]) for of in frames.values())
        assert near == (
            0 if silent else pytest.approx(plain_tail(20, known[:100].tolist(), 0.98, 6))
        )
        assert far == 6.0
        assert new == pytest.approx(plain_tail(20, known.tolist(), 0.98, 6))
    loaded = Normal.of_arrays(training["a"].arrays())
    assert loaded.camera.tolist() == cameras.tolist()


LOUD = {
    "fuse": "power",
    "calibrate": {"kind": "tail"},
    "smooth": {"kind": "none"},
    "questions": {"how fast": ["a.x", "a.y"], "how large": {"of": "b.z", "gate": "a.x"}},
}


def numbered(lengths, rows, first=0):
    """Units of which each has a box of its own."""
    boxes = [(first + n, n, first + n + 10, n + 20, 0.9) for n in range(len(rows))]
    return make_units(lengths, rows, boxes)


def test_the_reason_is_the_object_and_question_that_make_the_maximum() -> None:
    units = numbered([3], [(0, 0), (0, 0), (0, 2), (0, 2)])
    values = {
        "a_x": [10.0, 70.0, 1.0, 60.0],
        "a_y": [95.0, 20.0, 97.0, 50.0],
        "b_z": [99.0, 40.0, 99.0, 99.0],
    }
    table, training = scores(units, **values), normal(**values)
    fused = fuse(table, Score.model_validate(LOUD), training)["v0"]
    fast, nothing, large = fused.reasons
    assert nothing is None
    # Frame 0: the first object is as large as few, but too slow for its size to count.
    assert fast is not None
    assert fast.box == tuple(units.boxes[0, :4])
    assert (fast.question, fast.attribute, fast.value) == ("how fast", "a.y", 95.0)
    assert fast.p == pytest.approx((5 + 1) / 101)
    assert large is not None
    assert large.box == tuple(units.boxes[3, :4])
    assert (large.question, large.attribute, large.value) == ("how large", "b.z", 99.0)
    assert -np.log(large.p) == pytest.approx(large.answer)
    # The joined answers of that object are the frame's score.
    others = [-np.log((100 - value + 1) / 101) for value in (60.0, 50.0)]
    joined = 2 * np.log(np.mean(np.exp([np.mean(others) / 2, large.answer / 2])))
    assert fused.raw[2] == pytest.approx(joined)


@pytest.mark.parametrize("draw", range(20))
def test_reasons_are_those_of_a_slow_reading(draw: int) -> None:
    """The object whose score is the frame's, and of that the greatest answer, each by hand."""
    rng = np.random.default_rng(draw)
    rows = sorted((int(video), int(frame)) for video, frame in rng.integers(0, [2, 4], (12, 2)))
    units = numbered([4, 4], rows)
    values = {name: rng.integers(0, 99, len(rows)) + 0.5 for name in ("a_x", "a_y", "b_z")}
    table, training = scores(units, **values), normal(**values)
    protocol = Score.model_validate({**LOUD, "questions": {"fast": ["a.x", "a.y"], "large": "b.z"}})
    ((_, joined),) = fuse_units(table, protocol, training)
    fused = fuse(table, protocol, training)
    unusual = {name: tail(of, np.arange(100.0), TAIL) for name, of in values.items()}
    answers = {"fast": (unusual["a_x"] + unusual["a_y"]) / 2, "large": unusual["b_z"]}
    for video, frames in fused.items():
        for frame, reason in enumerate(frames.reasons):
            inside = [r for r, place in enumerate(rows) if place == (int(video[1]), frame)]
            if not inside:
                assert reason is None
                continue
            row = max(inside, key=lambda row: joined[row])
            assert reason is not None
            assert reason.box == tuple(units.boxes[row, :4])
            assert reason.answer == max(of[row] for of in answers.values())
            assert reason.answer == answers[reason.question][row]
            name = reason.attribute.replace(".", "_")
            assert reason.value == values[name][row]
            assert reason.p == pytest.approx(np.exp(-unusual[name][row]))


def test_the_greatest_answer_of_objects_and_whole_frames_counts() -> None:
    objects = numbered([2], [(0, 0), (0, 1)])
    frames = numbered([2], [(0, 0), (0, 1)], first=50)
    table = scores(objects, a_x=[99.0, 10.0]) | scores(frames, b_z=[10.0, 90.0])
    protocol = Score.model_validate({**LOUD, "questions": {"thing": "a.x", "scene": "b.z"}})
    reasons = fuse(table, protocol, normal(a_x=(), b_z=()))["v0"].reasons
    assert [reason.question for reason in reasons if reason] == ["thing", "scene"]
    assert [reason.box for reason in reasons if reason] == [
        tuple(objects.boxes[0, :4]),
        tuple(frames.boxes[1, :4]),
    ]


def test_weights_decide_and_scores_of_several_scales_have_no_reason() -> None:
    units = numbered([1], [(0, 0)])
    table, training = scores(units, a_x=[90.0], b_z=[80.0]), normal(a_x=(), b_z=())
    boxes = np.tile(np.float32([0, 0, 10, 20, 1]), (100, 1))
    training = {part: replace(of, boxes=boxes) for part, of in training.items()}
    shared = {"use": ["a.x", "b.z"], "smooth": {"kind": "none"}}
    weighed = Score.model_validate(
        {**shared, "weights": {"b.z": 3}, "calibrate": {"kind": "zscore"}}
    )
    (reason,) = fuse(table, weighed, training)["v0"].reasons
    assert reason is not None
    assert (reason.question, reason.attribute, reason.p) == ("b.z", "b.z", None)
    assert fuse(table, Score.model_validate(shared), training)["v0"].reasons == ()


@given(exponent=st.floats(-1000, -0.01), shift=st.floats(0, 2000))
def test_the_power_mean_is_that_of_logarithms_however_low_the_exponent(exponent, shift) -> None:
    protocol = Protocol(use=("a.b",), exponent=exponent)
    answers, weights = np.array([[0.3, 9, 2], [6, 0.1, 2]]) + shift, np.array([1.0, 3.0])
    logs = logsumexp(-exponent * answers, axis=0, b=weights[:, None] / 4) / -exponent
    assert _power(answers, weights, protocol) == pytest.approx(logs, rel=1e-12)

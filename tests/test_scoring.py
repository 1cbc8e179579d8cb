"""The scorer against naive loops, and its refusals."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadkit.data.units import Units
from vadkit.errors import DataError, NumericError, RecipeError
from vadkit.recipe import Score, Smooth
from vadkit.scoring import baselines, describe, empty_frames, frame_maximum, frame_scores, fuse
from vadkit.smoothing import smooth

PLAIN = Score(smooth=Smooth(kind="none"))


def make_units(lengths, rows, boxes=None):
    """Units from (video, frame) rows; boxes default to 10 by 20 pixels."""
    rows = np.array(rows, np.int64).reshape(-1, 2)
    default = np.tile(np.float32([5, 5, 15, 25, 0.9]), (len(rows), 1))
    return Units(
        videos=tuple(f"v{i}" for i in range(len(lengths))),
        lengths=np.array(lengths, np.int64),
        sizes=np.tile([100, 200], (len(lengths), 1)),
        video=rows[:, 0],
        frame=rows[:, 1],
        boxes=default if boxes is None else np.float32(boxes).reshape(-1, 5),
    )


@st.composite
def scored_units(draw):
    """Videos of any length, some without a unit, and one score a unit."""
    lengths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    places = [(v, f) for v, n in enumerate(lengths) for f in range(n)]
    rows = draw(st.lists(st.sampled_from(places), max_size=20))
    score = st.floats(-5, 5, allow_nan=False)
    scores = draw(st.lists(score, min_size=len(rows), max_size=len(rows)))
    return make_units(lengths, rows), np.array(scores)


@given(scored_units())
def test_a_frame_has_the_score_of_its_highest_object(case):
    units, scores = case
    raw = frame_maximum(units, scores)
    for v, name in enumerate(units.videos):
        assert raw[name].shape == (units.lengths[v],)
        for f in range(units.lengths[v]):
            here = scores[(units.video == v) & (units.frame == f)]
            assert raw[name][f] == max(here, default=0)


def test_no_objects_anywhere_gives_zeros_that_normalise():
    protocol = Score(normalise="video")
    scores = frame_scores(make_units([20, 1], []), np.zeros(0), protocol)
    assert scores["v0"].smooth.tolist() == [0] * 20
    assert scores["v1"].smooth.tolist() == [0]


def test_area_sums_over_each_objects_own_box():
    boxes = [[0, 0, 10, 20, 1], [0, 0, 2, 3, 1], [-1.5, 0, 1.5, 4, 1]]
    units = make_units([2], [(0, 0), (0, 0), (0, 1)], boxes)
    scores = np.float32([0.1, 0.5, 0.25])
    assert frame_scores(units, scores, PLAIN)["v0"].raw.tolist() == [0.5, 0.25]
    area = PLAIN.model_copy(update={"weigh": "area"})
    assert frame_scores(units, scores, area)["v0"].raw == pytest.approx([0.1 * 200, 0.25 * 12])


def edge(values, i):
    return values[min(max(i, 0), len(values) - 1)]


def window_of(values, i, window):
    return np.array([edge(values, i + k) for k in range(-(window // 2), window // 2 + 1)])


def naive(kind, values, window):
    offsets = np.arange(window) - window // 2
    if kind == "median":
        weigh = np.median
    elif kind == "gaussian":
        taps = np.exp(-0.5 * (offsets / (window / 4)) ** 2)
        weigh = (taps / taps.sum()).dot
    else:  # the value at the centre of the parabola fitted to the window

        def weigh(part):
            return np.polynomial.Polynomial.fit(offsets, part, 2)(0)

    return np.array([weigh(window_of(values, i, window)) for i in range(len(values))])


@pytest.mark.parametrize("kind", ["median", "gaussian", "savgol"])
@pytest.mark.parametrize("frames", [5, 17, 18, 60])
@pytest.mark.parametrize("window", [5, 17])
def test_smoothing_equals_a_naive_loop(kind, frames, window):
    values = np.random.default_rng(frames).normal(size=frames)
    fitting = min(window, frames - 1 + frames % 2)
    expected = naive(kind, values, fitting)
    assert smooth(values, Smooth(kind=kind, window=window)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", ["none", "median", "gaussian", "savgol"])
@settings(deadline=None)
@given(
    st.lists(st.floats(-10, 10), max_size=30).map(np.array),
    st.sampled_from([1, 3, 9, 999]),
    st.data(),
)
def test_smoothing_keeps_length_and_constants(kind, values, window, data):
    how = Smooth(kind=kind, window=window)
    assert smooth(values, how).shape == values.shape
    level = data.draw(st.floats(-10, 10))
    assert smooth(np.full(len(values), level), how) == pytest.approx(np.full(len(values), level))


@pytest.mark.parametrize("kind", ["median", "gaussian", "savgol"])
def test_smoothing_never_crosses_videos(kind):
    rows = [(0, f) for f in range(30)] + [(1, f) for f in range(30)]
    units, rng = make_units([30, 30], rows), np.random.default_rng(1)
    scores, protocol = rng.random(60), Score(smooth=Smooth(kind=kind))
    before = frame_scores(units, scores, protocol)["v0"].smooth
    scores[30:] = 1000
    assert frame_scores(units, scores, protocol)["v0"].smooth.tolist() == before.tolist()


def test_an_even_window_is_refused():
    with pytest.raises(RecipeError, match=r"window is 16.*Take 17"):
        smooth(np.zeros(3), Smooth(window=16))


def test_smoothing_leaves_its_input_alone():
    units = make_units([3], [(0, 0), (0, 1), (0, 2)])
    scores = frame_scores(units, np.array([1.0, 5.0, 2.0]), Score(smooth=Smooth(window=3)))
    assert scores["v0"].raw.tolist() == [1, 5, 2]
    assert scores["v0"].smooth.tolist() == [1, 2, 2]


def test_normalising_is_within_the_video_and_after_smoothing():
    units = make_units([3, 2], [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)])
    protocol = Score(normalise="video", smooth=Smooth(window=3))
    scores = frame_scores(units, np.array([1.0, 9.0, 2.0, 4.0, 4.0]), protocol)
    assert scores["v0"].smooth.tolist() == [0, 1, 1]
    assert scores["v1"].smooth.tolist() == [0, 0]


def test_scores_of_the_same_objects_are_averaged_object_by_object():
    units = make_units([1], [(0, 0), (0, 0)])
    protocol = PLAIN.model_copy(update={"use": ("a.x", "b.y")})
    scores = {"b.y": (units, np.array([3.0, 1.0])), "a.x": (units, np.array([0.0, 1.0]))}
    scores["c.z"] = (units, np.array([99.0, 99.0]))
    assert fuse(scores, protocol)["v0"].raw.tolist() == [1.5]  # and not (1 + 3) / 2


def test_scores_of_objects_and_of_frames_are_averaged_frame_by_frame():
    objects = make_units([2], [(0, 0), (0, 0)])
    whole = make_units([2], [(0, 0), (0, 1)], [[0, 0, 200, 100, 1]] * 2)
    protocol = PLAIN.model_copy(update={"use": ("a.x", "b.y", "c.z")})
    scores = {
        "a.x": (objects, np.array([1.0, 3.0])),
        "b.y": (whole, np.array([6.0, 9.0])),
        "c.z": (objects, np.array([1.0, 5.0])),
    }
    assert fuse(scores, protocol)["v0"].raw == pytest.approx([(4 + 4 + 6) / 3, 9 / 3])


def test_one_score_fused_is_that_score():
    units, scores = make_units([4], [(0, 1), (0, 3)]), np.array([2.0, 5.0])
    fused = fuse({"prediction.error": (units, scores)}, Score())["v0"].smooth
    assert fused.tolist() == frame_scores(units, scores, Score())["v0"].smooth.tolist()


def test_a_score_that_no_task_gives_is_named():
    units = make_units([1], [])
    with pytest.raises(RecipeError, match=r"'prediction.error'.*mean 'prediction.errors'"):
        fuse({"prediction.errors": (units, np.zeros(0))}, Score())
    with pytest.raises(RecipeError, match="There are: none"):
        fuse({}, Score())


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_score_that_is_not_finite_is_named(bad):
    units = make_units([2, 9], [(0, 1), (1, 7)])
    with pytest.raises(NumericError, match=r"prediction\.error is (nan|inf) in v1, frame 7"):
        frame_scores(units, np.array([1.0, bad]), Score())
    protocol = Score(use=("a.x", "b.y"))
    with pytest.raises(NumericError, match=r"b\.y is (nan|inf) in v0, frame 1"):
        fuse({"a.x": (units, np.ones(2)), "b.y": (units, np.array([bad, 1]))}, protocol)


def test_a_box_outside_its_video_is_named():
    with pytest.raises(DataError, match="v0: a box in frame 2, but the video has 2 frames"):
        frame_scores(make_units([2, 5], [(0, 2)]), np.ones(1), Score())


def test_scores_of_another_count_are_refused():
    with pytest.raises(DataError, match="2 units, but scores of shape"):
        frame_scores(make_units([2], [(0, 0), (0, 1)]), np.ones(1), Score())


def test_baselines_read_the_boxes_alone():
    boxes = [[0, 0, 30, 10, 1], [0, 0, 20, 40, 1], [5, 5, 6, 7, 1]]
    units = make_units([3, 1], [(0, 0), (0, 0), (0, 2)], boxes)
    # Neither the area's weight nor the model's scores touch them.
    found = baselines(units, Score(smooth=Smooth(kind="none"), weigh="area"))
    assert {name: of["v0"].tolist() for name, of in found.items()} == {
        "widest box": [30, 0, 1],
        "largest box": [800, 0, 2],
        "number of boxes": [2, 0, 1],
    }
    assert all(of["v1"].tolist() == [0] for of in found.values())
    smoothed = baselines(units, Score(smooth=Smooth(window=3), normalise="video"))
    assert smoothed["widest box"]["v0"].tolist() == [1, 0, 0]
    assert empty_frames(units) == {"v0": 1, "v1": 1}


def test_the_protocol_is_told_in_full_and_hashed():
    told = describe(Score(), direction="forward")
    assert told["smooth"] == {"kind": "median", "window": 17}
    assert told["direction"] == "forward"
    assert told["heads"] == "trained"
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told == describe(Score(every_phase=False, refit_epochs=5), direction="forward")


@pytest.mark.parametrize(
    "other",
    [
        Score(weigh="area"),
        Score(smooth=Smooth(window=15)),
        Score(use=("jigsaw.disorder",)),
        Score(heads="refit"),
        Score(normalise="video"),
    ],
)
def test_another_protocol_has_another_hash(other):
    assert describe(other)["hash"] != describe(Score())["hash"]
    assert describe(Score(), labels="mask")["hash"] != describe(Score())["hash"]


def test_refitting_epochs_count_only_where_heads_are_refitted():
    two, three = (describe(Score(heads="refit", refit_epochs=n)) for n in (2, 3))
    assert two["hash"] != three["hash"]

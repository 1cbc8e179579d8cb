"""The scorer against naive loops, and its refusals."""

import csv
import gzip
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadkit.data.units import Units
from vadkit.errors import DataError, NumericError, RecipeError
from vadkit.metrics.frame_metrics import evaluate
from vadkit.recipe import ScoreName, Smooth
from vadkit.recipe.baselines import baselines, finished_as
from vadkit.recipe.schema import Borders, Score
from vadkit.scoring.fusion import box_counts, frame_maximum, fuse
from vadkit.scoring.protocol import describe
from vadkit.scoring.smoothing import smooth

pytestmark = pytest.mark.edges

USE = ("prediction.error",)
PLAIN = Score(use=USE, smooth=Smooth(kind="none"))


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


def one_score(units, scores, protocol):
    """The frame scores of a protocol that uses one score."""
    return fuse({protocol.use[0]: (units, scores)}, protocol)


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
            assert raw[name][f] == max(here, default=min(0, *scores, 0))


def test_no_objects_anywhere_gives_zeros_that_normalise():
    protocol = Score(use=USE, normalise="video")
    scores = one_score(make_units([20, 1], []), np.zeros(0), protocol)
    assert scores["v0"].smooth.tolist() == [0] * 20
    assert scores["v1"].smooth.tolist() == [0]


def test_area_sums_over_each_objects_own_box():
    boxes = [[0, 0, 10, 20, 1], [0, 0, 2, 3, 1], [-1.5, 0, 1.5, 4, 1]]
    units = make_units([2], [(0, 0), (0, 0), (0, 1)], boxes)
    scores = np.float32([0.1, 0.5, 0.25])
    assert one_score(units, scores, PLAIN)["v0"].raw.tolist() == [0.5, 0.25]
    area = PLAIN.model_copy(update={"weigh": "area"})
    assert one_score(units, scores, area)["v0"].raw == pytest.approx([0.1 * 200, 0.25 * 12])


def edge(values, i):
    return values[min(max(i, 0), len(values) - 1)]


def window_of(values, i, window):
    return np.array([edge(values, i + k) for k in range(-(window // 2), window // 2 + 1)])


def naive(kind, values, window):
    offsets = np.arange(window) - window // 2
    if kind in ("median", "mean"):
        weigh = getattr(np, kind)
    elif kind == "gaussian":
        taps = np.exp(-0.5 * (offsets / (window / 4)) ** 2)
        weigh = (taps / taps.sum()).dot
    else:  # the value at the centre of the parabola fitted to the window

        def weigh(part):
            return np.polynomial.Polynomial.fit(offsets, part, 2)(0)

    return np.array([weigh(window_of(values, i, window)) for i in range(len(values))])


@pytest.mark.parametrize("kind", ["median", "gaussian", "mean", "savgol"])
@pytest.mark.parametrize("frames", [5, 17, 18, 60])
@pytest.mark.parametrize("window", [5, 17])
def test_smoothing_equals_a_naive_loop(kind, frames, window):
    values = np.random.default_rng(frames).normal(size=frames)
    expected = naive(kind, values, window)
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


@pytest.mark.parametrize("kind", ["median", "gaussian", "mean", "savgol"])
@pytest.mark.parametrize("ends", ["repeat", "zero", "copy"])
def test_causal_smoothing_sees_no_later_frame(kind, ends):
    rng = np.random.default_rng(0)
    values = rng.random(40)
    how = Smooth(kind=kind, window=9, causal=True, ends=ends)
    whole = smooth(values, how)
    assert whole.shape == values.shape
    for length in (9, 20, 39):
        assert smooth(values[:length], how) == pytest.approx(whole[:length])
    later = smooth(np.concatenate([values[:-1], [9.0]]), how)
    assert later[:-1].tolist() == whole[:-1].tolist()


def test_a_causal_gaussian_is_the_earlier_half():
    values = np.random.default_rng(0).random(30)
    how = Smooth(kind="gaussian", window=7, sigma=2, causal=True)
    weights = np.exp(-0.5 * (np.arange(-6, 1) / 2) ** 2)
    expected = (values[10:17] * weights).sum() / weights.sum()
    assert smooth(values, how)[16] == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["median", "gaussian", "savgol"])
def test_smoothing_never_crosses_videos(kind):
    rows = [(0, f) for f in range(30)] + [(1, f) for f in range(30)]
    units, rng = make_units([30, 30], rows), np.random.default_rng(1)
    scores, protocol = rng.random(60), Score(use=USE, smooth=Smooth(kind=kind))
    before = one_score(units, scores, protocol)["v0"].smooth
    scores[30:] = 1000
    assert one_score(units, scores, protocol)["v0"].smooth.tolist() == before.tolist()


def test_smoothing_leaves_its_input_alone():
    units = make_units([3], [(0, 0), (0, 1), (0, 2)])
    scores = one_score(units, np.array([1.0, 5.0, 2.0]), Score(use=USE, smooth=Smooth(window=3)))
    assert scores["v0"].raw.tolist() == [1, 5, 2]
    assert scores["v0"].smooth.tolist() == [1, 2, 2]


def test_normalising_is_within_the_video_and_after_smoothing():
    units = make_units([3, 2], [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)])
    protocol = Score(use=USE, normalise="video", smooth=Smooth(window=3))
    scores = one_score(units, np.array([1.0, 9.0, 2.0, 4.0, 4.0]), protocol)
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


def test_a_weight_counts_a_score_so_often():
    objects = make_units([2], [(0, 0), (0, 0)])
    whole = make_units([2], [(0, 0), (0, 1)], [[0, 0, 200, 100, 1]] * 2)
    changes = {"use": ("a.x", "b.y", "c.z"), "weights": {"a.x": 3.0, "b.y": 2.0}}
    scores = {
        "a.x": (objects, np.array([1.0, 3.0])),
        "b.y": (whole, np.array([6.0, 9.0])),
        "c.z": (objects, np.array([1.0, 5.0])),
    }
    found = fuse(scores, PLAIN.model_copy(update=changes))["v0"].raw
    assert found == pytest.approx([(3 * 3 + 5 + 2 * 6) / 6, 2 * 9 / 6])


def test_the_greatest_of_two_scores_flags_a_frame_by_either():
    objects = make_units([2], [(0, 0), (0, 0)])
    whole = make_units([2], [(0, 0), (0, 1)], [[0, 0, 200, 100, 1]] * 2)
    changes = {"use": ("a.x", "b.y"), "fuse": "max", "weights": {"b.y": 0.5}}
    scores = {"a.x": (objects, np.array([1.0, 3.0])), "b.y": (whole, np.array([2.0, 8.0]))}
    assert fuse(scores, PLAIN.model_copy(update=changes))["v0"].raw.tolist() == [3, 4]
    stretched = PLAIN.model_copy(update={**changes, "weights": {}, "normalise": "video"})
    assert fuse(scores, stretched)["v0"].smooth.tolist() == [0, 0]  # each flags one of both


def test_one_score_fused_is_that_score():
    units, scores = make_units([4], [(0, 1), (0, 3)]), np.array([2.0, 5.0])
    fused = fuse({"prediction.error": (units, scores)}, Score(use=USE))["v0"].smooth
    assert fused.tolist() == one_score(units, scores, Score(use=USE))["v0"].smooth.tolist()


def test_a_score_that_no_task_gives_is_named():
    units = make_units([1], [])
    with pytest.raises(RecipeError, match=r"'prediction.error'.*mean 'prediction.errors'"):
        fuse({"prediction.errors": (units, np.zeros(0))}, Score(use=USE))
    with pytest.raises(RecipeError, match="There are: none"):
        fuse({}, Score(use=USE))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_score_that_is_not_finite_is_named(bad):
    units = make_units([2, 9], [(0, 1), (1, 7)])
    with pytest.raises(NumericError, match=r"prediction\.error is (nan|inf) in v1, frame 7"):
        one_score(units, np.array([1.0, bad]), Score(use=USE))
    protocol = Score(use=("a.x", "b.y"))
    with pytest.raises(NumericError, match=r"b\.y is (nan|inf) in v0, frame 1"):
        fuse({"a.x": (units, np.ones(2)), "b.y": (units, np.array([bad, 1]))}, protocol)


def test_a_box_outside_its_video_is_named():
    with pytest.raises(DataError, match="v0: a box in frame 2, but the video has 2 frames"):
        one_score(make_units([2, 5], [(0, 2)]), np.ones(1), Score(use=USE))


def test_scores_of_another_count_are_refused():
    with pytest.raises(DataError, match="2 units, but scores of shape"):
        one_score(make_units([2], [(0, 0), (0, 1)]), np.ones(1), Score(use=USE))


def widths(units):
    return (units.boxes[:, 2] - units.boxes[:, 0]).astype(np.float64)


def widest_box(units, run):
    """The baseline, finished as a run's scores are."""
    baseline = finished_as(baselines()["widest box"], run)
    return fuse({ScoreName("box.width"): (units, widths(units))}, baseline)


def test_a_baseline_is_finished_as_the_run_and_fused_as_itself():
    boxes = [[0, 0, 30, 10, 1], [0, 0, 20, 40, 1], [5, 5, 6, 7, 1]]
    units = make_units([3, 1], [(0, 0), (0, 0), (0, 2)], boxes)
    plain = widest_box(units, Score(use=USE, smooth=Smooth(kind="none"), weigh="area", fuse="sum"))
    assert plain["v0"].smooth.tolist() == [30, 0, 1]
    assert plain["v1"].smooth.tolist() == [0]
    smoothed = widest_box(units, Score(use=USE, smooth=Smooth(window=3), normalise="video"))
    assert smoothed["v0"].smooth.tolist() == [1, 0, 0]
    assert {name: count.tolist() for name, count in box_counts(units).items()} == {
        "v0": [2, 0, 1],
        "v1": [0],
    }


def test_the_protocol_is_told_in_full_and_hashed():
    told = describe(Score(use=USE), direction="forward")
    assert (told["smooth"]["kind"], told["smooth"]["window"]) == ("median", 17)
    assert told["direction"] == "forward"
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told == describe(Score(use=USE, every_phase=False, refit_epochs=5), direction="forward")


@pytest.mark.parametrize(
    "other",
    [
        Score(use=USE, borders=Borders(first=4)),
        Score(use=USE, smooth=Smooth(window=15)),
        Score(use=USE, macro="padded"),
        Score(use=USE, normalise="video"),
    ],
)
def test_another_protocol_has_another_hash(other):
    assert describe(other)["hash"] != describe(Score(use=USE))["hash"]
    assert describe(Score(use=USE), labels="mask")["hash"] != describe(Score(use=USE))["hash"]


@pytest.mark.data
def test_the_widest_box_nearly_solves_ped2():
    """The figure that makes the baselines worth printing: no learning, one number a box."""
    shared = Path(__file__).parents[2] / "../shared/data"
    if not shared.exists():
        pytest.skip(f"needs UCSD Ped2 and its boxes in {shared}")
    labels, units = ped2_labels(shared), ped2_units(shared)
    for window, expected in ((1, 0.906), (17, 0.955)):
        scores = widest_box(units, Score(use=USE, smooth=Smooth(window=window)))
        result = evaluate({v: of.smooth for v, of in scores.items()}, labels)
        assert result["auc"]["micro"] == pytest.approx(expected, abs=5e-4)
        assert result["one_class_videos"] == ["Test008", "Test009", "Test010", "Test011"]


def ped2_labels(shared):
    """Labels by the intervals of UCSDped2.m, which count from 1 and include their ends."""
    text = (shared / "UCSDped2/Test/UCSDped2.m").read_text()
    labels = {}
    for number, intervals in enumerate(re.findall(r"gt_frame\s*=\s*\[(.*?)\]", text), start=1):
        frames = len(list((shared / f"UCSDped2/Test/Test{number:03d}").glob("*.jpg")))
        labels[f"Test{number:03d}"] = np.zeros(frames, np.uint8)
        for first, last in re.findall(r"(\d+):(\d+)", intervals):
            labels[f"Test{number:03d}"][int(first) - 1 : int(last)] = 1
    return labels


def ped2_units(shared):
    """The boxes over confidence 0.5; the widest is never inside another, nor under 10 pixels."""
    with gzip.open(shared / "boxes/ped2_yolov3_test.csv.gz", "rt") as lines:
        rows = [row for row in csv.reader(lines) if row[0] != "video" and float(row[6]) > 0.5]
    lengths = [len(label) for label in ped2_labels(shared).values()]
    places = [(int(row[0].removeprefix("Test")) - 1, int(row[1])) for row in rows]
    units = make_units(lengths, places, [[float(cell) for cell in row[2:]] for row in rows])
    return replace(units, videos=tuple(ped2_labels(shared)))


def test_normalised_scores_weigh_the_same_whatever_their_scale():
    units = make_units([3], [(0, 0), (0, 1), (0, 2)])
    error, surety = np.array([0.001, 0.003, 0.002]), np.array([0.0, 0.2, 1.0])
    use = ("prediction.error", "jigsaw.temporal")
    protocol = Score(use=use, normalise="video", smooth=Smooth(kind="none"))
    found = fuse({use[0]: (units, error), use[1]: (units, surety)}, protocol)["v0"].smooth
    mean = (np.array([0, 1, 0.5]) + np.array([0, 0.2, 1])) / 2
    assert found == pytest.approx((mean - mean.min()) / (mean.max() - mean.min()))
    large = fuse({use[0]: (units, 1000 * error), use[1]: (units, surety)}, protocol)["v0"].smooth
    assert large == pytest.approx(found)

"""Metrics against scikit-learn, hand-computed cases and rubbish."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from vadkit.errors import DataError, NumericError
from vadkit.metrics.curves import auc, average_precision, equal_error_rate, roc
from vadkit.metrics.figures import Figure, frame_figures
from vadkit.metrics.frame_metrics import evaluate

pytestmark = pytest.mark.edges

ALARMS = "FA/h at 50; FA/h at 75; FA/h at 90"
TIMES = {"a": np.arange(4), "b": np.arange(2)}
TIED = [0.0, 0.25, 0.5, 0.75, 1.0]


def draw(seed, frames=300, tied=False):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, frames).astype(np.uint8)
    scores = rng.choice(TIED, frames) if tied else rng.normal(size=frames)
    return scores + 0.3 * labels * (not tied), labels


@st.composite
def labelled(draw_):
    """Scores with many ties, and labels of both classes."""
    size = draw_(st.integers(2, 40))
    labels = draw_(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    scores = draw_(st.lists(st.integers(-5, 5), min_size=size, max_size=size))
    return np.array([*scores, 0, 1], float), np.array([*labels, 0, 1])


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_auc_and_ap_equal_scikit_learn(seed, tied):
    scores, labels = draw(seed, tied=tied)
    assert auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    expected = average_precision_score(labels, scores)
    assert average_precision(scores, labels) == pytest.approx(expected, abs=1e-12)


@given(labelled())
def test_auc_is_the_share_of_pairs_in_order(case):
    scores, labels = case
    normal, anomalous = scores[labels == 0], scores[labels == 1]
    apart = anomalous[:, None] - normal[None]
    assert auc(scores, labels) == pytest.approx(np.mean((apart > 0) + 0.5 * (apart == 0)))
    assert average_precision(scores, labels) == pytest.approx(
        average_precision_score(labels, scores)
    )


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_eer_is_where_the_interpolated_curve_crosses(seed, tied):
    scores, labels = draw(seed, tied=tied)
    alarms, hits, _ = roc_curve(labels, scores, drop_intermediate=False)
    expected = brentq(lambda x: 1 - x - interp1d(alarms, hits)(x), 0, 1)
    assert equal_error_rate(scores, labels) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("scores", "rate"), [([0, 1, 2, 3], 0), ([3, 2, 1, 0], 1), ([5] * 4, 0.5)])
def test_eer_at_the_ends(scores, rate):
    assert equal_error_rate(scores, [0, 0, 1, 1]) == rate


def test_ties_pass_the_threshold_together():
    curve = roc([1, 1, 0, 2], [0, 1, 0, 1])
    assert curve.false_alarms.tolist() == [0, 0, 1, 2]
    assert curve.hits.tolist() == [0, 1, 2, 2]


def test_auc_of_many_frames_does_not_overflow():
    half = 300_000
    scores, labels = np.arange(2 * half), np.repeat([0, 1], half)
    assert auc(scores, labels) == 1.0
    assert auc(-scores, labels) == 0.0


@given(labelled())
def test_monotone_transforms_keep_auc(case):
    scores, labels = case
    assert auc(np.exp(scores) * 7 - 3, labels) == auc(scores, labels)
    assert auc(-scores, labels) == pytest.approx(1 - auc(scores, labels))


@settings(deadline=None)
@given(st.lists(labelled(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_order_and_scale_of_videos_do_not_matter(cases, random):
    scores = {f"v{i}": case[0] for i, case in enumerate(cases)}
    labels = {f"v{i}": case[1] for i, case in enumerate(cases)}
    names = random.sample(list(scores), len(scores))
    shuffled = evaluate({n: scores[n] for n in names}, {n: labels[n] for n in names})
    scaled = evaluate({n: 4 * s - 9 for n, s in scores.items()}, labels)
    for metric in ("micro", "macro_padded", "macro_skipped"):
        expected = evaluate(scores, labels)["auc"][metric]
        assert shuffled["auc"][metric] == pytest.approx(expected)
        assert scaled["auc"][metric] == pytest.approx(expected)


def test_macro_by_hand():
    """One mixed video of AUC 3/4, one anomalous throughout, one normal throughout."""
    scores = {"a": np.array([0.1, 0.6, 0.4, 0.8]), "b": np.array([0.2, 0.0]), "c": np.array([1.0])}
    labels = {"a": np.array([0, 0, 1, 1]), "b": np.array([1, 1]), "c": np.array([0])}
    result = evaluate(scores, labels)
    assert result["auc"]["macro_skipped"] == 0.75
    # a: normals 0 .1 .6, anomalous .4 .8 1 -> 8 of 9 pairs; b: normal 0, anomalous .2 0 1 -> 2.5
    # of 3; c: normals 0 1, anomalous 1 -> 1.5 of 2
    assert result["auc"]["macro_padded"] == pytest.approx((8 / 9 + 2.5 / 3 + 1.5 / 2) / 3)
    assert result["one_class_videos"] == ["b", "c"]
    assert result["per_video"]["a"] == {"auc": 0.75, "frames": 4, "anomalous": 2}
    assert result["per_video"]["b"] == {"auc": None, "frames": 2, "anomalous": 2}
    assert (result["frames"], result["anomalous"]) == (7, 4)
    assert "one class, in 2 videos (b, c)" in result["notes"][0]


def test_micro_is_one_roc_over_all_frames():
    cases = [draw(seed, frames=50 + seed) for seed in range(3)]
    scores = {str(i): case[0] + i for i, case in enumerate(cases)}
    labels = {str(i): case[1] for i, case in enumerate(cases)}
    everything = np.concatenate(list(labels.values())), np.concatenate(list(scores.values()))
    assert evaluate(scores, labels)["auc"]["micro"] == pytest.approx(roc_auc_score(*everything))
    assert evaluate(scores, labels)["auc"]["macro_skipped"] == pytest.approx(
        np.mean([roc_auc_score(labels[name], scores[name]) for name in labels])
    )


def test_padding_inflates_random_scores():
    """METHODS C: 69 % on Ped2's labels, where skipping says 50 %."""
    rng = np.random.default_rng(0)
    labels = {str(i): np.ones(50, int) for i in range(4)}
    labels |= {str(i): np.repeat([0, 1], 25) for i in range(4, 12)}
    scores = {name: rng.random(50) for name in labels}
    result = evaluate(scores, labels)["auc"]
    assert result["macro_skipped"] < 0.6
    assert result["macro_padded"] > result["macro_skipped"] + 0.1


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_only_is_undefined(label):
    result = evaluate({"a": np.array([0.5, 1.0])}, {"a": np.full(2, label)})
    assert result["auc"] == {"micro": None, "macro_padded": None, "macro_skipped": None}
    assert result["eer"] is None
    assert result["ap"] is None
    names = "; ".join(figure.name for figure in frame_figures())
    assert result["notes"] == [f"{names} are undefined: only one class"]
    assert "NaN" not in json.dumps(result)


def test_a_figure_that_one_class_has_is_not_called_undefined(monkeypatch):
    false_alarms = Figure("false alarms", ("false_alarms",), of_frames=lambda _: 0.25)
    monkeypatch.setattr("vadkit.metrics.figures.FIGURES", (*frame_figures(), false_alarms))
    result = evaluate({"a": np.array([0.5, 1.0])}, {"a": np.zeros(2)})
    assert result["false_alarms"] == 0.25
    assert result["notes"][0].endswith(f"; EER; AP; {ALARMS} are undefined: only one class")


def test_constant_scores_are_flagged():
    scores, labels = {"a": np.zeros(4), "b": np.zeros(2)}, {"a": [0, 1, 0, 1], "b": [0, 1]}
    result = evaluate(scores, labels, TIMES)
    padded = (2 / 3 + 3 / 4) / 2  # the added anomalous frame alone is above the others
    assert result["auc"] == pytest.approx(
        {"micro": 0.5, "macro_padded": padded, "macro_skipped": 0.5}
    )
    assert result["notes"] == ["AUC says nothing: the scores are constant"]


def test_a_video_of_constant_scores_is_named():
    scores, labels = {"a": np.array([0, 1]), "b": np.ones(2)}, {"a": [0, 1], "b": [0, 1]}
    result = evaluate(scores, labels, {"a": TIMES["b"], "b": TIMES["b"]})
    assert result["notes"] == ["AUC says nothing: the scores are constant, in 1 video (b)"]


def test_result_holds_plain_values_only():
    scores = {"a": np.float32([0.1, 0.7, 0.3]), "b": np.float32([0.1, 0.2])}
    labels = {"a": np.array([0, 1, 1], np.uint8), "b": np.array([True, False])}
    result = evaluate(scores, labels)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_are_refused(bad):
    with pytest.raises(NumericError, match=r"Test_01: the score of frame 2 is -?(nan|inf)"):
        evaluate({"Test_01": np.array([0, 1, bad, bad])}, {"Test_01": np.array([0, 1, 0, 1])})


def test_a_length_that_differs_is_refused():
    with pytest.raises(DataError, match="Test_01: 1439 frames, 1440 labels"):
        evaluate({"Test_01": np.zeros(1439)}, {"Test_01": np.zeros(1440)})


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ({}, {}, "nothing to evaluate"),
        ({"a": [0.0]}, {}, r"No labels for 1 video \(a\)"),
        ({"a": [0.0]}, {"a": [0], "b": [0], "c": [1]}, r"No scores for 2 videos \(b, c\)"),
        ({"a": []}, {"a": []}, "a has no frames"),
        ({"a": [0.0, 1.0]}, {"a": [0, 2]}, r"a: the labels hold 2 \(frame 1\)"),
        ({"a": [0.0, 1.0]}, {"a": [0.5, 1]}, r"a: the labels hold 0.5 \(frame 0\)"),
        ({"a": [0.0, 1.0]}, {"a": [0, math.nan]}, r"a: the labels hold nan \(frame 1\)"),
        ({"a": [0.0, 1.0]}, {"a": [[0, 1], [1, 0]]}, r"the labels have shape \(2, 2\)"),
        ({"a": [[0.0], [1.0]]}, {"a": [0, 1]}, r"a: scores of shape \(2, 1\)"),
    ],
)
def test_rubbish_is_refused(scores, labels, message):
    arrays = [{name: np.array(v) for name, v in of.items()} for of in (scores, labels)]
    with pytest.raises(DataError, match=message):
        evaluate(*arrays)


def test_import_is_light():
    code = (
        "import sys, vadkit.metrics.frame_metrics, vadkit.scoring.fusion;"
        "print([m for m in ('torch', 'cv2', 'scipy', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

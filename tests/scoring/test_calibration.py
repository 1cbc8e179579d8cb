"""Calibration against its definition written out, and what it is for."""

from dataclasses import replace

import numpy as np
import pytest

from vadkit.data.units import Units
from vadkit.errors import NumericError
from vadkit.recipe import ScoreName, Smooth
from vadkit.recipe.schema import Calibrate, Score
from vadkit.scoring.calibration import Normal, calibrated, places
from vadkit.scoring.fusion import fuse

RNG = np.random.default_rng(7)
AT, NORMAL_AT = RNG.normal(size=(30, 4)), RNG.normal(size=(50, 4)) * [1, 5, 1, 2]
VALUES, NORMAL = RNG.normal(size=(2, 30)), RNG.normal(size=(2, 50)).round(1)


def neighbours(unit, among):
    """Rows of the training units nearest to a unit, every axis in its standard deviations."""
    distance = np.linalg.norm((NORMAL_AT - AT[unit]) / NORMAL_AT.std(axis=0), axis=1)
    return np.argsort(distance)[:among]


@pytest.mark.parametrize("among", [2, 7, 50])
def test_a_quantile_is_a_p_value_among_the_nearest(among):
    found = calibrated(VALUES, AT, NORMAL, NORMAL_AT, Calibrate(kind="quantile", among=among))
    for score in range(2):
        for unit in range(30):
            near = NORMAL[score, neighbours(unit, among)]
            p = (1 + np.sum(near >= VALUES[score, unit])) / (among + 1)
            assert found[score, unit] == pytest.approx(-np.log(p))


def test_neighbours_of_the_same_score_count_as_reaching_it():
    normal, here = np.array([[1.0, 2.0, 2.0, 3.0]]), np.ones((4, 4))
    how = Calibrate(kind="quantile")
    quantiles = calibrated(np.array([[0.5, 2.0, 3.0, 3.5]]), here, normal, here, how)
    assert np.exp(-quantiles[0]) == pytest.approx([5 / 5, 4 / 5, 2 / 5, 1 / 5])


def test_a_zscore_counts_the_neighbours_deviations():
    found = calibrated(VALUES, AT, NORMAL, NORMAL_AT, Calibrate(kind="zscore", among=9))
    near = NORMAL[1, neighbours(4, 9)]
    assert found[1, 4] == pytest.approx((VALUES[1, 4] - near.mean()) / near.std())


@pytest.mark.parametrize("among", [None, 50, 1000])
def test_all_are_compared_with_where_no_number_is_given(among):
    found = calibrated(VALUES, AT, NORMAL, NORMAL_AT, Calibrate(kind="zscore", among=among))
    wanted = (VALUES - NORMAL.mean(axis=1)[:, None]) / NORMAL.std(axis=1)[:, None]
    assert found == pytest.approx(wanted)


def test_whole_frames_are_compared_with_all():
    here = np.ones((50, 4))
    how = Calibrate(kind="quantile", among=3)
    found = calibrated(VALUES, np.ones((30, 4)), NORMAL, here, how)
    p = (1 + (NORMAL[0] >= VALUES[0, 0]).sum()) / 51
    assert found[0, 0] == pytest.approx(-np.log(p))


def test_nothing_to_calibrate_gives_nothing():
    found = calibrated(VALUES[:, :0], AT[:0], NORMAL, NORMAL_AT, Calibrate(kind="quantile"))
    assert found.shape == (2, 0)


def test_neighbours_that_all_agree_do_not_divide_by_zero():
    found = calibrated(VALUES, AT, np.zeros((2, 50)), NORMAL_AT, Calibrate(kind="zscore"))
    assert np.isfinite(found).all()


def test_places_do_not_depend_on_the_resolution():
    box, size = np.float32([[10, 20, 30, 60, 0.5]]), np.array([[120, 160]])
    wanted = [20 / 160, 60 / 120, np.log(40 / 120), np.log(20 / 160)]
    assert places(box, size)[0] == pytest.approx(wanted, rel=1e-6)
    double = box * np.float32([2, 2, 2, 2, 1])
    assert places(double, size * 2) == pytest.approx(places(box, size), rel=1e-6)


def near_and_far():
    """A near and a far person in each of two frames; near ones are drawn ten times as badly."""
    far, near = [50, 10, 54, 20, 1], [50, 40, 90, 99, 1]
    units = Units(
        videos=("v",),
        lengths=np.array([2]),
        sizes=np.array([[100, 200]]),
        video=np.zeros(4, np.int64),
        frame=np.array([0, 0, 1, 1]),
        boxes=np.float32([near, far, near, far]),
    )
    jitter = RNG.normal(size=(80, 5)).astype(np.float32)
    boxes = np.float32([near, far] * 40) + jitter * np.float32([1, 1, 1, 1, 0])
    errors = np.float32([10, 1] * 40) + jitter[:, 4] * np.float32([1, 0.1] * 40)
    sizes, pieces = np.tile([100, 200], (80, 1)), np.arange(80) // 10
    return units, Normal(boxes, sizes, {"a.x": errors}, np.full(80, ""), pieces)


def test_an_error_too_large_for_a_distant_object_is_found():
    units, normal = near_and_far()
    scores = {"a.x": (units, np.array([10.0, 1.0, 10.0, 4.0]))}  # the last is the odd one
    plain = Score(use=("a.x",), smooth=Smooth(kind="none"))
    how = Calibrate(kind="quantile", among=20)
    protocol = plain.model_copy(update={"calibrate": how})
    assert np.ptp(fuse(scores, plain)["v"].raw) == 0
    usual, odd = fuse(scores, protocol, {"a": normal})["v"].raw
    assert odd == pytest.approx(np.log(21))
    assert usual < 2


def test_weighing_by_area_holds_for_training_units_too():
    units, normal = near_and_far()
    scores = {"a.x": (units, np.array([10.0, 1.0, 10.0, 4.0]))}
    how = Calibrate(kind="quantile", among=20)
    protocol = Score(use=("a.x",), smooth=Smooth(kind="none"), weigh="area", calibrate=how)
    areas = np.prod(normal.boxes[:, 2:4] - normal.boxes[:, :2], axis=1)
    by_hand = replace(normal, scores={"a.x": normal.scores["a.x"] * areas})
    own = np.prod(units.boxes[:, 2:4] - units.boxes[:, :2], axis=1)
    plain = protocol.model_copy(update={"weigh": "mean"})
    wanted = fuse({"a.x": (units, scores["a.x"][1] * own)}, plain, {"a": by_hand})["v"].raw
    assert fuse(scores, protocol, {"a": normal})["v"].raw == pytest.approx(wanted)


def test_some_scores_alone_are_weighed_by_area():
    units, _ = near_and_far()
    scores = {"a.x": (units, np.ones(4)), "a.y": (units, np.ones(4))}
    plain = Score(use=("a.x", "a.y"), smooth=Smooth(kind="none"), fuse="sum")
    areas = np.prod(units.boxes[:, 2:4] - units.boxes[:, :2], axis=1)
    weighed = plain.model_copy(update={"weigh": (ScoreName("a.x"),)})
    assert fuse(scores, weighed)["v"].raw == pytest.approx([max(areas) + 1] * 2)


def test_a_broken_score_of_a_training_unit_is_named():
    units, normal = near_and_far()
    normal.scores["a.x"][3] = np.nan
    protocol = Score(use=("a.x",), calibrate=Calibrate(kind="zscore"))
    with pytest.raises(NumericError, match="a gives a training unit a score that is not finite"):
        fuse({"a.x": (units, np.zeros(4))}, protocol, {"a": normal})


def test_it_comes_back_from_its_arrays():
    _, normal = near_and_far()
    again = Normal.of_arrays(normal.arrays())
    assert again.scores.keys() == {"a.x"}
    assert np.array_equal(again.boxes, normal.boxes)

"""RBDC and TBDC against a slow reference, written from the definitions as the field counts."""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest

from vadkit.data.dataset import Track
from vadkit.errors import DataError, NumericError
from vadkit.metrics.curves import area
from vadkit.metrics.region_metrics import Convention, Detections, evaluate_regions


def iou(a, b, extra):
    width = min(a[2], b[2]) - max(a[0], b[0]) + extra
    height = min(a[3], b[3]) - max(a[1], b[1]) + extra
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0] + extra) * (box[3] - box[1] + extra) for box in (a, b)]
    return width * height / (areas[0] + areas[1] - width * height)


def reference(detections, tracks, frames, *, beta=0.1, alpha=0.1, extra=1):
    """One detection after another, from the highest score down, as the published evaluator does."""
    every = [(video, track) for video, of in tracks.items() for track in of]
    size, found = [len(track.frames) for _, track in every], [0] * len(every)
    regions = {}  # of each frame: box, track
    for number, (video, track) in enumerate(every):
        for frame, box in zip(track.frames.tolist(), track.boxes.tolist(), strict=True):
            regions.setdefault((video, frame), []).append((box, number))
    rows = [
        (video, *row)
        for video, of in detections.items()
        for row in zip(of.frame.tolist(), of.boxes.tolist(), of.score.tolist(), strict=True)
    ]
    claimed, false, curve = set(), 0, [(0.0, 0.0, 0.0)]
    for video, frame, box, _ in sorted(rows, key=lambda row: row[3], reverse=True):
        here = regions.get((video, frame), [])
        near = [n for n, (other, _) in enumerate(here) if iou(other, box, extra) >= beta]
        false += not near  # one that overlaps only what is claimed is neither right nor wrong
        for n in near:  # one may claim several
            found[here[n][1]] += (video, frame, n) not in claimed
            claimed.add((video, frame, n))
        share = np.mean(np.divide(found, size) >= alpha)
        curve.append((false / frames, len(claimed) / sum(size), share))
    kept = [point for point in curve if point[0] <= 1]
    if kept[-1][0] != 1:
        kept.append((1.0, *kept[-1][1:]))
    x, r, t = np.array(kept).T
    return np.trapezoid(r, x), np.trapezoid(t, x)


def boxes(rng, count):
    corner, size = rng.integers(0, 60, (count, 2)), rng.integers(2, 30, (count, 2))
    return np.concatenate([corner, corner + size], axis=1).astype(np.float64)


def world(seed, videos=3, length=12, count=40, ties=False):
    rng = np.random.default_rng(seed)
    detections, tracks = {}, {}
    order = rng.permutation(videos * count).reshape(videos, count)
    for number in range(videos):
        score = rng.integers(0, 5, count) / 4 if ties else order[number]
        frame = rng.integers(0, length, count)
        detections[f"v{number}"] = Detections(frame, boxes(rng, count), score.astype(float))
        tracks[f"v{number}"] = [
            Track("x", np.sort(rng.choice(length, n, replace=False)), boxes(rng, n).astype("f4"))
            for n in rng.integers(1, length, rng.integers(1, 4))
        ]
    return detections, tracks, videos * length


@pytest.mark.parametrize("seed", range(12))
def test_areas_are_those_of_the_reference(seed: int) -> None:
    detections, tracks, frames = world(seed)
    found = evaluate_regions(detections, tracks, frames)
    rbdc, tbdc = reference(detections, tracks, frames)
    assert found["rbdc"] == pytest.approx(rbdc, abs=1e-12)
    assert found["tbdc"] == pytest.approx(tbdc, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [60, 1500])  # too few false positives for one a frame, and more
def test_areas_of_large_sets_are_those_of_the_reference(seed: int, count: int) -> None:
    detections, tracks, frames = world(seed, videos=8, length=200, count=count)
    found = evaluate_regions(detections, tracks, frames)
    rbdc, tbdc = reference(detections, tracks, frames)
    assert 0 < rbdc < 1
    assert found["rbdc"] == pytest.approx(rbdc, abs=1e-9, rel=0)
    assert found["tbdc"] == pytest.approx(tbdc, abs=1e-9, rel=0)


@pytest.mark.parametrize(("overlap", "share"), [(0.05, 0.1), (0.3, 0.5), (0.1, 1.0)])
def test_other_thresholds(overlap: float, share: float) -> None:
    detections, tracks, frames = world(5)
    found = evaluate_regions(detections, tracks, frames, Convention(overlap=overlap, share=share))
    expected = reference(detections, tracks, frames, beta=overlap, alpha=share)
    assert (found["rbdc"], found["tbdc"]) == pytest.approx(expected, abs=1e-12)


def test_pixels_may_count_without_their_last() -> None:
    detections, tracks, frames = world(6)
    found = evaluate_regions(detections, tracks, frames, Convention(inclusive=False))
    expected = reference(detections, tracks, frames, extra=0)
    assert (found["rbdc"], found["tbdc"]) == pytest.approx(expected, abs=1e-12)


def test_ties_in_order_are_those_of_the_reference_and_grouped_do_not_depend_on_it() -> None:
    detections, tracks, frames = world(7, ties=True)
    found = evaluate_regions(detections, tracks, frames)
    expected = reference(detections, tracks, frames)
    assert (found["rbdc"], found["tbdc"]) == pytest.approx(expected, abs=1e-12)
    turned = {
        video: Detections(of.frame[::-1], of.boxes[::-1], of.score[::-1])
        for video, of in detections.items()
    }
    assert evaluate_regions(turned, tracks, frames)["rbdc"] != found["rbdc"]
    grouped = [
        evaluate_regions(of, tracks, frames, Convention(group_ties=True))["rbdc"]
        for of in (detections, turned)
    ]
    assert grouped[0] == grouped[1]


def test_a_perfect_detector_has_it_all_and_a_blind_one_nothing() -> None:
    _, tracks, frames = world(8)
    perfect = {
        video: Detections(
            np.concatenate([[], *(t.frames for t in of)]).astype(int),
            np.concatenate([np.empty((0, 4)), *(t.boxes for t in of)]).astype(float),
            np.ones(sum(len(t.frames) for t in of)),
        )
        for video, of in tracks.items()
    }
    found = evaluate_regions(perfect, tracks, frames, Convention(group_ties=True))
    assert found["rbdc"] == found["tbdc"] == 1
    nothing = Detections(np.empty(0, int), np.empty((0, 4)), np.empty(0))
    blind = evaluate_regions(dict.fromkeys(tracks, nothing), tracks, frames)
    assert blind["rbdc"] == blind["tbdc"] == 0


def test_a_curve_that_ends_early_is_extended_or_not() -> None:
    alarms, rates = np.array([0.0, 0.5]), np.array([0.5, 1.0])
    assert area(alarms, rates) == pytest.approx(0.375 + 0.5)
    assert area(alarms, rates, extend=False) == pytest.approx(0.375)
    assert area(np.array([0.5, 2.0]), np.array([0.5, 1.0])) == pytest.approx(0.125 + 0.25)


def test_without_regions_nothing_is_defined() -> None:
    detections, _, frames = world(9)
    found = evaluate_regions(detections, {}, frames)
    assert found["rbdc"] is None
    assert found["regions"] == found["tracks"] == 0


def test_bad_input_is_refused() -> None:
    detections, tracks, frames = world(10)
    with pytest.raises(DataError, match="no detections for v1"):
        evaluate_regions({"v0": detections["v0"], "v2": detections["v2"]}, tracks, frames)
    with pytest.raises(DataError, match=r"in 3\d frames at least, not in 12"):
        evaluate_regions(detections, tracks, 12)
    with pytest.raises(DataError, match="no frame"):
        evaluate_regions(detections, tracks, 0)
    detections["v0"].score[3] = np.nan
    with pytest.raises(NumericError, match="v0"):
        evaluate_regions(detections, tracks, frames)


def test_seventy_thousand_detections_are_counted_at_once() -> None:
    rng = np.random.default_rng(0)
    count, length = 70_000, 16_000
    frame, score = rng.integers(0, length, count), rng.random(count)
    detections = {"long": Detections(frame, boxes(rng, count), score)}
    tracks = {
        "long": [Track("x", np.arange(s, s + 100), boxes(rng, 100)) for s in range(0, 15_000, 60)]
    }
    began = process_time()
    found = evaluate_regions(detections, tracks, length)
    assert process_time() - began < 2
    assert found["detections"] == count
    assert 0 < found["rbdc"] < found["tbdc"] <= 1

"""Calibration: how unusual a score is beside those of training units, which are normal.

A small, distant object is blurred and easy to draw, a near one is not: the same error means
little for one and much for the other. So a score can be compared with those of training objects
at about the same place and of about the same size. What comes out has no unit, and so the
scores of several tasks can be averaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.units import Units
from vadkit.recipe import Protocol, ScoreName
from vadkit.recipe.schema import Calibrate

Floats = NDArray[np.float64]

_CHUNK = 1024
"""Units that are compared at once."""
_EXACT = "donot_use_mm_for_euclid_dist"
"""So that a unit is at no distance from itself."""
_LEAST = 1e-6
"""Least standard deviation of neighbours' scores."""
LEAST_CAP, STEP = 3.0, 0.5
"""The caps that are tried."""
TOO_OFTEN = 2.0
"""Times as often as it should be that an answer may be reached in video that was left out."""
USUAL = -np.log(0.2)
"""-log p up to which a unit is usual: so are four of five training units."""
FOLDS = 10
"""Parts in which a camera's training video is left out."""


@dataclass(frozen=True)
class Normal:
    """Training units, and the scores that a task or an evidence part gives them."""

    boxes: NDArray[np.float32]
    """(m, 5): x1, y1, x2, y2 in pixels, confidence."""
    sizes: NDArray[np.int64]
    """(m, 2) height and width of the video that each is from."""
    scores: Mapping[ScoreName, NDArray[np.floating[Any]]]
    """Score -> (m,)."""
    camera: NDArray[np.str_]
    """(m,) the camera that each is seen by."""
    piece: NDArray[np.int64]
    """(m,) the piece of video that each is from; those of one piece are not independent."""

    def of_camera(self, camera: str) -> NDArray[np.bool_]:
        """(m,) which are seen by a camera; all where none is, as they are of other cameras."""
        same = self.camera == camera
        return same if same.any() else np.ones_like(same)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it by name, as `of_arrays` takes it; cameras by the code points of their names."""
        return {
            "boxes": self.boxes,
            "sizes": self.sizes,
            "piece": self.piece,
            "camera": np.ascontiguousarray(self.camera).view(np.int32).reshape(len(self.boxes), -1),
            **{str(name): of for name, of in self.scores.items()},
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Normal:
        """The inverse of `arrays`."""
        scores = {ScoreName(name): of for name, of in arrays.items() if ScoreName(name).task}
        points = np.ascontiguousarray(arrays["camera"], np.int32)
        camera = points.view(f"U{points.shape[1]}")[:, 0]
        return cls(arrays["boxes"], arrays["sizes"], scores, camera, arrays["piece"])


def places(boxes: NDArray[np.float32], sizes: NDArray[np.int64]) -> Floats:
    """Say where in its frame each unit stands and how large it is.

    Args:
        boxes: (n, 5) in pixels.
        sizes: (n, 2) height and width of their frames.

    Returns:
        (n, 4): centre and foot as shares of the frame, and the logarithms of height and width.
    """
    left, top, right, bottom = (boxes[:, :4] / np.tile(sizes[:, ::-1], 2)).astype(np.float64).T
    sides = np.log([bottom - top, right - left])
    return np.stack([(left + right) / 2, bottom, *sides], axis=1)


def calibrated(
    values: Floats, at: Floats, normal: Floats, normal_at: Floats, how: Calibrate
) -> Floats:
    """Compare each unit's scores with those of the training units nearest in place and size.

    `zscore` is their deviation from the neighbours' mean in the neighbours' standard deviations.
    `quantile` is -log p, where p is the share of neighbours that score as high, the unit itself
    among them: a p-value, as conformal prediction has it. Averaged over tasks it is Fisher's way
    to combine p-values. The axes of place and size are brought to one scale by the training
    units' standard deviations. Whole frames all stand at one place, and are compared with all.

    Args:
        values: (scores, n), higher is more anomalous.
        at: (n, 4) the units' `places`.
        normal: (scores, m) of training units.
        normal_at: (m, 4) their `places`.
        how: Which of both, and with how many neighbours.

    Returns:
        (scores, n).
    """
    compared = _COMPARED[how.kind]
    parts = [
        compared(values[:, some], normal[:, index])
        for some, index in _neighbours(at, normal_at, how.among)
    ]
    return np.concatenate([np.empty((len(values), 0)), *parts], axis=1)


def _neighbours(
    at: Floats, normal_at: Floats, among: int | None
) -> Iterator[tuple[slice, NDArray[np.int64]]]:
    """Some units after another, and (units, neighbours) rows of the training units near them."""
    import torch

    spread, count = normal_at.std(axis=0), len(normal_at)
    everyone = among is None or among >= count or not spread.any()
    scale = np.where(spread > 0, spread, 1)
    places, normal_places = torch.from_numpy(at / scale), torch.from_numpy(normal_at / scale)
    for first in range(0, len(at), _CHUNK):
        some = slice(first, first + _CHUNK)
        if everyone:
            yield some, np.broadcast_to(np.arange(count), (len(at[some]), count))
        else:
            # With four axes and hundreds of neighbours, comparing with all beats a tree.
            apart = torch.cdist(places[some], normal_places, compute_mode=_EXACT)
            yield some, apart.topk(among or count, largest=False, sorted=False).indices.numpy()


def _zscore(values: Floats, near: Floats) -> Floats:
    """(scores, n) and (scores, n, neighbours) -> (scores, n)."""
    # Neighbours that agree to the last digit say that nothing else is normal, not that it is fine.
    return (values - near.mean(axis=2)) / np.maximum(near.std(axis=2), _LEAST)


def _quantile(values: Floats, near: Floats) -> Floats:
    """(scores, n) and (scores, n, neighbours) -> (scores, n)."""
    reaching = 1 + (near >= values[:, :, None]).sum(axis=2)
    return -np.log(reaching / (near.shape[2] + 1))


_COMPARED = {"zscore": _zscore, "quantile": _quantile}


def tail(values: Floats, normal: Floats, how: Calibrate) -> Floats:
    """-log of the share of training units that score as high, which goes on beyond their scores.

    Up to the training quantile `how.beyond`, -log((#{normal >= x} + 1) / (m + 1)); above it as an
    exponential goes on whose mean is the training scores' mean excess. No more than `how.cap`:
    training units follow each other in tracks, and vouch for no rarer events.

    Args:
        values: (n,), higher is more anomalous.
        normal: (m,) of training units.
        how: Where the exponential begins, and the cap.

    Returns:
        (n,) from 0 to the cap.
    """
    known = np.sort(normal)
    reaching = len(known) - np.searchsorted(known, values, side="left")
    logs = -np.log((reaching + 1) / (len(known) + 1))
    start = np.quantile(known, how.beyond)
    excess = known[known > start] - start
    mean = excess.mean() if len(excess) else 0.0
    with np.errstate(divide="ignore"):
        steps = np.divide(values - start, mean, out=np.full(len(values), np.inf), where=mean > 0)
    beyond = -np.log(1 - how.beyond) + steps
    return np.asarray(np.minimum(np.where(values > start, beyond, logs), how.cap))


def tails(
    units: Units,
    values: Iterable[NDArray[Any]],
    normal: Normal,
    usual: Iterable[NDArray[Any]],
    how: Calibrate,
) -> Floats:
    """(scores, n): `tail` of each score (n,) among training units (m,) of the same camera."""
    pairs = list(zip(values, usual, strict=True))
    cameras, rows = units.camera, np.empty((len(pairs), len(units)))
    for camera in np.unique(cameras):
        here, there = cameras == camera, normal.of_camera(camera)
        for row, (score, scores) in zip(rows, pairs, strict=True):
            row[here] = tail(np.asarray(score)[here], np.asarray(scores, np.float64)[there], how)
    return rows


def without_cap(names: Iterable[ScoreName], normal: Mapping[str, Normal], how: Calibrate) -> Floats:
    """-log p of training units among those of their camera in other pieces of video, uncapped.

    Returns:
        (k,) of all units and all scores, which are asked together: a cap for each score would let
        one outvote the rest.
    """
    free, parts = how.model_copy(update={"cap": np.inf}), [np.empty(0)]
    for name in names:
        training = normal[name.task]
        scores = np.asarray(training.scores[name], np.float64)
        for inside, others in _left_out(training):
            parts.append(tail(scores[inside], scores[others], free))
    return np.concatenate(parts)


def _left_out(training: Normal) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """(m,) the training units of a tenth of a camera's pieces of video, and those of the others."""
    for camera in np.unique(training.camera):
        here = training.camera == camera
        pieces = np.unique(training.piece[here])
        for some in (pieces[n::FOLDS] for n in range(min(FOLDS, len(pieces)))):
            inside = here & np.isin(training.piece, some)
            if (others := here & ~inside).any():
                yield inside, others


def with_cap(protocol: Protocol, normal: Mapping[str, Normal]) -> Protocol:
    """The protocol with a number for the cap, where it is to be found by the rule."""
    how = protocol.calibrate
    if how.kind != "tail" or how.cap != "rule":
        return protocol
    cap = usual_cap(protocol.names, normal, how)
    return protocol.model_copy(update={"calibrate": how.model_copy(update={"cap": cap})})


def usual_cap(names: Iterable[ScoreName], normal: Mapping[str, Normal], how: Calibrate) -> float:
    """The greatest answer up to which `tail` is borne out by training video that was left out.

    An answer of x has to be reached by e^-x of normal objects. Where twice as many reach it, tracks
    and videos are too few to vouch for anything as rare.
    """
    answers = np.sort(without_cap(names, normal, how))
    if not len(answers):
        return LEAST_CAP
    levels = np.arange(LEAST_CAP, max(np.log(len(answers)), LEAST_CAP) + STEP, STEP)
    shares = 1 - np.searchsorted(answers, levels) / len(answers)
    too_often = shares > TOO_OFTEN * np.exp(-levels)
    borne_out = int(np.argmax(too_often)) if too_often.any() else len(levels)
    return float(levels[max(borne_out - 1, 0)])

"""Smoothing of frame scores along one video. SciPy is imported when first used: it is slow to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vadkit.data.links import chains
from vadkit.data.units import Units
from vadkit.recipe import Smooth

Floats = NDArray[np.float64]

SAVGOL_ORDER = 2
"""Degree of the Savitzky-Golay polynomials; [003] is silent."""


def smooth(scores: Floats, how: Smooth) -> Floats:
    """Smooth scores (frames,) -> (frames,); a frame is its window's middle or, causal, its end."""
    values = np.array(scores, np.float64)
    if how.kind == "none" or how.window == 1 or not len(values):
        return values
    return _SMOOTHERS[how.kind](_widened(values, how), how)


def smooth_objects(scores: Floats, units: Units, how: Smooth) -> Floats:
    """Smooth the scores (n,) of each object along its links, as a video's frames in time.

    Before and after an object was seen its first and last score go on, whatever `how` says of the
    ends of videos.
    """
    values, going_on = np.array(scores, np.float64), how.model_copy(update={"ends": "repeat"})
    for rows in chains(units):
        values[rows] = smooth(values[rows], going_on)
    return values


def _widened(scores: Floats, how: Smooth) -> Floats:
    """(window - 1 + frames,): as many scores before and after as the windows of all frames need."""
    before = _place(how)
    after = how.window - 1 - before
    if how.ends == "zero":
        return np.pad(scores, (before, after))
    if how.ends == "mirror":
        return np.pad(scores, (before, after), mode="symmetric")
    if how.ends == "copy":
        first, last = scores[:before], scores[len(scores) - min(after, len(scores)) :]
        missing = before - len(first), after - len(last)  # of a video shorter than the window
        return np.pad(np.concatenate([first, scores, last]), missing, mode="edge")
    return np.pad(scores, (before, after), mode="edge")


def _place(how: Smooth) -> int:
    """Where in its window the frame stands."""
    return how.window - 1 if how.causal else how.window // 2


def _median(widened: Floats, how: Smooth) -> Floats:
    from scipy.ndimage import median_filter

    half = how.window // 2
    return np.asarray(median_filter(widened, size=how.window))[half:-half]


def _gaussian(widened: Floats, how: Smooth) -> Floats:
    distance = np.arange(how.window) - _place(how) - how.shift
    return _weighed(widened, np.exp(-0.5 * (distance / (how.sigma or how.window / 4)) ** 2))


def _savgol(widened: Floats, how: Smooth) -> Floats:
    from scipy.signal import savgol_coeffs

    return _weighed(widened, savgol_coeffs(how.window, SAVGOL_ORDER, pos=_place(how), use="dot"))


def _weighed(widened: Floats, weights: Floats) -> Floats:
    """The mean of each window's scores by their weights."""
    return np.correlate(widened, weights / weights.sum(), mode="valid")


_SMOOTHERS: dict[str, Callable[[Floats, Smooth], Floats]] = {
    "median": _median,
    "gaussian": _gaussian,
    "mean": lambda widened, how: _weighed(widened, np.ones(how.window)),
    "savgol": _savgol,
}

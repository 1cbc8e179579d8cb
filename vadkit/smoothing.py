"""Smoothing of frame scores along one video. SciPy is imported when first used: it is slow to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vadkit.recipe import Smooth

Floats = NDArray[np.float64]

SAVGOL_ORDER = 2
"""Degree of the Savitzky-Golay polynomials; [003] is silent."""


def smooth(scores: Floats, how: Smooth) -> Floats:
    """Smooth one video's scores (frames,), its first and last repeated beyond its ends.

    The window is centred on the frame. A window longer than the video is cut to the longest odd
    one that fits.
    """
    window = min(how.window, len(scores) - 1 + len(scores) % 2)
    if how.kind == "none" or window <= 1:
        return scores.copy()
    return _SMOOTHERS[how.kind](scores, window)


def _median(scores: Floats, window: int) -> Floats:
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(scores, size=window, mode="nearest"))


def _gaussian(scores: Floats, window: int) -> Floats:
    from scipy.ndimage import gaussian_filter1d

    radius = window // 2
    return np.asarray(gaussian_filter1d(scores, window / 4, mode="nearest", radius=radius))


def _savgol(scores: Floats, window: int) -> Floats:
    from scipy.signal import savgol_filter

    return np.asarray(savgol_filter(scores, window, SAVGOL_ORDER, mode="nearest"))


_SMOOTHERS: dict[str, Callable[[Floats, int], Floats]] = {
    "median": _median,
    "gaussian": _gaussian,
    "savgol": _savgol,
}

"""Distances to the nearest training objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from vadkit.errors import DataError

_CHUNK = 1024
"""Objects that are compared at once."""
_EUCLIDEAN = partial(torch.cdist, compute_mode="donot_use_mm_for_euclid_dist")
"""So exact that an object is at no distance from itself."""


def neighbour_distance(
    rows: NDArray[np.float32],
    bank: NDArray[np.float32],
    count: int,
    apart: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    between: Callable[..., torch.Tensor] = _EUCLIDEAN,
) -> NDArray[np.float64]:
    """Mean distance to the nearest rows of a bank, Euclidean unless `between` says otherwise.

    Args:
        rows: (n, D).
        bank: (m, D).
        count: How many of the nearest; all where the bank has fewer.
        apart: (n,) and (m,) videos of rows and bank; rows of the same video are not compared.
        between: Gives the distances (chunk, m) of (chunk, D) and (m, D), infinite where none is.

    Returns:
        (n,).

    Raises:
        DataError: The bank is empty.
    """
    if not len(bank):
        raise DataError(
            "There is no training object to compare with.",
            "Look at the detector's boxes and rules under [objects].",
        )
    known = torch.from_numpy(np.ascontiguousarray(bank))
    parts = [np.empty(0)]
    for first in range(0, len(rows), _CHUNK):
        some = slice(first, first + _CHUNK)
        queries = torch.from_numpy(np.ascontiguousarray(rows[some]))
        distances = between(queries, known)  # (chunk, m)
        if apart is not None:
            same = torch.from_numpy(apart[0][some, None] == apart[1][None])
            distances[same] = torch.inf
        nearest = distances.topk(min(count, len(bank)), largest=False).values.double()
        parts.append(_finite_mean(nearest))
    return np.concatenate(parts)


def _finite_mean(distances: torch.Tensor) -> NDArray[np.float64]:
    """(n, k) -> (n,): the mean of what is not infinite; 0 without any."""
    finite = distances.isfinite()
    sums = torch.where(finite, distances, 0.0).sum(dim=1)
    return np.asarray((sums / finite.sum(dim=1).clamp(min=1)).numpy())

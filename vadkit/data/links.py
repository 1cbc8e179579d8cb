"""Links: which box of a frame shows the object that a box of the frame before showed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vadkit.data.detection import Boxes, box_areas, shared_areas
from vadkit.data.units import Units

OVERLAP = 0.2
"""Intersection over union that linked boxes have at least."""


def link_boxes(before: Boxes, after: Boxes, overlap: float = OVERLAP) -> dict[int, int]:
    """Link boxes (n, 5) of consecutive frames, those that overlap most first, each at most once.

    Returns:
        Row of `after` -> row of `before`.
    """
    shares = _overlaps(before, after)
    links: dict[int, int] = {}
    order = np.argsort(-shares, axis=None, kind="stable")
    for old, new in zip(*np.unravel_index(order, shares.shape), strict=True):
        if shares[old, new] < overlap:
            break
        if new not in links and old not in links.values():
            links[int(new)] = int(old)
    return links


def chains(units: Units) -> list[NDArray[np.int64]]:
    """Rows of the units that are linked from frame to frame, an array for each object."""
    if not len(units):
        return []
    moments = units.places + units.video  # between two videos one is left out
    present, starts = np.unique(moments, return_index=True)
    groups = zip(present.tolist(), np.split(np.arange(len(units)), starts[1:]), strict=True)
    chain_of: dict[int, list[int]] = {}
    before, last = np.empty(0, np.int64), -1
    for moment, rows in groups:
        if moment > last + 1:
            before = before[:0]
        links = link_boxes(units.boxes[before], units.boxes[rows])
        for place, row in enumerate(rows.tolist()):
            chain_of[row] = chain_of[int(before[links[place]])] if place in links else []
            chain_of[row].append(row)
        before, last = rows, moment
    return [np.array(chain) for chain in {id(of): of for of in chain_of.values()}.values()]


def _overlaps(some: Boxes, others: Boxes) -> NDArray[np.float64]:
    """(n, m): intersection over union."""
    first, second = some.astype(np.float64), others.astype(np.float64)
    common = shared_areas(first, second)
    return np.asarray(common / (box_areas(first)[:, None] + box_areas(second)[None] - common))

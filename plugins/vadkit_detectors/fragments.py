"""What is no object of its own: rims of objects found before, and pieces of one that is broken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vadkit.api import Boxes
from vadkit_detectors.regions import Regions

REMAINDER = 0.5
"""Share of what boxes hold of a moving region up to which the rest of it is no object."""
BELOW = 0.5
"""Share of the narrower one's width that two pieces of one object have in common."""
NEAR = 0.25
"""Share of the lower one's height by which such pieces lie apart, or overlap, at most."""


def remainders(regions: Regions, whole: Regions, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n,) which regions are rims, limbs or shadows of objects found before.

    Args:
        regions: What moves outside of these objects' boxes.
        whole: What moves at all.
        held: (H, W) where these boxes are.
    """
    in_boxes = np.bincount(whole.labels[held], minlength=len(whole.places))
    in_boxes[0] = 0
    part_of = np.zeros(len(regions.places), np.int64)
    part_of[regions.labels.ravel()] = whole.labels.ravel()  # closing less, each lies in one
    return np.asarray(regions.places[:, 4] <= REMAINDER * in_boxes[part_of])


def joined_pieces(boxes: Boxes) -> Boxes:
    """Join boxes (n, 5) that stand on each other.

    An upright object of which a part is like the background, say its belt, moves in pieces.
    """
    pieces = list(boxes)
    while pair := _stacked_pair(pieces):
        lower, upper = pieces.pop(pair[1]), pieces.pop(pair[0])
        corners = np.minimum(lower[:2], upper[:2]), np.maximum(lower[2:], upper[2:])
        pieces.append(np.concatenate(corners))
    return np.array(pieces, np.float32).reshape(-1, 5)


def _stacked_pair(boxes: list[NDArray[np.float32]]) -> tuple[int, int] | None:
    """The first two that are pieces of one object."""
    for second, other in enumerate(boxes):
        for first, box in enumerate(boxes[:second]):
            shared = np.minimum(box[2:4], other[2:4]) - np.maximum(box[:2], other[:2])
            width, height = np.minimum(box[2:4] - box[:2], other[2:4] - other[:2])
            if shared[0] >= BELOW * width and abs(shared[1]) <= NEAR * height:
                return first, second
    return None

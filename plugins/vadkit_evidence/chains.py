"""Objects followed through consecutive frames, box by linked box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Linked(Protocol):
    """A frame whose boxes are linked with those of the frame before."""

    @property
    def links(self) -> Mapping[int, int]:
        """Box -> the same object's box in the frame before."""


End = tuple[int, int]
"""Frame and box."""


def chain_ends(frames: Sequence[Linked], centre: int, row: int) -> tuple[End, End]:
    """The first and the last box of an object in these frames, each the object's own without links.

    Args:
        frames: Consecutive frames.
        centre: Which of them the object is in.
        row: Its box there.
    """
    first = last = (centre, row)
    while first[0] > 0 and first[1] in frames[first[0]].links:
        first = first[0] - 1, frames[first[0]].links[first[1]]
    while last[0] + 1 < len(frames):
        ahead = {old: new for new, old in frames[last[0] + 1].links.items()}
        if last[1] not in ahead:
            break
        last = last[0] + 1, ahead[last[1]]
    return first, last

"""Windows: a stream's items, each with those around it; only what is within reach is held."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")


@dataclass(frozen=True)
class Window(Generic[ItemT]):
    """An item of a stream and its neighbours."""

    items: tuple[ItemT, ...]
    centre: int
    """Which of them the window belongs to."""

    def at(self, offset: int) -> ItemT:
        """The item so far from the centre; beyond the stream's ends its first or last."""
        return self.items[min(max(self.centre + offset, 0), len(self.items) - 1)]


def windows(stream: Iterable[ItemT], behind: int, ahead: int) -> Iterator[Window[ItemT]]:
    """Yield each item with so many before and after it, as soon as those ahead have come."""
    held: deque[ItemT] = deque(maxlen=behind + ahead + 1)
    for count, item in enumerate(stream, start=1):
        held.append(item)
        if count > ahead:
            yield Window(tuple(held), len(held) - 1 - ahead)
    for centre in range(max(0, len(held) - ahead), len(held)):
        yield Window(tuple(held), centre)


def reach(*offsets: range) -> tuple[int, int]:
    """How many items behind and ahead a window needs to hold all of these offsets."""
    ends = [0, *(end for span in offsets for end in (span[0], span[-1]))]
    return -min(ends), max(ends)

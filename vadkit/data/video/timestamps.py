"""Where decoded frames lie in time, and which frames between them are lost."""

from __future__ import annotations

from collections import deque

LONGEST_GAP_S = 10.0
"""A longer gap is a jump of the clock and is not filled."""


class Timeline:
    """Timestamps of one stream, in ticks of its time base.

    Args:
        tick_s: Seconds a tick.
        step: Ticks from one frame to the next.
        constant: Whether every step is that long, so that a longer one tells of lost frames.
        counted: Whether packets' stamps number the frames but frames' own stamps are guesses, as
            in AVI; frames then take the packets' stamps in order.
    """

    def __init__(self, tick_s: float, step: float, constant: bool, counted: bool) -> None:
        self.tick_s, self.step, self.constant, self.counted = tick_s, step, constant, counted
        self.damaged = 0
        """Packets that could not be decoded."""
        self.mended = 0
        """Timestamps that were missing or not later than the one before."""
        self.jumps = 0
        """Gaps too long to be lost frames."""
        self._lost: list[float] = []
        self._recent: deque[float] = deque(maxlen=64)
        self._origin: float | None = None
        self._last: float | None = None

    def packet(self, stamp: int | None) -> None:
        """Take note of a packet that was read."""
        if stamp is None:
            return
        if self.counted and self._recent:
            last = self._recent[-1]
            self._lost += [last + self.step * (k + 1) for k in range(self._missing(last, stamp))]
        self._recent.append(stamp)

    def damage(self, stamp: int | None) -> None:
        """Take note of a packet that could not be decoded."""
        self.damaged += 1
        if stamp is not None:
            self._lost.append(stamp)

    def place(self, stamp: int | None) -> list[float]:
        """Seconds from the start of the frames lost before this one, then its own."""
        here = self._next_slot() if self.counted else self._mended(stamp)
        ticks = [*self._lost_before(here), here]
        self._lost = [tick for tick in self._lost if tick > here]
        self._last = here
        return [self._seconds(tick) for tick in ticks]

    def tail(self) -> list[float]:
        """Seconds from the start of the frames lost after the last one."""
        return [self._seconds(tick) for tick in sorted(self._lost)]

    def _mended(self, stamp: int | None) -> float:
        if stamp is not None and (self._last is None or stamp > self._last):
            return stamp
        self.mended += 1
        return 0.0 if self._last is None else self._last + self.step

    def _next_slot(self) -> float:
        first = self._recent[0] if self._recent else 0.0
        slot = min([first, *self._lost]) if self._last is None else self._last + self.step
        while slot in self._lost:
            slot += self.step
        return slot

    def _lost_before(self, here: float) -> list[float]:
        last = self._last
        lost = sorted(tick for tick in self._lost if tick < here)
        if last is None or self.counted:
            return lost
        missing = self._missing(last, here)
        # A packet inside the gap was read: its frame may be about to come, unless damage ate it.
        late = any(last < tick < here for tick in self._recent)
        if missing <= len(lost) or (late and not self.damaged):
            return lost
        return [last + (here - last) * (k + 1) / (missing + 1) for k in range(missing)]

    def _missing(self, last: float, here: float) -> int:
        if (here - last) * self.tick_s > LONGEST_GAP_S:
            self.jumps += 1
            return 0
        return max(0, round((here - last) / self.step) - 1) if self.constant else 0

    def _seconds(self, tick: float) -> float:
        if self._origin is None:
            self._origin = tick
        return (tick - self._origin) * self.tick_s

"""Where decoded frames lie in time, and which frames between them are lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

_JUMP, _JUMP_S = 10, 1.0
"""A step longer than so many usual ones, and than so many seconds, is a jump of the clock."""
_MOST_EMPTY = 10_000
"""A longer run of empty packets is a broken count."""


class Timeline:
    """Timestamps of one stream, in ticks of its time base.

    Where a stamp is not later than the one before, the clock began anew: this frame and those after
    it follow the ones before, until their stamps are later by themselves.

    Args:
        tick_s: Seconds a tick.
        step: Ticks from one frame to the next where no stamp tells.
        counted: Whether the packets count the frames, whose own stamps are guesses, as in AVI, or
            missing; frames then take the packets' places in order.
    """

    def __init__(self, tick_s: float, step: int, counted: bool) -> None:
        self.tick_s, self.step, self.counted = tick_s, step, counted
        self.damaged = 0
        """Packets that could not be decoded."""
        self.unstamped = 0
        """Frames without a stamp."""
        self.unshown = 0
        """Packets before the first frame that gave none, though nothing was damaged."""
        self.jumps: dict[int, float] = {}
        """By how many seconds the clock jumps after a frame."""
        self.restarts: list[int] = []
        """Frames after which the clock goes back or stands still."""
        self._waiting: set[int] = set()
        """Stamps that no frame has had yet: of all packets, or of the lost ones if counted."""
        self._packet, self._end = -step, 0
        self._stamp: int | None = None
        self._shift = self._frames = self._origin = 0
        self._latest: deque[int] = deque(maxlen=64)

    @property
    def end_s(self) -> float:
        """When the packets end, by their stamps."""
        return self._end * self.tick_s

    def packet(self, stamp: int | None, duration: int | None) -> int | None:
        """Take note of a packet that is to be shown; its stamp, counted where need be."""
        if self.counted:
            stamp = self._packet + self.step if stamp is None else stamp
            if stamp - self._packet <= _MOST_EMPTY * self.step:
                self._waiting.update(range(self._packet + self.step, stamp, self.step))
            self._packet = stamp
        elif stamp is not None:
            self._waiting.add(stamp)
        if stamp is not None:
            self._end = max(self._end, stamp + (duration or self.step))
        return stamp

    def damage(self, stamp: int | None) -> None:
        """Take note of a packet that could not be decoded, or of what could not even be read."""
        self.damaged += 1
        if stamp is not None:
            self._waiting.add(stamp)

    def place(self, stamp: int | None) -> list[float]:
        """Seconds from the start of the frames lost before this one, then its own."""
        stamp = self._next_slot() if self.counted else stamp
        lost = self._passed(stamp)
        here = self._in_order(stamp)
        self._stamp = self._stamp if stamp is None else stamp
        return self._put([*(tick + self._shift for tick in lost), here])

    def tail(self) -> list[float]:
        """Seconds from the start of the frames lost after the last one."""
        lost = self._waiting if self.counted or self.damaged else ()
        return self._put(tick + self._shift for tick in sorted(lost))

    def _next_slot(self) -> int:
        slot = (self._latest[-1] if self._latest else -self.step) + self.step
        while slot in self._waiting:
            slot += self.step
        return slot

    def _passed(self, stamp: int | None) -> list[int]:
        """Stamps of the packets that had to give a frame before this one, and were damaged."""
        if stamp is None:
            return []
        since = self._stamp
        passed = [
            tick for tick in self._waiting if tick < stamp and (since is None or tick > since)
        ]
        self._waiting = {tick for tick in self._waiting if tick > stamp}
        if self.counted or self.damaged:
            return sorted(passed)
        self.unshown += 0 if self._latest else len(passed)
        return []

    def _in_order(self, stamp: int | None) -> int:
        """Where a frame with this stamp lies: later than the one before."""
        self.unstamped += stamp is None
        if not self._latest:
            return stamp or 0
        last = self._latest[-1]
        if stamp is None:
            return last + self.step
        for shift in (0, self._shift):
            if stamp + shift > last:
                self._shift = shift
                return stamp + shift
        self.restarts.append(self._frames - 1)
        self._shift = last + self.step - stamp
        return last + self.step

    def _put(self, ticks: Iterable[int]) -> list[float]:
        """Seconds from the start of ticks, those left out that are not later than all before."""
        seconds = []
        for tick in ticks:
            if not self._latest:
                self._origin = tick
            elif tick <= self._latest[-1]:
                continue
            self._look_for_jump(tick)
            self._latest.append(tick)
            self._frames += 1
            seconds.append((tick - self._origin) * self.tick_s)
        return seconds

    def _look_for_jump(self, tick: int) -> None:
        latest = self._latest
        if len(latest) > 1 and (step := tick - latest[-1]) * self.tick_s > _JUMP_S:
            usual = median(later - earlier for earlier, later in pairwise(latest))
            if step > _JUMP * usual:
                self.jumps[self._frames - 1] = step * self.tick_s

"""What a training says while it runs: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from math import inf
from typing import Self, TextIO

from vadkit.utils.console import Screen, TerminalScreen, wants_plain

_PLAIN_EVERY_S = 10.0
_LIVE_EVERY_S = 0.2


class Progress:
    """Shows phase, epoch, loss terms, throughput, the share of waiting for data, and time left.

    It is given numbers and keeps nothing else. A stream that breaks (`| head`) is given up and
    stops no training.

    Args:
        stream: Where to; stderr where not given, so that stdout stays clean.
        plain: Whether to write plain lines; where not given, if the stream is no terminal or the
            environment says so (`NO_COLOR`, `TERM=dumb`).
    """

    def __init__(self, stream: TextIO | None = None, plain: bool | None = None) -> None:
        stream = stream or sys.stderr
        plain = wants_plain(stream) if plain is None else plain
        self._screen = Screen(stream) if plain else TerminalScreen(stream)
        self._every_s = _PLAIN_EVERY_S if plain else _LIVE_EVERY_S
        self._title, self._unit = "", ""
        self._epochs = self._epoch = self._steps = 0
        self._tally = _Tally()
        self._shown_s = 0.0

    @classmethod
    def silent(cls) -> Self:
        """A display of nothing, for processes of a run whose first one shows."""
        progress = cls(plain=True)
        progress._screen = Screen(None)
        return progress

    def phase(self, number: int, count: int, name: str, epochs: int) -> None:
        """Begin a phase."""
        self._title = f"phase {number}/{count} {name}"
        self._epochs = epochs

    def epoch(self, number: int, steps: int, unit: str = "cubes") -> None:
        """Begin an epoch; `unit` is what `step` counts, in the plural."""
        self._epoch, self._steps, self._unit = number, steps, unit
        self._tally, self._shown_s = _Tally(), 0.0

    def step(self, terms: Mapping[str, float], units: int, waited_s: float, step_s: float) -> None:
        """Count a step; the last one of an epoch writes the epoch's line.

        Args:
            terms: Loss terms by name, shown as means over the epoch so far; none in a step that
                does not read them back from the device.
            units: How many units it trained on.
            waited_s: Seconds of it spent waiting for data.
            step_s: Seconds of the whole step, the waiting included.
        """
        self._tally.add(terms, units, waited_s, step_s)
        if self._tally.steps == self._steps:
            self._screen.close()  # what follows an epoch may take long, and the live line would lie
            self._screen.write(self._line())
        elif self._tally.seconds - self._shown_s >= self._every_s:
            self._shown_s = self._tally.seconds
            self._screen.update(self._line())

    def note(self, text: str) -> None:
        """Write a message of one line."""
        self._screen.write(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._screen.close()

    def _line(self) -> str:
        tally, steps_left = self._tally, self._steps - self._tally.steps
        phase_steps_left = steps_left + (self._epochs - self._epoch) * self._steps
        parts = [
            self._title,
            f"epoch {self._epoch}/{self._epochs}",
            *([f"step {tally.steps}/{self._steps}"] if steps_left else []),
            *(f"{name} {total / count:.4g}" for name, (total, count) in tally.terms.items()),
            f"{tally.units / (tally.seconds or inf):.0f} {self._unit}/s",
            f"data {tally.waited_s / (tally.seconds or inf):.0%}",
            f"phase left {duration(phase_steps_left * tally.seconds / tally.steps)}",
        ]
        return "  ".join(parts)


def duration(seconds: float) -> str:
    """Write a duration as a person says it.

    >>> duration(5), duration(65), duration(3700)
    ('5s', '1m05s', '1h01m')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


class _Tally:
    """The sums of an epoch so far."""

    def __init__(self) -> None:
        self.steps = self.units = 0
        self.waited_s = self.seconds = 0.0
        self.terms: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0])

    def add(self, terms: Mapping[str, float], units: int, waited_s: float, step_s: float) -> None:
        self.steps += 1
        self.units += units
        self.waited_s += waited_s
        self.seconds += step_s
        for name, value in terms.items():
            self.terms[name][0] += value
            self.terms[name][1] += 1

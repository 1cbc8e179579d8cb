"""The conformance kit for evidence parts: films of moving squares, described and measured."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.detection import Seen
from vadkit.data.evidence import Bank, Evidence, Rows
from vadkit.data.video.frame import Frame
from vadkit.errors import PluginError
from vadkit.registry.card_validation import check_card
from vadkit.registry.cards import Change, EvidenceCard

HEIGHT, WIDTH, FRAMES, TRAINING = 72, 96, 12, 5
SPEEDS = 0.5, 1.5
"""Between which pixels a frame usual squares move."""
SIDES = 14, 18
"""Between which pixels their sides are."""
FASTER, LARGER = 4, 2

Part = Evidence[Any]


def film(seed: int, change: Change | None = None) -> list[Seen]:
    """Frames in which two textured squares move apart, with their boxes; one frame has none."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(90, 110, (HEIGHT, WIDTH), dtype=np.uint8)
    squares = [_Square.drawn(rng, change, row) for row in (4, 40)]
    return [_seen(number, ground, squares) for number in range(FRAMES)]


@dataclass(frozen=True)
class _Square:
    texture: NDArray[np.uint8]
    top: int
    left: float
    speed: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, change: Change | None, top: int) -> _Square:
        side = int(rng.integers(*SIDES)) * (LARGER if change == "larger" else 1)
        speed = rng.uniform(*SPEEDS) * (FASTER if change == "faster" else 1)
        steps = np.linspace(150, 220, side).astype(np.uint8)
        texture = np.tile(steps, (min(side, HEIGHT - top), 1))
        if change == "noise":
            texture = rng.integers(0, 256, texture.shape, dtype=np.uint8)
        return cls(texture, top, 4 + 4 * rng.random(), speed)

    def box(self, frame: int) -> list[int]:
        left, (height, width) = round(self.left + self.speed * frame), self.texture.shape
        return [left, self.top, min(left + width, WIDTH), self.top + height, 1]


def _seen(number: int, ground: NDArray[np.uint8], squares: list[_Square]) -> Seen:
    image = ground.copy()
    boxes: list[list[int]] = []
    for square in squares if number != FRAMES // 2 else []:
        left, top, right, bottom, _ = box = square.box(number)
        image[top:bottom, left:right] = square.texture[:, : right - left]
        boxes.append(box)
    frame = Frame(index=number, time_s=number / 25, image=image[:, :, None])
    return Seen(frame, np.array(boxes, np.float32).reshape(-1, 5))


def _described(part: Part, frames: list[Seen]) -> list[Rows]:
    return list(part.describe(iter(frames)))


def _bank(part: Part) -> tuple[Rows, NDArray[np.int64], Bank]:
    videos = [np.concatenate(_described(part, film(seed))) for seed in range(TRAINING)]
    numbers = [np.full(len(rows), number) for number, rows in enumerate(videos)]
    rows, of = np.concatenate(videos), np.concatenate(numbers).astype(np.int64)
    return rows, of, part.fit(rows, of)


def expect(card: EvidenceCard, holds: bool, broken: str) -> None:
    """Raise a PluginError, a sentence about the part, unless something holds."""
    if not holds:
        raise PluginError(f"The evidence part {card.name!r} {broken}.")


def _card(card: EvidenceCard, _: Part) -> None:
    """The card is what the host takes."""
    check_card(card, "vadkit_evidence")


def _describes(card: EvidenceCard, part: Part) -> None:
    """Every frame has rows, one a box and all of one width, also where there is no box."""
    frames = film(0)
    rows = _described(part, frames)
    expect(card, len(rows) == len(frames), f"describes {len(rows)} of {len(frames)} frames")
    counts = [len(seen.boxes) for seen in frames]
    expect(card, [len(of) for of in rows] == counts, "does not give a row for each box")
    expect(card, len({of.shape[1:] for of in rows}) == 1, "gives rows of several widths")
    expect(card, bool(np.isfinite(np.concatenate(rows)).all()), "gives rows that are not finite")


def _keeps_no_state(card: EvidenceCard, part: Part) -> None:
    """A video is described alike alone, after another, and while another is."""
    first, second = film(0), film(1, "faster")
    alone = _described(part, first)
    _described(part, second)
    again = _described(part, first)
    both = zip_longest(part.describe(iter(first)), part.describe(iter(second)))
    beside = [rows for rows, _ in both]
    for other in (again, beside):
        same = all(map(np.array_equal, alone, other))
        expect(card, same, "keeps state between videos: it describes one otherwise beside another")


def _measures(card: EvidenceCard, part: Part) -> None:
    """All attributes of the card, finite, one number an object."""
    rows, videos, bank = _bank(part)
    for values in (part.measure(rows, bank), part.measure(rows, bank, videos)):
        expect(card, set(values) == set(card.attributes), f"measures {sorted(values)}")
        for name, value in values.items():
            fits = value.shape == (len(rows),) and bool(np.isfinite(value).all())
            expect(card, fits, f"gives no finite number {name!r} for each object")


def _learns_from_training_alone(card: EvidenceCard, part: Part) -> None:
    """An object's numbers depend on no other test object, and measuring changes no bank."""
    _, _, bank = _bank(part)
    before = copy.deepcopy(dict(bank))
    rows = np.concatenate(_described(part, film(99, "faster")))
    together = part.measure(rows, bank)
    apart = [part.measure(rows[n : n + 1], bank) for n in range(len(rows))]
    for name in card.attributes:
        single = np.concatenate([values[name] for values in apart])
        same = np.allclose(single, together[name], rtol=1e-5, atol=1e-6)
        expect(card, same, f"lets {name!r} of an object depend on other test objects")
    same = before.keys() == bank.keys() and all(
        np.array_equal(before[name], bank[name]) for name in before
    )
    expect(card, same, "changes its bank when it measures")


def _rises(card: EvidenceCard, part: Part) -> None:
    """Each attribute is higher on average where the card says so."""
    _, _, bank = _bank(part)
    usual = part.measure(_all_rows(part, None), bank)
    for name, change in card.raised_by.items():
        changed = part.measure(_all_rows(part, change), bank)[name].mean()
        higher = changed > usual[name].mean()
        expect(card, bool(higher), f"is not one-sided: {name!r} does not rise with {change!r}")


def _all_rows(part: Part, change: Change | None) -> Rows:
    films = [_described(part, film(seed, change)) for seed in range(50, 53)]
    return np.concatenate(list(chain.from_iterable(films)))


EVIDENCE_CHECKS: dict[str, Callable[[EvidenceCard, Part], None]] = {
    "card": _card,
    "describes": _describes,
    "state": _keeps_no_state,
    "measures": _measures,
    "training": _learns_from_training_alone,
    "direction": _rises,
}


def check_evidence(card: EvidenceCard, part: Part) -> Iterator[tuple[str, PluginError | None]]:
    """Run every check of an evidence part: its name, and what is wrong, if anything is."""
    for name, check in EVIDENCE_CHECKS.items():
        try:
            check(card, part)
        except PluginError as error:
            yield name, error
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            yield name, PluginError(f"The evidence part {card.name!r} fails in {name!r}: {text}")
        else:
            yield name, None

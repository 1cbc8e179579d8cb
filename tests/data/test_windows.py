"""Windows of a stream: clipped at its ends, and never holding more than they reach."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vadkit.data.windows import reach, windows


@pytest.mark.parametrize("length", [0, 1, 2, 5, 12])
@pytest.mark.parametrize(("behind", "ahead"), [(0, 0), (2, 0), (0, 3), (2, 3), (20, 20)])
def test_each_item_has_its_neighbours_and_the_ends_repeat(
    length: int, behind: int, ahead: int
) -> None:
    made = list(windows(range(length), behind, ahead))
    offsets = range(-behind, ahead + 1)
    around = [[window.at(offset) for offset in offsets] for window in made]
    last = length - 1
    assert around == [[min(max(n + k, 0), last) for k in offsets] for n in range(length)]


def test_no_more_is_read_than_is_within_reach() -> None:
    given = -1

    def counted() -> Iterator[int]:
        nonlocal given
        for number in range(200):
            given = number
            yield number

    for number, window in enumerate(windows(counted(), 4, 4)):
        assert given <= number + 4
        assert len(window.items) <= 9


@pytest.mark.parametrize(
    ("offsets", "ends"),
    [([], (0, 0)), ([range(-2, 3)], (2, 2)), ([range(1, 4), range(-6, 1, 2)], (6, 3)),
     ([range(3, 5)], (0, 4))],
)  # fmt: skip
def test_a_window_reaches_as_far_as_the_widest(offsets: list[range], ends: tuple[int, int]) -> None:
    assert reach(*offsets) == ends

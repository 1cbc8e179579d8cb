"""How large a box is and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.api import Evidence, Rows, Seen, neighbour_distance
from vadkit_evidence.cards import BoxConfig


class Box(Evidence[BoxConfig]):
    """Size and place of a box.

    Attributes:
        width: In pixels.
        area: In pixels.
        log-width: Of pixels.
        size: Mean distance of (log width, log height), by the training objects' deviations, to
            training objects.
        place: The same with centre and foot beside the size.
    """

    def describe(self, frames: Iterator[Seen]) -> Iterator[Rows]:
        """(n, 4): log width, log height, and foot and centre in pixels."""
        for seen in frames:
            left, top, right, bottom = seen.boxes[:, :4].astype(np.float64).T
            sides = np.log(np.maximum([right - left, bottom - top], 1e-3))
            yield np.stack([*sides, bottom, (left + right) / 2], axis=1).astype(np.float32)

    def fit(self, rows: Rows, videos: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """The descriptions themselves and their deviations."""
        deviations = rows.std(axis=0)
        scale = np.where(deviations > 0, deviations, 1).astype(np.float32)
        return {"rows": rows / scale, "scale": scale, "videos": videos}

    def measure(
        self, rows: Rows, bank: Any, videos: NDArray[np.int64] | None = None
    ) -> dict[str, NDArray[np.floating[Any]]]:
        """The attributes (n,) each."""
        scaled, known = rows / bank["scale"], bank["rows"]
        count = self.config.neighbours
        apart = None if videos is None else (videos, bank["videos"])
        width, height = np.exp(rows[:, :2].astype(np.float64)).T
        return {
            "width": width,
            "area": width * height,
            "log-width": rows[:, 0],
            "size": neighbour_distance(scaled[:, :2], known[:, :2], count, apart),
            "place": neighbour_distance(scaled, known, count, apart),
        }

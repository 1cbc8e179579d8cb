"""How large a box is and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.api import Evidence, Rows, Seen, neighbour_distance
from vadkit_evidence.cards import BoxConfig

COMPONENTS = 8
"""Gaussians of the mixture for place and size."""
FITTED = ("weights_", "means_", "covariances_", "precisions_cholesky_")
"""What scikit-learn calls that which describes a mixture."""
WIDTH = 400
"""Pixels that every frame counts as wide, so that videos of one camera may differ in resolution."""


class Box(Evidence[BoxConfig]):
    """Size and place of a box.

    Attributes:
        width: In pixels of a frame 400 pixels wide.
        area: In such pixels.
        log-width: Of such pixels.
        size: Mean distance of (log width, log height), by the training objects' deviations, to
            training objects.
        place: -log density of (log width, log height, foot, centre) in a mixture of Gaussians that
            is fitted to training objects: what stands where nothing of its size was seen.
    """

    def describe(self, frames: Iterator[Seen]) -> Iterator[Rows]:
        """(n, 4): log width, log height, and foot and centre, of a frame 400 pixels wide."""
        for seen in frames:
            scale = WIDTH / seen.frame.image.shape[1]
            left, top, right, bottom = seen.boxes[:, :4].astype(np.float64).T * scale
            sides = np.log(np.maximum([right - left, bottom - top], 1e-3))
            yield np.stack([*sides, bottom, (left + right) / 2], axis=1).astype(np.float32)

    def fit(self, rows: Rows, videos: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """The descriptions themselves and their deviations."""
        deviations = rows.std(axis=0)
        scale = np.where(deviations > 0, deviations, 1).astype(np.float32)
        return {"rows": rows / scale, "scale": scale, "videos": videos} | _fitted(rows / scale)

    def measure(
        self, rows: Rows, bank: Any, videos: NDArray[np.int64] | None = None
    ) -> dict[str, NDArray[np.floating[Any]]]:
        """The attributes (n,) each."""
        scaled, known = rows / bank["scale"], bank["rows"]
        apart = None if videos is None else (videos, bank["videos"])
        width, height = np.exp(rows[:, :2].astype(np.float64)).T
        return {
            "width": width,
            "area": width * height,
            "log-width": rows[:, 0],
            "size": neighbour_distance(scaled[:, :2], known[:, :2], self.config.neighbours, apart),
            "place": _rareness(scaled, bank),
        }


def _fitted(scaled: Rows) -> dict[str, NDArray[Any]]:
    """A mixture of Gaussians of (m, 4)."""
    from sklearn.mixture import GaussianMixture

    enough = np.resize(scaled, (max(2, len(scaled)), scaled.shape[1]))
    mixture = GaussianMixture(
        min(COMPONENTS, len(enough)),
        reg_covar=1e-3,  # in squared deviations; boxes in a column of pixels have no spread
        max_iter=300,
        init_params="k-means++",
        random_state=0,
    ).fit(enough.astype(np.float64))
    return {name: getattr(mixture, name) for name in FITTED}


def _rareness(scaled: Rows, bank: Any) -> NDArray[np.float64]:
    """(n, 4) -> (n,): -log density."""
    from sklearn.mixture import GaussianMixture

    if not len(scaled):
        return np.empty(0)
    mixture = GaussianMixture(len(bank["weights_"]))
    for name in FITTED:
        setattr(mixture, name, bank[name])
    return -np.asarray(mixture.score_samples(scaled.astype(np.float64)))

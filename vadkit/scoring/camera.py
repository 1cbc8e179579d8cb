"""Whether a video is of a camera that the model was trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.links import chains
from vadkit.data.units import Units
from vadkit.errors import OtherCameraError
from vadkit.recipe import ScoreName
from vadkit.recipe.schema import Calibrate
from vadkit.scoring.calibration import USUAL, Normal, tails
from vadkit.scoring.evidence import EvidenceScores, ScoreTables

TAIL = Calibrate(kind="tail")
LEAST_SHARE = 0.1
"""Of a video's objects that look usual, before the camera on which training video was taken."""
FEWEST, SHORTEST = 5, 5
"""Objects that say something of a camera, and frames through which one has to be followed."""


def refuse_other_camera(
    tables: ScoreTables, normal: Mapping[str, Normal], telling: Iterable[ScoreName]
) -> None:
    """Refuse a video in which next to no object looks usual.

    Args:
        tables: Its objects, and how unusual each is.
        normal: Evidence part -> training objects.
        telling: The attributes that tell cameras apart.

    Raises:
        OtherCameraError: It is such a video.
    """
    for sentence in other_cameras(tables, normal, telling):
        raise OtherCameraError(
            f"{sentence} So scores mean nothing.",
            "Train on normal video of this camera, or score it all the same: --any-camera, "
            "from Python load_run(any_camera=True).",
        )


def unlike_training(evidence: EvidenceScores) -> list[str]:
    """A sentence for each test video of a run in which next to no object looks usual.

    Who has labels may want the figures; whoever scores such a video later gets none.
    """
    parts = {name.task for name in evidence.telling}
    return other_cameras(evidence.tables(parts), evidence.normal(parts), evidence.telling)


def other_cameras(
    tables: ScoreTables, normal: Mapping[str, Normal], telling: Iterable[ScoreName]
) -> list[str]:
    """A sentence for each video in which next to no object looks usual; arguments as above."""
    return [
        f"{video}: {1 - share:.0%} of its objects look unlike any in training ({name}), "
        "so it is not of a camera that the run was trained on."
        for name in telling
        if name.task in normal
        for video, share in usual_shares(*tables[name], normal[name.task], name).items()
        if share < LEAST_SHARE
    ]


def usual_shares(
    units: Units, values: NDArray[np.floating[Any]], normal: Normal, name: ScoreName
) -> dict[str, float]:
    """The share of each video's objects that look usual, where there are enough of them.

    An object is followed along its links, and as unusual as the median of its boxes.

    Args:
        units: The objects.
        values: (n,) how unusual each is.
        normal: The training objects.
        name: Which of their attributes it is.
    """
    answers = tails(units, [np.asarray(values)], normal, [normal.scores[name]], TAIL)[0]
    usual: dict[str, list[bool]] = defaultdict(list)
    for rows in (rows for rows in chains(units) if len(rows) >= SHORTEST):
        video = units.videos[units.video[rows[0]]]
        usual[video].append(float(np.median(answers[rows])) <= USUAL)
    return {video: float(np.mean(of)) for video, of in usual.items() if len(of) >= FEWEST}

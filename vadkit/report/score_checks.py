"""What is wrong with anybody's files as a whole: no counterpart, another length, nothing said."""

from __future__ import annotations

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.errors import DataError

Places = Mapping[str, Path | str]
"""Video -> the file that something of it is in, or words for it."""
Values = Mapping[str, NDArray[Any]]
"""Video -> (frames,) scores or labels."""


def check_counterparts(places: Places, others: Container[str], where: Path | str) -> None:
    """Refuse what is of a video that the others lack.

    Args:
        places: Video -> the file that has something of it, or words for it.
        others: The videos that have the counterpart.
        where: The folder of the counterparts.

    Raises:
        DataError: There is such a video; the message names its file.
    """
    if alone := [str(place) for video, place in places.items() if video not in others]:
        raise DataError(
            f"{', '.join(alone)}: no counterpart in {where}.",
            "Figures over part of a test set do not compare: bring both, named as the video is.",
        )


def check_lengths(
    paths: Places,
    scores: Values,
    places: Places,
    labels: Values,
) -> None:
    """Refuse a file that has more or fewer scores than its video has labels.

    Raises:
        DataError: There is one; the message names it and where the labels are.
    """
    for video, path in paths.items():
        if len(scores[video]) != len(labels[video]):
            raise DataError(
                f"{path}: {len(scores[video])} frames, {len(labels[video])} labels "
                f"({places[video]}).",
                "Every frame needs one score and one label.",
            )


def check_telling(
    paths: Places,
    scores: Values,
    labels: Values,
    source: Path | str,
) -> None:
    """Refuse what figures can be computed of, but say nothing.

    Args:
        paths: Video -> its file of scores.
        scores: Video -> (frames,).
        labels: Video -> (frames,) of 0 and 1.
        source: Where the labels are from.

    Raises:
        DataError: A file's scores are all the same, or all labels are.
    """
    hint = "An AUC of it says nothing; with --anyway it is told all the same, with a note."
    for video, path in paths.items():
        if len(scores[video]) > 1 and np.ptp(scores[video]) == 0:
            raise DataError(f"{path}: all scores are {scores[video][0]:g}.", hint)
    classes = np.unique(np.concatenate([*labels.values()]))
    if len(classes) == 1:
        kind = "anomalous" if classes[0] else "normal"
        raise DataError(f"{source}: every frame of every video is {kind}.", hint)

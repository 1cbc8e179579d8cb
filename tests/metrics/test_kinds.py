from __future__ import annotations

import numpy as np
import pytest

from vadkit.data.dataset import Track
from vadkit.metrics.kinds import kind_aucs, kind_frames

LENGTHS = {"a": 4, "b": 3}


def track(kind: str, *frames: int) -> Track:
    boxes = np.tile(np.float32([0, 0, 9, 9]), (len(frames), 1))
    return Track(kind, np.array(frames), boxes)


def test_a_kind_is_told_from_normal_frames_and_not_from_other_kinds() -> None:
    tracks = {"a": [track("run", 0), track("fall", 1, 2)], "b": [track("run", 2)]}
    kinds = kind_frames(tracks, LENGTHS)
    assert list(kinds) == ["fall", "run"]
    assert kinds["fall"]["a"].tolist() == [False, True, True, False]
    scores = {"a": np.array([5.0, 1.0, 9.0, 2.0]), "b": np.array([3.0, 0.0, 4.0])}
    labels = {"a": np.array([1, 1, 1, 0]), "b": np.array([0, 0, 1])}
    aucs = kind_aucs(scores, labels, kinds)
    assert aucs == {"fall": pytest.approx(4 / 6), "run": 1.0}


def test_tracks_of_one_kind_say_no_more_than_labels() -> None:
    assert kind_frames({"a": [track("anomaly", 1)]}, LENGTHS) == {}


def test_without_normal_frames_it_is_not_defined() -> None:
    kinds = kind_frames({"a": [track("run", 0), track("fall", 1)]}, {"a": 2})
    scores, labels = {"a": np.array([1.0, 2.0])}, {"a": np.array([1, 1])}
    assert kind_aucs(scores, labels, kinds) == {"fall": None, "run": None}

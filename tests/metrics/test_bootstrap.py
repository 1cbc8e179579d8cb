"""Intervals over test videos, against draws of whole videos made one by one."""

import numpy as np
import pytest

from vadkit.metrics.bootstrap import auc_difference_intervals, auc_intervals
from vadkit.metrics.curves import auc


def test_an_interval_is_that_of_draws_of_whole_videos() -> None:
    rng = np.random.default_rng(3)
    lengths = {"a": 40, "b": 60, "c": 30, "d": 50, "e": 20}
    labels = {name: (rng.random(n) < 0.4).astype(int) for name, n in lengths.items()}
    labels["e"][:] = 1  # one class
    scores = {name: np.round(rng.random(n) + 0.5 * labels[name], 1) for name, n in lengths.items()}
    found = auc_intervals(scores, labels, rounds=200, seed=7)
    drawn = np.random.default_rng(7).integers(0, 5, (200, 5))
    micro, macro = [], []
    for row in drawn:
        names = [list(lengths)[number] for number in row]
        micro.append(
            auc(
                np.concatenate([scores[n] for n in names]),
                np.concatenate([labels[n] for n in names]),
            )
        )
        own = [auc(scores[n], labels[n]) for n in names if n != "e"]
        macro.append(np.mean(own) if own else np.nan)
    assert found["micro"] == pytest.approx(np.quantile(micro, [0.025, 0.975]))
    assert found["macro_skipped"] == pytest.approx(np.nanquantile(macro, [0.025, 0.975]))
    assert found["videos"] == 5


def test_an_interval_of_one_class_is_none() -> None:
    found = auc_intervals({"a": np.arange(3.0)}, {"a": np.ones(3, int)}, rounds=5)
    assert found["micro"] is None
    assert found["macro_skipped"] is None


def test_a_paired_interval_is_that_of_the_same_draws() -> None:
    rng = np.random.default_rng(3)
    labels = {str(i): rng.integers(0, 2, 40) for i in range(8)}
    one = {name: of + rng.normal(0, 2, 40) for name, of in labels.items()}
    two = {name: of + rng.normal(0, 1, 40) for name, of in labels.items()}
    found = auc_difference_intervals(one, two, labels, rounds=200)
    drawn = np.random.default_rng(0).integers(0, 8, (200, 8))
    gains = []
    for draw in drawn:
        truth = np.concatenate([labels[str(i)] for i in draw])
        own = [auc(np.concatenate([of[str(i)] for i in draw]), truth) for of in (one, two)]
        gains.append(own[1] - own[0])
    assert found["micro"] == pytest.approx(np.quantile(gains, [0.025, 0.975]), abs=1e-12)
    assert found["micro"][0] > 0
    assert auc_difference_intervals(one, one, labels)["macro_skipped"] == [0, 0]

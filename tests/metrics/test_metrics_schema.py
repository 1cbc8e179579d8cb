"""`metrics.json` has one schema, and what does not fit it is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_metrics import metrics, phase

from vadkit.errors import RunBusyError
from vadkit.metrics.figures import MICRO_AUC, all_figures
from vadkit.metrics.metrics_schema import METRICS_SCHEMA, Metrics, read_phase

AUC = {"micro": 0.7, "macro_skipped": 0.1 + 0.2, "macro_padded": None}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    metrics([phase("guess", auc=AUC)]).write(tmp_path / "metrics.json")
    return tmp_path / "metrics.json"


def test_what_is_written_is_read_to_the_last_bit(path: Path) -> None:
    read = Metrics.read(path)
    assert read is not None
    assert read.tree() == json.loads(path.read_text())
    assert [read.figure(f) for f in all_figures().values()][:3] == [0.7, 0.1 + 0.2, None]
    assert read.phases[0].figure(MICRO_AUC) == 0.7
    assert (read.evaluated, read.oracle, read.best_baseline) == (True, False, None)


def test_what_was_never_set_is_not_written(path: Path) -> None:
    written = json.loads(path.read_text())
    assert {"notes", "per_video", "anomalous"} & written.keys() == set()
    assert "refit_epochs" not in written["scorer"]
    assert "preset" not in written["protocol"]


def changed(path: Path, key: str, value: Any) -> None:
    *tables, last = key.split(".")
    tree = table = json.loads(path.read_text())
    for name in tables:
        table = table[name]
    table[last] = value
    path.write_text(json.dumps(tree))


@pytest.mark.parametrize("version", [METRICS_SCHEMA - 1, METRICS_SCHEMA + 1, None, "2"])
def test_another_version_is_refused(path: Path, version: Any) -> None:
    changed(path, "schema_version", version)
    with pytest.raises(RunBusyError, match=rf"metrics\.json has schema {version!r}, this vadkit"):
        Metrics.read(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", "x"),
        ("auc.micro", "high"),
        ("protocol.hash", None),
        ("protocol.unknown", 1),
        ("phases", {}),
        ("scorer.use", 5),
    ],
)
def test_what_does_not_fit_is_named_by_its_key(path: Path, key: str, value: Any) -> None:
    changed(path, key, value)
    table = key.split(".", maxsplit=1)[0]
    with pytest.raises(RunBusyError, match=rf"metrics\.json is not as vadkit writes it: {table}"):
        Metrics.read(path)


@pytest.mark.parametrize("content", ["", "[]", '{"schema_version"'])
def test_half_a_file_is_none(path: Path, content: str) -> None:
    path.write_text(content)
    assert Metrics.read(path) is None
    assert Metrics.read(path.with_name("other.json")) is None


def test_a_phase_is_complete_with_all_figures_of_frames(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.json"
    assert read_phase(path) is None
    whole = phase("guess", auc=AUC, eer=0.1, ap=0.1).tree()
    for tree, complete in (
        (whole, True),
        (phase("guess").tree(), True),  # not evaluated, which is known
        ({key: value for key, value in whole.items() if key != "ap"}, False),
        ({**whole, "auc": {"micro": 0.7}}, False),
    ):
        path.write_text(json.dumps(tree))
        read = read_phase(path)
        assert read is not None
        assert read.complete is complete
    path.write_text('{"number": 1}')
    assert read_phase(path) is None

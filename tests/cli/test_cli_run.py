"""`vadkit run` and `vadkit score` pass on what they are given and say what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from made_metrics import metrics, phase

from vadkit.cli import execute
from vadkit.cli.training import say_summary
from vadkit.errors import DataError
from vadkit.utils.threads import decoder_threads


def _module(monkeypatch: pytest.MonkeyPatch, name: str, **names: Any) -> None:
    """Stand in for a module that would import torch."""
    module = ModuleType(name)
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, name, module)


def test_summary_shows_phases_baselines_and_protocol(tmp_path: Path, capsys) -> None:
    published = {"published": {"auc": {"micro": 0.75, "macro_padded": 0.8}}}
    phases = [
        phase("guess", 1, auc={"micro": 0.91234, "macro_padded": None}, also=published),
        phase("tell", 2),
    ]
    tree = metrics(phases).tree()
    tree["protocol"] |= {"macro": "padded", "borders": {"first": 4}}
    made = metrics(
        phases,
        protocol=tree["protocol"],
        scorer={**tree["scorer"], "cap": 4.5},
        baselines={"widest box": {"micro": 0.5, "macro_padded": 0.6}},
        notes=["one thing is odd"],
    )
    made.write(tmp_path / "metrics.json")
    say_summary(tmp_path)
    out = capsys.readouterr().out
    assert "micro AUC  macro AUC, padded  of\n" in out
    assert "0.912      -                  after phase 1, guess" in out
    assert "0.750      0.800              after phase 1, guess; protocol published" in out
    assert "-          -                  after phase 2, tell" in out
    assert "0.500      0.600              widest box alone" in out
    assert "Protocol abc: " in out
    assert "smoothing: median 17" in out
    assert "borders: 4 and 0 frames, drop; labels: pixels" in out
    assert "\nProtocol main: the rule found the cap 4.5.\n" in out
    assert "Note: one thing is odd" in out
    assert out.splitlines()[-1] == str(tmp_path)


def test_summary_of_a_run_without_labels_is_its_folder(tmp_path: Path, capsys) -> None:
    say_summary(tmp_path)
    assert capsys.readouterr().out == f"{tmp_path}\n"


def test_run_passes_on_what_it_is_given(tmp_path: Path, monkeypatch, capsys) -> None:
    seen: dict[str, Any] = {}

    def run(bound: Any, **given: Any) -> Path:
        seen.update(recipe=bound.recipe, **given)
        return tmp_path

    _module(monkeypatch, "vadkit.experiment.run", run=run)
    monkeypatch.chdir(tmp_path)
    words = ["run", "smoke", "--out", "here", "--seed", "5", "--threads", "2", "--device", "cuda"]
    words += ["--strict"]
    more = ["--data", "ped2=there", "--boxes", "b.csv", "--set", "phase.0.epochs=9"]
    assert execute([*words, *more]) == 0
    assert (seen["name"], seen["out"], seen["device"]) == ("smoke", Path("here"), "cuda")
    assert seen["strict"] is True
    assert seen["source"].read_text().startswith("#")
    recipe = seen["recipe"]
    assert (recipe.seed, recipe.threads, recipe.phase[0].epochs) == (5, 2, 9)
    assert recipe.data["target"].path == tmp_path / "there"
    assert recipe.objects.detectors[0].options["path"] == str(tmp_path / "b.csv")


def test_score_takes_as_many_threads_as_it_is_told(monkeypatch, capsys) -> None:
    counts: list[int] = []

    def score_videos(*_: Any, **__: Any) -> tuple[list[Path], list[Any]]:
        counts.append(decoder_threads())
        return [], []

    monkeypatch.setattr("vadkit.utils.threads.usable_cores", lambda: 2)
    scorer = SimpleNamespace(of_run=lambda *given, **named: named)
    _module(monkeypatch, "vadkit.score", Scorer=scorer, score_videos=score_videos)
    _module(monkeypatch, "vadkit.runs.folder", RunFolder=SimpleNamespace(open=lambda path: path))
    assert execute(["score", "a.mp4", "--run", "r", "--threads", "3"]) == 0
    assert counts == [3]
    assert execute(["score", "a.mp4", "--run", "r", "--threads", "0"]) == 2
    assert "--threads" in capsys.readouterr().err


@pytest.mark.parametrize(("failures", "code"), [(0, 0), (1, 3), (2, 4)])
def test_score_tells_what_failed(tmp_path: Path, monkeypatch, capsys, failures, code) -> None:
    def score_videos(
        sources: list[Path], scorer: Any, out: Path, *_: Any, **__: Any
    ) -> tuple[list[Path], list[Any]]:
        failed = [DataError(f"{source} is broken.") for source in sources[:failures]]
        return [out / source.name for source in sources[failures:]], failed

    scorer = SimpleNamespace(of_run=lambda *given, **named: named)
    _module(monkeypatch, "vadkit.score", Scorer=scorer, score_videos=score_videos)
    _module(monkeypatch, "vadkit.runs.folder", RunFolder=SimpleNamespace(open=lambda path: path))
    assert execute(["score", "a.mp4", "b.mp4", "--run", "r", "--out", "o"]) == code
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2 - failures
    assert captured.err.count("is broken") == failures

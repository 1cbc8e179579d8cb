"""`vadkit check-task` says which checks failed, how many ran, and what could not be checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from vadkit.cli import execute

PLUGIN = """
from dataclasses import dataclass
from vadkit.api import Sampling, TaskCard, hookimpl

@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 3
    \"\"\"Frames of the clip.\"\"\"

@hookimpl
def vadkit_tasks():
    return [TaskCard(name="light", summary="A test.", level="visual", config=Config, api=2,
                     load="light_class:Light", sampling=lambda c: Sampling(frames=c.frames),
                     extra={extra!r})]
"""
CLASS = """
{first}
from vadkit.api import Task, Views, mse, squared_error

class Light(Task):
    def views(self, batch, rng, training):
        clip = batch.clips
        return Views({{"clip": clip}}, {{"clip": clip}})

    def head(self, shapes):
        {head}
        return shapes.heads.decoder(frames=3)

    def loss(self, outputs, targets):
        return {{"l2": mse(outputs["clip"], targets["clip"])}}

    def score(self, outputs, targets):
        return {{"error": squared_error(outputs["clip"], targets["clip"]){wrong}}}
"""

NOT_CHECKED = "corruption: not checked. The card names none that raises a score (`raised_by`)."


def _plugin(
    site, extra: str | None = None, first: str = "", head: str = "", wrong: str = ""
) -> None:
    site.module("light_class", CLASS.format(first=first, head=head, wrong=wrong))
    site.module("light_card", PLUGIN.format(extra=extra))
    site.distribution("vadkit-light", "light = light_card")


def test_good_task_passes_and_the_checks_are_counted(site, capsys) -> None:
    _plugin(site)
    assert execute(["check-task", "light"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "light: 15 of 15 checks passed",
        f"  {NOT_CHECKED}",
        "15 of 15 checks passed; tasks: 1 passed, 0 failed, 0 not checked",
    ]


def test_task_in_one_file_is_checked(site, tmp_path: Path, capsys) -> None:
    site.module("light_class", CLASS.format(first="", head="", wrong=""))
    file = tmp_path / "light_file.py"
    file.write_text(PLUGIN.format(extra=None))
    assert execute(["check-task", "light", "--plugin", str(file)]) == 0
    assert "light: 15 of 15 checks passed" in capsys.readouterr().out


def test_failed_checks_are_told_with_their_sentences(site, capsys) -> None:
    _plugin(site, wrong=".mean()")
    assert execute(["check-task", "light"]) == 5
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0] == "light: 13 of 15 checks passed"
    assert lines[1] == "  score: The task 'light' has a score 'error' (), not (B,) or (B, h, w)."
    assert lines[2].startswith("  alone: The task 'light' fails in the check 'alone'")
    assert lines[3] == f"  {NOT_CHECKED}"
    assert lines[4] == "13 of 15 checks passed; tasks: 0 passed, 1 failed, 0 not checked"
    assert "These tasks break the contract: light." in captured.err


@pytest.mark.parametrize(
    "broken",
    [
        {"first": "import no_such_library"},
        {"first": "raise RuntimeError('operator nms does not exist')"},
        {"head": "import no_such_library"},
    ],
    ids=["missing", "broken", "missing when the head is built"],
)
def test_task_without_its_library_is_not_checked(site, capsys, broken: dict[str, str]) -> None:
    _plugin(site, extra="big", **broken)
    assert execute(["check-task", "light"]) == 5
    captured = capsys.readouterr()
    first, total = captured.out.splitlines()
    assert first.startswith("light: not checked. The task 'light' of vadkit-light cannot be")
    assert first.endswith('Try: pip install "vadkit-light[big]"')
    assert total == "0 of 0 checks passed; tasks: 0 passed, 0 failed, 1 not checked"
    assert "No task could be checked." in captured.err


def test_fault_beside_a_missing_library_is_told(site, capsys) -> None:
    _plugin(site, extra="big", head="import no_such_library")
    card = site.folder / "light_card.py"
    card.write_text(card.read_text().replace("Frames of the clip.", "").replace('"""', ""))
    assert execute(["check-task", "light"]) == 5
    out = capsys.readouterr().out
    assert "options: The task 'light' has options without a docstring: frames." in out
    assert "1 failed, 0 not checked" in out


def test_fault_of_the_class_is_not_a_missing_library(site, capsys) -> None:
    _plugin(site, extra="big", first="1 / 0")
    assert execute(["check-task", "light"]) == 5
    assert "1 failed, 0 not checked" in capsys.readouterr().out


def test_library_that_no_extra_installs_is_a_failure(site, capsys) -> None:
    _plugin(site, first="import no_such_library")
    assert execute(["check-task", "light"]) == 5
    out = capsys.readouterr().out
    assert "light: 3 of 15 checks passed" in out
    assert "No module named 'no_such_library'" in out
    assert "1 failed, 0 not checked" in out


@pytest.mark.slow
def test_all_covers_every_installed_task(site, capsys) -> None:
    from vadkit.registry.registry import load_plugins

    _plugin(site, extra="big", first="import no_such_library")
    names = [offer.card.name for offer in load_plugins().offers("task")]
    assert execute(["check-task", "--all"]) == 0
    *lines, total = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines if line[0] != " "] == names
    assert total.endswith(f"tasks: {len(names) - 1} passed, 0 failed, 1 not checked")


@pytest.mark.parametrize("words", [[], ["jigsaw", "--all"]])
def test_one_task_or_all(words: list[str], capsys) -> None:
    assert execute(["check-task", *words]) == 2
    assert "the name of a task, or --all" in capsys.readouterr().err


def test_unknown_task_is_a_plugin_error(capsys) -> None:
    assert execute(["check-task", "jigsow"]) == 5
    assert "Did you mean 'jigsaw'?" in capsys.readouterr().err
    assert execute(["check-task", ""]) == 5

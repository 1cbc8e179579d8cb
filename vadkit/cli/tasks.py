"""For those who write tasks: a new one's folder, and the conformance kit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, cast

import typer

from vadkit.cli import options
from vadkit.cli.output import clean, say
from vadkit.errors import DataError, PluginError, RecipeError
from vadkit.registry.cards import TaskCard
from vadkit.registry.discovery import normal_name, one_line
from vadkit.registry.registry import Offer, Registry

_NAME = re.compile(r"[a-z]([a-z0-9_-]{0,62}[a-z0-9])?")
_TEMPLATE = Path(__file__).parents[1] / "templates" / "task"
_SUFFIX = ".jinja"
_ABSENT = (ImportError, OSError, RuntimeError)
"""What a library raises on import where it is missing or broken; other errors are the task's."""


def new_task(
    name: Annotated[str, typer.Argument(metavar="NAME", help="How recipes shall call it.")],
    parent: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Where; here if not given.")
    ] = None,
) -> None:
    """Write the folder of a new task: it can be installed, and its tests pass."""
    _refuse_name(name, options.registry())
    folder = (parent or Path()) / f"vadkit-{name}"
    files = dict(_files(name))
    try:
        folder.mkdir(parents=True)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8", newline="\n")
    except FileExistsError:
        raise RecipeError(f"{folder} exists.", "Choose another name, or --dir.") from None
    except OSError as error:
        raise RecipeError(f"{folder} cannot be written: {error.strerror}.") from error
    say(str(folder))


def _refuse_name(name: str, registry: Registry) -> None:
    if not _NAME.fullmatch(name):
        expected = "1 to 64 of a-z, 0-9, _ and -, the first a letter, the last no _ or -"
        raise RecipeError(f"{name!r} cannot be a task's name, expected {expected}.")
    for offer in registry.offers("task"):
        if normal_name(offer.card.name) == normal_name(name):
            source = offer.plugin.distribution
            raise RecipeError(f"The task {offer.card.name!r} of {source} has that name.")
    if find_spec(_module(name)):
        raise RecipeError(f"A module {_module(name)} is installed.", "Choose another name.")


def _files(name: str) -> Iterator[tuple[str, str]]:
    """(path, text) of every file; NAME in a template's path stands for the task's name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - no HTML
        loader=FileSystemLoader(_TEMPLATE), undefined=StrictUndefined, keep_trailing_newline=True
    )
    stem = name.replace("-", "_")
    # A class's name that is neither a keyword nor one that the module imports.
    class_name = "".join(part.capitalize() for part in re.split("[-_]", name)) + "Task"
    words = {"name": name, "stem": stem, "module": _module(name), "cls": class_name}
    for template in environment.list_templates(filter_func=lambda path: path.endswith(_SUFFIX)):
        path = template.removesuffix(_SUFFIX).replace("NAME", stem)
        yield path, environment.get_template(template).render(words)


def _module(name: str) -> str:
    return f"vadkit_{name.replace('-', '_')}"


def check_task(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A task.")] = None,
    all_tasks: Annotated[bool, typer.Option("--all", help="Every installed task.")] = False,
    plugin: options.Plugins = None,
) -> None:
    """Check that a task keeps its contract, with the conformance kit."""
    if (name is None) is not all_tasks:
        raise RecipeError("check-task takes the name of a task, or --all.")
    registry = options.registry(plugin)
    offers = registry.offers("task") if name is None else [registry.offer("task", name)]
    outcomes = []
    for offer in offers:
        outcomes.append(_outcome(offer, registry))
        outcomes[-1].tell()  # now: the next may take long
    checked = [outcome for outcome in outcomes if not outcome.missing]
    failed = [outcome.name for outcome in checked if outcome.failed]
    passed = sum(outcome.passed for outcome in checked)
    ran = sum(outcome.ran for outcome in checked)
    say(
        f"{passed} of {ran} checks passed; tasks: {len(checked) - len(failed)} passed, "
        f"{len(failed)} failed, {len(outcomes) - len(checked)} not checked"
    )
    if failed:
        raise PluginError(f"These tasks break the contract: {', '.join(failed)}.")
    if not checked:
        raise PluginError("No task could be checked.")


def check_evidence(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An evidence part.")],
    plugin: options.Plugins = None,
) -> None:
    """Check that an evidence part keeps its contract, with the conformance kit."""
    from vadkit.recipe.bindings import EvidenceBinding
    from vadkit.testing import evidence_checks as kit

    binding = EvidenceBinding("evidence", name, {}, options.registry(plugin))
    if isinstance(found := binding.here(), str):
        raise DataError(f"The evidence part {name!r} cannot be checked: {found}.", "Put it there.")
    outcomes = kit.check_evidence(binding.card, replace(binding, options=found).create())
    failed = {check_name: error for check_name, error in outcomes if error}
    for check_name, error in failed.items():
        say(clean(f"{name}: {check_name} failed. {error}"))
    say(f"{len(kit.EVIDENCE_CHECKS) - len(failed)} of {len(kit.EVIDENCE_CHECKS)} checks passed")
    if failed:
        raise PluginError(f"The evidence part {name!r} breaks the contract.")


@dataclass(frozen=True)
class _Outcome:
    """What the kit found out about one task."""

    name: str
    ran: int = 0
    """Checks that ran."""
    failed: Mapping[str, PluginError] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Checks that the card leaves out -> why."""
    missing: PluginError | None = None
    """The optional library without which nothing could be checked."""

    @property
    def passed(self) -> int:
        return self.ran - len(self.failed)

    def tell(self) -> None:
        if self.missing:
            say(clean(f"{self.name}: not checked. {self.missing}"))
            return
        say(f"{self.name}: {self.passed} of {self.ran} checks passed")
        for check, error in self.failed.items():
            say(clean(f"  {check}: {error}"))
        for check, reason in self.left_out.items():
            say(clean(f"  {check}: not checked. {reason}"))


def _outcome(offer: Offer, registry: Registry) -> _Outcome:
    """Run the kit, unless what the card's `extra` installs is missing or broken."""
    from vadkit.testing import not_checked, task_checks

    card, name = cast(TaskCard, offer.card), offer.card.name
    try:
        registry.load(card)
    except PluginError as error:
        if card.extra and isinstance(error.__cause__, _ABSENT):
            return _Outcome(name, missing=error)
    checks = task_checks(card)
    failed: dict[str, PluginError] = {}
    for check in checks:
        try:
            check()
        except PluginError as error:
            failed[check.name] = error
    causes = [error.__cause__ for error in failed.values()]
    late = [cause for cause in causes if isinstance(cause, ImportError)]
    if card.extra and late and len(late) == len(failed):
        return _Outcome(name, missing=registry.unloadable(card, one_line(late[0])))
    return _Outcome(name, len(checks), failed, not_checked(card))

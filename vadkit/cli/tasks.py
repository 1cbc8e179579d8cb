"""For those who write tasks: a new one's folder, and the conformance kit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from vadkit.cli import options
from vadkit.cli.output import clean, say
from vadkit.errors import PluginError, RecipeError
from vadkit.registry.cards import TaskCard
from vadkit.registry.discovery import one_line
from vadkit.registry.registry import Offer, Registry

if TYPE_CHECKING:
    from vadkit.testing import Check

_ABSENT = (ImportError, OSError, RuntimeError)
"""What a library raises on import where it is missing or broken; other errors are the task's."""


def new_task(
    name: Annotated[str, typer.Argument(metavar="NAME", help="How recipes shall call it.")],
    parent: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Where; here if not given.")
    ] = None,
) -> None:
    """Write the folder of a new task: it can be installed, and its tests pass."""
    from vadkit.cli.scaffold import new_task as write

    folder = write(name, parent or Path(), options.registry())
    say(str(folder))


def check_task(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A task.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every installed task.")] = False,
    plugin: options.Plugins = None,
) -> None:
    """Check that a task keeps its contract, with the conformance kit."""
    if (name is None) is not every:
        raise RecipeError("check-task takes the name of a task, or --all.")
    registry = options.registry(plugin)
    offers = registry.offers("task") if name is None else [registry.offer("task", name)]
    outcomes = []
    for offer in offers:
        outcomes.append(_outcome(offer, registry))
        _tell(outcomes[-1])  # now: the next may take long
    _conclude(outcomes)


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
    failed = {check.name: error for check in checks for error in _failure(check)}
    causes = [error.__cause__ for error in failed.values()]
    late = [cause for cause in causes if isinstance(cause, ImportError)]
    if card.extra and late and len(late) == len(failed):
        return _Outcome(name, missing=registry.unloadable(card, one_line(late[0])))
    return _Outcome(name, len(checks), failed, not_checked(card))


def _failure(check: Check) -> list[PluginError]:
    """What is wrong, or nothing."""
    try:
        check()
    except PluginError as error:
        return [error]
    return []


def _tell(outcome: _Outcome) -> None:
    if outcome.missing:
        say(clean(f"{outcome.name}: not checked. {outcome.missing}"))
        return
    passed = outcome.ran - len(outcome.failed)
    say(f"{outcome.name}: {passed} of {outcome.ran} checks passed")
    for check, error in outcome.failed.items():
        say(clean(f"  {check}: {error}"))
    for check, reason in outcome.left_out.items():
        say(clean(f"  {check}: not checked. {reason}"))


def _conclude(outcomes: Sequence[_Outcome]) -> None:
    """Print the totals.

    Raises:
        PluginError: A check failed, or none could run.
    """
    checked = [outcome for outcome in outcomes if not outcome.missing]
    ran = sum(outcome.ran for outcome in checked)
    bad = [outcome.name for outcome in checked if outcome.failed]
    passed = ran - sum(len(outcome.failed) for outcome in checked)
    unchecked = len(outcomes) - len(checked)
    say(
        f"{passed} of {ran} checks passed; tasks: {len(checked) - len(bad)} passed, "
        f"{len(bad)} failed, {unchecked} not checked"
    )
    if bad:
        raise PluginError(f"These tasks break the contract: {', '.join(bad)}.")
    if not checked:
        raise PluginError("No task could be checked.")

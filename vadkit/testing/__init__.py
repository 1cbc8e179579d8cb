"""The conformance kit: what every task must keep to, as named checks that any test can run.

    @pytest.mark.parametrize("check", task_checks(CARD), ids=str)
    def test_my_task(check):
        check()

The checks are the host's: a plugin passes its card, and can leave out only what the card exempts
it from, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from vadkit.errors import PluginError
from vadkit.registry.cards import TaskCard
from vadkit.testing.card_checks import CARD_CHECKS
from vadkit.testing.learning_checks import LEARNING_CHECKS, SCORE_LEARNING_CHECKS
from vadkit.testing.task_checks import SCORING_CHECKS, TRAINING_CHECKS

__all__ = ["Check", "check_task", "not_checked", "task_checks"]


@dataclass(frozen=True)
class Check:
    """One property of one task; call it to check it.

    Raises:
        PluginError: The task breaks the contract; the sentence says how.
    """

    name: str
    card: TaskCard
    config: Any
    run: Callable[[TaskCard, Any], None]

    def __call__(self) -> None:
        try:
            with _one_thread():
                self.run(self.card, self.config)
        except PluginError:
            raise
        except Exception as error:
            raise PluginError(
                f"The task {self.card.name!r} fails in the check {self.name!r}: "
                f"{type(error).__name__}: {error}"
            ) from error

    def __str__(self) -> str:
        return f"{self.card.name}-{self.name}"


@contextmanager
def _one_thread() -> Iterator[None]:
    """More gain nothing on tensors so small, and would let a result depend on the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def task_checks(card: TaskCard, config: Any = None) -> list[Check]:
    """Every check of one task, but for those that `not_checked` names.

    Args:
        card: The task's card.
        config: Options to check it with; the defaults where not given.
    """
    options = card.config() if config is None else config
    checks = {**CARD_CHECKS, **TRAINING_CHECKS, **LEARNING_CHECKS}
    if card.scored:
        checks |= {**SCORING_CHECKS, **SCORE_LEARNING_CHECKS}
    left_out = not_checked(card, options)
    return [Check(name, card, options, run) for name, run in checks.items() if name not in left_out]


def not_checked(card: TaskCard, config: Any = None) -> dict[str, str]:
    """Name of each check that is left out -> why; arguments as those of `task_checks`."""
    reasons = dict(card.exempt)
    if card.scored and not card.raised_by:
        reasons.setdefault("corruption", "The card names none that raises a score (`raised_by`).")
    elif card.scored and config is not None and config != card.config():
        reasons["corruption"] = "The card speaks of its default options (`raised_by`)."
    return reasons


def check_task(card: TaskCard, config: Any = None) -> dict[str, str]:
    """Run every check: name of each one that failed -> what is wrong; empty if all is well."""
    failed = {}
    for check in task_checks(card, config):
        try:
            check()
        except PluginError as error:
            failed[check.name] = str(error)
    return failed

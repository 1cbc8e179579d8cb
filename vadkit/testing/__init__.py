"""The conformance kit: what every task must keep to, as named checks that any test can run.

    @pytest.mark.parametrize("check", task_checks(CARD), ids=str)
    def test_my_task(check):
        check()

The checks are the host's: a plugin passes its card, and can leave none of them out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vadkit.errors import PluginError
from vadkit.registry.cards import TaskCard
from vadkit.testing.card_checks import CARD_CHECKS
from vadkit.testing.task_checks import SCORING_CHECKS, TRAINING_CHECKS

__all__ = ["Check", "check_task", "task_checks"]


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


def task_checks(card: TaskCard, config: Any = None) -> list[Check]:
    """Every check of one task.

    Args:
        card: The task's card.
        config: Options to check it with; the defaults where not given.
    """
    options = card.config() if config is None else config
    checks = {**CARD_CHECKS, **TRAINING_CHECKS, **(SCORING_CHECKS if card.scored else {})}
    return [Check(name, card, options, run) for name, run in checks.items()]


def check_task(card: TaskCard, config: Any = None) -> dict[str, str]:
    """Run every check: name of each one that failed -> what is wrong; empty if all is well."""
    failed = {}
    for check in task_checks(card, config):
        try:
            check()
        except PluginError as error:
            failed[check.name] = str(error)
    return failed

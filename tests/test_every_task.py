"""Every installed task passes every check of the conformance kit."""

from __future__ import annotations

import pytest

from vadkit.registry.cards import TaskCard
from vadkit.registry.registry import load_plugins
from vadkit.testing import Check, not_checked, task_checks

CARDS = [card for card in load_plugins().cards("task") if isinstance(card, TaskCard)]


def test_tasks_are_installed() -> None:
    assert {"prediction", "jigsaw"} <= {card.name for card in CARDS}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_what_is_not_checked_has_a_reason_on_the_card(card: TaskCard) -> None:
    assert not_checked(card) == card.exempt


@pytest.mark.parametrize("check", [check for card in CARDS for check in task_checks(card)], ids=str)
def test_task_conforms(check: Check) -> None:
    check()

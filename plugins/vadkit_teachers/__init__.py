"""Teachers: fixed models, and rules that need no weights, that answer what tasks need."""

from __future__ import annotations

from vadkit.api import TeacherCard, hookimpl
from vadkit_teachers import flow_cards, language_cards, object_cards, scene_cards


@hookimpl
def vadkit_teachers() -> list[TeacherCard]:
    cards = (scene_cards, flow_cards, object_cards, language_cards)
    return [card for module in cards for card in module.CARDS]

"""Teachers: fixed models, and rules that need no weights, that answer what tasks need."""

from __future__ import annotations

from vadkit.api import TeacherCard, hookimpl
from vadkit_teachers import frame_cards, object_cards


@hookimpl
def vadkit_teachers() -> list[TeacherCard]:
    return [*frame_cards.CARDS, *object_cards.CARDS]

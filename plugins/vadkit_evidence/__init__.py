"""Evidence that needs no training: how large, how fast and how an object moves, how it looks."""

from vadkit.api import EvidenceCard, hookimpl
from vadkit_evidence.cards import APPEARANCE, BOX, MOTION


@hookimpl
def vadkit_evidence() -> list[EvidenceCard]:
    return [BOX, MOTION, APPEARANCE]

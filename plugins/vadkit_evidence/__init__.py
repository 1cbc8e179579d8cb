"""Evidence that needs no training: how large, fast and strange an object is, and its posture."""

from vadkit.api import EvidenceCard, hookimpl
from vadkit_evidence.cards import APPEARANCE, BOX, MOTION, POSTURE


@hookimpl
def vadkit_evidence() -> list[EvidenceCard]:
    return [BOX, MOTION, APPEARANCE, POSTURE]

"""Evidence that needs no training: size, motion, looks, posture and ground of an object."""

from vadkit.api import EvidenceCard, hookimpl
from vadkit_evidence.cards import APPEARANCE, BOX, GROUND, MOTION, POSTURE


@hookimpl
def vadkit_evidence() -> list[EvidenceCard]:
    return [BOX, MOTION, APPEARANCE, POSTURE, GROUND]

"""Articulated people: how they look and how their joints move."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import NamedTuple

from vadkit_plaza.shapes import Hull, Limb, Point, Shape, ball, far_to_near

SKIN, HAIR, TOP, SLEEVE, LEGS, SHOES, BAG, DOME, STICK = range(1, 10)


@dataclass(frozen=True, kw_only=True)
class Look:
    """A person's body and belongings; lengths are shares of the height."""

    height: float = 1.75
    """Metres."""
    girth: float = 1.0
    """Factor on every thickness."""
    head: float = 0.068
    """Radius of the head."""
    legs: float = 0.53
    """Length of the legs."""
    skirt: bool = False
    bag: str = ""
    """"", "hand", "back" or "case"."""
    umbrella: bool = False
    hat: bool = False


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Joint angles in radians."""

    phase: float
    """Position in the double step, 2·pi a cycle."""
    stride: float = 0.42
    """Swing of the thighs."""
    knee: float = 0.95
    """Bend of the knee as its leg swings forward."""
    squat: float = 0.0
    """Share of a full squat, 0 to 1."""
    lean: float = 0.06
    """Of the trunk, forward."""
    arms: float = 0.45
    """Swing of the arms."""
    elbow: float = 0.35
    reach: tuple[float | None, float | None] = (None, None)
    """Angle of the left and right arm from hanging to forward, where it doesn't swing."""
    tilt: float = 0.0
    """Of the whole body about the feet, forward: pi/2 lies flat."""
    sway: float = 0.0
    """Of the trunk to the left."""


class Stance(NamedTuple):
    """Where a body stands and faces; turns body coordinates into points."""

    x: float
    z: float
    heading: float
    """0 faces right, pi/2 away from the camera."""
    tilt: float = 0.0

    def at(self, forward: float, left: float, up: float) -> Point:
        """The point so many metres forward, left and up from the feet."""
        if self.tilt:
            turn, rise = cos(self.tilt), sin(self.tilt)
            forward, up = forward * turn + up * rise, up * turn - forward * rise
        c, s = cos(self.heading), sin(self.heading)
        return (self.x + forward * c - left * s, max(up, 0.04), self.z + forward * s + left * c)


class _Leg(NamedTuple):
    """Forward and up of the joints, from the hip."""

    knee: tuple[float, float]
    ankle: tuple[float, float]


def _leg(look: Look, pose: Pose, phase: float) -> _Leg:
    thigh = pose.stride * sin(phase) + 1.75 * pose.squat
    bend = pose.knee * pose.stride / 0.42 * max(0.0, cos(phase)) ** 1.5 + 0.08 + 2.5 * pose.squat
    length = look.legs * look.height / 2
    knee = (length * sin(thigh), -length * cos(thigh))
    shin = thigh - bend
    return _Leg(knee, (knee[0] + length * sin(shin), knee[1] - length * cos(shin)))


def step_length(look: Look, stride: float) -> float:
    """Metres a double step takes a body forward without its feet sliding."""
    return 4 * look.legs * look.height * sin(stride)


def person(look: Look, x: float, z: float, heading: float, pose: Pose) -> list[Shape]:
    """The shapes of a person.

    Args:
        look: The body.
        x: Metres to the right.
        z: Metres away.
        heading: Direction faced, in radians.
        pose: The joints.
    """
    stance = Stance(x, z, heading, pose.tilt)
    legs = (_leg(look, pose, pose.phase), _leg(look, pose, pose.phase + pi))
    pelvis = max(-leg.ankle[1] for leg in legs) + 0.045 * look.height
    shapes = [shape for n, leg in enumerate(legs) for shape in _legs(look, stance, pelvis, leg, n)]
    shapes += _trunk(look, stance, pelvis, pose)
    return far_to_near(shapes + _belongings(look, stance, pelvis))


def _legs(look: Look, stance: Stance, pelvis: float, leg: _Leg, number: int) -> list[Shape]:
    h, side = look.height, (0.055 if number else -0.055) * look.height * look.girth
    hip = stance.at(0, side, pelvis)
    knee = stance.at(leg.knee[0], side, pelvis + leg.knee[1])
    ankle = stance.at(leg.ankle[0], side, pelvis + leg.ankle[1])
    toe = stance.at(leg.ankle[0] + 0.09 * h, side, pelvis + leg.ankle[1] - 0.02 * h)
    return [
        Limb(ankle, toe, 0.024 * h, SHOES),
        Limb(knee, ankle, 0.034 * h * look.girth, SKIN if look.skirt else LEGS),
        Limb(hip, knee, 0.047 * h * look.girth, LEGS),
    ]


def _trunk(look: Look, stance: Stance, pelvis: float, pose: Pose) -> list[Shape]:
    h = look.height
    spine = (0.82 - look.legs) * h

    def on_spine(share: float, left: float) -> Point:
        up = spine * share
        forward = up * sin(pose.lean)
        return stance.at(forward, left + up * sin(pose.sway), pelvis + up * cos(pose.lean))

    wide, hips, thick = 0.095 * h, 0.05 * h, 0.055 * h * look.girth
    shapes: list[Shape] = [
        Limb(on_spine(0, -hips), on_spine(0.95, -wide * 0.7), thick, TOP),
        Limb(on_spine(0, hips), on_spine(0.95, wide * 0.7), thick, TOP),
        Limb(on_spine(0, 0), on_spine(0.95, 0), thick, TOP),
    ]
    if look.skirt:
        shapes.append(Limb(on_spine(0.1, 0), on_spine(-0.75, 0), 0.085 * h * look.girth, LEGS))
    shapes += _head(look, on_spine(1.4, 0), on_spine(1.52, 0))
    for number, sign in enumerate((-1.0, 1.0)):
        shoulder = on_spine(0.97, sign * wide * look.girth)
        shapes += _arm(look, stance, pose, shoulder, number)
    return shapes


def _head(look: Look, centre: Point, top: Point) -> list[Shape]:
    radius = look.head * look.height
    shapes: list[Shape] = [ball(centre, radius, SKIN), ball(top, radius * 0.92, HAIR)]
    if look.hat:
        shapes.append(ball((top[0], top[1] + radius * 0.3, top[2]), radius * 1.15, HAIR))
    return shapes


def _arm(look: Look, stance: Stance, pose: Pose, shoulder: Point, number: int) -> list[Shape]:
    h, fixed = look.height, pose.reach[number]
    swing = -pose.arms * sin(pose.phase + number * pi) + 0.05
    angle = swing if fixed is None else fixed
    elbow = _beyond(stance, shoulder, angle, 0.17 * h)
    bend = pose.elbow if fixed is None else 0.15
    hand = _beyond(stance, elbow, angle + bend, 0.15 * h)
    shapes: list[Shape] = [
        Limb(shoulder, elbow, 0.03 * h * look.girth, SLEEVE),
        Limb(elbow, hand, 0.025 * h * look.girth, SLEEVE),
        ball(hand, 0.026 * h, SKIN),
    ]
    if look.bag == "hand" and number == 0:
        below = (hand[0], max(hand[1] - 0.12 * h, 0.05), hand[2])
        shapes.append(Limb(hand, below, 0.055 * h, BAG))
    return shapes


def _beyond(stance: Stance, origin: Point, angle: float, length: float) -> Point:
    """The point `length` from a joint, `angle` from hanging to forward."""
    angle += stance.tilt
    c, s = cos(stance.heading), sin(stance.heading)
    forward, up = length * sin(angle), -length * cos(angle)
    return (origin[0] + forward * c, max(origin[1] + up, 0.04), origin[2] + forward * s)


def _belongings(look: Look, stance: Stance, pelvis: float) -> list[Shape]:
    h = look.height
    shapes: list[Shape] = []
    if look.bag == "back":
        low, high = stance.at(-0.085 * h, 0, pelvis + 0.06 * h), stance.at(-0.085 * h, 0, 0.76 * h)
        shapes.append(Limb(low, high, 0.065 * h, BAG))
    if look.bag == "case":
        shapes += _case(stance, h)
    if look.umbrella:
        shapes += _umbrella(stance, h)
    return shapes


def _case(stance: Stance, h: float) -> list[Shape]:
    corners = [
        stance.at(f, s, u) for f in (-0.75, -0.5) for s in (-0.3, 0.05) for u in (0.08, 0.62)
    ]
    return [
        Limb(stance.at(-0.6, -0.12, 0.6), stance.at(-0.2, -0.12, 0.42 * h), 0.02, STICK),
        Hull(tuple(corners), BAG),
    ]


def _umbrella(stance: Stance, h: float) -> list[Shape]:
    ring = [(0.15 + 0.62 * cos(n * pi / 4), 0.62 * sin(n * pi / 4)) for n in range(8)]
    dome = tuple(stance.at(f, s, h * 1.0) for f, s in ring)
    crown = tuple(stance.at(0.15 + (f - 0.15) * 0.6, s * 0.6, h * 1.13) for f, s in ring)
    stick = Limb(stance.at(0.2, 0.1, 0.62 * h), stance.at(0.15, 0, 1.1 * h), 0.018, STICK)
    return [stick, Hull((*dome, *crown), DOME)]

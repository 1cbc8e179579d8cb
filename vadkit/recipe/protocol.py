"""The protocol's tables: from a score of each frame to figures that compare."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vadkit.recipe.strict import Strict

Step = Literal["smooth", "normalise"]


def _odd(window: int) -> int:
    if window % 2 == 0:
        raise ValueError("a window must be odd, so that it has a middle")
    return window


class Smooth(Strict):
    """How the frames' scores are smoothed."""

    kind: Literal["none", "median", "gaussian", "mean", "savgol"] = "median"
    window: Annotated[int, Field(ge=1), AfterValidator(_odd)] = 17
    """Frames, odd."""
    sigma: Annotated[float, Field(gt=0)] | None = None
    """Standard deviation of `gaussian`, in frames; a quarter of the window where not given."""
    shift: int = 0
    """Frames by which the peak of `gaussian` is later than the frame: some codes are off by one."""
    ends: Literal["repeat", "zero", "copy"] = "repeat"
    """Beyond a video's ends: its first and last score, 0, or its first and last half window."""
    across: Literal["video", "dataset"] = "video"
    """`dataset`: over the videos' scores strung together, as some codes do."""


class Borders(Strict):
    """The frames at a video's ends, which many models cannot score; here all have a score."""

    first: Annotated[int, Field(ge=0)] = 0
    """Frames at the beginning."""
    last: Annotated[int, Field(ge=0)] = 0
    """Frames at the end."""
    whole: Annotated[int, Field(ge=1)] = 1
    """Frames at the end that fill no clip of so many are of them, too."""
    rule: Literal["drop", "repeat", "normal"] = "drop"
    """They are not counted; or have the nearest score; or 0, the lowest where scores are below."""


class FrameProtocol(Strict):
    """From a score of each frame to figures: what published codes do in many ways."""

    preset: str | None = None
    """The conventions of a published code, where the keys below are not given: `presets.toml`."""
    borders: Borders = Borders()
    order: tuple[Step, ...] = ("smooth", "normalise")
    """What is done, one after another; it may be done twice."""
    normalise: Literal["none", "video", "dataset", "positive"] = "none"
    """Stretch the scores to [0, 1] within each video, or over all; `positive`: over all, from the
    lowest above 0."""
    smooth: Smooth = Smooth()
    macro: Literal["skipped", "padded"] = "skipped"
    """Which macro AUC is told: videos of one class left out, or each padded with two frames."""

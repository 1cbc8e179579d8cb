"""Cards of the teachers that see motion: flow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vadkit.api import Sampling, TeacherCard

RAFT_WEIGHTS = (
    "raft_small_C_T_V2-01064c6d.pth of download.pytorch.org/models (torchvision, BSD-3-Clause)"
)


@dataclass(frozen=True, kw_only=True)
class FarnebackConfig:
    scale: float = 0.5
    """Size of each level of the pyramid, as a share of the one below; less than 1."""
    levels: int = 3
    """Levels of the pyramid."""
    window: int = 15
    """Side in pixels of the window over which motion is averaged."""
    iterations: int = 3
    """Iterations at each level."""
    neighbours: int = 5
    """Side in pixels of the neighbourhood of the polynomial."""
    deviation: float = 1.2
    """Standard deviation of the Gaussian that smooths it."""
    cell: int = 2
    """Pixels a side that one cell of the answer averages."""

    def __post_init__(self) -> None:
        counts = (self.levels, self.window, self.iterations, self.neighbours, self.cell)
        if min(counts) < 1 or not 0 < self.scale < 1 or self.deviation <= 0:
            raise ValueError("options must be positive, and scale less than 1")


@dataclass(frozen=True, kw_only=True)
class DISConfig:
    preset: Literal["ultrafast", "fast", "medium"] = "medium"
    """OpenCV's preset."""
    cell: int = 2
    """Pixels a side that one cell of the answer averages."""

    def __post_init__(self) -> None:
        if self.cell < 1:
            raise ValueError("cell must be at least 1 pixel")


@dataclass(frozen=True, kw_only=True)
class RAFTConfig:
    weights: Path = Path("raft_small_C_T_V2-01064c6d.pth")
    """File of the trained weights."""
    model: Literal["small", "large"] = "small"
    """Which of torchvision's two networks they are for."""
    updates: int = 12
    """Times the flow is refined."""
    cell: int = 2
    """Pixels a side that one cell of the answer averages."""

    def __post_init__(self) -> None:
        if self.updates < 1 or self.cell < 1:
            raise ValueError("updates and cell must be at least 1")


def _pair(_: object) -> Sampling:
    """The frame before and the frame itself."""
    return Sampling(unit="frame", frames=2)


FARNEBACK = TeacherCard(
    name="farneback",
    role="flow",
    summary="Optical flow by polynomial expansion, from the frame before.",
    paper="Farneback, SCIA 2003; Baradaran and Bergevin, CVPRW 2023, 3.2",
    config=FarnebackConfig,
    load="vadkit_teachers.flow:Farneback",
    sampling=_pair,
)

DIS = TeacherCard(
    name="dis",
    role="flow",
    summary="Optical flow by dense inverse search, from the frame before.",
    paper="Kroeger et al., ECCV 2016",
    config=DISConfig,
    load="vadkit_teachers.flow:DIS",
    sampling=_pair,
)

RAFT = TeacherCard(
    name="raft",
    role="flow",
    summary="Optical flow by a trained RAFT, from the frame before.",
    paper="Teed and Deng, ECCV 2020",
    config=RAFTConfig,
    load="vadkit_teachers.raft:RAFT",
    sampling=_pair,
    extra="frames",
    weights=RAFT_WEIGHTS,
)

CARDS = [FARNEBACK, DIS, RAFT]

"""Card of the U-Net, which recipes take where they name no backbone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import BackboneCard


@dataclass(frozen=True, kw_only=True)
class UNetConfig:
    width: int = 32
    """Channels of the first map; each further map has twice as many."""
    depth: int = 3
    """Blocks that halve the map; [001] drops the last on small data."""
    taps: int = 9
    """Taps of the temporal kernel, interpolated to each clip's length."""
    convs: int = 2
    """Convolutions in a block."""
    norm: Literal["batch", "group"] = "batch"
    """Normalisation after each convolution."""
    memory: int = 0
    """Slots of a memory from which the code is drawn ([001] Table 2); 0: none. HF2VAD has 2000."""
    shrink: float = 5e-4
    """Weight up to which a slot of the memory is left out; less than 1 / memory."""
    entropy: float = 2e-4
    """Weight of the memory's own loss, which makes its use sparse."""

    def __post_init__(self) -> None:
        if self.memory and not 0 <= self.shrink < 1 / self.memory:
            raise ValueError("shrink must be less than 1 / memory, or it can leave out every slot")


UNET = BackboneCard(
    name="unet",
    summary="A U-Net's encoder without skips; one temporal kernel serves clips of any length.",
    paper="Zhang et al., ACM MM 2024, 4.2; Shi et al., ICCV 2023, 3.2",
    config=UNetConfig,
    load="vadkit_backbones.unet:UNet",
)

"""Card of the 3D network of SSMTL, with the convolutional transformer of [002]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import BackboneCard


@dataclass(frozen=True, kw_only=True)
class Conv3dConfig:
    depth: Literal["shallow", "deep"] = "shallow"
    """One convolution before each of the three poolings, or two ([002] has deep)."""
    width: Literal["narrow", "wide"] = "narrow"
    """16, 32 and 32 filters, or 32, 64 and 64 ([002] has wide)."""
    pooling: Literal["mean", "max"] = "mean"
    """How the code is pooled over all of time; the papers do not say."""
    transformer: Literal["none", "2d", "3d"] = "none"
    """Transformer on the code: none, after it is pooled over time, or before ([002] v1, v2)."""
    blocks: int = 3
    """Blocks of the transformer; [002] tries 1 to 3."""
    heads: int = 12
    """Attention heads of each block; [002] tries 6 to 18."""
    dim: int = 72
    """Width of a token, and of the code; [002] does not say. 72 suits 6, 12 and 18 heads."""
    mlp_ratio: int = 4
    """Hidden width of a block's MLP, as a multiple of `dim`."""
    kv_stride: int = 1
    """Stride in space of keys and values; CvT-13 has 2, [002] does not say."""

    def __post_init__(self) -> None:
        for name in ("blocks", "heads", "dim", "mlp_ratio", "kv_stride"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if self.transformer != "none" and self.dim % self.heads:
            raise ValueError(f"dim {self.dim} must be a multiple of heads {self.heads}")


CONV3D = BackboneCard(
    name="conv3d",
    summary="A 3D network with three poolings; a convolutional transformer if wanted.",
    paper="Georgescu et al., CVPR 2021; Barbalau et al., CVIU 2023, 3.2",
    config=Conv3dConfig,
    load="vadkit_backbones.conv3d:Conv3d",
)

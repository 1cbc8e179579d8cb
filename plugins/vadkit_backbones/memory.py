"""A memory of normal codes: what it does not hold cannot be drawn well (MemAE, ICCV 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_TINY = 1e-12


class Memory(nn.Module):
    """Replaces every cell of a map by a sparse mean of learned slots.

    w = softmax(cos(z, m)); ŵ = relu(w - λ)·w / (|w - λ| + ε), of sum 1; ẑ = ŵ M.
    Source: Gong et al., ICCV 2019, Eq. 3-7 and 9; the optional memory of Shi et al., ICCV 2023,
    Table 2, as HF2VAD has it.

    Args:
        slots: Rows of the memory.
        width: Channels of the map.
        shrink: λ, the weight up to which a slot is left out.
    """

    def __init__(self, slots: int, width: int, shrink: float) -> None:
        super().__init__()
        self.slots = nn.Parameter(nn.init.kaiming_uniform_(torch.empty(slots, width), a=5**0.5))
        self.shrink = shrink

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, H, W) -> the same from memory, and the mean entropy of the slots' weights."""
        cells = maps.permute(0, 2, 3, 1)  # (B, H, W, C)
        alike = F.normalize(cells, dim=-1) @ F.normalize(self.slots, dim=-1).T
        weights = self._sparse(alike.float().softmax(dim=-1))  # (B, H, W, slots)
        entropy = -(weights * (weights + _TINY).log()).sum(dim=-1).mean()
        return (weights.to(maps.dtype) @ self.slots.to(maps.dtype)).permute(0, 3, 1, 2), entropy

    def _sparse(self, weights: Tensor) -> Tensor:
        over = weights - self.shrink
        shrunk = over.relu() * weights / (over.abs() + _TINY)
        return F.normalize(shrunk, p=1, dim=-1)

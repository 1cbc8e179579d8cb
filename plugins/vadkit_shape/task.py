"""Draw the outline of an object from its crop."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vadkit.api import Batch, Outputs, Shapes, Task, Views, mse, squared_error, unexplained
from vadkit_shape import Config


class Shape(Task[Config]):
    """Regression of a map of one channel: L = ‖H(F(X)) - S(X)‖₂, S(X) computed from pixels.

    Source: Zhang et al., ACM MM 2024, Table 1, which names the task and says no more of it. The
    network sees one crop; where S is the mask, it has to know what usually moves.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Take the middle crop (B, C, 1, H, W), and its map (B, 1, 1, H, W) in [0, 1]."""
        clip = batch.clips  # (B, C, T, H, W)
        middle = clip.shape[2] // 2
        crop = clip[:, :, middle : middle + 1]
        if self.config.target == "mask":
            outline = moving(clip, middle, self.config.threshold)
        else:
            outline = edges(crop[:, :, 0]).unsqueeze(2)
        return Views({"crop": crop}, targets={"outline": outline})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to one frame of one channel."""
        return shapes.heads.decoder(frames=1, channels=1)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean of squares over map and batch."""
        return {"l2": mse(outputs["crop"], targets["outline"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the mean square `error` (B,) and its share `unexplained` of the map's variance."""
        output, outline = outputs["crop"], targets["outline"]
        return {
            "error": squared_error(output, outline),
            "unexplained": unexplained(output, outline),
        }


def edges(image: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, 1, H, W) in [0, 1]: Sobel's gradient, of the channel with the greatest.

    A step from 0 to 1 along an axis is 1. By slices, which autocast leaves in 32 bits.
    """
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    across, down = _smooth(_step(padded, -1), -2), _smooth(_step(padded, -2), -1)
    return (torch.hypot(across, down) / 4).amax(dim=1, keepdim=True).clamp(max=1)


def _step(padded: Tensor, axis: int) -> Tensor:
    inside = padded.shape[axis] - 2
    return padded.narrow(axis, 2, inside) - padded.narrow(axis, 0, inside)


def _smooth(padded: Tensor, axis: int) -> Tensor:
    before, here, after = (padded.narrow(axis, k, padded.shape[axis] - 2) for k in range(3))
    return before + 2 * here + after


def moving(clip: Tensor, middle: int, threshold: float) -> Tensor:
    """(B, C, T, H, W) -> (B, 1, 1, H, W): 1 where the middle frame differs from another."""
    change = (clip - clip[:, :, middle : middle + 1]).abs().amax(dim=(1, 2), keepdim=True)
    return (change >= threshold).to(clip)

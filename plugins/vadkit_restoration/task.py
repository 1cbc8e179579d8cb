"""Restore an event from its key frames."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn

from vadkit.api import (
    Batch,
    Outputs,
    Shapes,
    Task,
    Views,
    absolute_error,
    l1,
    mse,
    squared_error,
    unexplained,
)
from vadkit_restoration import Config

_LOSSES = {"l1": l1, "l2": mse}
_ERRORS = {"l1": absolute_error, "l2": squared_error}


class Restoration(Task[Config]):
    """X̂₂ … X̂_{T-1} = H(F(X₁, X_T)): L = ‖X̂ - X‖ + w·‖ΔX̂ - ΔX‖, Δ between neighbouring frames.

    Source: Yang et al., CVPR 2023 (USTN-DSC), there with whole frames and a Swin U-Net; named by
    Zhang et al., ACM MM 2024, Table 1.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Take the first and the last frame as the clip, the whole event as the target."""
        event = batch.clips  # (B, C, T, H, W)
        keys = torch.stack([event[:, :, 0], event[:, :, -1]], dim=2)  # (B, C, 2, H, W)
        return Views({"keys": keys}, targets={"event": event})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to the T-2 frames in between."""
        return shapes.heads.decoder(frames=self.config.frames - 2)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Compare the restored frames, and the steps from frame to frame, key frames included."""
        restored, event, norm = outputs["keys"], targets["event"], self.config.norm
        whole = torch.cat([event[:, :, :1], restored, event[:, :, -1:]], dim=2)  # (B, C, T, H, W)
        step = _LOSSES[norm](whole.diff(dim=2), event.diff(dim=2))
        return {
            norm: _LOSSES[norm](restored, _between(event)),
            "difference": self.config.difference * step,
        }

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the mean difference `error` (B,) of the restored frames, and `unexplained`.

        The paper scores by PSNR, which falls as the squared error rises.
        """
        restored, missing = outputs["keys"], _between(targets["event"])
        return {
            "error": _ERRORS[self.config.norm](restored, missing),
            "unexplained": unexplained(restored, missing),
        }


def _between(event: Tensor) -> Tensor:
    return event[:, :, 1:-1]

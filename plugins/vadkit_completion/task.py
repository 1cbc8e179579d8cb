"""Complete an event: erase each frame in turn, and draw it from the others."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn

from vadkit.api import (
    Batch,
    Outputs,
    PerView,
    Shapes,
    Task,
    Views,
    mse,
    squared_error,
    unexplained,
)
from vadkit_completion import Config

AXES = 2
"""Of flow: right and down."""


class Completion(Task[Config]):
    """L = mean over t of ‖Hₜ(F(X without Xₜ)) - Xₜ‖² + w·‖Gₘ(F(X without X_m)) - flow_m‖².

    Source: Yu et al., ACM MM 2020 (VEC), the visual cloze test; named by Zhang et al., ACM MM
    2024, Table 1. VEC has a network for each t; here they share the backbone.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Make a view for each erased frame."""
        event, asked = batch.clips, self._asked()  # (B, C, T, H, W)
        inputs = {f"frame{t}": self._erased(event, t) for t in asked}
        targets = {"event": event[:, :, asked.start : asked.stop]}
        if self.config.flow:
            targets["flow"] = batch.context["flow"].unsqueeze(2)  # (B, 2, 1, H, W)
        return Views(inputs, targets)

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder for each view; their last layers are their own, their trunk is shared.

        That of the middle frame gives the flow after the frame's channels, where it is asked.
        """
        return PerView(
            {
                f"frame{t}": shapes.heads.decoder(channels=shapes.channels + self._axes(t))
                for t in self._asked()
            }
        )

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean of squares over all completed frames, and the weighted one of the flow."""
        completed, flow = self._completed(outputs, targets["event"])
        losses = {"l2": mse(completed, targets["event"])}
        if self.config.flow:
            losses["flow"] = self.config.flow * mse(flow, targets["flow"])
        return losses

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the mean square `error` (B,), its share `unexplained`, and the `flow`'s if asked."""
        event = targets["event"]
        completed, flow = self._completed(outputs, event)
        scores = {
            "error": squared_error(completed, event),
            "unexplained": unexplained(completed, event),
        }
        if self.config.flow:
            scores["flow"] = squared_error(flow, targets["flow"])
        return scores

    def _asked(self) -> range:
        """The frames that are erased."""
        middle, all_frames = self.config.frames // 2, range(self.config.frames)
        return all_frames if self.config.erased == "each" else all_frames[middle : middle + 1]

    def _axes(self, frame: int) -> int:
        """Channels of flow that are completed with a frame."""
        return AXES if self.config.flow and frame == self.config.frames // 2 else 0

    def _completed(self, outputs: Outputs, event: Tensor) -> tuple[Tensor, Tensor]:
        """Every asked frame as drawn from the others, (B, C, frames, H, W), and the flow."""
        channels, middle = event.shape[1], outputs[f"frame{self.config.frames // 2}"]
        drawn = torch.cat([outputs[f"frame{t}"][:, :channels] for t in self._asked()], dim=2)
        return drawn, middle[:, channels:]

    def _erased(self, event: Tensor, frame: int) -> Tensor:
        """(B, C, T-1, H, W), or T frames where the erased one is black."""
        parts = [event[:, :, :frame], event[:, :, frame + 1 :]]
        if self.config.erase == "zero":
            parts.insert(1, torch.zeros_like(event[:, :, :1]))
        return torch.cat(parts, dim=2)

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


class Completion(Task[Config]):
    """L = mean over t of ‖Hₜ(F(X without Xₜ)) - Xₜ‖² + w·‖H_flow(F(X without X_m)) - flow_m‖².

    Source: Yu et al., ACM MM 2020 (VEC), the visual cloze test; named by Zhang et al., ACM MM
    2024, Table 1. VEC has a network for each t; here they share the backbone.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Make a view for each erased frame, and one more where the middle one's flow is asked."""
        event = batch.clips  # (B, C, T, H, W)
        inputs = {name: self._erased(event, t) for t, name in enumerate(self._names())}
        targets = {"event": event}
        if self.config.flow:
            inputs["flow"] = self._erased(event, event.shape[2] // 2)
            targets["flow"] = batch.context["flow"].unsqueeze(2)  # (B, 2, 1, H, W)
        return Views(inputs, targets)

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder for each view; their last layers are their own, their trunk is shared."""
        heads = {name: shapes.heads.decoder(frames=1) for name in self._names()}
        if self.config.flow:
            heads["flow"] = shapes.heads.decoder(frames=1, channels=2)
        return PerView(heads)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean of squares over all completed frames, and the weighted one of the flow."""
        losses = {"l2": mse(self._completed(outputs), targets["event"])}
        if self.config.flow:
            losses["flow"] = self.config.flow * mse(outputs["flow"], targets["flow"])
        return losses

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the mean square `error` (B,), its share `unexplained`, and the `flow`'s if asked."""
        completed, event = self._completed(outputs), targets["event"]
        scores = {
            "error": squared_error(completed, event),
            "unexplained": unexplained(completed, event),
        }
        if self.config.flow:
            scores["flow"] = squared_error(outputs["flow"], targets["flow"])
        return scores

    def _names(self) -> list[str]:
        return [f"frame{t}" for t in range(self.config.frames)]

    def _completed(self, outputs: Outputs) -> Tensor:
        """(B, C, T, H, W): every frame as drawn from the others."""
        return torch.cat([outputs[name] for name in self._names()], dim=2)

    def _erased(self, event: Tensor, frame: int) -> Tensor:
        """(B, C, T-1, H, W), or T frames where the erased one is black."""
        parts = [event[:, :, :frame], event[:, :, frame + 1 :]]
        if self.config.erase == "zero":
            parts.insert(1, torch.zeros_like(event[:, :, :1]))
        return torch.cat(parts, dim=2)

"""Predict the optical flow of the step that comes next."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import (
    Batch,
    Outputs,
    Shapes,
    Task,
    Views,
    answers_of,
    difference,
    error,
)
from vadkit_flow import Config

AXES = 2
"""Right and down."""


class Flow(Task[Config]):
    """Optical-flow prediction: the teacher's flow from frame t-1 to t, from frames t-R ... t-1.

    Source: named in Zhang et al., ACM MM 2024, Table 1, without a formula. Frame t itself is not
    seen: the flow would only have to be computed, not foreseen.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the frames before the own one; its flow is the target."""
        past = batch.clips[:, :, : self.config.reach]  # (B, C, R, H, W)
        flow = batch.context["flow"][:, :, None] / self.config.scale  # (B, 2, 1, H, W)
        return Views({"past": past}, targets={"flow": flow})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to one map of two channels, and to two of variances where they are learned."""
        return shapes.heads.decoder(channels=AXES * answers_of(self.config.norm))

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean over batch and pixels."""
        norm = self.config.norm
        return {norm: difference(outputs["past"], targets["flow"], norm)}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the same mean over each object `error` (B,)."""
        return {"error": error(outputs["past"], targets["flow"], self.config.norm)}

"""Predict an object's middle frame from its past and, backwards, from its future."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import (
    Batch,
    Outputs,
    Shapes,
    Task,
    Views,
    gradient_l1,
    mean_output,
    mse,
    squared_error,
    unexplained,
)
from vadkit_prediction import Config


class Prediction(Task[Config]):
    """Bidirectional frame prediction: X̂ = ½[H(F(forward)) + H(F(backward))].

    Source: Shi et al., ICCV 2023, Eq. 1-3 (training) and 11 (score); Zhang et al., ACM MM 2024,
    3.2. One head serves both directions.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Make the R frames before the middle and the R after it, the last first."""
        clip, reach = batch.clips, self.config.reach  # (B, C, 2R+1, H, W)
        inputs = {"forward": clip[:, :, :reach]}  # (B, C, R, H, W)
        if training or self.config.score_both:
            # Shi et al. print X_{2T-1} as the second frame; only X_{2T} makes it consecutive.
            inputs["backward"] = clip[:, :, reach + 1 :].flip(2)
        return Views(inputs, targets={"middle": clip[:, :, reach : reach + 1]})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to one frame."""
        return shapes.heads.decoder(frames=1)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Compare the mean of both directions with the middle frame.

        The papers write ‖·‖₂; published code takes the mean of squares (HF2VAD), and so do we.
        """
        predicted, middle = mean_output(outputs), targets["middle"]  # (B, C, 1, H, W)
        gradient = self.config.gradient * gradient_l1(predicted, middle)
        return {"l2": mse(predicted, middle), "gradient": gradient}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the forward error (B,), as Eq. 11, or that of both directions' mean.

        `error` is the mean square, `unexplained` its share of the middle frame's variance.
        """
        predicted, middle = mean_output(outputs), targets["middle"]
        return {
            "error": squared_error(predicted, middle),
            "unexplained": unexplained(predicted, middle),
        }

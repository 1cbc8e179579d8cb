"""Predict what changes from the last frame that is seen to the next one."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, answers_of, difference, error
from vadkit_frame_difference import Config


class Difference(Task[Config]):
    """Prediction of X_t - X_{t-1} from X_{t-R} ... X_{t-1}.

    What stays where it is has not to be drawn, so capacity and error are of what moves. Source:
    differences of frames stand for motion in Chang et al., ECCV 2020, 3.2, which reconstructs them.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the frames before the own one; how it differs from the last is the target."""
        reach = self.config.reach
        past, own = batch.clips[:, :, :reach], batch.clips[:, :, reach : reach + 1]
        return Views({"past": past}, targets={"change": own - past[:, :, -1:]})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to one frame, and to one more of variances where they are learned."""
        return shapes.heads.decoder(channels=shapes.channels * answers_of(self.config.norm))

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean over batch and pixels."""
        norm = self.config.norm
        return {norm: difference(outputs["past"], targets["change"], norm)}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the same mean over each object `error` (B,)."""
        return {"error": error(outputs["past"], targets["change"], self.config.norm)}

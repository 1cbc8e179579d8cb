"""Reconstruct an object's clip from its code."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, mse, squared_error, unexplained
from vadkit_reconstruction import Config


class Reconstruction(Task[Config]):
    """An autoencoder: L = ‖H(F(S)) - S‖₂.

    Source: Shi et al., ICCV 2023, 3.3. The decoder's trunk is that of `prediction` where the two
    are trained in one phase; the last convolution has T·C channels instead of C.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Take the clip, as input and as target."""
        clip = batch.clips  # (B, C, T, H, W)
        return Views(inputs={"clip": clip}, targets={"clip": clip})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to T frames."""
        return shapes.heads.decoder(frames=self.config.frames)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean of squares over clip and batch."""
        return {"l2": mse(outputs["clip"], targets["clip"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the mean squared `error` (B,) and its share `unexplained` of the variance."""
        output, target = outputs["clip"], targets["clip"]
        return {
            "error": squared_error(output, target),
            "unexplained": unexplained(output, target),
        }

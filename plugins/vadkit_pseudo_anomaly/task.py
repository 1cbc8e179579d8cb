"""Make the backbone bad at what is never normal."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vadkit.api import Batch, Outputs, Shapes, Task, Views, difference
from vadkit_pseudo_anomaly import Config


class PseudoAnomaly(Task[Config]):
    """Adversarial pseudo-anomalies: min over H, max over F of |H(F(image)) - image|.

    Source: Barbalau et al., CVIU 2023, T5: the decoder descends, the shared backbone ascends
    (the card's `backbone_lr`), from epoch 5 on (the recipe's `from_epoch`).
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the image, at a cube's size, as a clip in which nothing moves."""
        frames = batch.clips[:, :, 0]  # (B, C, 1, h, w) -> (B, C, h, w)
        image = F.interpolate(frames, batch.cube_size, mode="area")[:, :, None]  # (B, C, 1, H, W)
        still = image.expand(-1, -1, self.config.frames, -1, -1)  # (B, C, T, H, W)
        return Views({"still": still}, targets={"image": image})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to one frame, as that of the middle box."""
        return shapes.heads.decoder(frames=1)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean difference over image and batch."""
        norm = self.config.norm
        return {norm: difference(outputs["still"], targets["image"], norm)}

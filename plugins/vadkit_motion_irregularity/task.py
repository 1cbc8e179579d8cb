"""Skip frames in half of the clips, and learn to see in which."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, cross_entropy, randint
from vadkit_motion_irregularity import Config


class MotionIrregularity(Task[Config]):
    """L = CE(H(F(X consecutive)), 0) or CE(H(F(X intermittent)), 1), whichever is drawn.

    Source: Barbalau et al., CVIU 2023, T2.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Make one view of both kinds; when scoring, all clips are consecutive."""
        clip = batch.clips  # (B, C, T, H, W)
        if not training:
            return Views({"clip": clip})
        irregular = randint(0, 2, (len(clip),), rng=rng, device=clip.device)  # (B,)
        skips = self._skips(clip, rng) * irregular[:, None]
        frames = clip.shape[2] // 2 + outwards(1 + skips)  # (B, 2R+1)
        shown = torch.take_along_dim(clip, frames[:, None, :, None, None], dim=2)
        return Views({"clip": shown}, targets={"irregular": irregular})

    def head(self, shapes: Shapes) -> nn.Module:
        """Two logits: consecutive, intermittent."""
        return shapes.heads.classifier(2)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the cross-entropy, the mean over the batch."""
        return {"entropy": cross_entropy(outputs["clip"], targets["irregular"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Score `irregular` (B,): the probability that the clip, as it is, skips frames."""
        return {"irregular": outputs["clip"].softmax(dim=1)[:, 1]}

    def _skips(self, clip: Tensor, rng: Generator) -> Tensor:
        """(B, 2R): frames that each step skips, all its own."""
        config, size = self.config, (len(clip), 2 * self.config.reach)
        return randint(config.fewest, config.most + 1, size, rng=rng, device=clip.device)


def outwards(steps: Tensor) -> Tensor:
    """(B, 2R) steps -> (B, 2R+1) frames in order, counted from the middle one.

    Both halves start beside the middle: the first R steps go back from it, the others on.
    """
    before, after = (half.cumsum(dim=1) for half in steps.chunk(2, dim=1))
    return torch.cat([-before.flip(1), torch.zeros_like(before[:, :1]), after], dim=1)

"""Play half of the clips backwards, and learn to see which."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, cross_entropy, randint
from vadkit_arrow_of_time import Config


class ArrowOfTime(Task[Config]):
    """L = CE(H(F(X)), 0) or CE(H(F(X reversed)), 1), whichever is drawn.

    Source: Barbalau et al., CVIU 2023, T1.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Make one view of both directions; when scoring, all clips run forward."""
        clip = batch.clips  # (B, C, T, H, W)
        if not training:
            return Views({"clip": clip})
        backward = randint(0, 2, (len(clip),), rng=rng, device=clip.device)  # (B,)
        played = torch.where(backward.bool()[:, None, None, None, None], clip.flip(2), clip)
        return Views({"clip": played}, targets={"backward": backward})

    def head(self, shapes: Shapes) -> nn.Module:
        """Two logits: forward, backward."""
        return shapes.heads.classifier(2)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the cross-entropy, the mean over the batch."""
        return {"entropy": cross_entropy(outputs["clip"], targets["backward"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Score `backward` (B,): the probability that the clip, as it is, runs backwards."""
        return {"backward": outputs["clip"].softmax(dim=1)[:, 1]}

"""Make half of the clips flicker, and learn to see which."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, cross_entropy, rand, randint
from vadkit_flicker import Config


class Flicker(Task[Config]):
    """A frame of a flickering clip is brighter or darker than the next, the whole frame alike."""

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Make one view, in which some clips flicker when training and none when scoring."""
        clip = batch.clips  # (B, C, T, H, W)
        if not training:
            return Views(inputs={"clip": clip})
        chosen = randint(0, 2, (len(clip),), rng=rng, device=clip.device)  # (B,)
        gains = 1 + chosen[:, None] * self._changes(clip, rng)  # (B, T)
        seen = (clip * gains[:, None, :, None, None]).clamp(0, 1)
        return Views(inputs={"clip": seen}, targets={"chosen": chosen})

    def head(self, shapes: Shapes) -> nn.Module:
        """Two logits: steady, flickering."""
        return shapes.heads.classifier(2)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the cross-entropy, the mean over the batch."""
        return {"entropy": cross_entropy(outputs["clip"], targets["chosen"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Score `flickering` (B,): the probability that the clip flickers."""
        return {"flickering": outputs["clip"].softmax(dim=1)[:, 1]}

    def _changes(self, clip: Tensor, rng: Generator) -> Tensor:
        """(B, T): by which share each frame gets brighter or darker."""
        size = (clip.shape[0], clip.shape[2])
        return self.config.strength * (2 * rand(*size, rng=rng, device=clip.device) - 1)

"""Distil two teachers' knowledge of objects into the backbone."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, absolute_error, l1
from vadkit_distillation import Config


class Distillation(Task[Config]):
    """Predict ResNet-50's pre-softmax features (B, D) and the detector's probabilities (B, K).

    Source: Barbalau et al., CVIU 2023, T4. One layer has all D + K outputs, there 1000 + 80. What
    is not scored is a target in training alone, so that scoring does not run its teacher.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the middle crop."""
        asked = self.config.needs if training else [self.config.score]
        targets = {part: batch.context[self.config.needs[part].key] for part in asked}
        return Views({"crop": batch.clips}, targets)

    def head(self, shapes: Shapes) -> nn.Module:
        """Fully connected, the features first."""
        needs = self.config.needs.values()
        return shapes.heads.embedding(sum(shapes.context[need.key][0] for need in needs))

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean absolute difference of each teacher."""
        weights = {part: getattr(self.config, part) for part in self.config.needs}
        return {
            part: weight * l1(_part(part, outputs["crop"], targets[part]), targets[part])
            for part, weight in weights.items()
        }

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the mean of |the scored teacher's answer - prediction| `error` (B,)."""
        answer = targets[self.config.score]
        return {"error": absolute_error(_part(self.config.score, outputs["crop"], answer), answer)}


def _part(name: str, output: Tensor, answer: Tensor) -> Tensor:
    """(B, D + K) -> what is predicted of one teacher's answer, as that is."""
    size = answer.shape[1]
    return output[:, :size] if name == "features" else output[:, -size:]

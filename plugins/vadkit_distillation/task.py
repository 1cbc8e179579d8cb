"""Distil two teachers' knowledge of objects into the backbone."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, absolute_error, l1
from vadkit_distillation import Config


class Distillation(Task[Config]):
    """Predict ResNet-50's pre-softmax features (B, D) and the detector's probabilities (B, K).

    Source: Barbalau et al., CVIU 2023, T4. One layer has all D + K outputs, there 1000 + 80. The
    features are a target in training alone, so that scoring does not run their teacher.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the middle crop."""
        targets = {"probabilities": batch.context["detector"]}
        if training:
            targets["features"] = batch.context["imagenet"]
        return Views({"crop": batch.clips}, targets)

    def head(self, shapes: Shapes) -> nn.Module:
        """Fully connected, the features first."""
        (features,), (classes,) = shapes.context["imagenet"], shapes.context["detector"]
        return shapes.heads.embedding(features + classes)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean absolute difference of each teacher."""
        features, probabilities = _parts(outputs["crop"], targets)
        return {
            "features": self.config.features * l1(features, targets["features"]),
            "probabilities": self.config.probabilities
            * l1(probabilities, targets["probabilities"]),
        }

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the mean of |detector's probabilities - prediction| `error` (B,)."""
        _, probabilities = _parts(outputs["crop"], targets)
        return {"error": absolute_error(probabilities, targets["probabilities"])}


def _parts(output: Tensor, targets: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """(B, D + K) -> features (B, D), probabilities (B, K)."""
    classes = targets["probabilities"].shape[1]
    return output[:, :-classes], output[:, -classes:]

"""Distil into the backbone which texts describe an object."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vadkit.api import Batch, Outputs, Shapes, Task, Views, cross_entropy
from vadkit_vision_language import Config


class VisionLanguage(Task[Config]):
    """Predict a teacher's embedding (B, D) and its probabilities (B, P) of texts.

    Source: Zhang et al., ACM MM 2024, name the task (VL) without a formula. The probabilities are
    CLIP's (Radford et al., ICML 2021, 3.1): the softmax of cosine / temperature over the texts,
    normal ones first. Scoring runs no teacher.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the cube as it is."""
        inputs = {"cube": batch.clips}
        if not training:
            return Views(inputs)
        cosines = batch.context["prompts"]
        probabilities = (cosines / self.config.temperature).softmax(dim=1)
        return Views(inputs, {"embedding": batch.context["clip"], "probabilities": probabilities})

    def head(self, shapes: Shapes) -> nn.Module:
        """Fully connected, the embedding first."""
        (dim,), (prompts,) = shapes.context["clip"], shapes.context["prompts"]
        return shapes.heads.embedding(dim + prompts)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean of 1 - cosine, and the cross entropy with the teacher's probabilities."""
        embedding, logits = self._parts(outputs["cube"])
        cosines = F.cosine_similarity(embedding, targets["embedding"], dim=1)
        return {
            "align": self.config.align * (1 - cosines).mean(),
            "classify": cross_entropy(logits, targets["probabilities"]),
        }

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the probability of all abnormal texts together `abnormal` (B,)."""
        _, logits = self._parts(outputs["cube"])
        abnormal = logits.softmax(dim=1)[:, len(self.config.normal) :]
        return {"abnormal": abnormal.sum(dim=1)}

    def _parts(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """(B, D + P) -> embedding (B, D), logits (B, P)."""
        prompts = len(self.config.normal) + len(self.config.abnormal)
        return output[:, :-prompts], output[:, -prompts:]

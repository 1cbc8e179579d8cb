"""Classify whole frames of labelled virtual video as normal or abnormal."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, cross_entropy
from vadkit_virtual import Config


class Virtual(Task[Config]):
    """L = 1/(2N) Σ [CE(H(F(v_normal)), 0) + CE(H(F(v_abnormal)), 1)].

    Source: Zhang et al., ACM MM 2024, 3.4. There each class has N samples; here each class of a
    batch weighs the same, however many it has.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Take the clip of whole frames; labels are there when training."""
        targets = {} if batch.labels is None else {"abnormal": batch.labels}
        return Views(inputs={"clip": batch.clips}, targets=targets)

    def head(self, shapes: Shapes) -> nn.Module:
        """Two logits: normal, abnormal."""
        return shapes.heads.classifier(2)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean over the classes in the batch of each class's mean cross-entropy."""
        labels = targets["abnormal"]
        terms = cross_entropy(outputs["clip"], labels, reduction="none")  # (B,)
        counts = labels.bincount(minlength=2)
        return {"entropy": (terms / counts[labels]).sum() / (counts > 0).sum()}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Score `abnormal` (B,): p(abnormal)."""
        return {"abnormal": outputs["clip"].softmax(dim=1)[:, 1]}

"""Classify whether a clip is in order, and pull codes of clips in order together."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vadkit.api import Batch, Features, Outputs, Shapes, Task, Views, randperm
from vadkit_frame_order import Config

IN_ORDER = {"clip": 1.0, "reversed": 1.0, "shuffled": 0.0, "accelerated": 0.0}
"""View of each of a clip's four variants -> its label."""


class FrameOrder(Task[Config]):
    """Binary cross-entropy over four variants of a clip, and a contrastive loss on their codes.

    Source: Shi et al., ICCV 2023, 3.3. Eq. 5 has signs, and terms, at odds with the labels that
    the text gives; this is the cross-entropy of those labels, the mean over the four variants.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Make a view of each variant; all have one shape, so batch norm sees them together."""
        clip = batch.clips  # (B, C, T', H, W)
        if not training:
            return Views({"clip": clip})
        frames, middle = self.config.frames, clip.shape[2] // 2
        scored = clip.narrow(2, middle - frames // 2, frames)  # (B, C, T, H, W), as scoring reads
        order = shuffles(len(clip), frames, rng).to(clip.device)  # (B, T)
        shuffled = torch.take_along_dim(scored, order[:, None, :, None, None], dim=2)
        faster = clip[:, :, :: self.config.acceleration]
        variants = (scored, scored.flip(2), shuffled, faster)  # (B, C, T, H, W) each
        return Views(dict(zip(IN_ORDER, variants, strict=True)))

    def head(self, shapes: Shapes) -> nn.Module:
        """A projection and, on it, a classifier; see `OrderHead`."""
        return OrderHead(shapes.heads.embedding(self.config.dim), self.config)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean cross-entropy of the four variants, and the weighted contrastive loss."""
        variants = torch.stack([outputs[name] for name in IN_ORDER], dim=1)  # (B, 4, 1+D)
        logits, codes = variants[..., 0], variants[..., 1:]  # (B, 4), (B, 4, D)
        labels = logits.new_tensor(list(IN_ORDER.values())).expand_as(logits)
        contrastive = contrast(codes, self.config.temperature)
        return {
            "order": F.binary_cross_entropy_with_logits(logits, labels),
            "contrastive": self.config.contrastive * contrastive,
        }

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Score `disorder` (B,): 1 - p(in order) of the clip as it is."""
        return {"disorder": torch.sigmoid(-outputs["clip"][:, 0])}


class OrderHead(nn.Module):
    """g = H_cls(B_pro(E(·))): the logit of "in order", beside it the code to be contrasted."""

    def __init__(self, project: nn.Module, config: Config) -> None:
        super().__init__()
        self.project = project
        self.classify = nn.Sequential(nn.ReLU(), nn.Linear(config.dim, 1))
        self.projected = config.projected

    def forward(self, features: Features, context: Mapping[str, Tensor]) -> Tensor:
        """-> (B, 1+D), the logit first."""
        projected = self.project(features, context)
        code = projected if self.projected else features.pooled()
        return torch.cat([self.classify(projected), code], dim=1)


def shuffles(rows: int, frames: int, rng: Generator) -> Tensor:
    """(rows, frames): orders drawn evenly from all but the identity and its reverse."""
    order = randperm(rows, frames, rng=rng)
    while (straight := (order.diff(dim=1).abs() == 1).all(dim=1)).any():
        order[straight] = randperm(int(straight.sum()), frames, rng=rng)
    return order


def contrast(codes: Tensor, temperature: float) -> Tensor:
    """-log(s⁺ / (s⁺ + s⁻)); s sums exp(cos / temperature) over the batch.

    s⁺ is of the clip and its reverse, s⁻ of the clip and the other two.

    Args:
        codes: (B, 4, D), the variants in the order of `IN_ORDER`.
        temperature: tau.
    """
    near = F.cosine_similarity(codes[:, :1], codes[:, 1:], dim=2) / temperature  # (B, 3)
    return near.logsumexp(dim=(0, 1)) - near[:, 0].logsumexp(dim=0)

"""Pull a clip's missing frame towards the clip, and push a negative clip away."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vadkit.api import Batch, Outputs, Shapes, Task, Views, randint
from vadkit_semantic_reconstruction import Config

CLIP = 5
"""Dimensions of a batch of clips of one window."""


class SemanticReconstruction(Task[Config]):
    """Triplet loss max(0, margin - (p⁺ - p⁻)) on cosines, the scene joined to every code.

    Source: Zhang et al., ACM MM 2024, 3.3. The discontinuous clip is the triplet's anchor, the
    frame that it lacks the positive.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Take one inner frame, drawn or, when scoring, the middle one, out of the clip."""
        clips = _windows(batch.clips)  # (B, N, C, T, H, W)
        clip = clips[:, clips.shape[1] // 2]  # (B, C, T, H, W)
        taken = self._anchors(clip, rng, training)  # (B,)
        others = torch.arange(clip.shape[2] - 1, device=clip.device)[None]
        others = others + (others >= taken[:, None])  # (B, T-1)
        inputs = {"clip": frames_at(clip, others), "frame": frames_at(clip, taken[:, None])}
        if training or self.config.score == "margin":
            inputs["negative"] = self._negative(clips, taken, rng, training)
        context = {"scene": batch.context["scene"]} if self.config.scene else {}
        return Views(inputs, context=context)

    def head(self, shapes: Shapes) -> nn.Module:
        """An embedding of the pooled code and the scene."""
        context = ("scene",) if self.config.scene else ()
        return shapes.heads.embedding(self.config.dim, context=context)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean of the hinge over the batch."""
        gain = _cosine(outputs, "frame") - _cosine(outputs, "negative")  # (B,)
        return {"triplet": F.relu(self.config.margin - gain).mean()}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name 1 - p⁺, or p⁻ - p⁺, `distance` (B,): [000] says nothing of this task's score."""
        positive = _cosine(outputs, "frame")
        if self.config.score == "margin":
            return {"distance": _cosine(outputs, "negative") - positive}
        return {"distance": 1 - positive}

    def _anchors(self, clip: Tensor, rng: Generator, training: bool) -> Tensor:
        size, frames = (len(clip),), clip.shape[2]
        if training:  # uniform in [2, T-1], counted from 1
            return randint(1, frames - 1, size, rng=rng, device=clip.device)
        return torch.full(size, frames // 2, device=clip.device)

    def _negative(self, clips: Tensor, taken: Tensor, rng: Generator, training: bool) -> Tensor:
        """(B, C, 1, H, W) of another time or unit; (B, C, T, H, W) if taken literally.

        One frame, as the positive: a network tells clips of T-1, 1 and T frames apart at once, and
        would learn their lengths and nothing else.
        """
        clip = clips[:, clips.shape[1] // 2]
        if self.config.negative == "continuous":
            return clip
        if self.config.negative == "other":
            return frames_at(clip, taken[:, None]).roll(1, dims=0)
        past, future = (frames_at(clips[:, window], taken[:, None]) for window in (0, -1))
        if not training:
            return past
        later = randint(0, 2, (len(clips),), rng=rng, device=clips.device).bool()
        return torch.where(later[:, None, None, None, None], future, past)


def _windows(clips: Tensor) -> Tensor:
    """(B, C, T, H, W) -> (B, 1, C, T, H, W); several windows stay as they are."""
    return clips.unsqueeze(1) if clips.ndim == CLIP else clips


def frames_at(clip: Tensor, index: Tensor) -> Tensor:
    """Pick frames `index` (B, K) of (B, C, T, H, W), for each sample its own -> (B, C, K, H, W)."""
    return torch.take_along_dim(clip, index[:, None, :, None, None], dim=2)


def _cosine(outputs: Outputs, other: str) -> Tensor:
    return F.cosine_similarity(outputs["clip"], outputs[other], dim=1)

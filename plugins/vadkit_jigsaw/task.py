"""Two puzzles: the order of a clip's frames, and the places of its patches."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn

from vadkit.api import (
    Batch,
    Outputs,
    PerView,
    Shapes,
    Task,
    Views,
    cross_entropy,
    randint,
    randperm,
)
from vadkit_jigsaw import Config


class Jigsaw(Task[Config]):
    """For every slot of a puzzle, classify which piece lies in it.

    Source: Wang et al., ECCV 2022 (Jigsaw-VAD). There every second sample is a temporal puzzle
    and the others are spatial ones; here each sample is both, in two views.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Shuffle the frames and the patches; when scoring, leave both in order."""
        config = self.config
        clip = batch.clips  # (B, C, T, H, W)
        if training and config.flip:
            clip = _mirrored(clip, rng)
        frames = _order(clip, clip.shape[2], rng, training)
        frames = torch.where(self._static(clip)[:, None], frames.sort(dim=1).values, frames)
        places = _order(clip, config.patches**2, rng, training)
        temporal = torch.take_along_dim(clip, frames[:, None, :, None, None], dim=2)
        inputs = {"temporal": temporal, "spatial": shuffle_patches(clip, places)}
        return Views(inputs, targets={"temporal": frames, "spatial": places})

    def head(self, shapes: Shapes) -> nn.Module:
        """A classifier for each puzzle; the spatial one is the same for every patch.

        Jigsaw-VAD has fully connected layers for both, and trains them for 100 epochs.
        """
        frames, patches = self.config.frames, self.config.patches
        return PerView(
            {
                "temporal": shapes.heads.classifier(frames, frames),
                "spatial": shapes.heads.cells(patches**2, grid=patches),
            }
        )

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take each puzzle's cross-entropy, the mean over slots and batch."""
        return {
            name: cross_entropy(logits.flatten(0, 1), targets[name].flatten())
            for name, logits in outputs.items()
        }

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Score `temporal` and `spatial` (B,): 1 - the least sure slot's p(its own piece).

        With the option `reduce = "mean"`: the mean of -log p over slots, the puzzle's own loss.
        """
        return {name: _REDUCED[self.config.reduce](logits) for name, logits in outputs.items()}

    def _static(self, clip: Tensor) -> Tensor:
        """(B,) whether nothing moves, so that no order can be told from another."""
        change = (clip[:, :, -1] - clip[:, :, 0]).abs().flatten(1)
        return change.amax(dim=1) < self.config.static


def shuffle_patches(clip: Tensor, order: Tensor) -> Tensor:
    """Lay patch `order[b, k]` into slot k, row by row; what no patch covers is black.

    Args:
        clip: (B, C, T, H, W) of any H and W.
        order: (B, P·P).
    """
    side = round(order.shape[1] ** 0.5)
    height, width = clip.shape[3] // side, clip.shape[4] // side
    top, left = (clip.shape[3] - side * height) // 2, (clip.shape[4] - side * width) // 2
    inner = (..., slice(top, top + side * height), slice(left, left + side * width))
    cells = (*clip.shape[:3], side, height, side, width)
    pieces = clip[inner].reshape(cells).transpose(4, 5).flatten(3, 4)  # (B, C, T, P·P, h, w)
    laid = torch.take_along_dim(pieces, order[:, None, None, :, None, None], dim=3)
    rows = laid.reshape(*clip.shape[:3], side, side, height, width).transpose(4, 5)
    shuffled = torch.zeros_like(clip)
    shuffled[inner] = rows.flatten(5).flatten(3, 4)
    return shuffled


def _order(clip: Tensor, pieces: int, rng: Generator, training: bool) -> Tensor:
    """(B, pieces): for each slot the piece that is to lie in it."""
    if training:
        return randperm(len(clip), pieces, rng=rng, device=clip.device)
    return torch.arange(pieces, device=clip.device).expand(len(clip), -1)


def _mirrored(clip: Tensor, rng: Generator) -> Tensor:
    mirror = randint(0, 2, (len(clip),), rng=rng, device=clip.device).bool()
    return torch.where(mirror[:, None, None, None, None], clip.flip(-1), clip)


def _max(logits: Tensor) -> Tensor:
    """(B, slots, pieces) -> (B,)."""
    return 1 - logits.softmax(dim=2).diagonal(dim1=1, dim2=2).amin(dim=1)


def _mean(logits: Tensor) -> Tensor:
    """(B, slots, pieces) -> (B,)."""
    return -logits.log_softmax(dim=2).diagonal(dim1=1, dim2=2).mean(dim=1)


_REDUCED = {"max": _max, "mean": _mean}

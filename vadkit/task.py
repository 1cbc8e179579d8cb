"""The contract of a proxy task.

Letters: B batch, N windows, C channels, T frames, H, W. Pixels are floats in [0, 1].
A clip is always (B, C, T, H, W), also when T is 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from torch import Generator, Tensor, nn

from vadkit.nn.heads import Shapes

ConfigT = TypeVar("ConfigT")


@dataclass(frozen=True)
class Batch:
    """What a task reads: the answer to its card's `Sampling` and `Need`s."""

    clips: Tensor
    """(B, C, T, H, W) in [0, 1]; (B, N, C, T, H, W) where the sampling has N > 1 windows."""
    context: Mapping[str, Tensor] = field(default_factory=dict)
    """`Need.key`, a teacher's role where it has no name -> (B, ...)."""
    labels: Tensor | None = None
    """(B,) int64, 1 where the unit's own frame is anomalous; only if the sampling asked."""
    beside: Mapping[str, Batch] = field(default_factory=dict)
    """Data role -> a batch of the same B, for every sampling after a task's first."""
    cube_size: tuple[int, int] = (48, 48)
    """Height and width of the recipe's cubes (`objects.size`), also where clips are frames."""


@dataclass(frozen=True)
class Views:
    """What a task makes of a batch."""

    inputs: Mapping[str, Tensor]
    """Name -> clip (B, C, T, H, W) that passes through backbone and head.

    Clips of equal shape pass as one batch, so batch norm sees them together; others by themselves.
    """
    targets: Mapping[str, Tensor] = field(default_factory=dict)
    """Name -> what loss and score compare the outputs with."""
    context: Mapping[str, Tensor] = field(default_factory=dict)
    """Name -> (B, ...) that the head may see; nothing else reaches it."""


Outputs = Mapping[str, Tensor]
"""View name -> what the head made of it."""


class Task(ABC, Generic[ConfigT]):
    """A proxy task: values, not moments. No state, no global random numbers, no files.

    The core runs `head(backbone(clip), context)` for every view; it owns devices, modes,
    optimizers, seeds, logging and checkpoints.
    """

    def __init__(self, config: ConfigT) -> None:
        self.config = config

    @abstractmethod
    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Make the views of a whole batch, on its device, with all randomness from `rng`.

        Draw from `rng` through `vadkit.api.randint`, `rand`, `randperm`: they draw on the CPU and
        move, so that a seed means the same on every device.
        """

    @abstractmethod
    def head(self, shapes: Shapes) -> nn.Module:
        """Build the head, called as `head(features, context)` for the views of one shape.

        A `PerView` holds one head a view, by the view's name. Heads made by `shapes.heads` share
        their trunks with the other tasks of a phase.
        """

    @abstractmethod
    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name -> scalar term; the task's loss is their sum."""

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name -> (B,), higher is more anomalous. Left out where the card says `scored=False`.

        A score may also be a map (B, h, w) of errors over the unit: their mean is the score, and
        where a whole frame's map is high, the anomaly is.
        """
        raise NotImplementedError(f"{type(self).__name__} has no score")

    def infer(
        self, run: Callable[[Views], dict[str, Tensor]], batch: Batch, rng: Generator
    ) -> dict[str, Tensor]:
        """Score a batch; overridden only where that takes several passes.

        Args:
            run: Views -> outputs, through backbone and head.
            batch: What `score_sampling` and `score_needs` ask for.
            rng: The only source of randomness.
        """
        views = self.views(batch, rng, training=False)
        return self.score(run(views), views.targets)

"""An evidence part: how far an object's embedding by a trained backbone is from training objects'.

    vadkit run vadkit --out trained ...
    vadkit run embedding.toml --plugin benchmarks/embedding.py ...

A plugin in one file, to see whether a backbone that learned proxy tasks knows better what looks
alike than a network trained on ImageNet; `embedding.toml` is in docs/what-learning-adds.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vadkit.api import Evidence, EvidenceCard, Rows, Seen, hookimpl, neighbour_distance, windows
from vadkit.data.clip_tensors import floats
from vadkit.data.crops import Cutting, cut
from vadkit.registry.registry import load_plugins
from vadkit.runs.folder import RunFolder
from vadkit.score import Scorer


@dataclass(frozen=True, kw_only=True)
class EmbeddingConfig:
    run: Path = Path("trained")
    """Folder of a finished run."""
    task: str = "jigsaw"
    """A task that scores there; its backbone embeds."""
    neighbours: int = 5
    """Training objects to which the distance is taken."""


class Embedding(Evidence[EmbeddingConfig]):
    """The mean over time and space of the coarsest map of an object's cube, at length 1.

    Attributes:
        distance: Mean of one minus the cosine to the nearest training objects.
    """

    def __init__(self, config: EmbeddingConfig) -> None:
        super().__init__(config)
        folder = RunFolder(config.run)
        model = Scorer.of_run(folder, load_plugins()).model
        sampling = model.tasks[config.task].score_sampling
        self._backbone = model.backbone(config.task)
        self._cutting = Cutting(
            "object", sampling.offsets, model.sizes.cube, self._backbone.channels
        )
        self._weights = (folder.model / "MANIFEST.json").read_text("utf-8")

    def fingerprint(self) -> str:
        """The weights' hashes."""
        return self._weights

    @torch.inference_mode()
    def describe(self, frames: Iterator[Seen]) -> Iterator[Rows]:
        """(n, C), each row of length 1."""
        offsets = self._cutting.offsets
        for window in windows(frames, -offsets[0], offsets[-1]):
            clips = cut(window, self._cutting).clips
            code = self._backbone(floats(torch.from_numpy(clips), torch.device("cpu"))).pooled()
            yield torch.nn.functional.normalize(code, eps=1e-12).numpy()

    def fit(self, rows: Rows, videos: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """The training objects' embeddings."""
        return {"rows": rows, "videos": videos}

    def measure(
        self, rows: Rows, bank: Any, videos: NDArray[np.int64] | None = None
    ) -> dict[str, NDArray[np.floating[Any]]]:
        """The attribute (n,)."""
        apart = None if videos is None else (videos, bank["videos"])
        distance = neighbour_distance(rows, bank["rows"], self.config.neighbours, apart)
        return {"distance": distance**2 / 2}


@hookimpl
def vadkit_evidence() -> list[EvidenceCard]:
    return [
        EvidenceCard(
            name="embedding",
            summary="How far an object's embedding by a trained backbone is from others'.",
            load="embedding:Embedding",
            config=EmbeddingConfig,
            attributes=("distance",),
        )
    ]

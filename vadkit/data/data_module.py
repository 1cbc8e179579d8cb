"""Prepared data: what training and scoring read of a recipe's videos, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.data.annotations.known import Labels, SealedAnnotations
from vadkit.data.batch_loader import Context, Loader, Reading
from vadkit.data.dataset import Dataset, Split
from vadkit.data.evidence import Rows
from vadkit.data.prepared_split import OnProgress
from vadkit.data.prepared_videos import PreparedVideos
from vadkit.data.store.store import Store
from vadkit.data.teachers.context import ContextReader
from vadkit.data.units import Units
from vadkit.errors import DataError
from vadkit.recipe import BoundRecipe
from vadkit.recipe.bound_recipe import Read
from vadkit.recipe.schema import TARGET
from vadkit.registry.cards import Need, Sampling

Part = tuple[float, float]
"""Where a part of a video begins and ends, as shares of its length."""
BASELINE = Sampling(frames=1)
"""Objects, whatever else is read of them."""


def required(bound: BoundRecipe, *, labelled: bool) -> list[Read]:
    """What is read of videos to train and score, training videos first.

    Args:
        bound: Whose tasks and evidence parts.
        labelled: Whether the scores will be evaluated, and held against baselines.
    """
    trained, scored = bound.reads
    parts = tuple(bound.described if labelled else bound.evidence)
    described = [Read(split, (BASELINE,), (), parts) for split in get_args(Split) if parts]
    return [*trained, *scored, *described]


class PreparedData:
    """Everything that training and scoring read, made once and kept on disk.

    Args:
        bound: Binds data roles to data sets; "target" is trained on and scored, others are
            trained on alone. Binds teachers to the roles of needs.
        home: Folder of the caches; `VADKIT_HOME` or the platform's where not given.
        progress: Told which videos are prepared: (what, videos done, videos).
        strict: Refuse damaged frames, and do not only count them.
        device: Where teachers run, and where their answers are handed out.
    """

    def __init__(
        self,
        bound: BoundRecipe,
        *,
        home: Path | None = None,
        progress: OnProgress | None = None,
        strict: bool = False,
        device: torch.device | str = "cpu",
    ) -> None:
        on_progress = progress or (lambda *_: None)
        self.prepared = PreparedVideos(
            bound, home=home, on_progress=on_progress, strict=strict, device=device
        )
        """The videos themselves."""
        self._held_out = (1 - bound.recipe.optim.hold_out, 1.0)

    @cached_property
    def annotations(self) -> SealedAnnotations:
        """What is known of the test videos; sealed unless something is scored."""
        reader = self.prepared.role(TARGET).label_reader
        return SealedAnnotations(reader, lambda: self.prepared.any_store("test").units.extents)

    def dataset(self, role: str = TARGET) -> Dataset[Any]:
        """The data set bound to a role."""
        return self.prepared.role(role).dataset

    def require(self, reads: Sequence[Read]) -> None:
        """Make and open what these read, with the teachers' answers, in one pass over each video.

        Raises:
            DataError: There is no video, or one or its boxes cannot be used.
            PluginError: A need has no teacher.
        """
        self.prepared.make_missing(self.prepared.expect(reads))
        for read in reads:
            for sampling in self.prepared.samplings(read):
                units = self.units(sampling, read.split)
                if read.split == "train":
                    at_ends = len(units) - len(self.inside(sampling, "train"))
                    self.prepared.note(sampling, "train", {"units_at_ends": at_ends})

    def units(self, sampling: Sampling, split: Split) -> Units:
        """The units that a sampling reads."""
        units = self.prepared.store(sampling, split).units
        videos = self.prepared.split(sampling.role, split).videos
        return replace(units, cameras=tuple(map(self.dataset(sampling.role).camera, videos)))

    def inside(self, sampling: Sampling, split: Split, part: Part = (0, 1)) -> Tensor:
        """(k,) rows of the units that lie in a part of their video; see `Units.inside`."""
        return torch.from_numpy(self.units(sampling, split).inside(sampling, part))

    def loader(
        self,
        samplings: Sequence[Sampling],
        split: Split,
        batch: int,
        *,
        seed: Sequence[int | str] | None,
        device: torch.device,
        steps: int | None = None,
        needs: Sequence[Need] = (),
        rows: Tensor | None = None,
        held_out: bool = False,
    ) -> Loader:
        """Read units in batches; the samplings after the first arrive in `Batch.beside`.

        Args:
            samplings: What a task reads.
            split: Which videos.
            batch: Units in a batch.
            seed: For training: decides the order, and only units whose clip lies inside the video
                are read. None for scoring: every unit in order, its clip repeating the video's
                first or last frame, without labels.
            device: Where the batches go.
            steps: Stop after so many batches.
            needs: Teachers' answers for the units of the first sampling.
            rows: For scoring: these units alone.
            held_out: For training: the units that are held out, instead of those trained on.

        Raises:
            DataError: There is nothing to train on, or labels do not fit their video.
            PluginError: A need has no teacher.
        """
        trained = self._held_out if held_out else (0, self._held_out[0])
        part = None if seed is None else trained
        readings = [_reading(self.prepared, sampling, split, part) for sampling in samplings]
        if rows is not None:
            readings = [replace(reading, rows=rows) for reading in readings]
        for reading in readings:
            reading.store.to(device)
        return Loader(
            main=readings[0],
            beside=readings[1:],
            batch=batch,
            seed=seed,
            device=device,
            cube_size=self.prepared.cuttings.size("object"),
            steps=steps,
            context=self.context(samplings[0], split, needs) if needs else None,
        )

    def context(self, sampling: Sampling, split: Split, needs: Iterable[Need]) -> Context:
        """Reads teachers' answers, made where they are missing: rows (B,) -> key -> (B, ...).

        Raises:
            PluginError: Nobody answers a need, or not like this.
            DataError: The answers for two videos differ in shape.
        """
        units, videos = self.units(sampling, split), self.prepared.split(sampling.role, split)
        size = self.prepared.cuttings.size(sampling.unit)
        readers = {}
        for need in needs:
            outputs = self.prepared.outputs(sampling, split, need)
            shards = videos.shards_of(outputs.key)
            readers[need.key] = ContextReader(need, outputs, shards, units, size)
        return lambda index: {key: reader(index) for key, reader in readers.items()}

    def descriptions(self, part: str, split: Split) -> list[Rows]:
        """(n, D) for each of the target's videos: an evidence part's rows of its objects.

        They are in the order of `units` of any sampling of objects.

        Raises:
            PluginError: The part fails.
        """
        return self.prepared.descriptions(part, TARGET, split)

    def lengths(self, split: Split = "test") -> dict[str, int]:
        """Frames of each of the target's videos, as they were decoded."""
        return self.prepared.any_store(split).units.frames

    def times(self, split: Split = "test") -> dict[str, NDArray[np.float64]]:
        """Each frame's presentation time in seconds, NaN where not known, by target's video."""
        return self.prepared.split(TARGET, split).times(self.prepared.any_store(split))

    def fingerprint(self, samplings: Iterable[Sampling] | None = None) -> str:
        """A hash of all that decides what these samplings read, or all that are required."""
        return self.prepared.cuttings.fingerprint(samplings)


def answer_shapes(
    data: PreparedData, sampling: Sampling, split: Split, needs: Iterable[Need]
) -> dict[str, tuple[int, ...]]:
    """`Need.key` -> shape of the answer without B, of a unit; DataError where there is none."""
    if not len(data.units(sampling, split)):
        raise DataError(
            f"No {sampling.unit} was found in the {split} videos of {sampling.role!r}.",
            "Look at the detector's boxes and rules under [objects].",
        )
    answers = data.context(sampling, split, needs)(torch.zeros(1, dtype=torch.int64))
    return {key: tuple(answer.shape[1:]) for key, answer in answers.items()}


def _reading(
    prepared: PreparedVideos, sampling: Sampling, split: Split, part: Part | None
) -> Reading:
    """All units that a sampling reads or, for training, those inside a part of their video."""
    store, role = prepared.store(sampling, split), prepared.role(sampling.role)
    if part is None:
        return Reading(store, sampling, torch.arange(len(store.units)))
    rows = torch.from_numpy(store.units.inside(sampling, part))
    if len(rows) < 2:  # noqa: PLR2004 - batch statistics need two
        raise role.too_few(split, sampling.unit, len(sampling.offsets))
    if not sampling.labels:
        return Reading(store, sampling, rows)
    labels = role.label_reader.labels(split, store.units.frames)
    return Reading(store, sampling, rows, _unit_labels(labels, store))


def _unit_labels(labels: Labels, store: Store) -> Tensor:
    """(units,) int64; units of videos without labels count as normal."""
    units = store.units
    normal = {name: np.zeros(count, np.uint8) for name, count in units.frames.items()}
    annotated = {name: array for name, array in labels.items() if array is not None}
    frames = np.concatenate(list({**normal, **annotated}.values()))  # (frames of all videos,)
    of_units = frames[units.starts[units.video] + units.frame]  # (frames,) -> (units,)
    return torch.from_numpy(of_units.astype(np.int64))

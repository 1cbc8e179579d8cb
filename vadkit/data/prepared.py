"""Prepared data: a recipe's videos, cut into stores, read as batches."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.cards import Need, Sampling
from vadkit.data.cubes import Cutting
from vadkit.data.dataset import Dataset, Split, Video
from vadkit.data.labels import check_length
from vadkit.data.loader import Context, Loader, Reading
from vadkit.data.role import TARGET, Role, Told
from vadkit.data.stores import Store, open_store
from vadkit.data.units import Units
from vadkit.data.video import open_video
from vadkit.errors import DataError, PluginError
from vadkit.plugins import Registry
from vadkit.recipe import Recipe


class ContextLookup(Protocol):
    """Keeps the teachers' answers for every unit."""

    def lookup(self, role: str, split: Split, need: Need, units: Units, index: Tensor) -> Tensor:
        """Answers (B, ...) for the units `index` (B,) of a data role."""


def cache_home(home: Path | None = None) -> Path:
    """Folder of all caches: as given, else `VADKIT_HOME`, else the platform's cache folder."""
    return Path(home or os.environ.get("VADKIT_HOME") or platformdirs.user_cache_dir("vadkit"))


class PreparedData:
    """Everything that training and scoring read, made once and kept on disk.

    Args:
        recipe: Binds data roles to data sets; "target" is trained on and scored, others are
            trained on alone.
        registry: Where data sets and detectors come from.
        home: Folder of the caches.
        progress: Told which store is being made.
    """

    def __init__(
        self,
        recipe: Recipe,
        registry: Registry,
        *,
        home: Path | None = None,
        progress: Told | None = None,
    ) -> None:
        self._recipe = recipe
        self._registry = registry
        self._root = cache_home(home) / "stores"
        self._told = progress or (lambda *_: None)
        self._roles: dict[str, Role] = {}
        self._spans: dict[tuple[str, str, int], range] = {}
        self._stores: dict[tuple[str, Split, Cutting], Store] = {}
        self.context_store: ContextLookup | None = None
        """Answers the needs of tasks; set by who binds the teachers."""
        self.cube_size = (recipe.objects.size, recipe.objects.size)
        """Height and width of a cube."""
        self.frame_size = recipe.frames.size
        """Height and width of a whole frame."""
        self.report: dict[str, dict[str, int]] = {}
        """`role/split/unit` -> what was seen, repaired, dropped and skipped, by name."""

    @cached_property
    def channels(self) -> int:
        """Colour channels of all clips: 1 (grey) or 3 (RGB)."""
        if self._recipe.channels != "auto":
            return self._recipe.channels
        videos = self.videos("train") or self.videos("test")
        if not videos:
            raise DataError("The data role 'target' has no videos.")
        return open_video(videos[0].path).info.channels

    def dataset(self, role: str = TARGET) -> Dataset[Any]:
        """The data set bound to a role."""
        return self._role(role).dataset

    def videos(self, split: Split) -> list[Video]:
        """The target's videos."""
        return self.dataset().videos(split)

    def require(self, samplings: Iterable[Sampling]) -> None:
        """Make the stores for these samplings, one for all that differ only in length.

        Raises:
            DataError: A video or its boxes cannot be used.
        """
        wanted = list(samplings)
        for sampling in wanted:
            key = (sampling.role, sampling.unit, sampling.stride)
            self._spans[key] = _span(self._spans.get(key), sampling.offsets)
        for sampling in wanted:
            self._store(sampling, "train")
            if sampling.role == TARGET:
                self._store(sampling, "test")

    def units(self, sampling: Sampling, split: Split) -> Units:
        """The units that a sampling reads."""
        return self._store(sampling, split).units

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
    ) -> Loader:
        """Read units in batches; the samplings after the first arrive in `Batch.beside`.

        Args:
            samplings: What a task reads.
            split: Which videos.
            batch: Units in a batch.
            seed: For training: decides the order, and only units whose clip lies inside the video
                are read. None for scoring: every unit in order, the video's ends repeated, and no
                labels.
            device: Where the batches go.
            steps: Stop after so many batches.
            needs: Teachers' answers for the units of the first sampling.

        Raises:
            DataError: There is nothing to train on.
            PluginError: A need has no teacher.
        """
        training = seed is not None
        first, *others = samplings
        context = self._context(first, split, needs) if needs else None
        readings = [self._reading(first, split, training, context)]
        readings += [self._reading(sampling, split, training) for sampling in others]
        for reading in readings:
            reading.store.to(device)
        skipped = len(readings[0].store.units) - len(readings[0].rows)
        return Loader(readings, batch, seed=seed, device=device, steps=steps, skipped=skipped)

    def lengths(self, split: Split = "test") -> dict[str, int]:
        """Frames of each of the target's videos, as they were decoded."""
        units = self._any_store(split).units
        return dict(zip(units.videos, units.lengths.tolist(), strict=True))

    def times(self, split: Split = "test") -> dict[str, NDArray[np.float64]]:
        """Each frame's presentation time in seconds, for each of the target's videos."""
        stored = self._any_store(split).stored
        parts = np.split(stored.times, np.cumsum(stored.units.lengths)[:-1])
        return dict(zip(stored.units.videos, parts, strict=True))

    def labels(self, split: Split = "test") -> dict[str, NDArray[np.uint8]]:
        """Each labelled video's (frames,) labels, 1 where anomalous; none where none are known.

        Raises:
            DataError: A video has more or fewer labels than frames.
        """
        known = self._labels(TARGET, split, self.lengths(split))
        return {name: labels for name, labels in known.items() if labels is not None}

    def fingerprint(self) -> str:
        """A hash of everything that decides what the stores hold."""
        facts = [
            (role, split, repr(cutting), self._role(role).facts(cutting.unit))
            for role, split, cutting in sorted(self._stores, key=repr)
        ]
        text = json.dumps(facts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _role(self, name: str) -> Role:
        if name not in self._roles:
            self._roles[name] = Role(name, self._recipe, self._registry)
        return self._roles[name]

    def _cutting(self, sampling: Sampling, split: Split) -> Cutting:
        key = (sampling.role, sampling.unit, sampling.stride)
        span = _span(self._spans.get(key), sampling.offsets)
        every = self._role(sampling.role).every if split == "train" else 1
        if sampling.unit == "frame":
            return Cutting("frame", range(1), self.frame_size, self.channels, every)
        return Cutting("object", span, self.cube_size, self.channels, every)

    def _store(self, sampling: Sampling, split: Split) -> Store:
        cutting = self._cutting(sampling, split)
        key = (sampling.role, split, cutting)
        if key not in self._stores:
            role = self._role(sampling.role)
            facts = {**role.facts(cutting.unit), "split": split}
            source = partial(role.cuts, split, self._told)
            self._stores[key] = open_store(self._root, facts, cutting, source)
            self.report["/".join((role.name, split, cutting.unit))] = self._stores[key].report()
        return self._stores[key]

    def _any_store(self, split: Split) -> Store:
        for (role, of, _), store in self._stores.items():
            if (role, of) == (TARGET, split):
                return store
        return self._store(Sampling(frames=1), split)

    def _reading(
        self, sampling: Sampling, split: Split, training: bool, context: Context | None = None
    ) -> Reading:
        store = self._store(sampling, split)
        rows = torch.arange(len(store.units))
        if not training:
            return Reading(store, sampling, rows, context=context)
        rows = rows[torch.from_numpy(_inside(store.units, sampling))]
        role = self._role(sampling.role)
        self.report["/".join((role.name, split, sampling.unit))]["units_at_ends"] = len(
            store.units
        ) - len(rows)
        if len(rows) < 2:  # noqa: PLR2004
            raise role.too_few(split, sampling.unit, len(sampling.offsets))
        labels = self._unit_labels(sampling.role, split, store) if sampling.labels else None
        return Reading(store, sampling, rows, labels, context)

    def _unit_labels(self, role: str, split: Split, store: Store) -> Tensor:
        """(units,) int64; units of videos without labels count as normal."""
        units = store.units
        lengths = dict(zip(units.videos, units.lengths.tolist(), strict=True))
        known = self._labels(role, split, lengths).items()
        of = [np.zeros(lengths[name]) if labels is None else labels for name, labels in known]
        first = np.cumsum(units.lengths) - units.lengths
        flat = np.concatenate(of)[first[units.video] + units.frame]
        return torch.from_numpy(flat.astype(np.int64))

    def _labels(
        self, role: str, split: Split, lengths: Mapping[str, int]
    ) -> dict[str, NDArray[np.uint8] | None]:
        dataset = self._role(role).dataset
        known = {video.name: dataset.labels(video) for video in dataset.videos(split)}
        for name, labels in known.items():
            if labels is not None:
                check_length(name, lengths[name], len(labels))
        return known

    def _context(self, sampling: Sampling, split: Split, needs: Sequence[Need]) -> Context:
        store, units = self.context_store, self.units(sampling, split)
        if store is None:
            names = ", ".join(need.role for need in needs)
            raise PluginError(f"No teacher answers the needs {names}.", "Bind one in [teachers].")
        return lambda index: {
            need.role: store.lookup(sampling.role, split, need, units, index) for need in needs
        }


def _span(known: range | None, wanted: range) -> range:
    """The frames read by either of two samplings of one stride."""
    if known is None:
        return wanted
    step = wanted.step
    return range(min(known[0], wanted[0]), max(known[-1], wanted[-1]) + step, step)


def _inside(units: Units, sampling: Sampling) -> NDArray[np.bool_]:
    """(n,) whether a unit's clip lies wholly inside its video."""
    first = units.frame + sampling.offsets[0]
    last = units.frame + sampling.offsets[-1]
    return np.asarray((first >= 0) & (last < units.lengths[units.video]))

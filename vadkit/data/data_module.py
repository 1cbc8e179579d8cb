"""Prepared data: a recipe's videos, cut into stores, read as batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.data.batch_loader import Context, Loader, Reading
from vadkit.data.bound_dataset import TARGET, Tracks
from vadkit.data.dataset import Dataset, Split, Video
from vadkit.data.leakage import refuse_leaks
from vadkit.data.shelf import Shelf
from vadkit.data.store.store import Store
from vadkit.data.store.video_shards import Parts, Told
from vadkit.data.units import Units
from vadkit.errors import DataError, PluginError
from vadkit.recipe import Recipe
from vadkit.registry.cards import Need, Sampling, Unit
from vadkit.registry.registry import Registry
from vadkit.utils.cache_dir import cache_home


class ContextLookup(Protocol):
    """Keeps the teachers' answers for every unit."""

    def facts(self, needs: Iterable[Need]) -> list[object]:
        """JSON values of all that decides the answers to these needs, but for the videos."""

    def lookup(
        self,
        role: str,
        split: Split,
        need: Need,
        units: Units,
        index: Tensor,
        *,
        unit: Unit = "object",
    ) -> Tensor:
        """Answers (B, ...) for the units `index` (B,) of a data role."""


class PreparedData:
    """Everything that training and scoring read, made once and kept on disk.

    Args:
        recipe: Binds data roles to data sets; "target" is trained on and scored, others are
            trained on alone.
        registry: Where data sets and detectors come from.
        home: Folder of the caches; `VADKIT_HOME` or the platform's where not given.
        progress: Told which store is being made: (what, videos done, videos).
        strict: Refuse damaged frames; otherwise their neighbours stand in, and are counted.
    """

    def __init__(
        self,
        recipe: Recipe,
        registry: Registry,
        *,
        home: Path | None = None,
        progress: Told | None = None,
        strict: bool = False,
    ) -> None:
        told, root = progress or (lambda *_: None), cache_home(home) / "stores"
        self._shelf = Shelf(recipe, registry, root, told, strict=strict)
        self._held_out = (1 - recipe.optim.hold_out, 1.0)
        self._sealed = True
        self.context_store: ContextLookup | None = None
        """Answers the needs of tasks; set by who binds the teachers."""
        self.cube_size = (recipe.objects.size, recipe.objects.size)
        """Height and width of a cube."""
        self.frame_size = recipe.frames.size
        """Height and width of a whole frame."""

    @property
    def channels(self) -> int:
        """Colour channels of all clips: 1 (grey) or 3 (RGB)."""
        return self._shelf.channels

    @property
    def report(self) -> dict[str, dict[str, int]]:
        """`role/split/unit` -> what was seen, repaired, dropped and skipped, by name."""
        return self._shelf.report

    def dataset(self, role: str = TARGET) -> Dataset[Any]:
        """The data set bound to a role."""
        return self._shelf.role(role).dataset

    def videos(self, split: Split) -> list[Video]:
        """The target's videos."""
        return self.dataset().videos(split)

    def require(self, train: Iterable[Sampling], score: Iterable[Sampling] = ()) -> None:
        """Make the stores for these samplings, one for all that differ only in length.

        Args:
            train: What training reads.
            score: What scoring reads of the target's test videos.

        Raises:
            DataError: There is no video, or one or its boxes cannot be used.
        """
        trained, scored = list(train), list(score)
        self.expect(trained, scored)
        for sampling in trained:
            units = self._shelf.store(sampling, "train").units
            inside = self.inside(sampling, "train")
            self._shelf.note(sampling, "train", {"units_at_ends": len(units) - len(inside)})
        for sampling in scored:
            self._shelf.store(sampling, "test")

    def expect(self, train: Iterable[Sampling], score: Iterable[Sampling] = ()) -> None:
        """Check that what `require` is given can be made; nothing is made yet.

        Args:
            train: What training reads.
            score: What scoring reads of the target's test videos.

        Raises:
            DataError: There is no video, or one is trained on and tested with.
        """
        trained, scored = list(train), list(score)
        for sampling in trained:
            self._shelf.role(sampling.role).videos("train")
        for sampling in scored:
            self._shelf.role(sampling.role).videos("test")
        roles = {TARGET, *(sampling.role for sampling in trained)}
        seen = [video for role in sorted(roles) for video in self.dataset(role).videos("train")]
        refuse_leaks(seen, self.videos("test"))
        self._shelf.widen([*trained, *scored])

    def widen(self, samplings: Iterable[Sampling]) -> None:
        """Make stores from now on wide enough for all these samplings."""
        self._shelf.widen(samplings)

    def parts(self, sampling: Sampling, split: Split) -> Parts:
        """The parts of the store that a sampling reads, a part for each video.

        Raises:
            DataError: There is no video.
        """
        return self._shelf.parts(sampling, split)

    def units(self, sampling: Sampling, split: Split) -> Units:
        """The units that a sampling reads."""
        return self._shelf.store(sampling, split).units

    def inside(
        self, sampling: Sampling, split: Split, part: tuple[float, float] = (0, 1)
    ) -> Tensor:
        """(n,) rows of the units of a part of their video, whose clip does not reach beyond that.

        Args:
            sampling: What a clip is.
            split: Which videos.
            part: Where it begins and ends, as shares of the video's length.
        """
        units = self._shelf.store(sampling, split).units
        return torch.from_numpy(_inside(units, sampling, part)).nonzero()[:, 0]

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
                are read. None for scoring: every unit in order, the video's ends repeated, and no
                labels.
            device: Where the batches go.
            steps: Stop after so many batches.
            needs: Teachers' answers for the units of the first sampling.
            rows: For scoring: these units alone.
            held_out: For training: the units that are held out, instead of those trained on.

        Raises:
            DataError: There is nothing to train on, or labels do not fit their video.
            PluginError: A need has no teacher.
        """
        part = self._held_out if held_out else (0, self._held_out[0])
        read = partial(self._scored, rows) if seed is None else partial(self._trained, part)
        first, *others = [read(sampling, split) for sampling in samplings]
        context = self._context(first, split, needs) if needs else None
        for reading in (first, *others):
            reading.store.to(device)
        return Loader(first, others, batch, seed=seed, device=device, steps=steps, context=context)

    def lengths(self, split: Split = "test") -> dict[str, int]:
        """Frames of each of the target's videos, as they were decoded."""
        return self._shelf.any_store(split).units.frames

    def times(self, split: Split = "test") -> dict[str, NDArray[np.float64]]:
        """Each frame's presentation time in seconds, for each of the target's videos."""
        stored = self._shelf.any_store(split).stored
        parts = np.split(stored.times, stored.units.starts[1:])
        return dict(zip(stored.units.videos, parts, strict=True))

    @contextmanager
    def scoring(self) -> Iterator[None]:
        """Open the labels of the test videos while the block runs.

        At all other times asking for them is a mistake of the program: so nothing can be trained
        or chosen by them unseen.
        """
        self._sealed = False
        try:
            yield
        finally:
            self._sealed = True

    def labelled(self) -> bool:
        """Whether the test videos have labels, which are checked with the tracks, not given away.

        Raises:
            DataError: A video has more or fewer labels than frames, some test videos have labels
                and others none, or a track reaches beyond its video.
        """
        found = bool(self._labels())
        if found:
            self._tracks()
        return found

    def labels(self) -> dict[str, NDArray[np.uint8]]:
        """Each labelled test video's (frames,) labels, 1 where anomalous; only while `scoring`.

        Raises:
            DataError: As `labelled` says.
            RuntimeError: Nothing is scored at present.
        """
        self._refuse_sealed()
        return self._labels()

    def tracks(self) -> Tracks | None:
        """Each test video's anomalies and whether they were derived; None where not known.

        Raises:
            RuntimeError: Nothing is scored at present.
        """
        self._refuse_sealed()
        return self._tracks()

    def _refuse_sealed(self) -> None:
        if self._sealed:
            raise RuntimeError("What is known about test videos is read while scoring, only then.")

    def _labels(self) -> dict[str, NDArray[np.uint8]]:
        known = self._shelf.role(TARGET).labels("test", self.lengths("test"))
        found = {name: labels for name, labels in known.items() if labels is not None}
        if found:
            _refuse_partial(known)
        return found

    def _tracks(self) -> Tracks | None:
        return self._shelf.role(TARGET).tracks("test", self.lengths("test"))

    def fingerprint(self, samplings: Iterable[Sampling] | None = None) -> str:
        """A hash of everything that decides what these samplings read.

        Args:
            samplings: Those given to `require` where not given.
        """
        return self._shelf.fingerprint(samplings)

    def answering(self, needs: Iterable[Need]) -> list[object]:
        """JSON values of who answers these needs; none where none is asked for."""
        return self.context_store.facts(needs) if self.context_store else []

    def _scored(self, rows: Tensor | None, sampling: Sampling, split: Split) -> Reading:
        store = self._shelf.store(sampling, split)
        return Reading(store, sampling, torch.arange(len(store.units)) if rows is None else rows)

    def _trained(self, part: tuple[float, float], sampling: Sampling, split: Split) -> Reading:
        store, role = self._shelf.store(sampling, split), self._shelf.role(sampling.role)
        rows = self.inside(sampling, split, part)
        if len(rows) < 2:  # noqa: PLR2004 - batch statistics need two
            raise role.too_few(split, sampling.unit, len(sampling.offsets))
        if not sampling.labels:
            return Reading(store, sampling, rows)
        labels = role.labels(split, store.units.frames)
        return Reading(store, sampling, rows, _unit_labels(labels, store))

    def _context(self, reading: Reading, split: Split, needs: Sequence[Need]) -> Context:
        answers, units = self.context_store, reading.store.units
        role, unit = reading.sampling.role, reading.sampling.unit
        if answers is None:
            names = ", ".join(need.role for need in needs)
            raise PluginError(f"No teacher answers the needs {names}.", "Bind one in [teachers].")
        return lambda index: {
            need.key: answers.lookup(role, split, need, units, index, unit=unit) for need in needs
        }


def _refuse_partial(known: dict[str, NDArray[np.uint8] | None]) -> None:
    """An evaluation on some of the test videos would compare with no other."""
    bare = [name for name, labels in known.items() if labels is None]
    if bare:
        raise DataError(
            f"{len(bare)} of {len(known)} test videos have no labels: {', '.join(bare[:5])}.",
            "Label all of them, or none to score without evaluation.",
        )


def _inside(units: Units, sampling: Sampling, part: tuple[float, float]) -> NDArray[np.bool_]:
    """(n,) whether a unit's own frame lies in a part of its video, and its clip ends in it too.

    The clip may begin before the part: the end of a short video is shorter than some clips.
    """
    length = units.lengths[units.video]
    first = units.frame + sampling.offsets[0]
    last = units.frame + sampling.offsets[-1]
    own = (units.frame >= part[0] * length) & (last < part[1] * length)
    return np.asarray(own & (first >= 0))


def _unit_labels(known: dict[str, NDArray[np.uint8] | None], store: Store) -> Tensor:
    """(units,) int64; units of videos without labels count as normal."""
    units = store.units
    normal = {name: np.zeros(count, np.uint8) for name, count in units.frames.items()}
    given = {name: labels for name, labels in known.items() if labels is not None}
    filled = list({**normal, **given}.values())
    of_units = np.concatenate(filled)[units.starts[units.video] + units.frame]
    return torch.from_numpy(of_units.astype(np.int64))

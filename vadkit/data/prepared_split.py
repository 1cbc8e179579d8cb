"""The videos of one split of a data role, and the shards that are kept of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from vadkit.data.bound_dataset import BoundDataset
from vadkit.data.crops import Cutting
from vadkit.data.dataset import Split
from vadkit.data.evidence import Evidence
from vadkit.data.store.store import Store, UnitRecorder, open_store, stored_cutting
from vadkit.data.store.video_shards import REVISION, Shard, VideoShards
from vadkit.data.teachers.outputs import FrameOutputs, Outputs, UnitOutputs, compact
from vadkit.data.video_pass import VideoPass
from vadkit.utils.hashing import hash_of

OnProgress = Callable[[str, int, int], None]
"""Called with what is prepared, how many videos are done, how many there are."""

_PATIENCE_S = 1.0
"""How long a piece that another process holds is waited for before the next is tried."""


class PreparedSplit:
    """Shards of units and of teachers' answers, a video's all made in one pass over it.

    All shards are below the folder `root`, and everything is cut in so many colour channels.

    Raises:
        DataError: There is no video.
    """

    def __init__(self, bound: BoundDataset, split: Split, root: Path, channels: int) -> None:
        self.what = f"{bound.name} {split}"
        """For the user's eyes."""
        self.videos = bound.videos(split)
        self._bound, self._split, self._channels = bound, split, channels
        facts = {**bound.facts("frame"), "split": split}
        # By number: names of videos may differ in what a file system does not tell apart.
        folder = root / hash_of(facts)
        self.shards = [VideoShards(folder / f"{n:05}") for n in range(len(self.videos))]
        self._cuttings: dict[str, Cutting] = {}
        self._outputs: dict[str, Outputs] = {}
        self._parts: dict[str, Evidence[Any]] = {}

    @property
    def keys(self) -> list[str]:
        """Names of the shards that are kept of each video."""
        return [*self._cuttings, *self._parts, *self._outputs]

    def times(self, store: Store) -> dict[str, NDArray[np.float64]]:
        """Video -> (frames,) presentation times in seconds, by one of the split's stores.

        NaN in a folder of images, where neither the data set nor their names say it.
        """
        rate = self._bound.dataset.frame_rate()
        folders = {video.name for video in self.videos if video.path.is_dir()}
        return {
            name: np.arange(len(times)) / rate if rate and name in folders else times
            for name, times in store.times.items()
        }

    def keep_units(self, cutting: Cutting) -> str:
        """Keep the units of a cutting from now on; the key of their shards."""
        stored = stored_cutting(cutting)
        facts = {**self._bound.facts(cutting.unit), "cutting": repr(stored), "revision": REVISION}
        key = hash_of(facts)
        self._cuttings[key] = stored
        return key

    def keep_outputs(self, outputs: Outputs) -> None:
        """Keep a teacher's answers from now on."""
        self._outputs[outputs.key] = outputs

    def keep_descriptions(self, facts: object, part: Evidence[Any]) -> str:
        """Keep an evidence part's descriptions of all objects from now on; their shards' key."""
        key = hash_of(
            [REVISION, facts, self._bound.facts("object"), self._every, part.fingerprint()]
        )
        self._parts[key] = part
        return key

    @property
    def _every(self) -> int:
        """Objects of every n-th frame are kept."""
        return self._bound.every if self._split == "train" else 1

    def shards_of(self, key: str) -> Callable[[int], Shard]:
        """Number of a video -> its shard of this key; all videos are prepared."""
        return lambda number: self.shards[number].shard(key)

    def store(self, cutting: Cutting) -> Store:
        """The units of a cutting, which is kept; all videos are prepared."""
        key = self.keep_units(cutting)
        named = zip(self.videos, self.shards, strict=True)
        return open_store(cutting, {video.name: shards.shard(key) for video, shards in named})

    def missing(self) -> list[int]:
        """The numbers of the videos of which a shard is missing or not whole."""
        return [n for n, shards in enumerate(self.shards) if not all(map(shards.holds, self.keys))]

    def prepare_missing(self, on_progress: OnProgress) -> None:
        """Prepare all videos, sharing them with other processes; raises as `prepare` does."""
        missing, count = self.missing(), len(self.videos)
        for number in missing:
            self.shards[number].make_folder()
        if missing:
            locks = {number: self.shards[number].lock for number in missing}
            _in_turn(locks, self._prepare, lambda n: on_progress(self.what, count - n, count))

    def prepare(self, number: int) -> None:
        """Make what is missing of a video; waits for the process that is making it.

        Raises:
            DataError: The video or its boxes cannot be used.
            PluginError: A detector or teacher fails.
            NumericError: A teacher's answer is not finite.
            ResourceError: The disk is full.
        """
        shards = self.shards[number]
        shards.make_folder()
        with FileLock(shards.lock):
            self._prepare(number)

    def _prepare(self, number: int) -> None:
        shards = self.shards[number]
        missing = [key for key in self.keys if not shards.holds(key)]
        cuttings = {key: self._cuttings[key] for key in missing if key in self._cuttings}
        outputs = [self._outputs[key] for key in missing if key in self._outputs]
        watched = [answers for answers in outputs if isinstance(answers, FrameOutputs)]
        described = {key: self._parts[key] for key in missing if key in self._parts}
        if cuttings or watched or described:
            video_pass = self._bound.video_pass(self.videos[number], self._channels)
            _write_pass(video_pass, shards, cuttings, watched, described, every=self._every)
        for answers in outputs:
            if isinstance(answers, UnitOutputs):
                with shards.writing(answers.key) as writer:
                    answers.write(writer, shards.shard(answers.store))


def _write_pass(
    video_pass: VideoPass,
    shards: VideoShards,
    cuttings: dict[str, Cutting],
    watched: Sequence[FrameOutputs],
    described: Mapping[str, Evidence[Any]],
    *,
    every: int,
) -> None:
    """Go over a video once and write all shards that come of it, or none."""
    with ExitStack() as stack:
        recorders = [UnitRecorder(stack.enter_context(shards.writing(key))) for key in cuttings]
        writers = [stack.enter_context(shards.writing(outputs.key)) for outputs in watched]
        describing = [stack.enter_context(shards.writing(key)) for key in described]
        teachers, parts = [outputs.watching for outputs in watched], list(described.values())
        for passed in video_pass.frames(list(cuttings.values()), teachers, parts):
            for recorder, cut in zip(recorders, passed.cuts, strict=True):
                recorder.add(cut)
            for writer, answer in zip(writers, passed.answers, strict=True):
                if answer is not None:
                    writer.add(compact(answer[None]))
            if passed.index % every == 0:
                for writer, rows in zip(describing, passed.descriptions, strict=True):
                    writer.add(rows)
        for recorder, cutting in zip(recorders, cuttings.values(), strict=True):
            recorder.end(video_pass.counts(cutting.unit), video_pass.remarks)
        for writer in (*writers, *describing):
            writer.end({})


def _in_turn(
    locks: Mapping[int, Path], do: Callable[[int], None], tell: Callable[[int], None]
) -> None:
    """Do each piece while its lock is held; those that other processes hold come last.

    Args:
        locks: The pieces to be done -> their lock files.
        do: Does a piece, unless it finds it done by another process.
        tell: Told before each piece, again and again while waiting, and at last, how many are left.
    """
    waiting, patience_s = list(locks), 0.0
    while waiting:
        for piece in tuple(waiting):
            tell(len(waiting))
            with suppress(Timeout), FileLock(locks[piece], timeout=patience_s):
                do(piece)
                waiting.remove(piece)
        patience_s = _PATIENCE_S
    tell(0)

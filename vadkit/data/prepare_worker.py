"""Preparing a video as a job, made by a process that knows nothing but the arguments of the call.

It may run on any machine that sees the same data and caches.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from vadkit.data.data_module import PreparedData
from vadkit.data.prepared_split import PreparedSplit
from vadkit.engines import Job
from vadkit.errors import DataError
from vadkit.recipe import BoundRecipe
from vadkit.recipe.bound_recipe import Read
from vadkit.registry.cards import Need, Sampling
from vadkit.utils.devices import device_named
from vadkit.utils.threads import limited_threads

Setting = dict[str, Any]
"""What all jobs of a recipe's data have in common, as values that JSON could say."""


def setting_of(bound: BoundRecipe, reads: Sequence[Read], home: Path, **more: Any) -> Setting:
    """What jobs need to open the same data.

    Args:
        bound: Binds data sets and teachers.
        reads: All that is read.
        home: Folder of the caches.
        more: Arguments of `PreparedData`.
    """
    return {
        **bound.as_json(),
        "reads": [[r.split, *([asdict(of) for of in part] for part in r[1:])] for r in reads],
        "home": str(home.absolute()),
        "more": more,
    }


def job_of(setting: Setting, split: PreparedSplit, number: int) -> Job:
    """The job that prepares a video."""
    arguments = {
        "setting": setting,
        "split": split.what,
        "number": number,
        "shards": sorted(split.keys),
    }
    return Job(f"{split.videos[number].name} ({split.what})", prepare_video, arguments)


@limited_threads()
def prepare_video(*, setting: Setting, split: str, number: int, shards: Sequence[str]) -> None:
    """Prepare a video: all that is missing of it, in one pass.

    Args:
        setting: As `setting_of` makes it.
        split: Data role and split, as `PreparedSplit.what` says them.
        number: The video among them.
        shards: Names of all that is kept of a video; other ones would be of other data.

    Raises:
        VadkitError: The video, a detector or a teacher cannot be used, or this machine has other
            data.
    """
    videos = _splits(json.dumps(setting, sort_keys=True))[split]
    if sorted(videos.keys) != list(shards):
        raise DataError(
            f"The videos of {split} are other ones here than where they were asked for.",
            "All machines have to see the same data, plugins and weights under the same paths.",
        )
    videos.prepare(number)


@lru_cache(maxsize=1)
def _splits(text: str) -> dict[str, PreparedSplit]:
    """Kept for the next job: data sets, detectors and teachers take their time to open."""
    setting = json.loads(text)
    more = {**setting["more"], "device": device_named(setting["more"]["device"])}
    data = PreparedData(BoundRecipe.from_json(setting), home=Path(setting["home"]), **more)
    splits = data.prepared.expect([_read(*read) for read in setting["reads"]])
    return {split.what: split for split in splits}


def _read(split: Any, samplings: Sequence[Any], needs: Sequence[Any]) -> Read:
    return Read(
        split,
        tuple(Sampling(**sampling) for sampling in samplings),
        tuple(Need(**{**need, "texts": tuple(need["texts"])}) for need in needs),
    )

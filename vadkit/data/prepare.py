"""Preparing data before anything is trained: in this process, or over an engine, a video a job.

A job knows nothing but its arguments, so it may run on any machine that sees the same data and
caches.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from vadkit.data.data_module import PreparedData, required
from vadkit.data.prepared_split import OnProgress, PreparedSplit
from vadkit.engines import Engine, Job, Outcome, carry_out
from vadkit.errors import DataError
from vadkit.recipe import BoundRecipe
from vadkit.recipe.bound_recipe import Read
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.devices import device_named
from vadkit.utils.threads import limited_threads

Setting = dict[str, Any]
"""What all jobs of a recipe's data have in common, as values that JSON could say."""


@limited_threads()
def prepare(
    bound: BoundRecipe,
    *,
    engine: Engine | None = None,
    home: Path | None = None,
    device: str = "auto",
    strict: bool = False,
    on_progress: OnProgress | None = None,
) -> list[Outcome]:
    """Make all that a recipe reads, as far as it is not there: cubes, frames, teachers' answers.

    What comes of it is the same however it is made, and what was killed goes on with the videos
    that are left.

    Args:
        bound: Binds data roles to data sets, and teachers to roles.
        engine: Makes videos side by side; without, they are made here, one after another.
        home: Folder of the caches; `VADKIT_HOME` or the platform's where not given.
        device: Where teachers run.
        strict: Refuse damaged frames.
        on_progress: Called with what is prepared, how many videos are done, how many there are.

    Returns:
        The videos that the engine could not prepare, each with the reason; all others are made.

    Raises:
        VadkitError: The data set or a teacher cannot be used or, without an engine, a video.
    """
    report, runs_on = on_progress or (lambda *_: None), device_named(device)
    data = PreparedData(bound, home=home, progress=report, strict=strict, device=runs_on)
    labelled = data.annotations.present()
    reads = required(bound, labelled=labelled)
    if engine is not None:
        setting = {
            **bound.as_json(),
            "labelled": labelled,
            "home": str(cache_home(home).absolute()),
            "device": device,
            "strict": strict,
        }
        if failed := _prepare_over(engine, data, reads, setting, report):
            return failed
    data.require(reads)
    return []


def _prepare_over(
    engine: Engine, data: PreparedData, reads: Sequence[Read], setting: Setting, report: OnProgress
) -> list[Outcome]:
    """Prepare the videos of which something is missing; those that could not be prepared."""
    splits = data.prepared.expect(reads)
    jobs = [(split.what, _job(setting, split, n)) for split in splits for n in split.missing()]
    split_of = {job.name: what for what, job in jobs}
    counts, done = Counter(what for what, _ in jobs), Counter[str]()

    def ended(outcome: Outcome) -> None:
        done[split := split_of[outcome.name]] += 1
        report(split, done[split], counts[split])

    return carry_out(engine, [job for _, job in jobs], ended)


def _job(setting: Setting, split: PreparedSplit, number: int) -> Job:
    keys = sorted(split.keys)
    arguments = {"setting": setting, "split": split.what, "number": number, "shards": keys}
    return Job(f"{split.videos[number].name} ({split.what})", prepare_video, arguments)


@limited_threads()
def prepare_video(*, setting: Setting, split: str, number: int, shards: Sequence[str]) -> None:
    """Prepare a video: all that is missing of it, in one pass.

    Args:
        setting: The recipe, and how it is prepared.
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
    bound, device = BoundRecipe.from_json(setting), device_named(setting["device"])
    home, strict = Path(setting["home"]), setting["strict"]
    data = PreparedData(bound, home=home, strict=strict, device=device)
    reads = required(bound, labelled=setting["labelled"])
    return {split.what: split for split in data.prepared.expect(reads)}

"""Preparing data before anything is trained: in this process, or over an engine, a video a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from vadkit.data.data_module import PreparedData
from vadkit.data.prepare_worker import Setting, job_of, setting_of
from vadkit.data.requirements import required
from vadkit.data.store.shared_work import Told
from vadkit.engines import Engine, Outcome
from vadkit.engines.carry_out import carry_out
from vadkit.recipe import BoundRecipe
from vadkit.recipe.bound_recipe import Read
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.devices import device_named
from vadkit.utils.threads import limited_threads


@limited_threads()
def prepare(
    bound: BoundRecipe,
    *,
    engine: Engine | None = None,
    home: Path | None = None,
    device: str = "auto",
    strict: bool = False,
    told: Told | None = None,
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
        told: Told of progress: what is prepared, how many videos are done, how many there are.

    Returns:
        The videos that the engine could not prepare, each with the reason; all others are made.

    Raises:
        VadkitError: The data set or a teacher cannot be used or, without an engine, a video.
    """
    tell, runs_on = told or (lambda *_: None), device_named(device)
    data = PreparedData(bound, home=home, progress=tell, strict=strict, device=runs_on)
    reads = required(bound, labelled=data.annotations.present)
    if engine is not None:
        setting = setting_of(bound, reads, cache_home(home), device=device, strict=strict)
        if failed := _prepare_over(engine, data, reads, setting, tell):
            return failed
    data.require(reads)
    return []


def _prepare_over(
    engine: Engine, data: PreparedData, reads: Sequence[Read], setting: Setting, told: Told
) -> list[Outcome]:
    """Prepare the videos of which something is missing; those that could not be prepared."""
    jobs = [
        (split.what, job_of(setting, split, number))
        for split in data.prepared.expect(reads)
        for number in split.missing()
    ]
    splits, counts, done = (
        {job.name: what for what, job in jobs},
        Counter(w for w, _ in jobs),
        Counter[str](),
    )

    def ended(outcome: Outcome) -> None:
        done[split := splits[outcome.name]] += 1
        told(split, done[split], counts[split])

    return carry_out(engine, [job for _, job in jobs], ended)

"""Preparing data before anything is trained: in this process, or over an engine, a video a job."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from vadkit.data.data_module import PreparedData
from vadkit.data.prepare_jobs import Ask, Missing, Piece
from vadkit.data.prepare_worker import setting_of
from vadkit.data.requirements import BASELINE, Required, required
from vadkit.data.store.video_shards import Told
from vadkit.data.teachers.context import ContextStore
from vadkit.engines import Engine
from vadkit.recipe import Recipe
from vadkit.registry.registry import Registry
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.devices import device_named
from vadkit.utils.threads import limited_threads

_POLL_S = 0.5


@limited_threads()
def prepare(
    recipe: Recipe,
    registry: Registry,
    *,
    engine: Engine | None = None,
    plugins: Sequence[Path] = (),
    home: Path | None = None,
    device: str = "auto",
    strict: bool = False,
    told: Told | None = None,
) -> dict[str, str]:
    """Make all that a recipe reads, as far as it is not there: cubes, frames, teachers' answers.

    What comes of it is the same however it is made, and what was killed goes on with the videos
    that are left.

    Args:
        recipe: Binds data roles to data sets, and teachers to roles.
        registry: Where all of them come from.
        engine: Makes videos side by side; without, they are made here, one after another.
        plugins: Files of plugins, for the processes of the engine.
        home: Folder of the caches; `VADKIT_HOME` or the platform's where not given.
        device: Where teachers run.
        strict: Refuse damaged frames.
        told: Told of progress: what is made, how many videos are done, how many there are.

    Returns:
        Video -> why the engine could not make it, of those that it could not; all others are made.

    Raises:
        VadkitError: The data set or a teacher cannot be used or, without an engine, a video.
    """
    tell, where = told or (lambda *_: None), device_named(device)
    data = PreparedData(recipe, registry, home=home, progress=tell, strict=strict)
    answers = ContextStore(data, recipe, registry, device=where, home=home, progress=tell)
    wanted = required(recipe, registry, answers)
    setting = setting_of(
        recipe, wanted.samplings, cache_home(home), plugins=plugins, device=device, strict=strict
    )
    missing = Missing(data, answers, setting)
    failed = _cut(data, wanted, missing, engine, tell)
    return failed or _ask(wanted, missing, engine, tell)


def _cut(
    data: PreparedData, wanted: Required, missing: Missing, engine: Engine | None, told: Told
) -> dict[str, str]:
    data.expect(wanted.trained, wanted.scored)
    cuts = missing.cuts(wanted.trained, "train"), missing.cuts(wanted.scored, "test")
    if failed := _carry_out(engine, chain(*cuts), told):
        return failed
    data.require(wanted.trained, wanted.scored)
    if not (wanted.frames_alone and data.labelled()):
        return {}
    if failed := _carry_out(engine, missing.cuts([BASELINE], "test"), told):
        return failed
    data.require([], [BASELINE])
    return {}


def _ask(wanted: Required, missing: Missing, engine: Engine | None, told: Told) -> dict[str, str]:
    every = [Ask(of.samplings[0], of.split, need) for of in wanted.reads for need in of.needs]
    asks = list(dict.fromkeys(every))
    failed = _carry_out(engine, missing.answers(asks), told)
    for ask in () if failed else asks:
        missing.asked(ask).answer_missing(told)
    return failed


def _carry_out(engine: Engine | None, missing: Iterable[Piece], told: Told) -> dict[str, str]:
    """Make pieces over the engine, if there is one; returns why some could not be made."""
    if engine is None:
        return {}
    pieces = {piece.job.name: piece for piece in missing}
    count, done = Counter(piece.what for piece in pieces.values()), Counter[str]()
    waiting, running, failed = deque(pieces.values()), 0, {}
    while waiting or running:
        while waiting and running <= engine.slots:  # one more waits in the engine
            engine.submit(waiting.popleft().job)
            running += 1
        for outcome in engine.wait(_POLL_S):
            running -= 1
            if outcome.error:
                failed[outcome.name] = outcome.error
            done[what := pieces[outcome.name].what] += 1
            told(what, done[what], count[what])
    return failed

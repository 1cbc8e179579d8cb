"""A run: the phases of a recipe one after another, each evaluated, all of it in a run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch

from vadkit.data.data_module import PreparedData, answer_shapes, required
from vadkit.data.oddities import short_videos
from vadkit.distributed.joining import joined, own_device, refuse_small_batches
from vadkit.distributed.ranks import this_rank
from vadkit.distributed.signals import stop_on_signals
from vadkit.distributed.world import World
from vadkit.experiment.curriculum import Curriculum, Keys
from vadkit.recipe import BoundRecipe, resolved
from vadkit.runs.atomic import write_text
from vadkit.runs.cache import PhaseCache
from vadkit.runs.events import Events, read_events
from vadkit.runs.folder import RunFolder
from vadkit.runs.identity import identity, refuse_other_recipe, take_identity
from vadkit.training.model import Model, Sizes
from vadkit.training.trainer import PhaseRunner
from vadkit.utils.devices import present_device
from vadkit.utils.machine import this_machine
from vadkit.utils.progress import Progress
from vadkit.utils.rng import repeatable

_MOST_REMARKED = 5
"""Videos of a split that something is said of."""


def run(
    bound: BoundRecipe,
    *,
    name: str = "run",
    out: Path | None = None,
    resume: bool = False,
    cache: PhaseCache | None = None,
    device: str = "auto",
    progress: Progress | None = None,
    source: Path | None = None,
    strict: bool = False,
) -> Path:
    """Train a recipe's curriculum and evaluate it after each phase.

    Where torchrun started several processes, all of them call this and do it together. Arguments
    are those of `vadkit.run`, but that phases come from `cache` and are put there, progress is
    shown on stderr where nothing else is given, and the run folder keeps a copy of `source`, the
    recipe's file.

    Returns:
        The run folder.

    Raises:
        VadkitError: One of its children, with a sentence that says what to do.
    """
    recipe = bound.recipe
    refuse_small_batches(recipe.optim.batch, this_rank().size)
    named = present_device(device)
    where = own_device(named)
    with (
        joined(where) as world,
        _held(world, out, name, resume) as folder,
        Events(folder.events if world.leads else None) as events,
        (progress or Progress()) if world.leads else Progress.silent() as shown,
        stop_on_signals() as stop,
        repeatable(recipe.threads),
    ):
        if world.same(world.leads and _is_done(folder, bound)):
            return folder.path
        if world.leads:
            _begin(folder, resolved(recipe), source)
        events.emit("run_started")
        interrupted = partial(stop.check, f"Go on with --resume --out {folder.path}.")
        shown.note(f"boxes of {' and '.join(detector.name for detector in bound.detectors)}")
        for sentence in bound.not_asked:
            shown.note(sentence)
        on_progress = preparing(shown.note, interrupted)
        data = PreparedData(bound, progress=on_progress, strict=strict, device=where)
        runner = _runner(data, bound, where, progress=shown, interrupted=interrupted, world=world)
        machine = this_machine(named, world_size=world.size)
        parts = {name: data.prepared.part(name) for name in bound.evidence}
        described = {name: part.fingerprint() for name, part in parts.items()}
        decides = {**identity(bound, data.fingerprint(), machine), "evidence": described}
        notes = take_identity(folder, decides) if world.leads else []
        for note in filter(None, [*notes, *(part.note() for part in parts.values())]):
            shown.note(note)
        trained_before = cache if world.leads else None
        Curriculum(runner, folder, events, Keys(runner), trained_before).run(notes)
    return folder.path


@contextmanager
def _held(world: World, out: Path | None, name: str, resume: bool) -> Iterator[RunFolder]:
    """The run folder, which the first rank holds for all."""
    if not world.leads:
        yield RunFolder(Path(world.same("")))
        return
    folder = RunFolder.at(out, resume) if out else RunFolder.create("runs", name)
    with folder.locked():
        world.same(str(folder.path.absolute()))
        yield folder


def _is_done(folder: RunFolder, bound: BoundRecipe) -> bool:
    """Whether a run of this recipe is there, and finished; one of another recipe is refused."""
    refuse_other_recipe(folder, bound)
    events = read_events(folder.events) if folder.events.is_file() else ()
    return any(event["event"] == "run_done" for event in events)


def _begin(folder: RunFolder, text: str, source: Path | None) -> None:
    """Keep the recipe's file, and the text that says every default."""
    if source:
        write_text(folder.recipe, source.read_text("utf-8-sig"))
    write_text(folder.resolved, text)


def _runner(
    data: PreparedData,
    bound: BoundRecipe,
    device: torch.device,
    *,
    progress: Progress,
    interrupted: Callable[[], None],
    world: World,
) -> PhaseRunner:
    tasks = {name: task.create() for name, task in bound.tasks.items()}  # before data are made
    reads = required(bound, labelled=data.annotations.present())
    data.require(reads)
    data.annotations.check()  # wrong ones are better told before the training than after
    for role in sorted({sampling.role for read in reads for sampling in read.samplings}):
        for sentence in data.dataset(role).left_out():
            progress.note(sentence)
    for sentence in short_videos(data.lengths("train")):
        progress.note(sentence)
    _tell_remarks(data, progress)
    shapes = {
        name: answer_shapes(data, task.samplings[0], "train", task.needs)
        for name, task in bound.tasks.items()
    }
    cuttings = data.prepared.cuttings
    sizes = Sizes(cuttings.channels, cuttings.size("object"), cuttings.size("frame"), shapes)
    model = Model(bound, tasks, sizes)
    return PhaseRunner(model, data, bound, device, progress, interrupted, world)


def preparing(
    tell: Callable[[str], None], interrupted: Callable[[], None]
) -> Callable[[str, int, int], None]:
    """What `prepare` calls after each video: it stops for a signal, and tells when all are done."""

    def prepared(what: str, done: int, total: int) -> None:
        interrupted()
        if done == total:
            tell(f"prepared {what}: {total} videos")

    return prepared


def _tell_remarks(data: PreparedData, progress: Progress) -> None:
    """Tell what is odd or damaged in the videos, of the first few of each split."""
    for split, videos in data.prepared.remarks.items():
        odd = {video: remarks for video, remarks in videos.items() if remarks}
        for video, remarks in list(odd.items())[:_MOST_REMARKED]:
            progress.note(f"{video} ({split}): {'; '.join(remarks)}")
        if len(odd) > _MOST_REMARKED:
            more = len(odd) - _MOST_REMARKED
            progress.note(f"{more} more videos of {split} are odd or damaged: vadkit data verify")

"""`vadkit score`: score any video with the model of a run, in flat memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import Tensor

from vadkit.data.dataset import Video
from vadkit.data.detection import Detector
from vadkit.data.evidence import Evidence
from vadkit.data.file_dataset import left_out
from vadkit.data.oddities import other_rate, step_of
from vadkit.data.teachers.bound_teacher import BoundTeacher, FrameTeacher, Teachers
from vadkit.data.teachers.outputs import frames_around
from vadkit.data.video.frame import VideoReader
from vadkit.data.video.open_video import clip_name, holds_images, open_video, videos_below
from vadkit.data.video_pass import VideoPass
from vadkit.data.windows import reach, windows
from vadkit.errors import DataError, PluginError
from vadkit.recipe import BoundRecipe, Phase, Recipe, ScoreName, TaskEntry
from vadkit.recipe.bindings import Binding
from vadkit.recipe.schema import TARGET, DetectorSource
from vadkit.registry.cards import BoxRules, Need
from vadkit.registry.discovery import one_line
from vadkit.registry.registry import Registry
from vadkit.report.plots import plot_scores
from vadkit.report.reason_files import FOLDER, write_reasons
from vadkit.report.score_files import ScoreTable, write_scores
from vadkit.report.score_places import ScorePlaces
from vadkit.runs.bundle import BANK, NORMAL, Bundle, read_model
from vadkit.runs.folder import RunFolder
from vadkit.runs.tensors import load_state
from vadkit.scoring.calibration import Normal
from vadkit.scoring.camera import refuse_other_camera
from vadkit.scoring.evidence import Banks, ScoreTables
from vadkit.scoring.fusion import frame_maximum, fuse
from vadkit.scoring.live import FittedPart, LiveEvidence, LiveFrame, LiveTask
from vadkit.training.model import Model, Sizes
from vadkit.utils.devices import present_device

Tell = Callable[[str], None]
"""Tells a person something in a sentence."""


@dataclass(frozen=True)
class Scorer:
    """A trained model with all that it needs to score a video."""

    model: Model
    recipe: Recipe
    detectors: list[Detector[Any]]
    rules: BoxRules
    teachers: Mapping[Need, BoundTeacher]
    """Who answers the needs of the tasks that score."""
    normal: Mapping[str, Normal]
    """Task -> the training units that its scores are compared with; empty without calibration."""
    evidence: Mapping[str, FittedPart]
    """The evidence parts that score, by name."""
    device: torch.device
    strict: bool = False
    """Refuse damaged frames; otherwise the frame before stands in."""
    any_camera: bool = False
    """Score also what is not of a camera that was trained on."""
    step_s: float | None = None
    """Seconds from one frame to the next in training, where that is known."""

    @classmethod
    def of_run(
        cls,
        folder: RunFolder,
        registry: Registry,
        *,
        detectors: Sequence[DetectorSource] = (),
        device: str = "cpu",
        strict: bool = False,
        any_camera: bool = False,
    ) -> Scorer:
        """Load `model/` of a run.

        Args:
            folder: The run.
            registry: Where the scoring tasks and the backbone come from; other tasks of the
                recipe need not be installed any more.
            detectors: Find objects with these instead of the recipe's.
            device: Where to score: "cpu", "cuda", ...; "auto" takes a GPU if there is one.
            strict: Refuse damaged frames.
            any_camera: Score also what is not of a camera that was trained on.

        Raises:
            PluginError: A task, backbone, detector or teacher is missing, or asks for what only
                a run can give.
        """
        bundle = read_model(folder.model)
        tensors, state = bundle.weights, bundle.state
        with _as_saved(folder.model):
            recipe, normal = Recipe.model_validate(state["recipe"]), _normal(tensors)
        bound = BoundRecipe(recipe, registry)
        if detectors:
            objects = bound.recipe.objects.model_copy(update={"detectors": tuple(detectors)})
            bound = bound.with_values(objects=objects)
        with _as_saved(folder.model):
            model = _model(bound, bundle)
        finders = [detector.create() for detector in bound.detectors]
        rules, where = bound.datasets[TARGET].rules, present_device(device)
        bound_teachers = Teachers(bound, where)
        needs = [need for task in model.tasks.values() for need in task.score_needs]
        teachers = {need: bound_teachers.bound(need) for need in needs}
        banks, fitted = _banks(tensors), state.get("evidence", {})
        evidence = {
            name: FittedPart(part, _same(part, fitted.get(name, "")), banks.get(name, {"": {}}))
            for name, part in bound.evidence.items()
        }
        model = model.to(where).eval()
        fitted = (model, bound.recipe, finders, rules, teachers, normal, evidence)
        return cls(*fitted, where, strict, any_camera, state.get("step_s"))

    @property
    def cameras(self) -> list[str]:
        """The cameras of the training videos, where they have names."""
        names = {name for of in self.normal.values() for name in of.camera.tolist() if name}
        return sorted(names)

    def score(
        self,
        video: Video,
        tell: Tell = lambda _: None,
        reader: VideoReader | None = None,
        camera: str = "",
    ) -> ScoreTable:
        """Score every frame of a video, which all tasks see in one pass.

        Args:
            video: Where it is.
            tell: Tell in a sentence of what was odd or damaged in it.
            reader: Gives its frames; where not given, its file or folder is opened.
            camera: Whose training objects its objects are compared with, where the run's data are
                of several; with all of them where it is none of these.

        Raises:
            DataError: The video cannot be read, or is damaged and damage is refused.
            OtherCameraError: It is not of a camera that the run was trained on.
            PluginError: A task, detector or teacher fails.
        """
        reader = reader or open_video(video.path, strict=self.strict)
        channels = self.model.sizes.channels
        video_pass = VideoPass(video, reader, self.detectors, self.rules, channels)
        sources: list[LiveTask | LiveEvidence] = [
            LiveTask(name, self.model, self.recipe, self.teachers, self.device)
            for name in self.model.tasks
        ]
        if self.evidence:
            sources.append(LiveEvidence(self.evidence, self.model.sizes, camera))
        for frame in self._frames(video_pass, sources):
            for source in sources:
                source.add(frame)
        times = sources[0].table.times
        for remark in [*video_pass.remarks, *other_rate(step_of([times]), self.step_s)]:
            tell(remark)
        return self._fused(video.name, sources, camera)

    @property
    def _telling(self) -> Iterator[ScoreName]:
        """The attributes that tell cameras apart."""
        for name, fitted in self.evidence.items():
            yield from (ScoreName.compose(name, of) for of in fitted.binding.card.tells_camera)

    def _frames(
        self, video_pass: VideoPass, tasks: Sequence[LiveTask | LiveEvidence]
    ) -> Iterator[LiveFrame]:
        """Every frame with all that the tasks ask about it."""
        cuttings = list(dict.fromkeys(cutting for task in tasks for cutting in task.cuttings))
        by_id = {id(teacher): teacher for task in tasks for teacher in task.frame_teachers}
        teachers = list(by_id.values())
        parts = [fitted.part for fitted in self.evidence.values()]
        watching = [FrameTeacher(teacher) for teacher in teachers]
        passed = video_pass.frames(cuttings, watching, parts)
        around = reach(*(frames_around(need) for need in self.teachers))
        for window in windows(passed, *around):
            yield LiveFrame(window, cuttings, teachers, list(self.evidence))

    def _fused(
        self, video: str, sources: Sequence[LiveTask | LiveEvidence], camera: str
    ) -> ScoreTable:
        tables: ScoreTables = {}
        times = np.empty(0)
        for source in sources:
            units, values = source.end(video)
            units = replace(units, cameras=(camera,))
            tables |= {score: (units, array) for score, array in values.items()}
            times = source.table.times
        if not self.any_camera:
            refuse_other_camera(tables, self.normal, self._telling)
        fused = fuse(tables, self.recipe.score, self.normal)[video]
        columns = {str(name): frame_maximum(*table)[video] for name, table in tables.items()}
        return ScoreTable(times, fused, columns)


@contextmanager
def _as_saved(folder: Path) -> Iterator[None]:
    """Say what to do where a model is not as this vadkit and its plugins save one."""
    try:
        yield
    except (DataError, ValidationError, KeyError) as error:
        detail = error.message if isinstance(error, DataError) else one_line(error)
        raise DataError(
            f"{folder} was saved by another version of vadkit or a plugin: {detail.rstrip('.')}.",
            "Score with the version that made the run, or run the recipe again.",
        ) from error


def _model(bound: BoundRecipe, bundle: Bundle) -> Model:
    """Build the model with the heads that score, each with a trunk of its own, as exported."""
    tasks = [bound.tasks[name] for name in bound.scoring_tasks]
    # As JSON has them, which knows no tuples.
    pairs = {name: tuple(bundle.state["sizes"][name]) for name in ("cube", "frame")}
    sizes = Sizes(**{**bundle.state["sizes"], **pairs})
    model = Model(bound, {task.name: task.create() for task in tasks}, sizes)
    if tasks:
        entries = tuple(TaskEntry(name=task.name, backbone=task.backbone) for task in tasks)
        phase = Phase(stage="score", tasks=entries, epochs=0, share=False)
        model.begin(phase, bound.recipe.seed, 0)
    model.separate({task.name: model.parts(task.name) for task in tasks})
    kinds = (NORMAL, BANK)
    weights = {name: of for name, of in bundle.weights.items() if not name.startswith(kinds)}
    load_state(model, weights, "it")
    return model


def _same(binding: Binding, fingerprint: str) -> Evidence[Any]:
    """An evidence part that describes objects as when the model was fitted."""
    part: Evidence[Any] = binding.create()
    if part.fingerprint() != fingerprint:
        raise PluginError(
            f"The evidence part {binding.name!r} describes objects by {part.fingerprint()!r}, "
            f"and the model was fitted with {fingerprint!r}.",
            "Restore the weights that its options name, or run the recipe again.",
        )
    return part


Arrays = dict[str, NDArray[Any]]


def _normal(tensors: Mapping[str, Tensor]) -> dict[str, Normal]:
    """Task or part -> the training units that its scores are compared with."""
    arrays: dict[str, Arrays] = defaultdict(dict)
    for name in (name for name in tensors if name.startswith(NORMAL)):
        owner, array = name.removeprefix(NORMAL).split("/")
        arrays[owner][array] = tensors[name].numpy()
    return {owner: Normal.of_arrays(values) for owner, values in arrays.items()}


def _banks(tensors: Mapping[str, Tensor]) -> dict[str, Banks]:
    """Part -> camera -> what it keeps of training objects."""
    banks: dict[str, dict[str, Arrays]] = defaultdict(lambda: defaultdict(dict))
    for name in (name for name in tensors if name.startswith(BANK)):
        part, camera, array = name.removeprefix(BANK).split("/")
        banks[part][unquote(camera)][array] = tensors[name].numpy()
    return {part: {**by_camera} for part, by_camera in banks.items()}


def score_videos(
    sources: Sequence[Path],
    scorer: Scorer,
    out: Path,
    tell: Tell = lambda _: None,
    camera: str = "",
    *,
    fps: float | None = None,
) -> tuple[list[Path], list[DataError]]:
    """Write a table and a plot for each source, and why in `reasons/`; see `ScorePlaces`.

    Of a folder of videos all are scored. What is odd or damaged in a source is told in a sentence,
    as is what is removed of an earlier call. `fps` goes before the times that sources have.

    Returns:
        The tables written, and why the other sources have none.
    """
    written, failed = [], []
    videos = list(dict.fromkeys(video for source in sources for video in _videos(source, tell)))
    places = ScorePlaces(out, videos)
    for source, place in places.places.items():
        remark = partial(_remark, tell, source)
        path, plot = (place.with_name(place.name + ending) for ending in (".csv", ".png"))
        why = out / FOLDER / path.relative_to(out)
        try:
            reader = open_video(source, fps=fps, strict=scorer.strict)
            video = Video(clip_name(source), source, "test")
            table = scorer.score(video, remark, reader, camera)
        except DataError as error:
            failed.append(error)
            _remove([path, plot, why], source, remark)
            places.write()
            continue
        if np.isnan(table.times).any():
            remark("time_s is empty: nobody says how many frames a second it has (--fps)")
        write_scores(path, table)
        if table.scores.reasons:
            write_reasons(why, table.scores.reasons)
        else:
            _remove([why], source, remark)
        plot_scores(plot, place.name, table.scores, table.times)
        written.append(path)
        places.write()
    return written, failed


def _videos(source: Path, tell: Tell) -> list[Path]:
    """A video, or those in a folder of videos."""
    if not source.is_dir() or holds_images(source):
        return [source]
    videos = [video.path for video in videos_below(source, "test")]
    for sentence in left_out({source, *(path.parent for path in videos)}, {*videos}):
        tell(sentence)
    return videos or [source]


def _remove(older: Sequence[Path], source: Path, tell: Tell) -> None:
    """Remove what an earlier call wrote of a source, which would pass for what this one found."""
    for path in older:
        if path.is_file() and path.resolve() != source.resolve():
            path.unlink()
            tell(f"{path} of an earlier call is removed")


def _remark(tell: Tell, source: Path, text: str) -> None:
    tell(f"{source}: {text}")

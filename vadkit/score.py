"""`vadkit score`: score any video with the model of a run, in flat memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.data.crops import Cut, Cutting, cut
from vadkit.data.dataset import Video
from vadkit.data.detection import Detector, Seen, detect, read
from vadkit.data.teachers.bound_teacher import BoundTeacher, bind_teacher
from vadkit.data.teachers.streaming import StreamedContext
from vadkit.data.units import Units
from vadkit.data.video.open_video import open_video
from vadkit.data.video_files import clip_name
from vadkit.errors import DataError, PluginError
from vadkit.recipe import DetectorSource, Phase, Recipe, TaskEntry
from vadkit.recipe.task_specs import scoring_tasks
from vadkit.registry.cards import BoxRules, DatasetCard, Need, Unit
from vadkit.registry.registry import Registry
from vadkit.report.plots import plot_scores
from vadkit.report.score_tables import ScoreTable, write_scores
from vadkit.runs.exported_model import NORMAL, load_model
from vadkit.runs.folder import RunFolder
from vadkit.runs.names import safe_names
from vadkit.runs.tensors import load_state
from vadkit.scoring.calibration import Normal
from vadkit.scoring.fusion import frame_maximum, fuse
from vadkit.scoring.inference import infer
from vadkit.task import Batch
from vadkit.training.model import Model, ProxyTask, Sizes, proxy_tasks
from vadkit.utils.threads import limited_threads


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
    device: torch.device
    strict: bool = False
    """Refuse damaged frames; otherwise their neighbours stand in."""

    @classmethod
    def of_run(
        cls,
        folder: RunFolder,
        registry: Registry,
        *,
        detectors: Sequence[DetectorSource] = (),
        device: str = "cpu",
        strict: bool = False,
    ) -> Scorer:
        """Load `model/` of a run.

        Args:
            folder: The run.
            registry: Where the scoring tasks and the backbone come from; other tasks of the
                recipe need not be installed any more.
            detectors: Find objects with these instead of the recipe's.
            device: Where to score.
            strict: Refuse damaged frames.

        Raises:
            PluginError: A task, backbone, detector or teacher is missing, or asks for what only
                a run can give.
        """
        tensors, meta = load_model(folder.model)
        recipe = Recipe.model_validate(meta["recipe"])
        model = _model(recipe, registry, Sizes(**meta["sizes"]))
        weights = {name: of for name, of in tensors.items() if not name.startswith(NORMAL)}
        load_state(model, weights, str(folder.model))
        finders = detectors or recipe.objects.detectors
        made = [registry.create("detector", of.name, of.options) for of in finders]
        where = torch.device(device)
        teachers = _teachers(model, recipe, registry, where)
        rules, normal = _rules(recipe, registry), _normal(tensors)
        return cls(model.to(where).eval(), recipe, made, rules, teachers, normal, where, strict)

    @limited_threads()
    def score(self, video: Video) -> ScoreTable:
        """Score every frame of a video.

        Raises:
            DataError: The video cannot be read, or is damaged and damage is refused.
        """
        found: dict[str, tuple[Units, NDArray[np.float32]]] = {}
        times = np.empty(0)
        for task in self.model.tasks:
            gathered = _Gathered(video.name)
            batches = self._batches(video, self.model.tasks[task], gathered)
            scored = infer(self.model, task, enumerate(batches), self.recipe, self.device)
            units, times = gathered.units(), np.array(gathered.times)
            found |= {f"{task}.{name}": (units, values) for name, values in scored.items()}
        scores = fuse(found, self.recipe.score, self.normal)[video.name]
        columns = {name: frame_maximum(*found[name])[video.name] for name in found}
        return ScoreTable(times, scores, columns)

    def _batches(self, video: Video, task: ProxyTask, gathered: _Gathered) -> Iterator[Batch]:
        sampling, sizes = task.score_sampling, self.model.sizes
        size = sizes.cube if sampling.unit == "object" else sizes.frame
        cutting = Cutting(sampling.unit, sampling.offsets, size, sizes.channels)
        asked = [(need, self.teachers[need]) for need in task.score_needs]
        context = StreamedContext(asked, video.path, sizes.channels, size)
        cuts = gathered.watch(cut(self._seen(video, sampling.unit), cutting))
        parts = ((one.clips, context.of(one)) for one in cuts)
        for clips, answers in _chunks(parts, self.recipe.optim.batch):
            tensor = torch.from_numpy(clips).to(self.device).float().div_(255)
            split = tensor.unflatten(2, (sampling.windows, sampling.frames))
            known = {role: answer.to(self.device) for role, answer in answers.items()}
            yield Batch(split.transpose(1, 2), known)

    def _seen(self, video: Video, unit: Unit) -> Iterator[Seen]:
        """The frames, with their objects where those are scored."""
        reader, counts = open_video(video.path, strict=self.strict), Counter[str]()
        if unit == "frame":
            return read(reader, counts)
        return detect(video, reader, self.detectors, self.rules, counts)


class _Gathered:
    """The table of units that went by."""

    def __init__(self, video: str) -> None:
        self._video = video
        self._frames: list[int] = []
        self._boxes: list[NDArray[np.float32]] = []
        self._size = (0, 0)
        self.times: list[float] = []

    def watch(self, cuts: Iterable[Cut]) -> Iterator[Cut]:
        """Note each frame's units and pass them on."""
        for one in cuts:
            self.times.append(one.time_s)
            self._size = one.size
            self._frames += [one.index] * len(one.boxes)
            self._boxes.append(one.boxes)
            yield one

    def units(self) -> Units:
        """The units of the whole video."""
        boxes = np.concatenate([np.empty((0, 5), np.float32), *self._boxes])
        return Units(
            videos=(self._video,),
            lengths=np.array([len(self.times)]),
            sizes=np.array([self._size]),
            video=np.zeros(len(boxes), np.int64),
            frame=np.array(self._frames, np.int64),
            boxes=boxes,
        )


Part = tuple[NDArray[np.uint8], Mapping[str, Tensor]]
"""Clips (n, C, K, H, W) of some units and, by role, the answers (n, ...) about them."""


def _chunks(parts: Iterable[Part], batch: int) -> Iterator[Part]:
    """Join the units of frames until there is a batch of them."""
    held: list[Part] = []
    for of_frame in parts:
        held += [of_frame] if len(of_frame[0]) else []
        if sum(len(clips) for clips, _ in held) >= batch:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(parts: Sequence[Part]) -> Part:
    roles = parts[0][1]
    answers = {role: torch.cat([of[role] for _, of in parts]) for role in roles}
    return np.concatenate([clips for clips, _ in parts]), answers


def _teachers(
    model: Model, recipe: Recipe, registry: Registry, device: torch.device
) -> dict[Need, BoundTeacher]:
    """The teacher that the recipe binds to each need of the tasks that score."""
    found: dict[Need, BoundTeacher] = {}
    for name, task in model.tasks.items():
        for need in task.score_needs:
            teacher = found[need] = bind_teacher(need, recipe, registry, device)
            if teacher.sampling.unit == "object":
                raise PluginError(
                    f"The task {name!r} needs {need.role!r} of the teacher {teacher.name!r}, which "
                    "sees objects; only a run can show them.",
                    "Use a test video of a run, or a teacher of whole frames.",
                )
    return found


def _model(recipe: Recipe, registry: Registry, sizes: Sizes) -> Model:
    """Build the model with the heads that score, each with a trunk of its own, as exported."""
    tasks = proxy_tasks(scoring_tasks(recipe), recipe, registry)
    model = Model(recipe, tasks, registry, sizes)
    entries = tuple(TaskEntry(name=name, backbone=task.backbone) for name, task in tasks.items())
    model.begin(Phase(stage="score", tasks=entries, epochs=0, share=False), recipe.seed, 0)
    return model


def _normal(tensors: Mapping[str, Tensor]) -> dict[str, Normal]:
    arrays: dict[str, dict[str, NDArray[Any]]] = defaultdict(dict)
    for name, tensor in tensors.items():
        if name.startswith(NORMAL):
            task, part = name.removeprefix(NORMAL).split("/")
            arrays[task][part] = tensor.numpy()
    return {task: Normal.of_arrays(parts) for task, parts in arrays.items()}


def _rules(recipe: Recipe, registry: Registry) -> BoxRules:
    card = registry.card("dataset", recipe.data["target"].dataset)
    usual = card.rules if isinstance(card, DatasetCard) else BoxRules()
    return recipe.objects.rules or usual


def score_videos(
    sources: Sequence[Path], scorer: Scorer, out: Path
) -> tuple[list[Path], list[DataError]]:
    """Write `<video>.csv` and `<video>.png` for each source.

    Sources of one name in several folders have the folder's name before their own.

    Returns:
        The tables written, and why the other sources have none.
    """
    written, failed = [], []
    for source, name in zip(sources, _names(sources), strict=True):
        try:
            table = scorer.score(Video(clip_name(source), source, "test"))
        except DataError as error:
            failed.append(error)
            continue
        path = out / f"{name}.csv"
        write_scores(path, table)
        plot_scores(out / f"{name}.png", name, table.scores, table.times)
        written.append(path)
    return written, failed


def _names(sources: Sequence[Path]) -> list[str]:
    clips = [clip_name(source) for source in sources]
    told = [
        f"{source.absolute().parent.name}-{clip}" if clips.count(clip) > 1 else clip
        for source, clip in zip(sources, clips, strict=True)
    ]
    return [safe_names(told)[name] for name in told]

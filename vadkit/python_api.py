"""The Python API: what `vadkit` offers a script or a notebook.

Torch is imported by what trains or scores a video, and by nothing else.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadkit.data.annotations.frame_labels import read_labels
from vadkit.data.dataset import Video
from vadkit.errors import DataError, RecipeError, RunBusyError
from vadkit.metrics.bootstrap import auc_intervals
from vadkit.metrics.frame_metrics import evaluate as judge
from vadkit.metrics.frame_metrics import scored_frames
from vadkit.metrics.metrics_schema import Metrics, ScoreFigures
from vadkit.recipe import BoundRecipe, FrameProtocol, Smooth, file_detector, preset
from vadkit.recipe import load_recipe as load_bound
from vadkit.registry.registry import Registry, load_plugins
from vadkit.report.score_files import ScoreTable, read_scores
from vadkit.runs.folder import RunFolder
from vadkit.scoring.protocol import describe, finish, frames_that_count, without_borders
from vadkit.scoring.uncounted import counted, counting, uncounted_notes, with_ends
from vadkit.utils.threads import limited_threads

if TYPE_CHECKING:
    from vadkit.score import Scorer

Places: TypeAlias = str | Path
"""A file or folder."""
Arrays: TypeAlias = ArrayLike | Mapping[str, ArrayLike]
"""(frames,) of one video, or video -> (frames,)."""


def load_recipe(
    name: Places,
    sets: Mapping[str, Any] | Sequence[str] = (),
    *,
    data: Mapping[str, Places] | None = None,
    boxes: Places | None = None,
    plugins: Sequence[Places] = (),
) -> BoundRecipe:
    """Read, change and validate a recipe.

    Args:
        name: A path, or the bare name of a shipped recipe.
        sets: Key path -> value, {"optim.batch": 16, "phase.0.epochs": 2}; or texts as `--set`
            takes them.
        data: Data set -> its folder, at most one; it takes the place of the recipe's target.
        boxes: A file or folder of boxes that takes the place of the detectors.
        plugins: Plugins that are one file each.

    Raises:
        RecipeError: A file cannot be read, or every problem of the recipe at once.
        PluginError: A plugin that the recipe names cannot be used.
    """
    bindings = [
        f"{dataset}={Path(folder).expanduser()}" for dataset, folder in (data or {}).items()
    ]
    if len(bindings) > 1:
        raise RecipeError(
            f"data binds {len(bindings)} data sets, and the target is one.",
            'Bind other roles with sets={"data.ROLE": {"dataset": NAME, "path": DIR}}.',
        )
    file = Path(boxes) if boxes else None
    return load_bound(name, sets, bindings, file, _registry(plugins))


def run(
    recipe: BoundRecipe,
    out: Places | None = None,
    *,
    name: str = "run",
    resume: bool = False,
    device: str = "auto",
    cache: bool = True,
    strict: bool = False,
    progress: bool = True,
) -> Run:
    """Train a recipe's phases, evaluate after each, and write a run folder.

    Args:
        recipe: As `load_recipe` gives it; every random number follows from its seed.
        out: The run folder, new or empty; where not given, `runs/<name>-<n>`.
        name: Names the folder.
        resume: Go on with the run of this recipe in `out`; a finished one stays as it is.
        device: "cpu", "cuda", "cuda:1", ...; "auto" takes a GPU if there is one.
        cache: Take phases that other runs trained, and keep this run's for others.
        strict: Refuse damaged frames, in place of what `VideoReader.frames` does.
        progress: Show progress on stderr.

    Raises:
        VadkitError: One of its children, with a sentence that says what to do.
    """
    from vadkit.experiment.run import run as train
    from vadkit.runs.cache import PhaseCache
    from vadkit.utils.progress import Progress

    path = train(
        recipe,
        name=name,
        out=Path(out) if out else None,
        resume=resume,
        cache=PhaseCache() if cache else None,
        device=device,
        progress=None if progress else Progress.silent(),
        strict=strict,
    )
    return Run(RunFolder.open(path), recipe.registry, device=device, strict=strict)


def load_run(
    path: Places,
    *,
    device: str = "auto",
    boxes: Places | None = None,
    strict: bool = False,
    any_camera: bool = False,
    plugins: Sequence[Places] = (),
) -> Run:
    """Open a run folder; its model is loaded when a video is scored.

    Args:
        path: The folder; `runs/latest` is the newest.
        device: Where to score.
        boxes: A file or folder of boxes that takes the place of the recipe's detectors.
        strict: Refuse damaged frames.
        any_camera: Score also videos of cameras that the run was not trained on.
        plugins: Plugins that are one file each.

    Raises:
        RecipeError: There is no run.
        RunBusyError: Another version of vadkit made it.
    """
    file = Path(boxes) if boxes else None
    return Run(RunFolder.open(path), _registry(plugins), file, device, strict, any_camera)


@dataclass(frozen=True, eq=False)
class Run:
    """A run: its recipe, its figures, and a model that scores any video."""

    folder: RunFolder
    registry: Registry = field(repr=False)
    boxes: Path | None = None
    """Boxes that take the place of the recipe's detectors."""
    device: str = "auto"
    strict: bool = False
    """Refuse damaged frames."""
    any_camera: bool = False
    """Score also videos of cameras that the run was not trained on."""

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @cached_property
    def recipe(self) -> BoundRecipe:
        """The recipe with every default.

        Raises:
            RecipeError: A plugin that it names is not installed any more.
        """
        return load_bound(self.folder.resolved, registry=self.registry)

    @cached_property
    def metrics(self) -> Metrics:
        """`metrics.json`: `metrics.figures` has the figures, `metrics.phases` those of each phase.

        Raises:
            RunBusyError: The run is not finished, or another version of vadkit made it.
        """
        metrics = Metrics.read(self.folder.metrics)
        if metrics is None:
            raise self._unfinished()
        return metrics

    def scores(self) -> dict[str, ScoreTable]:
        """Test video -> its scores, a row for each frame.

        Raises:
            RunBusyError: The run is not finished.
        """
        files = sorted(self.folder.scores.glob("*.csv"))
        if not files:
            raise self._unfinished()
        return {file.stem: read_scores(file) for file in files}

    def labels(self) -> dict[str, NDArray[np.uint8]]:
        """Test video -> (frames,) with 1 where a frame is anomalous; empty without labels."""
        return {file.stem: read_labels(file) for file in sorted(self.folder.labels.glob("*.csv"))}

    def score(
        self,
        video: Places | Iterable[NDArray[np.uint8]],
        fps: float | None = None,
        *,
        name: str = "frames",
    ) -> ScoreTable:
        """Score every frame of a video.

        What is odd or damaged in a file is told as a warning.

        Args:
            video: A video file, a folder of frames, an array of frames, or anything that gives one
                frame after another; a frame is (H, W), (H, W, 1) or (H, W, 3) RGB, uint8.
            fps: Frames a second, in place of what a file says; frames without it have no time.
            name: What errors and a file of boxes call frames that have no file.

        Raises:
            DataError: The video cannot be read, is damaged and damage is refused, or a frame is
                not of that kind; or the run has no model.
            OtherCameraError: It is not of a camera that the run was trained on.
            PluginError: A plugin that scores is missing or fails.
        """
        from vadkit.data.video.memory_reader import MemoryReader
        from vadkit.data.video.open_video import clip_name, open_video

        if isinstance(video, str | Path):
            path = Path(video)
            source = Video(clip_name(path), path, "test")
            reader = open_video(path, fps=fps, strict=self.strict)
        else:
            source = Video(name, Path(name), "test")
            reader = MemoryReader(video, fps, name)
        with limited_threads():
            return self._scorer.score(source, _warn, reader)

    @cached_property
    def _scorer(self) -> Scorer:
        from vadkit.score import Scorer

        detectors = [file_detector(self.boxes)] if self.boxes else []
        return Scorer.of_run(
            self.folder,
            self.registry,
            detectors=detectors,
            device=self.device,
            strict=self.strict,
            any_camera=self.any_camera,
        )

    def _unfinished(self) -> RunBusyError:
        return RunBusyError(
            f"The run in {self.path} is not finished.",
            "Go on with it: vadkit.run(recipe, out, resume=True).",
        )


def evaluate(
    scores: Arrays,
    labels: Arrays,
    protocol: str | FrameProtocol | None = None,
    *,
    times: Arrays | None = None,
    higher: Literal["anomalous", "normal"] = "anomalous",
) -> ScoreFigures:
    """Compare a score for every frame with its label: AUC, EER, AP, false alarms an hour.

    A frame does not count where its label is NaN, or where its score is and no earlier or no later
    frame of its video has one.

    Args:
        scores: (frames,) numbers of one video, or video -> (frames,).
        labels: 0 and 1 for the same frames.
        protocol: A preset, by name, or a protocol of your own, which smooths and normalises the
            scores first; where not given they are compared as they are.
        times: Seconds at which the frames are shown; without them nothing is said of an hour.
        higher: What a higher score means.

    Returns:
        Its `figures` has the figures by their keys; its other fields say what they are of.

    Raises:
        RecipeError: There is no such preset.
        DataError: Videos or lengths differ, there is no frame, or a label is neither 0 nor 1.
        NumericError: A score between others is not finite.
    """
    if isinstance(protocol, str):
        protocol = preset(protocol)
    how = protocol or FrameProtocol(smooth=Smooth(kind="none"))
    seconds = None if times is None else _by_video(times, "times")
    given, known = _by_video(scores, "scores"), _by_video(labels, "labels")
    if higher == "normal":
        given = {video: -of for video, of in given.items()}
    no_gaps = {video: np.nan_to_num(of, nan=0, posinf=2, neginf=2) for video, of in known.items()}
    frames = scored_frames(with_ends(given), no_gaps, seconds)
    finished = {video: table.smooth for video, table in finish(frames.scores, how).items()}
    counts = without_borders(counting(given, known), how.borders)
    inner = frames_that_count(finished, frames.labels, how.borders)
    own_scores, own_labels = (counted(of, counts) for of in inner)
    own_times = counted(without_borders(frames.times, how.borders), counts)
    judged, intervals = (
        judge(own_scores, own_labels, own_times),
        auc_intervals(own_scores, own_labels),
    )
    notes = [*judged["notes"], *uncounted_notes(given, known), *_inverted(intervals)]
    facts = {"intervals": intervals, "protocol": describe(how), "notes": notes}
    return ScoreFigures.model_validate({**judged, **facts})


def _inverted(intervals: Mapping[str, Any]) -> list[str]:
    """That scores seem to be high for what is normal."""
    ends = intervals.get("micro")
    if not ends or ends[1] >= 0.5:  # noqa: PLR2004 - chance
        return []
    return [
        f"the micro AUC is below chance in 95 of 100 draws (at most {ends[1]:.3f}): where a higher "
        "score means normal, say so with --higher normal"
    ]


def _by_video(values: Arrays, what: str) -> dict[str, NDArray[Any]]:
    videos = values if isinstance(values, Mapping) else {"video": values}
    try:
        return {video: np.array(numbers, np.float64, ndmin=1) for video, numbers in videos.items()}
    except (TypeError, ValueError):
        raise DataError(f"The {what} are no arrays of numbers.", "Give one a frame.") from None


def _registry(plugins: Sequence[Places]) -> Registry:
    registry = load_plugins([Path(file) for file in plugins])
    for warning in registry.warnings:
        _warn(warning)
    return registry


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=3)

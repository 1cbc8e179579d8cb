"""Train and score."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vadkit.cli import options
from vadkit.cli.output import complain, say, say_table
from vadkit.distributed.ranks import leads
from vadkit.errors import DataError

if TYPE_CHECKING:
    from vadkit.metrics.metrics_schema import Metrics


def run(
    recipe: options.RecipeName = "vadkit",
    *,
    data: options.Data = None,
    boxes: options.Boxes = None,
    boxes_size: options.BoxesSize = None,
    sets: options.Sets = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where results go.")
    ] = None,
    device: options.Device = "auto",
    seed: Annotated[int | None, typer.Option("--seed", help="The recipe's seed.")] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="CPU threads.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, or with runs/latest.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Train phases that other runs trained, too.")
    ] = False,
    strict: options.Strict = False,
    plugin: options.Plugins = None,
) -> None:
    """Train a recipe's phases, evaluate after each, and write a run folder."""
    size = options.size(boxes_size)
    scale = list(size) if size else None
    values = {"seed": seed, "threads": threads, "objects.detectors.0.size": scale}
    more = [f"{key}={value}" for key, value in values.items() if value is not None]
    bound = options.recipe(recipe, plugin, [*(sets or ()), *more], data, boxes)

    # torch, only once the recipe is known to be valid
    from vadkit.experiment.run import run as train
    from vadkit.recipe import find_recipe
    from vadkit.runs.cache import PhaseCache
    from vadkit.runs.folder import RunFolder

    folder = train(
        bound,
        name=Path(recipe).stem,
        out=RunFolder.open("runs/latest").path if resume and not out else out,
        resume=resume,
        cache=None if no_cache else PhaseCache(),
        device=device,
        source=find_recipe(recipe),
        strict=strict,
    )
    if leads():
        say_summary(folder)


def say_summary(run: Path) -> None:
    """Print figures, protocol and notes of a run that was evaluated, its folder and a verdict."""
    from vadkit.metrics.metrics_schema import Metrics
    from vadkit.runs.folder import RunFolder

    metrics = Metrics.read(RunFolder(run).metrics)
    if metrics:
        _say_figures(metrics)
        say(f"\nProtocol {metrics.protocol.hash}: {_protocol(metrics)}.")
        for name, judged in {"main": metrics, **metrics.also}.items():
            if judged.scorer.cap is not None:
                say(f"Protocol {name}: the rule found the cap {judged.scorer.cap:g}.")
        if metrics.oracle:
            say("ORACLE: the epochs were chosen by the test labels; these figures are no results.")
        for note in metrics.notes:
            say(f"Note: {note}")
    say(str(run))
    if metrics:
        _say_verdict(metrics)


def _say_verdict(metrics: Metrics) -> None:
    """Say that a score without training is better than the run's, where it is so."""
    from vadkit.metrics.figures import MICRO_AUC

    reached = {name: values.get(MICRO_AUC.key) or 0.0 for name, values in metrics.baselines.items()}
    best = max(reached, key=reached.__getitem__, default="")
    micro = metrics.figure(MICRO_AUC)
    if best and micro is not None and micro < reached[best]:
        say(f"UNDER A BASELINE: {best!r}, for which nothing is trained, has {reached[best]:.3f}.")


def _say_figures(metrics: Metrics) -> None:
    """A line a phase, further protocol and baseline; a column a figure that any of them has."""
    from vadkit.metrics.figures import all_figures

    figures = all_figures().values()
    rows: dict[str, Mapping[str, float | None]] = {}  # what was judged -> figures by their keys
    if not metrics.phases:
        judged_apart = {"nothing trained": metrics, **metrics.also}
        rows |= {n: {f.key: j.figure(f) for f in figures} for n, j in judged_apart.items()}
    for phase in metrics.phases:
        name = f"after phase {phase.number}, {phase.name}"
        # Figures of regions are those of the whole run, which end with its last phase.
        source = metrics if phase is metrics.phases[-1] else phase
        rows[name] = {figure.key: source.figure(figure) for figure in figures}
        for protocol, judged in phase.also.items():
            rows[f"{name}; protocol {protocol}"] = {f.key: judged.figure(f) for f in figures}
    for name, values in metrics.baselines.items():
        rows[f"{name} alone, nothing learned"] = values
    shown = [
        figure
        for figure in figures
        if figure.macro in (None, metrics.protocol.macro)
        and any(values.get(figure.key) is not None for values in rows.values())
    ]
    say_table(
        [
            {**{figure.name: figure.text(values.get(figure.key)) for figure in shown}, "of": name}
            for name, values in rows.items()
        ]
    )


def _protocol(metrics: Metrics) -> str:
    protocol, scorer = metrics.protocol, metrics.scorer
    smooth, borders = protocol.smooth, protocol.borders
    parts: dict[str, Any] = {
        "micro AUC": "one ROC over all frames",
        "macro AUC": f"mean of the videos, those of one class {protocol.macro}",
        "frame": scorer.frame,
        "smoothing": f"{smooth.kind} {smooth.window}",
        "normalisation": protocol.normalise,
        "borders": f"{borders.first} and {borders.last} frames, {borders.rule}",
        "labels": protocol.labels,
        "heads": scorer.heads,
        "checkpoint": protocol.checkpoint,
    }
    return "; ".join(f"{name}: {value}" for name, value in parts.items())


def score(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Videos.")],
    *,
    run: Annotated[Path, typer.Option("--run", metavar="DIR", help="A finished run.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the tables go.")] = Path(
        "scores"
    ),
    boxes: options.Boxes = None,
    boxes_size: options.BoxesSize = None,
    camera: Annotated[
        str, typer.Option("--camera", help="Which of the run's cameras the videos are of.")
    ] = "",
    any_camera: Annotated[
        bool,
        typer.Option("--any-camera", help="Score also what is of no camera that was trained on."),
    ] = False,
    fps: Annotated[
        float | None,
        typer.Option("--fps", min=0.01, help="Frames a second, in place of what a source says."),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda, cuda:1.")] = "cpu",
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads.")] = None,
    strict: options.Strict = False,
    plugin: options.Plugins = None,
) -> None:
    """Score videos, a row for each frame, with a trained run."""
    registry = options.registry(plugin)

    from vadkit.recipe import file_detector
    from vadkit.runs.folder import RunFolder
    from vadkit.score import Scorer, score_videos
    from vadkit.utils.threads import limited_threads

    size = options.size(boxes_size)
    detectors = [file_detector(boxes, **({"size": size} if size else {}))] if boxes else []
    folder = RunFolder.open(run)
    scorer = Scorer.of_run(
        folder,
        registry,
        detectors=detectors,
        device=device,
        strict=strict,
        any_camera=any_camera,
    )
    if camera and camera not in scorer.cameras:
        cameras = ", ".join(scorer.cameras) or "no camera by name"
        raise DataError(f"--camera {camera}: {run} does not know it.", f"It knows {cameras}.")
    with limited_threads(threads):
        written, failed = score_videos(sources, scorer, out, complain, camera, fps=fps)
    for path in written:
        say(str(path))
    for error in failed:
        complain(error.message, error.hint)
    if failed:
        raise typer.Exit(options.FAILED_PARTS if written else DataError.exit_code)

"""Figures for anybody's scores, also of models that vadkit did not train."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vadkit.cli import options
from vadkit.cli.output import complain, say, say_json, say_table
from vadkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vadkit.recipe import FrameProtocol
    from vadkit.report.score_files import Places

ALL = "all"
AS_THEY_ARE = "as they are"
"""No protocol: the scores are compared as the files hold them."""
Folder = Annotated[Path, typer.Option(metavar="DIR", help="One file a video.")]


def frames(
    scores: Folder,
    labels: Annotated[
        str, typer.Option(metavar="DIR|NAME=DIR", help="One file a video, or a data set's own.")
    ],
    *,
    fps: Annotated[
        float | None,
        typer.Option("--fps", min=0.01, help="Frames a second, for false alarms an hour."),
    ] = None,
    protocol: Annotated[
        list[str] | None,
        typer.Option("--protocol", help="As a published code does it; repeatable, or `all`."),
    ] = None,
    higher: Annotated[
        Literal["anomalous", "normal"], typer.Option(help="What a higher score means.")
    ] = "anomalous",
    first: Annotated[
        int, typer.Option("--first", min=0, help="The frame of the first score, from 0.")
    ] = 0,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also constant scores and labels of one class.")
    ] = False,
    as_json: options.Json = False,
    plugin: options.Plugins = None,
) -> None:
    """Compare a score for every frame with its label: AUC, EER, AP, false alarms an hour."""
    from numpy import nan, pad

    from vadkit.recipe import preset, presets

    chosen: dict[str, FrameProtocol | None] = {AS_THEY_ARE: None}
    if protocol:
        names = presets() if ALL in protocol else protocol
        chosen = {name: preset(name) for name in names}

    from vadkit.python_api import evaluate
    from vadkit.report.score_files import (
        check_counterparts,
        check_lengths,
        check_telling,
        files,
        read_frame_scores,
    )

    paths, (places, label) = files(scores), _labels(labels, plugin)
    check_counterparts(paths, places, labels)
    check_counterparts(places, paths, scores)
    score = {video: read_frame_scores(path, bool(protocol)) for video, path in paths.items()}
    score = {video: pad(of, (first, 0), constant_values=nan) for video, of in score.items()}
    check_lengths(paths, score, places, label)
    if not anyway:
        check_telling(paths, score, label, labels)
    times = _times(paths, score, fps)
    trees = {
        name: evaluate(score, label, how, times=times, higher=higher).tree()
        for name, how in chosen.items()
    }
    if as_json:
        say_json(trees if protocol else trees[AS_THEY_ARE])
    else:
        (_say_protocols if len(trees) > 1 else _say_figures)(trees)
        _say_notes(trees)


def _times(
    paths: dict[str, Path], scores: dict[str, NDArray[Any]], fps: float | None
) -> dict[str, NDArray[Any]]:
    """When frames are shown: as the rate says, or else as those files say that are a run's own."""
    from numpy import arange, isfinite

    from vadkit.report.score_files import read_times

    known = {v: of for v, path in paths.items() if (of := read_times(path)) is not None}
    if not fps:
        return known
    if any(isfinite(times).any() for times in known.values()):
        complain(f"--fps {fps:g} goes before the times that the score files have.")
    return {video: arange(len(of)) / fps for video, of in scores.items()}


def _labels(source: str, plugin: list[Path] | None) -> tuple[Places, dict[str, Any]]:
    """Labels of a folder's files, or of the test videos of the data set in a folder."""
    from vadkit.data.annotations.frame_labels import read_labels_in_part
    from vadkit.report.score_files import files

    if Path(source).is_dir() or "=" not in source:
        paths = files(Path(source))
        return {**paths}, {video: read_labels_in_part(path) for video, path in paths.items()}
    name, folder = options.pair(source)
    dataset = options.registry(plugin).create("dataset", name, {}, folder)
    labels = {video.name: dataset.labels(video) for video in dataset.videos("test")}
    return {video: f"{video} of {source}" for video in labels}, labels


def _say_protocols(trees: dict[str, dict[str, Any]]) -> None:
    from vadkit.metrics.figures import MICRO_AUC, frame_figures

    rows = []
    for name, tree in trees.items():
        macro = tree["protocol"]["macro"]
        row = {"protocol": name}
        for figure in frame_figures():
            if figure.macro in (None, macro):
                # One column for the macro AUC, as each protocol counts it.
                column = "macro AUC" if figure.macro else figure.name
                row[column] = figure.text(figure.value(tree), more=1)
        counts = {"one-class videos": macro, "frames": str(tree["frames"])}
        rows.append({**row, **counts, "hash": tree["protocol"]["hash"]})
    say_table(rows)
    micro = [auc for auc in map(MICRO_AUC.value, trees.values()) if auc is not None]
    if micro:
        spread = f"{MICRO_AUC.text(min(micro), more=1)} to {MICRO_AUC.text(max(micro), more=1)}"
        say(f"\nThe same scores have a micro AUC of {spread}, as one or another counts.")


def _say_figures(trees: dict[str, dict[str, Any]]) -> None:
    from vadkit.metrics.figures import frame_figures

    (tree,), rows = trees.values(), []
    for figure in frame_figures():
        ends = tree["intervals"].get(figure.key)
        ends = ends if isinstance(ends, list) else []
        draws = " to ".join(figure.text(end, more=1) for end in ends)
        value = figure.text(figure.value(tree), more=1)
        rows.append({"figure": figure.name, "value": value, "95 of 100 draws of the videos": draws})
    say_table(rows)


def _say_notes(trees: dict[str, dict[str, Any]]) -> None:
    """Each note once, with the protocols that it is about where it is not about all."""
    for note in dict.fromkeys(note for tree in trees.values() for note in tree["notes"]):
        names = [name for name, tree in trees.items() if note in tree["notes"]]
        about = "" if len(names) == len(trees) else f" on {', '.join(names)}"
        say(f"Note{about}: {note}")


def regions(
    tracks: Folder,
    detections: Folder,
    *,
    count: Annotated[
        int | None, typer.Option("--frames", help="Frames of all test videos together.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="DIR|NAME=DIR", help="Labels of the frames, which are counted."),
    ] = None,
    edges: Annotated[
        bool, typer.Option("--edges", help="A box from 3 to 5 is two pixels wide, not three.")
    ] = False,
    group_ties: Annotated[
        bool, typer.Option("--group-ties", help="Equal scores pass a threshold together.")
    ] = False,
    as_json: options.Json = False,
    plugin: options.Plugins = None,
) -> None:
    """Ask whether the anomalies themselves were found: RBDC, TBDC."""
    from vadkit.metrics.figures import all_figures
    from vadkit.metrics.region_metrics import Convention, evaluate_regions
    from vadkit.report.score_files import (
        check_counterparts,
        check_regions,
        files,
        read_detections,
        read_tracks,
    )

    if (count is None) == (labels is None):
        raise DataError("Region metrics need a number of frames.", "Give --frames or --labels.")
    known = _labels(labels, plugin)[1] if labels else {}
    frames = count or sum(map(len, known.values()))
    track_files, detection_files = files(tracks), files(detections)
    check_counterparts(track_files, detection_files, detections)
    annotated = {video: read_tracks(path) for video, path in track_files.items()}
    detected = {video: read_detections(path) for video, path in detection_files.items()}
    check_regions(annotated, detected, {video: len(of) for video, of in known.items()})
    convention = Convention(inclusive=not edges, group_ties=group_ties)
    result = evaluate_regions(detected, annotated, frames, convention)
    if as_json:
        say_json(result)
        return
    shown = [figure for figure in all_figures().values() if figure.of_regions]
    say_table([{"figure": f.name, "value": f.text(f.value(result), more=1)} for f in shown])


def schema() -> None:
    """Print the JSON schema of a run's `metrics.json`."""
    from vadkit.metrics.metrics_schema import Metrics

    say_json(Metrics.model_json_schema())

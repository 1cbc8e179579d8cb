"""Figures for anybody's scores, also of models that vadkit did not train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vadkit.cli.output import say, say_json, say_table

Folder = Annotated[Path, typer.Option(metavar="DIR", help="One file a video.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def frames(scores: Folder, labels: Folder, as_json: Json = False) -> None:
    """Compare a score for every frame with its label: AUC, EER, AP."""
    from vadkit.data.labels import read_labels
    from vadkit.metrics import evaluate, intervals
    from vadkit.report.score_files import files, read_frame_scores

    score = {video: read_frame_scores(path) for video, path in files(scores).items()}
    label = {video: read_labels(path) for video, path in files(labels).items()}
    found = evaluate(score, label)
    found["intervals"] = intervals(score, label)
    if as_json:
        say_json(found)
        return
    say_table([_row(name, value, found["intervals"]) for name, value in _figures(found)])
    for note in found["notes"]:
        say(f"Note: {note}")


def regions(
    tracks: Folder,
    detections: Folder,
    *,
    count: Annotated[int, typer.Option("--frames", help="Frames of all test videos together.")],
    edges: Annotated[
        bool, typer.Option("--edges", help="A box from 3 to 5 is two pixels wide, not three.")
    ] = False,
    group_ties: Annotated[
        bool, typer.Option("--group-ties", help="Equal scores pass a threshold together.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask whether the anomalies themselves were found: RBDC, TBDC."""
    from vadkit.regions import Convention, evaluate_regions
    from vadkit.report.score_files import files, read_detections, read_tracks

    known = {video: read_tracks(path) for video, path in files(tracks).items()}
    found = {video: read_detections(path) for video, path in files(detections).items()}
    how = Convention(inclusive=not edges, group_ties=group_ties)
    result = evaluate_regions(found, known, count, how)
    if as_json:
        say_json(result)
        return
    rows = {"RBDC": result["rbdc"], "TBDC": result["tbdc"]}
    say_table([{"figure": name, "value": _number(value)} for name, value in rows.items()])


def _figures(found: dict[str, Any]) -> list[tuple[str, float | None]]:
    return [*found["auc"].items(), ("eer", found["eer"]), ("ap", found["ap"])]


def _row(name: str, value: float | None, spread: dict[str, Any]) -> dict[str, str]:
    ends = spread.get(name)
    between = f"{_number(ends[0])} to {_number(ends[1])}" if isinstance(ends, list) else ""
    return {"figure": name, "value": _number(value), "95 of 100 draws of the videos": between}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"

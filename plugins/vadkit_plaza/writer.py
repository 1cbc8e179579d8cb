"""Writes a world to disk in the standard layout, on all cores."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from vadkit.api import DataError, thread_environment, usable_cores
from vadkit_plaza.actors import NORMAL
from vadkit_plaza.ground import HEIGHT, WIDTH
from vadkit_plaza.motion import FPS
from vadkit_plaza.render import Picture
from vadkit_plaza.worlds import WORLDS, Film, World

SPACE = 250_000_000
"""Bytes that a world takes at most."""
VISIBLE = 12
"""Least visible pixels of an actor that counts, as object and as anomaly."""
# Both codecs are lossless and part of every build of FFmpeg. On noise, Ut Video takes a fifth of
# FFV1's time and a quarter more space; RGB in, RGB out leaves nothing to rounding.
COLOUR = ("utvideo", "gbrp", "rgb24")
GREY = ("ffv1", "gray", "gray")
OBJECTS = ["video", "frame", "x1", "y1", "x2", "y2", "confidence"]
TRACKS = ["track", "kind", "frame", "x1", "y1", "x2", "y2"]


class VisibleActor(NamedTuple):
    """The visible part of an actor in one frame."""

    actor: int
    """Its number, from 1."""
    frame: int
    kind: str
    box: tuple[int, int, int, int]
    """Bounding box of its visible pixels: x1, y1, x2, y2, the last two outside."""


def visible_actors(film: Film, frame: int, picture: Picture) -> list[VisibleActor]:
    """The actors of a frame with at least `VISIBLE` visible pixels."""
    counts = np.bincount(picture.owners.ravel(), minlength=1)
    visible = []
    for number in (np.flatnonzero(counts[1:] >= VISIBLE) + 1).tolist():
        actor = film.actors[number - 1]
        left, top, width, height = cv2.boundingRect((picture.owners == number).view(np.uint8))
        box = (left, top, left + width, top + height)
        visible.append(VisibleActor(number, frame, actor.kind(frame - actor.start), box))
    return visible


def anomalous(picture: Picture, actors: Sequence[VisibleActor]) -> NDArray[np.bool_]:
    """(H, W) pixels that belong to an anomaly."""
    numbers = [item.actor for item in actors if item.kind != NORMAL]
    return np.isin(picture.owners, numbers)


class _Writer:
    """A lossless video file, of the same bytes whenever the same frames are written."""

    def __init__(self, path: Path, codec: str, pixels: str, layout: str) -> None:
        path.parent.mkdir(exist_ok=True)
        # A random number in the file would change the data set's fingerprint.
        self._file = av.open(str(path), "w", options={"fflags": "bitexact"})
        self._layout = layout
        self._stream = cast(VideoStream, self._file.add_stream(codec, rate=FPS))
        self._stream.width, self._stream.height, self._stream.pix_fmt = WIDTH, HEIGHT, pixels
        self._stream.thread_count = 1

    def write(self, image: NDArray[np.uint8]) -> None:
        frame = av.VideoFrame.from_ndarray(image, format=self._layout)
        self._file.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._file.mux(self._stream.encode())
        self._file.close()


def write_video(folder: Path, film: Film) -> None:
    """Render one video with its labels, masks, tracks and true boxes.

    A training video without anomalies has no labels, like those of real data sets.
    """
    plan, boxes, marked = film.plan, list[VisibleActor](), list[bool]()
    labelled = plan.split == "test" or bool(plan.events)
    images = _Writer(folder / plan.split / f"{plan.name}.avi", *COLOUR)
    masks = _Writer(folder / "masks" / f"{plan.name}.mkv", *GREY) if labelled else None
    for frame, picture in enumerate(film.pictures()):
        visible = visible_actors(film, frame, picture)
        mask = anomalous(picture, visible)
        boxes += visible
        marked.append(bool(mask.any()))
        images.write(picture.image)
        if masks:
            masks.write(mask.astype(np.uint8) * 255)
    images.close()
    if masks:
        masks.close()
        _write_labels(folder, plan.name, marked, boxes)
    rows = [(plan.name, actor.frame, *actor.box, 1) for actor in boxes]
    _write_rows(folder / "objects" / f"{plan.name}.csv", OBJECTS, rows)


def _write_labels(
    folder: Path, name: str, marked: Sequence[bool], boxes: Sequence[VisibleActor]
) -> None:
    (folder / "labels").mkdir(exist_ok=True)
    np.save(folder / "labels" / f"{name}.npy", np.array(marked, np.uint8))
    rows = [(s.actor, s.kind, s.frame, *s.box) for s in boxes if s.kind != NORMAL]
    _write_rows(folder / "tracks" / f"{name}.csv", TRACKS, sorted(rows))


def _write_rows(path: Path, header: list[str], rows: Sequence[tuple[int | str, ...]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_videos(folder: Path, world: World, seed: int, first: int, step: int) -> None:
    """Render every `step`-th video of a world, beginning with number `first`."""
    for number in range(first, len(world.plans), step):
        write_video(folder, world.shoot(number, seed))


def write_world(world: World, folder: Path, seed: int) -> None:
    """Render all videos of a world into a folder.

    Args:
        world: What to draw.
        folder: An empty folder.
        seed: Which draw.

    Raises:
        DataError: One of the rendering processes failed.
    """
    workers = min(usable_cores(), len(world.plans))
    # Processes of their own rather than a pool: a pool would import the caller's program.
    shares = [_start(folder, world, seed, number, workers) for number in range(workers)]
    try:
        _finish(world, shares)
    finally:
        for share in shares:
            share.kill()


def _start(folder: Path, world: World, seed: int, first: int, step: int) -> subprocess.Popen[str]:
    words = [str(folder), world.name, *map(str, (seed, first, step))]
    command = [sys.executable, "-m", "vadkit_plaza.writer", *words]
    paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environment = {**os.environ, **thread_environment(1), **paths}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)  # noqa: S603


def _finish(world: World, shares: Sequence[subprocess.Popen[str]]) -> None:
    """Wait for all of them.

    Raises:
        DataError: One failed.
    """
    messages = [share.communicate()[1] for share in shares]
    for share, message in zip(shares, messages, strict=True):
        if share.returncode:
            reason = message.strip().splitlines()[-1:] or ["it was killed"]
            raise DataError(f"{world.name} could not be rendered: {reason[0]}.")


def main(words: Sequence[str]) -> None:
    """Render a share, as another process of `write_world`."""
    folder, name, seed, first, step = words
    write_videos(Path(folder), WORLDS[name], int(seed), int(first), int(step))


if __name__ == "__main__":
    main(sys.argv[1:])

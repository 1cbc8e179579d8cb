"""A world small enough to train on in a second: walkers are rectangles, what is big is odd."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH, FRAMES = 48, 64, 40
ODD = range(15, 30)
"""Frames of a labelled video in which the anomaly is there."""

Box = tuple[int, int, int, int]
Image = NDArray[np.uint8]

RECIPE = """
seed = 0
threads = 1
precision = "fp32"
[data]
target = {{ dataset = "folder", path = "{root}/target" }}
virtual = {{ dataset = "folder", path = "{root}/virtual" }}
[objects]
detectors = [{{ name = "file", path = "{root}/boxes.csv" }}]
size = 16
[frames]
size = [24, 32]
[backbone]
name = "unet"
width = 8
depth = 2
[optim]
batch = 16
[score]
use = [{use}]
{phases}
"""

PHASE = """
[[phase]]
stage = "s"
tasks = [{tasks}]
epochs = 1
steps = 2
{more}
"""


@dataclass(frozen=True)
class World:
    """Where it lies."""

    root: Path

    @property
    def target(self) -> Path:
        return self.root / "target"

    @property
    def boxes(self) -> Path:
        return self.root / "boxes.csv"

    def recipe(self, *phases: str, use: str = "prediction.error") -> Path:
        """A recipe with a phase for each of these lists of tasks; prediction if there is none."""
        named = [f'"{tasks}"' if tasks.isidentifier() else tasks for tasks in phases]
        made = "".join(phase(tasks) for tasks in named or ['"prediction"'])
        text = RECIPE.format(root=self.root.as_posix(), use=f'"{use}"', phases=made)
        path = self.root / f"tiny-{abs(hash(text))}.toml"
        path.write_text(text)
        return path


def phase(tasks: str, more: str = "") -> str:
    """A phase of two steps, in TOML."""
    return PHASE.format(tasks=tasks, more=more)


def make_world(root: Path) -> World:
    """Write videos, labels and boxes."""
    names = ("target/train/a", "target/train/b", "target/test/c", "target/test/d")
    rows = []
    for seed, name in enumerate((*names, "virtual/train/v")):
        odd = ODD if seed > 1 else range(0)
        images, boxes = film(seed, odd)
        write_video(root / f"{name}.mkv", images)
        rows += [(Path(name).name, *row) for row in boxes]
        if odd:
            write_labels(root, name)
    write_boxes(root / "boxes.csv", rows)
    return World(root)


def film(
    seed: int, odd: Iterable[int] = (), frames: int = FRAMES
) -> tuple[list[Image], list[tuple[int, Box]]]:
    """Two walkers cross, one to each side; in some frames something big is there too."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(60, 100, (HEIGHT, WIDTH), dtype=np.uint8)
    skins = [rng.integers(120, 250, (24, 24), dtype=np.uint8) for _ in range(3)]
    images, rows = [], []
    for frame in range(frames):
        image = ground.copy()
        walkers: list[Box] = [(frame, 6, frame + 12, 22), (52 - frame, 26, 64 - frame, 42)]
        if frame in odd:
            walkers.append((20, 12, 44, 36))
        for skin, (left, top, right, bottom) in zip(skins, walkers, strict=False):
            image[top:bottom, left:right] = skin[: bottom - top, : right - left]
        images.append(image)
        rows += [(frame, box) for box in walkers]
    return images, rows


def write_video(path: Path, images: Sequence[Image]) -> None:
    """Write a lossless grey video."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "gray"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "gray")))
        container.mux(stream.encode())


def write_labels(root: Path, name: str, length: int = FRAMES) -> None:
    """Write the labels of the video `.../split/name`."""
    folder = (root / name).parent.parent / "labels"
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{Path(name).name}.npy", np.isin(np.arange(length), ODD).astype(np.uint8))


def write_boxes(path: Path, rows: Iterable[tuple[str, int, Box]]) -> None:
    """Write boxes as the detector `file` reads them."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["video", "frame", "x1", "y1", "x2", "y2", "confidence"])
        writer.writerows((video, frame, *box, 0.9) for video, frame, box in rows)

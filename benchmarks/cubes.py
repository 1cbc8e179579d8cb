"""How many cubes are cut a second on one core: nine-frame 48x48 grey cubes from decoded frames.

Run it as `python benchmarks/cubes.py`; it needs no data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import cv2
import numpy as np
import torch

from vadkit.data.crops import Cutting, cut
from vadkit.data.detection import Seen
from vadkit.data.store.store import Store, UnitRecorder, open_store
from vadkit.data.store.video_shards import Shard, VideoShards
from vadkit.data.video.frame import Frame
from vadkit.data.windows import reach, windows
from vadkit.registry.cards import Sampling

SAMPLING = Sampling(frames=9)
BATCH = 128
WANTED = 4000


def video(frames: int, height: int, width: int, boxes: int, channels: int) -> Iterator[Seen]:
    """Random frames with boxes of the size of people."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (height, width, channels), dtype=np.uint8)
    tall = height // 4
    for index in range(frames):
        low = rng.random((boxes, 2)) * (width - tall / 2, height - tall)
        found = np.hstack([low, low + np.array([tall / 2, tall]), np.ones((boxes, 1))])
        yield Seen(Frame(index, index / 25, image), found.astype(np.float32))


def measure(height: int, width: int, boxes: int, channels: int) -> tuple[float, float]:
    """Cubes a second of four videos: cut and written, and read in random order as floats."""
    cutting = Cutting("object", SAMPLING.offsets, (48, 48), channels)
    seen = list(video(50, height, width, boxes, channels))
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        store = open_store(cutting, {name: _write(Path(folder), seen, cutting) for name in "abcd"})
        written = len(store.units) / (time.perf_counter() - started)
        return written, _read(store)


def _write(folder: Path, seen: list[Seen], cutting: Cutting) -> Shard:
    """Cut a video and write its shard."""
    shards = VideoShards(Path(mkdtemp(dir=folder)))
    with shards.writing("cubes") as writer:
        recorder = UnitRecorder(writer)
        for window in windows(seen, *reach(cutting.offsets)):
            recorder.add(cut(window, cutting))
        recorder.end({}, [])
    return shards.shard("cubes")


def _read(store: Store) -> float:
    order = torch.randperm(len(store.units))
    started = time.perf_counter()
    for rows in order.split(BATCH):
        store.clips(rows, SAMPLING).float().div_(255)
    return len(order) / (time.perf_counter() - started)


def main() -> None:
    """Print a line for each kind of video."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    print(f"Nine-frame 48x48 cubes a second on one core (at least {WANTED} cut in grey):")
    for name, *shape in (
        ("Ped2, grey", 240, 360, 16, 1),
        ("Avenue, grey", 360, 640, 8, 1),
        ("Avenue, colour", 360, 640, 8, 3),
        ("plaza, grey", 160, 240, 6, 1),
    ):
        cut_rate, read_rate = measure(*shape)
        print(f"{name:>15}: {cut_rate:8.0f} cut and written, {read_rate:8.0f} read as floats")


if __name__ == "__main__":
    main()

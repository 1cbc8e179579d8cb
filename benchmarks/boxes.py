"""How far a recipe's boxes agree with others, say the true ones: counts, and pictures to look at.

    python benchmarks/boxes.py --truth '[{name="file", path="plaza/objects"}]'
    python benchmarks/boxes.py --data avenue=avenue_subset --truth '["onnx"]' --pictures pictures

Of the test videos' frames. The truth is what other detectors find, say those that read boxes from
disk. Rules on confidence and size hold for both; the truth keeps boxes that lie in others.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from vadkit.data.bound_dataset import BoundDataset
from vadkit.data.dataset import Video
from vadkit.data.detection import Boxes, Seen, box_areas, detect, shared_areas
from vadkit.data.video.open_video import open_video
from vadkit.recipe import load_recipe
from vadkit.recipe.schema import TARGET
from vadkit.utils.text_tables import markdown_table

TRUE, FOUND = (30, 160, 60), (220, 40, 40)
"""Colours of boxes, RGB."""
LEAST_WIDTH = 640
"""Pixels that a picture has at least, so that lines hide nothing."""
FIGURES = ("true", "found", "IoU 0.5", "touched", "fragments", "groups", "empty")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table with a row for each video and one for all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recipe", nargs="?", default="vadkit")
    parser.add_argument("--data", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--set", action="append", default=[], dest="sets", metavar="KEY=VALUE")
    parser.add_argument("--truth", required=True, metavar="DETECTORS", help="as a recipe has them")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="where pictures go")
    parser.add_argument("--every", type=int, default=100, help="frames from picture to picture")
    options = parser.parse_args(arguments)
    data, sets = options.data, options.sets
    searched = BoundDataset(TARGET, load_recipe(options.recipe, sets, data))
    true_sets = [*sets, f"objects.detectors={options.truth}"]
    truth = BoundDataset(TARGET, load_recipe(options.recipe, true_sets, data))
    truth.rules = replace(truth.rules, drop_contained=False, max_overlap=1.0)
    counts = {
        video.name: _compared(video, searched, truth, options.pictures, options.every)
        for video in searched.videos("test")
    }
    print(table({**counts, "all": sum(counts.values(), Counter[str]())}))


def _compared(
    video: Video, searched: BoundDataset, truth: BoundDataset, pictures: Path | None, every: int
) -> Counter[str]:
    counts = Counter[str]()
    pairs = zip(_frames(video, searched), _frames(video, truth), strict=True)
    for seen, true in pairs:
        counts.update(agreement(true.boxes, seen.boxes))
        if pictures and seen.frame.index % every == every // 2:
            _draw(pictures / f"{video.name}-{seen.frame.index:04}.png", seen, true.boxes)
    return counts


def _frames(video: Video, dataset: BoundDataset) -> Iterator[Seen]:
    stream = (Seen(f, np.empty((0, 5), np.float32)) for f in open_video(video.path).frames())
    return detect(video, stream, dataset.detectors, dataset.rules, Counter())


def agreement(true: Boxes, found: Boxes) -> dict[str, int]:
    """What of a frame's true boxes (n, 5) was found by other boxes (m, 5).

    A fragment lies with half of its area or more in a true box, and is less than half of it. A
    group holds half or more of each of several. What is empty touches none.
    """
    shared = shared_areas(true, found)
    areas, found_areas = box_areas(true), box_areas(found)
    union = areas[:, None] + found_areas[None] - shared
    inside = shared >= found_areas[None] / 2
    fragments = (inside & (found_areas[None] < areas[:, None] / 2)).any(axis=0)
    held = (shared >= areas[:, None] / 2).sum(axis=0)
    return {
        "frames": 1,
        "true": len(true),
        "found": len(found),
        "IoU 0.5": int((shared >= union / 2).any(axis=1).sum()),
        "touched": int((shared > 0).any(axis=1).sum()),
        "fragments": int((fragments & (held == 0)).sum()),
        "groups": int((held > 1).sum()),
        "empty": int((~(shared > 0).any(axis=0)).sum()),
    }


def table(counts: dict[str, Counter[str]]) -> str:
    """Markdown: boxes a frame; shares of true boxes; shares of boxes found."""
    rows = [[name, *_row(of)] for name, of in counts.items()]
    return markdown_table(["video", *FIGURES], rows)


def _row(of: Counter[str]) -> list[str]:
    frame = [f"{of[name] / max(1, of['frames']):.2f}" for name in FIGURES[:2]]
    true = [f"{of[name] / max(1, of['true']):.3f}" for name in FIGURES[2:4]]
    return [*frame, *true, *(f"{of[name] / max(1, of['found']):.3f}" for name in FIGURES[4:])]


def _draw(file: Path, seen: Seen, true: Boxes) -> None:
    image = np.ascontiguousarray(np.repeat(seen.frame.image, 4 - seen.frame.image.shape[2], 2))
    scale = -(-LEAST_WIDTH // image.shape[1])
    larger = cv2.resize(image[..., :3], None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    for boxes, colour in ((true, TRUE), (seen.boxes, FOUND)):
        for left, top, right, bottom in (scale * boxes[:, :4]).round().astype(int).tolist():
            cv2.rectangle(larger, (left, top), (right - 1, bottom - 1), colour)
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), larger[..., ::-1])


if __name__ == "__main__":
    main()

"""Small trees of data sets: frames, masks, videos and texts, as the official ones have them."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

LABELS = [0, 1, 1, 0, 0]


def image(index, size=(36, 24)):
    return np.full((size[1], size[0]), 40 * index, np.uint8)


def frames(folder, count=5, ending=".tif", name="{:03d}", size=(36, 24)):
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        cv2.imwrite(str(folder / (name.format(index + 1) + ending)), image(index, size))
    return folder


def masks(folder, labels=LABELS, name="{:03d}.bmp", value=255):
    folder.mkdir(parents=True)
    for index, label in enumerate(labels):
        mask = np.zeros((24, 36), np.uint8)
        mask[4 + index : 10 + index, 5:9] = value * label
        cv2.imwrite(str(folder / name.format(index + 1)), mask)


def video(path, count=5, *, codec="mpeg4", pix_fmt="yuv420p", images=None, rate=10):
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [image(index) for index in range(count)] if images is None else images
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = images[0].shape
        stream.pix_fmt = pix_fmt
        for each in images:
            frame = av.VideoFrame.from_ndarray(each, format="gray").reformat(format=pix_fmt)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def text(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")


def by_name(dataset, split="test"):
    return {each.name: each for each in dataset.videos(split)}


def labels(dataset, name, split="test"):
    found = dataset.labels(by_name(dataset, split)[name])
    return None if found is None else found.tolist()


REAL = Path(__file__).parents[1] / ".." / "shared" / "data"


def real(name):
    """A real data set beside the checkout; the test is skipped where it is not there."""
    if not (REAL / name).exists():
        pytest.skip(f"{REAL / name} is not here")
    return REAL / name

"""Pixel masks: which pixels of each frame are anomalous, from pictures of any depth or a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.data.video.frame_names import read_names
from vadkit.data.video.image import Picture, list_pictures
from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError

Mask = NDArray[np.bool_]
"""(H, W), True where anomalous."""
RGB = 3
HALF = 127


def read_masks(path: Path) -> Iterator[Mask]:
    """Each frame's (H, W) mask from a folder of images (not 0) or a grey video (above 127).

    JPEG and WebP lose values as videos do, and are read like them.

    Raises:
        DataError: A mask cannot be decoded, or what is anomalous in it cannot be told.
    """
    if path.is_dir():
        for picture in _pictures(path):
            yield _picture_mask(picture)
        return
    for frame in open_video(path, strict=True).frames():
        yield _halves(f"{path}, frame {frame.index}", frame.image)


def fitting_masks(video: str, masks: Iterator[Mask], size: tuple[int, int]) -> Iterator[Mask]:
    """The masks of a video of this height and width.

    Raises:
        DataError: One has another size.
    """
    for frame, mask in enumerate(masks):
        if mask.shape != size:
            own, wanted = ("x".join(map(str, shape[::-1])) for shape in (mask.shape, size))
            raise DataError(
                f"{video}: the mask of frame {frame} has {own} pixels, and the frame {wanted}.",
                "Scale the masks to the video's size, without blending values.",
            )
        yield mask


def read_objects(folder: Path) -> Iterator[NDArray[Any]]:
    """Each frame's (H, W) numbers of objects, 0 for none, from a folder of images of any depth.

    Raises:
        DataError: One cannot be decoded.
    """
    for picture in _pictures(folder):
        yield _values(picture)[1][..., :RGB].max(axis=2)  # (H, W, C) -> (H, W)


def _pictures(folder: Path) -> list[Picture]:
    names = read_names(folder)
    if names.others:
        raise DataError(
            f"{folder} holds {names.others[0].name} beside masks like {names.files[0].name}.",
            "Leave one mask a frame in it, all named alike.",
        )
    return list_pictures(names.files)


def _picture_mask(picture: Picture) -> Mask:
    data, values = _values(picture)
    colours, alpha = values[..., :RGB], values[..., RGB:]
    if data[:2] == b"\xff\xd8" or data[8:12] == b"WEBP":
        return _halves(str(picture.path), colours)
    mask = np.asarray((colours != _background(data)).any(axis=2))  # (H, W, C) -> (H, W)
    if alpha.size and np.ptp(alpha) and (mask != alpha.any(axis=2)).any():
        raise DataError(
            f"{picture.path} says one thing by its colours and another by its alpha.",
            "Save it without alpha: 0 is normal, anything else anomalous.",
        )
    return mask


def _background(data: bytes) -> NDArray[np.uint8]:
    """(3,) or (1,) what is normal: black, or the first colour of a PNG's palette."""
    at = data.find(b"PLTE") + len(b"PLTE")
    indexed = data[1:4] == b"PNG" and data[25] == RGB
    return np.frombuffer(data, np.uint8, RGB, at) if indexed else np.zeros(1, np.uint8)


def _values(picture: Picture) -> tuple[bytes, NDArray[Any]]:
    data, values = picture.read(cv2.IMREAD_UNCHANGED)
    if values is None:
        raise DataError(f"{picture.path} cannot be decoded (truncated?).", "Replace the file.")
    return data, values


def _halves(place: str, image: NDArray[np.uint8]) -> Mask:
    """(H, W, C) -> (H, W) what is above half; what is dark, but not black, may be compression."""
    if 0 < image.max() <= HALF:
        raise DataError(
            f"{place}: nothing in this mask is brighter than {image.max()}, so it may be noise.",
            "Save masks without loss, as PNG, or with 0 and 255.",
        )
    return np.asarray((image > HALF).any(axis=2))

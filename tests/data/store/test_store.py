from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from vadkit.data.crops import Cut, Cutting, cut
from vadkit.data.detection import Boxes, Seen
from vadkit.data.store.store import (
    CubeStore,
    FrameStore,
    Store,
    UnitRecorder,
    open_store,
    stored_cutting,
)
from vadkit.data.store.video_shards import Shard, VideoShards
from vadkit.data.video.frame import Frame, to_channels
from vadkit.data.windows import reach, windows
from vadkit.registry.cards import Sampling

HEIGHT, WIDTH = 30, 44


def video(frames: int, channels: int = 1, seed: int = 0) -> NDArray[np.uint8]:
    """Random images (frames, H, W, C)."""
    shape = (frames, HEIGHT, WIDTH, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def boxes_of(index: int) -> Boxes:
    """Two boxes, one of them growing beyond whole pixels; none in every fifth frame."""
    found = [[3.2, 4.8, 20.5 + index % 7, 25.1, 0.9], [0, 0, WIDTH, HEIGHT, 0.8]]
    return np.array(found if index % 5 else [], np.float32).reshape(-1, 5)


def stream(images: NDArray[np.uint8]) -> Iterator[Seen]:
    for index, image in enumerate(images):
        yield Seen(Frame(index, index / 25, image), boxes_of(index))


def cuts_of(images: NDArray[np.uint8], how: Cutting) -> list[Cut]:
    """The units of every frame."""
    seen = [
        Seen(Frame(one.frame.index, one.frame.time_s, to_channels(one.frame.image, how.channels)),
             one.boxes)
        for one in stream(images)
    ]  # fmt: skip
    return [cut(window, how) for window in windows(seen, *reach(how.offsets))]


def cutting(frames: int = 5, unit: str = "object", channels: int = 1, **more: int) -> Cutting:
    offsets = Sampling(frames=frames, stride=more.pop("stride", 1)).offsets
    return Cutting(unit, offsets, (16, 12), channels, **more)  # type: ignore[arg-type]


def naive_cube(images: NDArray[np.uint8], own: int, box: list[float], how: Cutting) -> NDArray:
    """(C, K, h, w), frame by frame and channel by channel."""
    left, top = int(np.floor(box[0])), int(np.floor(box[1]))
    right, bottom = int(np.ceil(box[2])), int(np.ceil(box[3]))
    cube = np.empty((how.channels, len(how.offsets), *how.size), np.uint8)
    for k, offset in enumerate(how.offsets):
        image = images[min(max(own + offset, 0), len(images) - 1)]
        for c in range(how.channels):
            patch = np.ascontiguousarray(image[top:bottom, left:right, c])
            cube[c, k] = cv2.resize(patch, how.size[::-1], interpolation=cv2.INTER_LINEAR)
    return cube


@pytest.mark.parametrize(
    ("frames", "channels", "stride", "length"),
    [(5, 1, 1, 12), (9, 3, 1, 12), (4, 1, 2, 12), (9, 1, 1, 3), (1, 3, 1, 4), (5, 1, 1, 1)],
)
def test_cubes_agree_with_single_crops(
    frames: int, channels: int, stride: int, length: int
) -> None:
    images, how = video(length, channels), cutting(frames, channels=channels, stride=stride)
    cuts = cuts_of(images, how)
    assert [one.index for one in cuts] == list(range(length))
    for one in cuts:
        assert one.boxes.tolist() == boxes_of(one.index).tolist()
        for clip, box in zip(one.clips, one.boxes.tolist(), strict=True):
            wanted = naive_cube(images, one.index, box, how)
            # OpenCV rounds an image of many channels in another order.
            assert np.abs(clip.astype(int) - wanted).max() <= 1


def test_twenty_seven_colour_frames_fit_one_cube() -> None:
    images = video(30, 3)
    how = Cutting("object", Sampling(frames=9, windows=3).offsets, (8, 8), 3)
    one = cuts_of(images, how)[14]
    wanted = naive_cube(images, 14, one.boxes[0].tolist(), how)
    assert np.abs(one.clips[0].astype(int) - wanted).max() <= 1


def test_a_box_thinner_than_a_pixel_is_one_pixel_wide() -> None:
    image = video(1)[0]
    edge = np.array([[WIDTH, 5, WIDTH, 20, 1]], np.float32)
    (window,) = windows([Seen(Frame(0, 0.0, image), edge)], 0, 0)
    one = cut(window, cutting(1))
    column = cv2.resize(image[5:20, -1:], (12, 16), interpolation=cv2.INTER_LINEAR)
    assert (one.clips[0, 0, 0] == column).all()


def test_colour_becomes_grey_where_grey_is_asked() -> None:
    images = video(3, 3)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None] for image in images]
    for one, wanted in zip(
        cuts_of(images, cutting(3)), cuts_of(np.array(grey), cutting(3)), strict=True
    ):
        assert np.abs(one.clips.astype(int) - wanted.clips).max(initial=0) <= 1


def test_every_third_frame_has_units_but_clips_read_all_frames() -> None:
    images = video(10)
    whole = cuts_of(images, cutting(3))
    third = cuts_of(images, cutting(3, every=3))
    for one, all_of_it in zip(third, whole, strict=True):
        if one.index % 3:
            assert len(one.boxes) == len(one.clips) == 0
        else:
            assert (one.clips == all_of_it.clips).all()


def videos() -> dict[str, NDArray[np.uint8]]:
    return {"a": video(12), "b": video(7, seed=1)}


def written(folder: Path, images: NDArray[np.uint8], how: Cutting) -> Shard:
    """Cut a video and write its shard."""
    shards = VideoShards(folder)
    stored = stored_cutting(how)
    with shards.writing("units") as writer:
        recorder = UnitRecorder(writer)
        for one in cuts_of(images, stored):
            recorder.add(one)
        recorder.end({"frames": len(images)}, [])
    return shards.shard("units")


def opened(root: Path, how: Cutting, **images: NDArray[np.uint8]) -> Store:
    named = images or videos()
    return open_store(how, {name: written(root / name, of, how) for name, of in named.items()})


def test_a_cube_store_gives_back_what_was_cut(tmp_path: Path) -> None:
    how = cutting(5)
    store = opened(tmp_path, how)
    assert isinstance(store, CubeStore)
    assert store.units.videos == ("a", "b")
    assert store.units.lengths.tolist() == [12, 7]
    assert store.units.sizes.tolist() == [[HEIGHT, WIDTH]] * 2
    cubes = store.clips(torch.arange(len(store.units)), Sampling(frames=5))
    wanted = [one.clips for images in videos().values() for one in cuts_of(images, how)]
    assert cubes.shape == (len(store.units), 1, 5, 16, 12)
    assert (cubes.numpy() == np.concatenate(wanted)).all()
    assert {name: len(times) for name, times in store.times.items()} == {"a": 12, "b": 7}
    assert store.times["b"].tolist() == [i / 25 for i in range(7)]
    assert store.report()["frames"] == 19


@pytest.mark.parametrize("frames", [1, 4, 5, 8])
def test_a_shorter_sampling_is_a_slice_of_a_longer_store(tmp_path: Path, frames: int) -> None:
    sampling = Sampling(frames=frames)
    index = torch.tensor([7, 0, 3])
    wide = opened(tmp_path, cutting(9)).clips(index, sampling)
    narrow = opened(tmp_path, cutting(frames)).clips(index, sampling)
    assert torch.equal(wide, narrow)


@pytest.mark.parametrize(("stride", "windows"), [(2, 1), (3, 1), (2, 2)])
def test_a_sampling_with_a_stride_is_a_slice_of_consecutive_frames(
    tmp_path: Path, stride: int, windows: int
) -> None:
    sampling = Sampling(frames=3, stride=stride, windows=windows)
    index = torch.tensor([7, 0, 3])
    wide = opened(tmp_path / "wide", cutting(29)).clips(index, sampling)
    how = Cutting("object", sampling.offsets, (16, 12), 1)
    narrow = opened(tmp_path / "narrow", how).clips(index, sampling)
    assert torch.equal(wide, narrow)


def test_windows_follow_each_other(tmp_path: Path) -> None:
    sampling = Sampling(frames=3, windows=3)
    store = opened(tmp_path, Cutting("object", sampling.offsets, (16, 12), 1))
    index = torch.tensor([5, 2])
    whole = store.clips(index, Sampling(frames=9))
    assert torch.equal(store.clips(index, sampling).transpose(1, 2).flatten(2, 3), whole)


@pytest.mark.parametrize("stride", [1, 2])
def test_frame_clips_are_gathered_and_repeat_the_ends(tmp_path: Path, stride: int) -> None:
    sampling = Sampling(unit="frame", frames=5, stride=stride)
    store = opened(tmp_path, Cutting("frame", range(1), (16, 12), 1))
    assert isinstance(store, FrameStore)
    assert len(store.units) == 19
    assert store.units.boxes[0].tolist() == [0, 0, WIDTH, HEIGHT, 1]
    small = {
        name: [cv2.resize(image, (12, 16), interpolation=cv2.INTER_AREA) for image in images]
        for name, images in videos().items()
    }
    clips = store.clips(torch.tensor([18, 0, 12]), sampling)
    for clip, (name, own) in zip(clips[:, 0].numpy(), [("b", 6), ("a", 0), ("b", 0)], strict=True):
        frames = [min(max(own + k * stride, 0), len(small[name]) - 1) for k in range(-2, 3)]
        assert (clip == np.stack([small[name][frame] for frame in frames])).all()


def test_frame_units_of_every_third_frame_are_read_from_all(tmp_path: Path) -> None:
    whole = opened(tmp_path / "whole", Cutting("frame", range(1), (16, 12), 1))
    third = opened(tmp_path / "third", Cutting("frame", range(1), (16, 12), 1, every=3))
    assert stored_cutting(third.cutting) == stored_cutting(whole.cutting)
    assert third.units.frame.tolist() == [0, 3, 6, 9, 0, 3, 6]
    sampling = Sampling(unit="frame", frames=3)
    assert torch.equal(
        third.clips(torch.tensor([5]), sampling), whole.clips(torch.tensor([15]), sampling)
    )


def test_rows_are_found_wherever_their_video_is(tmp_path: Path) -> None:
    images = {"still": video(1), "a": video(12), "none": video(1), "b": video(7, seed=1)}
    data = opened(tmp_path, cutting(5), **images).data
    index = torch.randperm(len(data))
    assert torch.equal(data.rows(index), data.to(torch.device("cpu")).rows(index))
    assert data.rows(index[:0]).shape == (0, 1, 5, 16, 12)


def test_videos_without_objects_make_an_empty_store(tmp_path: Path) -> None:
    store = opened(tmp_path, cutting(5), still=video(1))  # frame 0 has no box
    assert len(store.units) == 0
    assert store.units.lengths.tolist() == [1]
    assert store.clips(torch.arange(0), Sampling(frames=5)).shape == (0, 1, 5, 16, 12)
    report = store.report()
    assert report["videos_without_units"] == report["videos_shorter_than_clip"] == 1

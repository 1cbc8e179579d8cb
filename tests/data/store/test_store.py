import json
from collections import Counter
from collections.abc import Iterator
from errno import ENOSPC
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from filelock import FileLock
from numpy.typing import NDArray

from vadkit.data.crops import Cut, Cutting, cut, windows
from vadkit.data.detection import Boxes, Seen
from vadkit.data.store.store import CubeStore, FrameStore, Store, open_store, parts_of
from vadkit.data.store.video_shards import Parts, Source
from vadkit.data.video.frame import Frame
from vadkit.errors import ResourceError
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
    cuts = list(cut(stream(images), how))
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
    one = list(cut(stream(images), how))[14]
    wanted = naive_cube(images, 14, one.boxes[0].tolist(), how)
    assert np.abs(one.clips[0].astype(int) - wanted).max() <= 1


def test_a_box_thinner_than_a_pixel_is_one_pixel_wide() -> None:
    image = video(1)[0]
    edge = np.array([[WIDTH, 5, WIDTH, 20, 1]], np.float32)
    (one,) = cut(iter([Seen(Frame(0, 0.0, image), edge)]), cutting(1))
    column = cv2.resize(image[5:20, -1:], (12, 16), interpolation=cv2.INTER_LINEAR)
    assert (one.clips[0, 0, 0] == column).all()


def test_colour_becomes_grey_where_grey_is_asked() -> None:
    images = video(3, 3)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None] for image in images]
    for one, wanted in zip(
        cut(stream(images), cutting(3)), cut(stream(np.array(grey)), cutting(3)), strict=True
    ):
        assert np.abs(one.clips.astype(int) - wanted.clips).max(initial=0) <= 1


def test_only_frames_within_reach_are_held() -> None:
    given = 0

    def counted() -> Iterator[Seen]:
        nonlocal given
        for seen in stream(video(200)):
            given += 1
            yield seen

    for seen, images in windows(counted(), cutting(9)):
        assert len(images) == 9
        assert given <= seen.frame.index + 5


def test_every_third_frame_has_units_but_clips_read_all_frames() -> None:
    images = video(10)
    whole = list(cut(stream(images), cutting(3)))
    third = list(cut(stream(images), cutting(3, every=3)))
    for one, all_of_it in zip(third, whole, strict=True):
        if one.index % 3:
            assert len(one.boxes) == len(one.clips) == 0
        else:
            assert (one.clips == all_of_it.clips).all()


class Videos:
    """A source of two videos, which counts how often one is read."""

    def __init__(self) -> None:
        self.images = {"a": video(12), "b": video(7, seed=1)}
        self.read = 0

    def cuts(self, number: int, how: Cutting, counts: Counter[str]) -> Iterator[Cut]:
        self.read += 1
        images = list(self.images.values())[number]
        counts["frames"] += len(images)
        yield from cut(stream(images), how)


def parts(root: Path, how: Cutting, source: Videos, **facts: str) -> Parts:
    return parts_of(root, facts, how, Source("units", tuple(source.images), source.cuts))


def opened(root: Path, how: Cutting, source: Videos | None = None, **facts: str) -> Store:
    return open_store(parts(root, how, source or Videos(), **facts), how, lambda *_: None)


def everything(store: Store) -> torch.Tensor:
    return store.stored.data.rows(torch.arange(len(store.stored.data)))


def test_a_cube_store_gives_back_what_was_cut(tmp_path: Path) -> None:
    source, how = Videos(), cutting(5)
    store = opened(tmp_path, how, source)
    assert isinstance(store, CubeStore)
    assert store.units.videos == ("a", "b")
    assert store.units.lengths.tolist() == [12, 7]
    assert store.units.sizes.tolist() == [[HEIGHT, WIDTH]] * 2
    cubes = store.clips(torch.arange(len(store.units)), Sampling(frames=5))
    wanted = [one.clips for images in source.images.values() for one in cut(stream(images), how)]
    assert cubes.shape == (len(store.units), 1, 1, 5, 16, 12)
    assert (cubes[:, 0].numpy() == np.concatenate(wanted)).all()
    assert store.stored.times.tolist() == [i / 25 for n in (12, 7) for i in range(n)]


@pytest.mark.parametrize("frames", [1, 4, 5, 8])
def test_a_shorter_sampling_is_a_slice_of_a_longer_store(tmp_path: Path, frames: int) -> None:
    sampling = Sampling(frames=frames)
    index = torch.tensor([7, 0, 3])
    wide = opened(tmp_path, cutting(9)).clips(index, sampling)
    narrow = opened(tmp_path, cutting(frames)).clips(index, sampling)
    assert torch.equal(wide, narrow)


def test_windows_follow_each_other(tmp_path: Path) -> None:
    sampling = Sampling(frames=3, windows=3)
    store = opened(tmp_path, Cutting("object", sampling.offsets, (16, 12), 1))
    index = torch.tensor([5, 2])
    whole = store.clips(index, Sampling(frames=9))
    assert torch.equal(store.clips(index, sampling).transpose(1, 2).flatten(2, 3), whole[:, 0])


@pytest.mark.parametrize("stride", [1, 2])
def test_frame_clips_are_gathered_and_repeat_the_ends(tmp_path: Path, stride: int) -> None:
    source, sampling = Videos(), Sampling(unit="frame", frames=5, stride=stride)
    store = opened(tmp_path, cutting(5, "frame"), source)
    assert isinstance(store, FrameStore)
    assert len(store.units) == 19
    assert store.units.boxes[0].tolist() == [0, 0, WIDTH, HEIGHT, 1]
    small = {
        name: [cv2.resize(image, (12, 16), interpolation=cv2.INTER_AREA) for image in images]
        for name, images in source.images.items()
    }
    clips = store.clips(torch.tensor([18, 0, 12]), sampling)
    for clip, (name, own) in zip(
        clips[:, 0, 0].numpy(), [("b", 6), ("a", 0), ("b", 0)], strict=True
    ):
        frames = [min(max(own + k * stride, 0), len(small[name]) - 1) for k in range(-2, 3)]
        assert (clip == np.stack([small[name][frame] for frame in frames])).all()


def test_frame_units_of_every_third_frame_share_the_store(tmp_path: Path) -> None:
    source = Videos()
    opened(tmp_path, cutting(5, "frame"), source)
    third = opened(tmp_path, cutting(5, "frame", every=3), source)
    assert source.read == 2
    assert third.units.frame.tolist() == [0, 3, 6, 9, 0, 3, 6]
    whole = opened(tmp_path, cutting(5, "frame"), source)
    sampling = Sampling(unit="frame", frames=3)
    assert torch.equal(
        third.clips(torch.tensor([5]), sampling), whole.clips(torch.tensor([15]), sampling)
    )


def test_a_store_is_made_once_for_the_same_facts(tmp_path: Path) -> None:
    source = Videos()
    first = opened(tmp_path, cutting(5), source, boxes="x")
    again = opened(tmp_path, cutting(5), source, boxes="x")
    assert source.read == 2
    assert torch.equal(everything(first), everything(again))
    assert again.report()["frames"] == 19
    opened(tmp_path, cutting(5), source, boxes="y")
    opened(tmp_path, cutting(6), source, boxes="x")
    assert source.read == 6


@pytest.mark.parametrize("torn", ["clips.u8", "units.npy", "times.npy", "store.json"])
@pytest.mark.parametrize("keep", [None, 0, 10])
def test_the_part_that_is_torn_is_made_again(tmp_path: Path, torn: str, keep: int | None) -> None:
    source = Videos()
    wanted = everything(opened(tmp_path, cutting(5), source)).clone()
    (joined,) = tmp_path.glob("*/joined")
    for file in (*tmp_path.glob(f"*/parts/00001/{torn}"), *joined.glob(torn)):
        whole = file.read_bytes()
        file.unlink()
        if keep is not None:
            file.write_bytes(whole[:keep])
    assert torch.equal(everything(opened(tmp_path, cutting(5), source)), wanted)
    assert source.read == 3


def test_tables_that_are_torn_are_put_together_again(tmp_path: Path) -> None:
    source = Videos()
    wanted = everything(opened(tmp_path, cutting(5), source)).clone()
    for file in tmp_path.glob("*/joined/*"):
        file.write_bytes(file.read_bytes()[:10])
        assert torch.equal(everything(opened(tmp_path, cutting(5), source)), wanted)
    assert source.read == 2


class Breaking(Videos):
    """Raises at the end of its second video."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def cuts(self, number: int, how: Cutting, counts: Counter[str]) -> Iterator[Cut]:
        yield from super().cuts(number, how, counts)
        if number:
            raise self.error


def test_what_was_interrupted_goes_on_with_the_videos_that_are_left(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        opened(tmp_path, cutting(5), Breaking(KeyboardInterrupt()))
    assert [path.name for path in tmp_path.glob("*/parts/*")] == ["00000"]
    source = Videos()
    opened(tmp_path, cutting(5), source)
    assert source.read == 1


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    opened(tmp_path, cutting(5))
    (part,) = tmp_path.glob("*/parts/00001")
    (part / "store.json").unlink()
    part.rename(part.with_suffix(".tmp"))
    source = Videos()
    opened(tmp_path, cutting(5), source)
    assert source.read == 1
    assert sorted(part.parent.iterdir()) == [part.with_name("00000"), part]


def test_a_full_disk_is_named_and_nothing_is_left_of_the_part(tmp_path: Path) -> None:
    full = Breaking(OSError(ENOSPC, "No space left on device"))
    with pytest.raises(ResourceError, match=r"is full.*VADKIT_HOME"):
        opened(tmp_path, cutting(5), full)
    assert [path.name for path in tmp_path.glob("*/parts/*")] == ["00000"]


def files(root: Path) -> dict[str, bytes]:
    """Everything beneath a folder but the locks."""
    found = [path for path in root.rglob("*") if path.is_file() and "lock" not in str(path)]
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


@pytest.mark.parametrize("order", [[0, 1], [1, 0], [1]])
def test_parts_that_were_made_apart_are_byte_for_byte_the_same(
    tmp_path: Path, order: list[int]
) -> None:
    opened(tmp_path / "whole", cutting(5))
    for number in order:
        parts(tmp_path / "parts", cutting(5), Videos()).make(number)
    opened(tmp_path / "parts", cutting(5))
    assert files(tmp_path / "parts") == files(tmp_path / "whole")


def test_a_part_is_missing_until_it_is_whole(tmp_path: Path) -> None:
    made = parts(tmp_path, cutting(5), Videos())
    assert made.missing() == [0, 1]
    made.make(1)
    assert made.missing() == [0]
    opened(tmp_path, cutting(5))
    assert made.missing() == []


def test_a_video_that_another_process_is_cutting_comes_last(tmp_path: Path) -> None:
    order: list[int] = []

    class Slow(Videos):
        def cuts(self, number: int, how: Cutting, counts: Counter[str]) -> Iterator[Cut]:
            order.append(number)
            if number:
                other.release()
            yield from super().cuts(number, how, counts)

    source = Slow()
    made = parts(tmp_path, cutting(5), source)
    (made.folder / "locks").mkdir(parents=True)
    other = FileLock(made.folder / "locks/00000")
    with other:
        opened(tmp_path, cutting(5), source)
    assert order == [1, 0]


def test_names_that_a_file_system_may_mix_up_are_kept_apart(tmp_path: Path) -> None:
    source = Videos()
    source.images = {"a": video(12), "A": video(7, seed=1), "a.tmp": video(3, seed=2)}
    assert opened(tmp_path, cutting(5), source).units.frames == {"a": 12, "A": 7, "a.tmp": 3}


def test_rows_are_found_wherever_their_video_is(tmp_path: Path) -> None:
    source = Videos()
    source.images = {"still": video(1), "a": video(12), "none": video(1), "b": video(7, seed=1)}
    data = opened(tmp_path, cutting(5), source).stored.data
    index = torch.randperm(len(data))
    assert torch.equal(data.rows(index), data.to(torch.device("cpu")).rows(index))
    assert data.rows(index[:0]).shape == (0, 1, 5, 16, 12)


def test_videos_without_objects_make_an_empty_store(tmp_path: Path) -> None:
    source = Videos()
    source.images = {"still": video(1)}  # frame 0 has no box
    store = opened(tmp_path, cutting(5), source)
    assert len(store.units) == 0
    assert store.units.lengths.tolist() == [1]
    assert store.clips(torch.arange(0), Sampling(frames=5)).shape == (0, 1, 1, 5, 16, 12)
    report = store.report()
    assert report["videos_without_units"] == report["videos_shorter_than_clip"] == 1


def test_nothing_but_plain_bytes_json_and_arrays_is_written(tmp_path: Path) -> None:
    opened(tmp_path, cutting(5))
    assert {Path(name).suffix for name in files(tmp_path)} == {".u8", ".json", ".npy"}
    (joined,) = tmp_path.glob("*/joined/store.json")
    assert json.loads(joined.read_text())["videos"] == ["a", "b"]

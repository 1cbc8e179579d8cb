from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from vadkit.data.annotations.tracks import TrackedBox, build_tracks
from vadkit.data.data_module import PreparedData
from vadkit.data.dataset import Dataset, Split, Track, Video
from vadkit.data.detection import Detector, Seen
from vadkit.data.prepared_split import OnProgress
from vadkit.errors import DataError, RecipeError
from vadkit.recipe import BoundRecipe, Recipe
from vadkit.recipe.bound_recipe import Read
from vadkit.registry.cards import BoxRules, DatasetCard, DetectorCard, NoOptions, Sampling

CPU = torch.device("cpu")
CUBES = Sampling(frames=5)
FRAMES = Sampling(unit="frame", frames=3, role="virtual", labels=True)
TRAIN, TEST = Read("train", (CUBES,), ()), Read("test", (CUBES,), ())


class Pictures(Dataset[NoOptions]):
    """Folders of pictures, where the pixel at the middle is the frame's number plus the video's."""

    lengths: ClassVar[dict[str, int]] = {}
    marks: ClassVar[dict[str, NDArray[np.uint8]]] = {}
    known: ClassVar[dict[str, list[Track]]] = {}
    drawn: ClassVar[dict[str, list[NDArray[np.bool_]]]] = {}

    def videos(self, split: Split) -> list[Video]:
        assert self.root is not None
        names = sorted(name for name in self.lengths if name.startswith(split))
        return [Video(name, self.root / name, split) for name in names]

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        return self.marks.get(video.name)

    def tracks(self, video: Video) -> list[Track] | None:
        return self.known.get(video.name)

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        drawn = self.drawn.get(video.name)
        return None if drawn is None else iter(drawn)

    def fingerprint(self) -> str:
        return repr((self.root, self.lengths))


class TwoBoxes(Detector[NoOptions]):
    """The whole frame and its left half, but nothing in videos called empty."""

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        found = np.array([[0, 0, 24, 20, 1], [0, 0, 12, 20, 1]], np.float32)
        for seen in stream:
            yield Seen(seen.frame, found[:0] if "empty" in video.name else found)


class Plugins:
    """Stands in for the registry."""

    def __init__(self) -> None:
        self.target = Pictures
        self.detector = DetectorCard(name="two", summary="", load="")
        self.dataset = DatasetCard(
            name="x", summary="", load="", rules=BoxRules(drop_contained=False)
        )

    def create(self, kind: str, name: str, options: dict[str, Any], *args: Any) -> Any:
        return TwoBoxes(NoOptions()) if kind == "detector" else self.target(*args, NoOptions())

    def card(self, kind: str, name: str) -> Any:
        return self.detector if kind == "detector" else self.dataset

    def source(self, kind: str, name: str) -> str:
        return "vadkit"


@pytest.fixture
def plugins(tmp_path: Path) -> Plugins:
    found = Plugins()
    lengths = {"train-a": 12, "train-b": 9, "train-empty": 6, "test-a": 8, "test-short": 3}
    marks = {"test-a": np.array([0, 0, 1, 1, 0, 0, 0, 0], np.uint8)}
    found.target = type("Set", (Pictures,), {"lengths": lengths, "marks": marks})
    for number, (name, length) in enumerate(lengths.items()):
        draw(tmp_path / "set" / name, length, 40 * number)
    return found


def draw(folder: Path, frames: int, first: int) -> None:
    folder.mkdir(parents=True)
    for index in range(frames):
        cv2.imwrite(str(folder / f"{index:03}.png"), np.full((20, 24), first + index, np.uint8))


def prepared(
    tmp_path: Path,
    plugins: Plugins,
    every: int = 1,
    progress: OnProgress | None = None,
    **more: Any,
) -> PreparedData:
    source = {"dataset": "x", "path": tmp_path / "set"}
    recipe = Recipe.model_validate(
        {
            "data": {"target": {**source, "every": every}, "virtual": source},
            "objects": {"detectors": [{"name": "two"}], "size": 8},
            "frames": {"size": (10, 12)},
            "phase": [{"stage": "p", "tasks": [{"name": "t"}], "epochs": 1}],
            "score": {"use": ["t.error"]},
            **more,
        }
    )
    registry: Any = plugins
    return PreparedData(BoundRecipe(recipe, registry), home=tmp_path / "home", progress=progress)


def values(clips: torch.Tensor) -> list[list[int]]:
    """(B, 1, 1, T, H, W) of even images -> each clip's grey values."""
    assert (clips == clips[..., :1, :1]).all()
    return (clips[:, 0, :, 0, 0] * 255).round().int().tolist()


def batches(data: PreparedData, *seed: int, samplings: tuple[Sampling, ...] = (CUBES,)) -> list:
    return list(data.loader(samplings, "train", 8, seed=seed, device=CPU))


def test_training_reads_only_clips_inside_their_video(tmp_path: Path, plugins: Plugins) -> None:
    data = prepared(tmp_path, plugins)
    data.require([TRAIN])
    loader = data.loader((CUBES,), "train", 4, seed=(0,), device=CPU)
    clips = [clip for batch in loader for clip in values(batch.clips)]
    inside = [
        [40 * v + f + k for k in range(5)] for v, n in ((0, 12), (1, 9)) for f in range(n - 4)
    ]
    assert sorted(clips) == sorted(inside * 2)
    assert data.prepared.report["target/train/object"]["units_at_ends"] == 16


def test_scoring_reads_every_unit_in_order_and_repeats_the_ends(
    tmp_path: Path, plugins: Plugins
) -> None:
    data = prepared(tmp_path, plugins)
    loader = data.loader((CUBES,), "test", 4, seed=None, device=CPU)
    clips = [clip for batch in loader for clip in values(batch.clips)]
    first = {0: 120, 1: 160}
    units = data.units(CUBES, "test")
    assert units.frame.tolist() == sorted(list(range(8)) * 2) + sorted(list(range(3)) * 2)
    for clip, video, frame in zip(clips, units.video, units.frame, strict=True):
        last = units.lengths[video] - 1
        wanted = [first[video] + min(max(frame + k, 0), last) for k in range(-2, 3)]
        assert clip == wanted


def test_the_seed_alone_decides_the_order(tmp_path: Path, plugins: Plugins) -> None:
    def order(*seed: int) -> list[list[int]]:
        data = prepared(tmp_path, plugins)
        return [clip for batch in batches(data, *seed) for clip in values(batch.clips)]

    torch.manual_seed(1)
    first = order(0, 1, 2)
    torch.manual_seed(2)
    assert order(0, 1, 2) == first
    assert order(0, 1, 3) != first
    assert sorted(order(0, 1, 3)) == sorted(first)


def test_a_loader_gives_the_same_batches_again(tmp_path: Path, plugins: Plugins) -> None:
    loader = prepared(tmp_path, plugins).loader((CUBES,), "train", 8, seed=(0,), device=CPU)
    for one, other in zip(loader, loader, strict=True):
        assert torch.equal(one.clips, other.clips)


@pytest.mark.parametrize(
    ("batch", "steps", "sizes"),
    [
        (10, None, [10, 10, 6]),
        (5, None, [5] * 5),
        (26, None, [26]),
        (10, 2, [10, 10]),
        (99, 5, [26]),
    ],
)
def test_the_last_batch_has_two_units_or_is_dropped(
    tmp_path: Path, plugins: Plugins, batch: int, steps: int | None, sizes: list[int]
) -> None:
    data = prepared(tmp_path, plugins)
    loader = data.loader((CUBES,), "train", batch, seed=(0,), device=CPU, steps=steps)
    assert [len(one.clips) for one in loader] == sizes
    assert len(loader) == len(sizes)


def test_pixels_are_floats_between_zero_and_one(tmp_path: Path, plugins: Plugins) -> None:
    batch = batches(prepared(tmp_path, plugins, channels=3), 0, samplings=(CUBES, FRAMES))[0]
    clips = batch.clips[:, :1]
    assert batch.clips.is_contiguous()
    assert batch.beside["virtual"].clips.is_contiguous()
    assert clips.dtype == torch.float32
    assert clips.shape == (8, 1, 5, 8, 8)
    assert 0 <= clips.min() <= clips.max() <= 1


def test_further_samplings_arrive_beside_the_first(tmp_path: Path, plugins: Plugins) -> None:
    found = batches(prepared(tmp_path, plugins), 0, samplings=(CUBES, FRAMES))
    beside = [batch.beside["virtual"] for batch in found]
    assert [len(batch.clips) for batch in beside] == [len(batch.clips) for batch in found]
    assert beside[0].clips.shape == (8, 1, 3, 10, 12)
    clips = [clip for batch in beside for clip in values(batch.clips)]
    inside = 10 + 7 + 4
    assert len({tuple(clip) for clip in clips}) == inside  # all are seen before one comes again
    assert all(clip == [clip[0], clip[0] + 1, clip[0] + 2] for clip in clips)


def test_labels_are_of_the_units_own_frame(tmp_path: Path, plugins: Plugins) -> None:
    marks = {"train-b": np.arange(9, dtype=np.uint8) % 2}
    plugins.target.marks = marks
    (batch,) = prepared(tmp_path, plugins).loader((FRAMES,), "train", 99, seed=(0,), device=CPU)
    assert batch.labels is not None
    assert batch.labels.dtype == torch.int64
    for clip, label in zip(values(batch.clips), batch.labels.tolist(), strict=True):
        middle = clip[1]
        assert label == (middle % 2 if 40 <= middle < 80 else 0)


def test_scoring_is_told_no_labels(tmp_path: Path, plugins: Plugins) -> None:
    labelled = Sampling(frames=5, labels=True)
    loader = prepared(tmp_path, plugins).loader((labelled,), "test", 99, seed=None, device=CPU)
    assert [batch.labels for batch in loader] == [None]


def test_labels_longer_than_the_video_are_refused(tmp_path: Path, plugins: Plugins) -> None:
    plugins.target.marks = {"test-a": np.zeros(9, np.uint8)}
    data = prepared(tmp_path, plugins)
    with pytest.raises(DataError, match="test-a: 8 frames, 9 labels"):
        data.annotations.check()


def test_labels_of_test_videos_are_sealed_unless_something_is_scored(
    tmp_path: Path, plugins: Plugins
) -> None:
    plugins.target.marks = {
        f"test-{of}": np.zeros(n, np.uint8) for of, n in (("a", 8), ("short", 3))
    }
    data = prepared(tmp_path, plugins)
    assert data.annotations.check()
    for read in (data.annotations.labels, data.annotations.tracks):
        with pytest.raises(RuntimeError, match="while scoring"):
            read()
    with data.annotations.scoring():
        assert data.annotations.labels()
    with pytest.raises(RuntimeError, match="while scoring"):
        data.annotations.labels()


def walk(frame: int) -> list[Track]:
    return build_tracks([TrackedBox("1", frame, (2, 3, 9, 8))])


def test_tracks_are_checked_with_the_labels_before_anything_is_trained(
    tmp_path: Path, plugins: Plugins
) -> None:
    plugins.target.marks["test-short"] = np.zeros(3, np.uint8)
    plugins.target.known = {"test-a": walk(8)}
    with pytest.raises(DataError, match="test-a: a track is in frame 8, but the video has 8"):
        prepared(tmp_path, plugins).annotations.check()


def test_a_normal_video_needs_no_tracks_and_an_anomalous_one_does(
    tmp_path: Path, plugins: Plugins
) -> None:
    marks = {"test-short": np.zeros(3, np.uint8), "test-a": plugins.target.marks["test-a"]}
    plugins.target.marks, plugins.target.known = marks, {"test-a": walk(2)}
    data = prepared(tmp_path, plugins)
    with data.annotations.scoring():
        found, derived = data.annotations.tracks() or ({}, True)
    assert {video: len(tracks) for video, tracks in found.items()} == {"test-a": 1, "test-short": 0}
    assert not derived
    plugins.target.known = {"test-short": walk(2)}
    data = prepared(tmp_path, plugins)
    with data.annotations.scoring():
        assert data.annotations.tracks() is None


def test_tracks_from_masks_are_told_from_published_ones(tmp_path: Path, plugins: Plugins) -> None:
    plugins.target.marks["test-short"] = np.ones(3, np.uint8)
    plugins.target.known = {"test-a": walk(2)}
    plugins.target.drawn = {"test-short": [np.ones((20, 24), bool)] * 3}
    data = prepared(tmp_path, plugins)
    with data.annotations.scoring():
        found, derived = data.annotations.tracks() or ({}, False)
    assert derived
    assert found["test-short"][0].boxes.tolist() == [[0, 0, 24, 20]] * 3


def test_what_is_known_of_the_videos(tmp_path: Path, plugins: Plugins) -> None:
    data = prepared(tmp_path, plugins)
    data.require([TRAIN, TEST])
    assert data.lengths() == {"test-a": 8, "test-short": 3}
    with pytest.raises(DataError, match="1 of 2 test videos have no labels: test-short"):
        data.annotations.check()
    plugins.target.marks["test-short"] = np.zeros(3, np.uint8)
    again = prepared(tmp_path, plugins)
    with again.annotations.scoring():
        assert list(again.annotations.labels()) == ["test-a", "test-short"]
    assert {name: len(times) for name, times in data.times().items()} == data.lengths()
    report = data.prepared.report["target/test/object"]
    assert report["videos_shorter_than_clip"] == 1
    assert data.prepared.report["target/train/object"]["videos_without_units"] == 1
    assert data.prepared.report["target/train/object"]["frames_without_boxes"] == 6
    cuttings = data.prepared.cuttings
    sizes = (cuttings.channels, cuttings.size("object"), cuttings.size("frame"))
    assert sizes == (1, (8, 8), (10, 12))


def test_images_have_times_where_the_data_set_says_their_rate(
    tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = prepared(tmp_path, plugins)
    data.require([TEST])
    assert all(np.isnan(times).all() for times in data.times().values())
    monkeypatch.setattr(type(data.dataset()), "frame_rate", lambda _: 4.0)
    assert data.times()["test-short"].tolist() == [0, 0.25, 0.5]


def test_stores_are_shared_by_samplings_and_made_once(tmp_path: Path, plugins: Plugins) -> None:
    samplings = (Sampling(frames=3), CUBES, Sampling(frames=4), FRAMES)
    for _ in range(2):
        data = prepared(tmp_path, plugins)
        data.require([Read("train", samplings, ()), TEST])
        shards = list((tmp_path / "home/stores").glob("*/*/*/shard.json"))
        assert len(shards) == 3 + 2 + 3  # cubes of both splits, frames of virtual training videos
    narrow = data.loader((Sampling(frames=3),), "test", 99, seed=None, device=CPU)
    wide = data.loader((CUBES,), "test", 99, seed=None, device=CPU)
    for one, other in zip(narrow, wide, strict=True):
        assert torch.equal(one.clips, other.clips[:, :, 1:4])


def test_every_second_frame_of_training_videos_only(tmp_path: Path, plugins: Plugins) -> None:
    data = prepared(tmp_path, plugins, every=2)
    assert set(data.units(CUBES, "train").frame % 2) == {0}
    assert set(data.units(CUBES, "test").frame % 2) == {0, 1}


def test_rules_of_the_recipe_win_over_those_of_the_data_set(
    tmp_path: Path, plugins: Plugins
) -> None:
    usual = prepared(tmp_path, plugins)
    own = prepared(
        tmp_path,
        plugins,
        objects={"detectors": [{"name": "two"}], "size": 8, "rules": {"min_side": 22}},
    )
    assert len(own.units(CUBES, "test")) == len(usual.units(CUBES, "test")) / 2
    for data in (own, usual):
        data.require([TRAIN])
    assert own.fingerprint() != usual.fingerprint()


def test_the_fingerprint_follows_the_detector(tmp_path: Path, plugins: Plugins) -> None:
    def fingerprint() -> str:
        data = prepared(tmp_path, plugins)
        data.require([TRAIN])
        return data.fingerprint()

    before = fingerprint()
    assert fingerprint() == before
    longer = prepared(tmp_path, plugins)
    longer.require([Read("train", (CUBES, Sampling(frames=7)), ())])
    assert longer.fingerprint() == before
    plugins.detector = DetectorCard(name="two", summary="", load="", revision=2)
    assert fingerprint() != before


def test_nothing_to_train_on_is_said(tmp_path: Path, plugins: Plugins) -> None:
    long = prepared(tmp_path, plugins)
    with pytest.raises(DataError, match=r"'target' have fewer than two objects .*two.* 13 frames"):
        long.loader((Sampling(frames=13),), "train", 8, seed=(0,), device=CPU)
    plugins.target.lengths = {"train-empty": 6}
    empty = prepared(tmp_path, plugins)
    with pytest.raises(DataError, match="'target' have fewer than two objects"):
        empty.loader((CUBES,), "train", 8, seed=(0,), device=CPU)


def test_test_videos_without_objects_have_no_batches(tmp_path: Path, plugins: Plugins) -> None:
    plugins.target.lengths = {"train-a": 12, "test-empty": 6}
    (tmp_path / "set/train-empty").rename(tmp_path / "set/test-empty")
    data = prepared(tmp_path, plugins)
    assert list(data.loader((CUBES,), "test", 8, seed=None, device=CPU)) == []
    assert data.units(CUBES, "test").videos == ("test-empty",)
    assert data.lengths() == {"test-empty": 6}


def test_a_role_without_data_is_named(tmp_path: Path, plugins: Plugins) -> None:
    with pytest.raises(RecipeError, match="'street'"):
        prepared(tmp_path, plugins).require(
            [Read("train", (Sampling(frames=3, role="street"),), ())]
        )


def test_progress_tells_of_every_video(tmp_path: Path, plugins: Plugins) -> None:
    told: list[tuple[str, int, int]] = []
    prepared(tmp_path, plugins, progress=lambda *what: told.append(what)).require([TRAIN])
    assert told[:4] == [("target train", done, 3) for done in range(4)]

"""Images of another world: drawn textures, and any tree of image files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from vadkit_datasets.cards import TEXTURE_KINDS, TexturesConfig
from vadkit_datasets.images import Images
from vadkit_datasets.textures import SIDE, Textures, draw_texture

from vadkit.data.dataset import Video
from vadkit.data.video.frame import VideoReader
from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError
from vadkit.registry.cards import NoOptions

pytestmark = pytest.mark.edges


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    return tmp_path


def opened(video: Video) -> VideoReader:
    return open_video(video.path, unrelated=video.unrelated)


def images(dataset: Textures | Images) -> list[np.ndarray]:
    videos = dataset.videos("train")
    return [frame.image for video in videos for frame in opened(video).frames()]


@pytest.mark.usefixtures("home")
def test_textures_are_drawn_once_and_are_those_of_their_seed() -> None:
    first, again = (
        Textures(None, TexturesConfig(count=12)),
        Textures(None, TexturesConfig(count=12)),
    )
    other = Textures(None, TexturesConfig(count=12, seed=1))
    assert [video.name for video in first.videos("train")] == sorted(TEXTURE_KINDS)
    assert first.videos("test") == []
    assert first.base == again.base
    assert first.fingerprint() == again.fingerprint() != other.fingerprint()
    assert [image.shape for image in images(first)] == [(SIDE, SIDE, 3)] * 12


@pytest.mark.parametrize("kind", TEXTURE_KINDS)
def test_a_texture_is_not_flat_and_never_the_same(kind: str) -> None:
    drawn = [draw_texture(kind, np.random.default_rng(seed)) for seed in range(8)]
    assert all(image.std() > 2 for image in drawn)
    assert len({image.tobytes() for image in drawn}) == 8


def test_too_few_textures_are_refused() -> None:
    with pytest.raises(ValueError, match="one of each kind"):
        TexturesConfig(count=3)


def test_every_folder_of_a_tree_of_images_is_a_video(tmp_path: Path) -> None:
    for name in ("rose/1.jpg", "rose/7.jpg", "rose/red.png", "bark/rough/a.png", "note.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("mine")
        else:
            cv2.imwrite(str(path), np.full((20, 30, 3), 90, np.uint8))
    dataset = Images(tmp_path, NoOptions())
    assert [video.name for video in dataset.videos("train")] == ["bark-rough", "rose"]
    assert dataset.videos("test") == []
    assert len(images(dataset)) == 4
    assert dataset.verify() == []
    before = dataset.fingerprint()
    cv2.imwrite(str(tmp_path / "rose/3.jpg"), np.zeros((20, 30, 3), np.uint8))
    assert dataset.fingerprint() != before


def test_a_tree_without_images_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not hold it"):
        Images(tmp_path, NoOptions())


def test_folders_that_would_have_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a-b/c", "a/b-c"):
        (tmp_path / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / name / "1.png"), np.zeros((4, 4), np.uint8))
    with pytest.raises(DataError, match="would both be named 'a-b-c'"):
        Images(tmp_path, NoOptions()).videos("train")

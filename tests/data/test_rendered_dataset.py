"""Synthetic data sets: rendered once into the cache, or into any folder."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from trees import video

from vadkit.data.rendered_dataset import RenderedDataset
from vadkit.errors import DataError
from vadkit.registry.cards import DatasetCard


@dataclass(frozen=True)
class Config:
    seed: int = 0


class Grey(RenderedDataset[Config]):
    card = DatasetCard(name="grey", summary="x", config=Config, load="grey:Grey", rendered=True)
    folders: list[Path]

    @classmethod
    def version(cls, config: Config) -> str:
        return f"1-{config.seed}"

    @classmethod
    def draw(cls, folder: Path, config: Config) -> None:
        cls.folders.append(folder)
        if config.seed < 0:
            raise DataError("No such seed.")
        time.sleep(0.1)
        video(folder / "train" / "a.avi", count=2 + config.seed)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Grey.folders = []
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_threads_that_need_it_at_once_render_it_once(home: Path) -> None:
    threads = [threading.Thread(target=Grey, args=(None, Config(3))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Grey.folders) == 1
    assert Grey(None, Config(3)).base == home / "grey" / "1-3"


def test_another_version_is_rendered_beside_it(home: Path) -> None:
    prints = {Grey(None, Config(seed)).fingerprint() for seed in (0, 1, 0)}
    assert len(prints) == len(Grey.folders) == 2
    assert {path.name for path in (home / "grey").iterdir() if path.is_dir()} == {"1-0", "1-1"}


def test_a_folder_is_rendered_once_and_read_as_it_is(tmp_path: Path) -> None:
    Grey.render(tmp_path / "here", Config())
    assert [each.name for each in Grey(tmp_path / "here", Config()).videos("train")] == ["a"]
    assert len(Grey.folders) == 1


def test_a_failure_leaves_nothing(home: Path) -> None:
    with pytest.raises(DataError, match="No such seed"):
        Grey(None, Config(-1))
    assert [path.suffix for path in (home / "grey").iterdir()] == [".lock"]

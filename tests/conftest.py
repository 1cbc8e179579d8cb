"""Fixtures that several tests need."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path

import pytest
from tiny_world import World, make_world

from vadkit.registry.registry import Registry, load_plugins

# Before torch is imported, and for child processes too: one thread a test, and no network.
os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
os.environ.pop("COLUMNS", None)  # pytest-xdist's, as if somebody watched a screen of 80

CARD = """
from dataclasses import dataclass
from vadkit.api import Need, Sampling, TaskCard, hookimpl

@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 5
    rate: float = 1.0

{extra}

@hookimpl
def vadkit_tasks():
    return [TaskCard(name={name!r}, summary="A test.", level="visual", config=Config, api=2,
                     load={load!r}, sampling=lambda config: Sampling(frames=config.frames))]
"""


class Site:
    """A folder on the path with distributions as an installer leaves them, without installing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def module(self, name: str, source: str) -> Path:
        file = self.folder / f"{name}.py"
        file.write_text(source)
        invalidate_caches()
        return file

    def distribution(self, name: str, points: str, version: str = "0.1") -> Path:
        """Write the metadata; `points` are lines of its entry point group `vadkit`."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[vadkit]\n{points}\n")
        return info

    def task(self, distribution: str, module: str, name: str, extra: str = "") -> None:
        """A distribution with one task."""
        source = CARD.format(name=name, load=f"{module}:Config", extra=extra)
        self.module(module, source)
        self.distribution(distribution, f"{name} = {module}")

    def broken(self, distribution: str, module: str, source: str) -> None:
        """A distribution whose module does not import."""
        self.module(module, source)
        self.distribution(distribution, f"{module.removeprefix('vadkit_')} = {module}")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty site folder, first on this process's path and on that of its children."""
    folder = tmp_path / "site"
    folder.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(folder))
    yield Site(folder)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture(scope="session", autouse=True)
def _caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep this session's caches to itself."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("VADKIT_HOME", str(home))
        yield home


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A tiny world on disk; tests that spoil it make their own."""
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Every installed plugin."""
    return load_plugins()


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory, world: World, registry: Registry) -> Path:
    """The folder of a finished run: prediction, jigsaw, virtual; tests that spoil it copy it."""
    from vadkit.experiment.run import run
    from vadkit.recipe import load_recipe

    recipe = load_recipe(world.recipe("prediction", "jigsaw", "virtual"), registry=registry)
    return run(recipe, out=tmp_path_factory.mktemp("runs") / "tiny")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no plots: they take longer than such a run."""
    for name in ("plot_scores", "plot_overview", "plot_phases", "plot_losses"):
        monkeypatch.setattr(f"vadkit.experiment.run_output.{name}", lambda *_: None)

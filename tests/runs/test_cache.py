"""The phase cache: what is whole is found, what is not is made again, and it has its limit."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from vadkit.errors import RecipeError
from vadkit.runs.cache import PhaseCache

WEIGHTS = {"w": torch.arange(2500, dtype=torch.float32)}


@pytest.fixture
def cache(tmp_path: Path) -> PhaseCache:
    return PhaseCache(tmp_path)


def put(cache: PhaseCache, *keys: str) -> None:
    """Put entries of ten kilobytes, each a minute after the other."""
    for minute, key in enumerate(keys):
        cache.put(key, WEIGHTS, {"history": []}, f"phase {key}")
        os.utime(cache.root / key, (minute * 60, minute * 60))


def test_what_was_put_is_found(cache: PhaseCache) -> None:
    assert cache.get("a") is None
    put(cache, "a")
    found = cache.get("a")
    assert torch.equal(found.weights["w"], WEIGHTS["w"])
    assert found.state["history"] == []
    assert [(of.key, of.what) for of in cache.entries()] == [("a", "phase a")]


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize("spoil", [flip, truncate, Path.unlink])
@pytest.mark.parametrize("name", ["weights.safetensors", "state.json", "MANIFEST.json"])
def test_a_torn_or_flipped_entry_does_not_exist(
    cache: PhaseCache, spoil: Callable[[Path], None], name: str
) -> None:
    put(cache, "a", "b")
    spoil(cache.root / "a" / name)
    assert cache.get("a") is None
    assert cache.get("b") is not None
    assert [entry.key for entry in cache.entries()] == ["b"]
    put(cache, "a")
    assert cache.get("a") is not None


def test_what_was_unused_for_longest_goes_first(tmp_path: Path) -> None:
    cache = PhaseCache(tmp_path, limit=35_000)
    put(cache, "a", "b", "c")
    assert cache.get("a") is not None  # is used, and so stays
    cache.put("d", WEIGHTS, {}, "phase d")
    assert {entry.key for entry in cache.entries()} == {"a", "c", "d"}


def test_what_is_larger_than_the_limit_is_kept_alone(tmp_path: Path) -> None:
    cache = PhaseCache(tmp_path, limit=1000)
    put(cache, "a", "b")
    assert [entry.key for entry in cache.entries()] == ["b"]


def test_the_environment_says_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VADKIT_CACHE_GB", "0.5")
    assert PhaseCache(tmp_path).limit == 500_000_000
    monkeypatch.setenv("VADKIT_CACHE_GB", "much")
    with pytest.raises(RecipeError, match="VADKIT_CACHE_GB is 'much'"):
        PhaseCache(tmp_path)


def test_clearing_leaves_nothing(cache: PhaseCache) -> None:
    assert cache.clear() == 0
    put(cache, "a", "b")
    assert cache.clear() == 2
    assert cache.entries() == []


def test_a_key_is_claimed_by_one(cache: PhaseCache) -> None:
    class StopWaitingError(Exception):
        pass

    def waiting() -> None:
        raise StopWaitingError

    with cache.claimed("a", waiting):
        with pytest.raises(StopWaitingError), PhaseCache(cache.root.parent).claimed("a", waiting):
            pass
        with cache.claimed("b", waiting):
            pass
    with cache.claimed("a", waiting):
        pass

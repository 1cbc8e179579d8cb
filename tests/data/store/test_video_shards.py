"""Shards of a video appear whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import json
from errno import ENOSPC
from pathlib import Path

import numpy as np
import pytest

from vadkit.data.store.video_shards import VideoShards
from vadkit.errors import ResourceError

ROWS = np.arange(24, dtype=np.float16).reshape(4, 3, 2)


def write(shards: VideoShards, key: str = "k", fault: BaseException | None = None) -> None:
    with shards.writing(key) as writer:
        writer.add(ROWS[:1])
        if fault:
            raise fault
        writer.add(ROWS[1:])
        writer.end({"counts": {"frames": 4}}, times=np.arange(4.0))


def test_a_shard_gives_back_what_was_written(tmp_path: Path) -> None:
    shards = VideoShards(tmp_path)
    assert not shards.holds("k")
    write(shards)
    shard = VideoShards(tmp_path).shard("k")
    assert shard.rows.dtype == np.float16
    assert np.array_equal(shard.rows, ROWS)
    assert shard.arrays["times"].tolist() == [0, 1, 2, 3]
    assert shard.facts == {"counts": {"frames": 4}}


def test_a_shard_without_rows_is_one(tmp_path: Path) -> None:
    shards = VideoShards(tmp_path)
    with shards.writing("k") as writer:
        writer.add(np.empty((0, 3, 2), np.uint8))
        writer.end({})
    assert shards.shard("k").rows.shape == (0, 3, 2)


@pytest.mark.parametrize("torn", ["rows.bin", "arrays.npz", "shard.json"])
@pytest.mark.parametrize("keep", [None, 0, 10])
def test_a_shard_that_is_torn_is_none(tmp_path: Path, torn: str, keep: int | None) -> None:
    write(VideoShards(tmp_path))
    file = tmp_path / "k" / torn
    whole = file.read_bytes()
    file.unlink()
    if keep is not None:
        file.write_bytes(whole[:keep])
    shards = VideoShards(tmp_path)
    assert not shards.holds("k")
    with pytest.raises(ResourceError, match="cannot be read back"):
        shards.shard("k")
    write(shards)
    assert np.array_equal(shards.shard("k").rows, ROWS)


def test_a_header_that_says_something_else_is_none(tmp_path: Path) -> None:
    write(VideoShards(tmp_path))
    header = tmp_path / "k/shard.json"
    header.write_text(json.dumps({**json.loads(header.read_text()), "kind": "float32"}))
    assert not VideoShards(tmp_path).holds("k")


def test_nothing_is_left_of_what_was_interrupted(tmp_path: Path) -> None:
    shards = VideoShards(tmp_path / "video")
    with pytest.raises(KeyboardInterrupt):
        write(shards, fault=KeyboardInterrupt())
    assert list(shards.folder.iterdir()) == []


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    unfinished = tmp_path / "k.tmp"
    unfinished.mkdir()
    (unfinished / "rows.bin").write_bytes(b"x")
    shards = VideoShards(tmp_path)
    assert not shards.holds("k")
    write(shards)
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


def test_a_full_disk_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    shards = VideoShards(tmp_path / "video")
    with pytest.raises(ResourceError, match=r"is full.*VADKIT_HOME"):
        write(shards, fault=OSError(ENOSPC, "No space left on device"))
    assert list(shards.folder.iterdir()) == []


def test_the_same_is_written_byte_for_byte(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(VideoShards(tmp_path / name))
    files = [path.name for path in (tmp_path / "a/k").iterdir()]
    assert sorted(files) == ["arrays.npz", "rows.bin", "shard.json"]
    for file in files:
        assert (tmp_path / "a/k" / file).read_bytes() == (tmp_path / "b/k" / file).read_bytes()

"""A file's hash is of all of it, and a large one is read once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from vadkit.utils.hashing import content_hash

LARGE = 300_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("size", [0, 1, 131_072, 131_073, LARGE])
def test_it_is_the_hash_of_all_bytes(home: Path, tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(os.urandom(size))
    wanted = hashlib.sha256((tmp_path / "a").read_bytes()).hexdigest()
    assert [content_hash(tmp_path / "a") for _ in range(2)] == [wanted] * 2


@pytest.mark.parametrize("size", [131_072, LARGE])
def test_a_byte_in_the_middle_counts(home: Path, tmp_path: Path, size: int) -> None:
    path, content = tmp_path / "a", bytearray(size)
    path.write_bytes(content)
    before = content_hash(path)
    content[size // 2] = 1
    path.write_bytes(content)
    assert content_hash(path) != before


def test_a_large_file_is_read_once(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(LARGE))
    content_hash(path)
    (known,) = (home / "hashes").iterdir()
    known.write_text("f" * 64)
    assert content_hash(path) == "f" * 64
    os.utime(path, ns=(1, 1))  # another time: it is read anew
    assert content_hash(path) == hashlib.sha256(bytes(LARGE)).hexdigest()


@pytest.mark.parametrize("spoil", ["", "f" * 63])
def test_what_was_kept_in_part_is_not_believed(home: Path, tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(LARGE))
    right = content_hash(path)
    (known,) = (home / "hashes").iterdir()
    known.write_text(spoil)
    assert content_hash(path) == right


def test_nothing_depends_on_a_home_that_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "file"))
    (tmp_path / "a").write_bytes(bytes(LARGE))
    assert content_hash(tmp_path / "a") == hashlib.sha256(bytes(LARGE)).hexdigest()

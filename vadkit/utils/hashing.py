"""Short names for values and files: what has the same name was made of the same."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from vadkit.utils.cache_dir import cache_home

_ENDS = 64 * 1024
"""Bytes of a file's head and of its tail."""


def hash_of(facts: Any, digits: int = 32) -> str:
    """A hash of JSON values; others count as what `str` makes of them."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def content_hash(path: Path) -> str:
    """SHA-256 of the whole file.

    A file of more than 128 kB is read again only where its place, its size, the time of its last
    change, its head or its tail is another than when it was read before.
    """
    with path.open("rb") as file:
        stat = path.stat()
        if stat.st_size <= 2 * _ENDS:
            return hashlib.file_digest(file, "sha256").hexdigest()
        ends = file.read(_ENDS)
        file.seek(-_ENDS, 2)
        facts = [str(path.absolute()), stat.st_size, stat.st_mtime_ns]
        known = cache_home() / "hashes" / hash_of([*facts, (ends + file.read()).hex()])
        with suppress(OSError):
            return _checked(known.read_text("utf-8"))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with suppress(OSError):  # nothing depends on its being kept
        known.parent.mkdir(parents=True, exist_ok=True)
        known.write_text(digest, encoding="utf-8", newline="\n")
    return digest


def _checked(digest: str) -> str:
    if len(digest) != hashlib.sha256().digest_size * 2:
        raise OSError("written in part")
    return digest

"""What a folder's files must be: size and hash, because no loader sees a flipped byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def describe(folder: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """File name -> its size in bytes and its SHA-256."""
    return {name: _describe(folder / name) for name in names}


def mismatch(folder: Path, files: Any, names: Iterable[str]) -> str | None:
    """Say which of a folder's files is not what its manifest says, or None.

    Args:
        folder: The folder.
        files: What `describe` gave, as read from the manifest: not to be trusted.
        names: The files that must be there.
    """
    for name in names:
        path = folder / name
        if not path.is_file():
            return f"{path} is missing"
        if not isinstance(files, dict) or files.get(name) != _describe(path):
            return f"{path} is not what was saved (cut off, or a byte has changed)"
    return None


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where there is none, or not a whole one."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest}

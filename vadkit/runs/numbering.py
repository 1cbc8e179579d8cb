"""Numbered run folders, and the way to the newest."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from vadkit.runs.atomic import write_text

_LATEST = "latest"


def next_folder(base: Path, name: str) -> Path:
    """Make `<base>/<name>-<n>`, n one above the highest there; no two processes get the same."""
    base.mkdir(parents=True, exist_ok=True)
    number = 1 + max((_number(path, name) for path in base.iterdir()), default=0)
    while True:
        path = base / f"{name}-{number}"
        try:
            path.mkdir()
        except FileExistsError:  # another run began in this very moment
            number += 1
        else:
            return path


def _number(path: Path, name: str) -> int:
    digits = path.name.removeprefix(f"{name}-")
    return int(digits) if digits != path.name and digits.isascii() and digits.isdigit() else 0


def point_latest(path: Path) -> None:
    """Link `latest` to the run; a text file where links are not allowed."""
    link = path.parent / _LATEST
    temporary = path.parent / f".{_LATEST}.tmp-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        temporary.symlink_to(path.name, target_is_directory=True)
        temporary.replace(link)
    except OSError:
        temporary.unlink(missing_ok=True)
        if (
            link.is_symlink()
        ):  # Windows puts no link in another's place, and this one is out of date
            link.unlink()
        write_text(link.with_suffix(".txt"), path.name + "\n")


def followed(path: Path) -> Path:
    """Lead `latest`, link or text file, to its run; any other path to itself."""
    if path.is_dir():
        return path.resolve()
    pointer = path.with_suffix(".txt")
    if path.name == _LATEST and pointer.is_file():
        return path.parent / Path(pointer.read_text("utf-8").strip()).name
    return path

"""Names that every file system takes, numbered run folders, and the way to the newest."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from vadkit.runs.atomic import write_text

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 80
_LATEST = "latest"


def safe_name(name: str) -> str:
    """Make a file name of any text: letters, digits, dot, dash and underscore.

    >>> safe_name("a:b/../c d")
    'a-b-..-c-d'
    >>> safe_name("CON")
    'CON_'
    """
    plain = re.sub(r"[^\w.-]+", "-", name).lstrip(".-")[:_LONGEST].rstrip(".-") or "unnamed"
    return f"{plain}_" if _RESERVED.fullmatch(plain) else plain


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name its own safe name, different also where case does not count.

    >>> safe_names(["a:b", "a/b", "A-B"])
    {'a:b': 'a-b', 'a/b': 'a-b-2', 'A-B': 'A-B-3'}
    """
    taken: set[str] = set()
    safe: dict[str, str] = {}
    for name in dict.fromkeys(names):
        safe[name] = untaken(safe_name(name), taken)
        taken.add(safe[name].casefold())
    return safe


def untaken(name: str, taken: set[str]) -> str:
    """The name, with a number if it is taken; those that are taken are in lower case.

    >>> untaken("A", {"a", "a-2"})
    'A-3'
    """
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate


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
        if link.is_symlink():  # Windows puts none in another's place, and this is out of date
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

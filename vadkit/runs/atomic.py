"""The one writer: a file or folder appears under its name whole, or not at all.

A kill leaves at most a stray `.name.tmp-<pid>-<random>`, which the next owner of the folder sweeps.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vadkit.errors import ResourceError

_STRAY = re.compile(r"\..+\.tmp-(?P<pid>\d+)-[0-9a-f]{8}(\.[^.]*)?")
_DAY_S = 24 * 60 * 60.0
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Of a disk, a quota or a limit on files: the numbers of errors that say there is no room."""


@contextmanager
def saving(what: str, folder: Path, need: int = 0) -> Iterator[None]:
    """Turn a failure to save for want of space into an error that says so.

    Args:
        what: What is being saved, as a person would say it ("phase 1 epoch 3").
        folder: An existing folder on the disk that is written to.
        need: Bytes that the save needs, if known; torch and its friends give no errno.

    Raises:
        ResourceError: The disk, quota or file limit was reached.
    """
    try:
        yield
    except Exception as error:
        free = shutil.disk_usage(folder).free
        if getattr(error, "errno", None) not in DISK_FULL and free >= need:
            raise
        sizes = f"needs {_megabytes(need)}, free {_megabytes(free)}"
        hint = "Free some space (or raise the quota) and run again."
        raise ResourceError(f"disk full while saving {what} ({sizes}).", hint) from error


@contextmanager
def atomic_path(path: Path, what: str = "", need: int = 0) -> Iterator[Path]:
    """Lend a temporary path beside `path`, and rename it to `path` if the block succeeds.

    The file gets the mode that the umask asks for, whatever library wrote it. The temporary name
    ends like `path`, for the libraries that go by suffix. Its parents are made; `what` and `need`
    are as for `saving`, the file's name where not given.

    Raises:
        ResourceError: The disk is full.
    """
    with _beside(path, what, need) as temporary:
        # The mode that a new file gets is what the umask asks for, read without changing it.
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        with os.fdopen(descriptor):
            mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        yield temporary
        temporary.chmod(mode)
        _sync(temporary, os.O_RDWR)
        temporary.replace(path)


@contextmanager
def atomic_folder(path: Path, what: str = "", need: int = 0) -> Iterator[Path]:
    """Lend a temporary folder beside `path`, and rename it to `path` if the block succeeds.

    A folder that is already there is replaced. The files inside are written by this module.

    Raises:
        ResourceError: The disk is full.
    """
    with _beside(path, what, need) as temporary:
        temporary.mkdir()
        yield temporary
        aside = _temporary(path)  # the old one steps aside first, as no system swaps folders
        if path.exists():
            path.replace(aside)
        temporary.replace(path)
        _remove(aside)


@contextmanager
def _beside(path: Path, what: str, need: int) -> Iterator[Path]:
    """Lend a temporary name beside `path`; what has it when the block ends is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    with saving(what or path.name, path.parent, need):
        try:
            yield temporary
        finally:
            _remove(temporary)
    with suppress(OSError):  # some file systems cannot make a rename last
        _sync(path.parent, os.O_RDONLY)


def write_bytes(path: Path, data: bytes, what: str = "") -> None:
    """Write a file whole or not at all."""
    with atomic_path(path, what, need=len(data)) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str, what: str = "") -> None:
    r"""Write a UTF-8 file whole or not at all; lines end as they do in `text`."""
    write_bytes(path, text.encode(), what)


def write_json(path: Path, value: Any, what: str = "") -> None:
    """Write JSON with sorted keys and a newline at the end.

    Raises:
        ValueError: A number is NaN or infinite, which JSON cannot say.
    """
    text = json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False)
    write_text(path, text + "\n", what)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where there is none, or not a whole one."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def sweep(folder: Path) -> list[Path]:
    """Remove the temporaries of processes that are no more; returns what was removed."""
    strays = [path for path in sorted(folder.rglob(".*.tmp-*")) if _is_stray(path)]
    for path in strays:
        _remove(path)
    return strays


def alive(pid: int) -> bool:
    """Whether a process of this machine lives; on Windows, where that is not asked, it does."""
    if os.name == "nt":  # there, signal 0 would be Ctrl-C
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def is_temporary(path: Path) -> bool:
    """Whether a path is a temporary of this module."""
    return _STRAY.fullmatch(path.name) is not None


def _temporary(path: Path) -> Path:
    stem = f".{path.name}.tmp-{os.getpid()}-{secrets.token_hex(4)}"
    return path.with_name(stem + path.suffix)


def _is_stray(path: Path) -> bool:
    match = _STRAY.fullmatch(path.name)
    if match is None:
        return False
    if os.name == "nt":  # where nobody can tell who lives, and nothing is written for so long
        try:
            return time.time() - path.stat().st_mtime > _DAY_S
        except OSError:  # it is gone
            return False
    return not alive(int(match["pid"]))


def _remove(path: Path) -> None:
    """Remove a file or folder as far as possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"

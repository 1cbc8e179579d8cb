"""Prints the paths of the oldest and of the newest supported Python on this machine, a line each.

It looks into PATH and into pyenv's folder, whose shims uv does not follow. What it chose, and which
supported versions that leaves out, goes to standard error.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SUPPORTED = [(3, 11), (3, 12), (3, 13)]
Version = tuple[int, ...]

# An interpreter that was built without one of these modules cannot run what is installed.
PROBE = """
import ctypes, ssl, sys, zlib
print(*sys.version_info[:3]) if sys.version_info.releaselevel == "final" else sys.exit(1)
"""


def main() -> None:
    """Print them."""
    interpreters = working()
    oldest, newest = min(interpreters), max(interpreters)
    for name, version in (("oldest", oldest), ("newest", newest)):
        print(f"{name}: Python {text(version)}, {interpreters[version]}", file=sys.stderr)
        print(interpreters[version])
    tried = {version[:2] for version in (oldest, newest, sys.version_info)}
    present = {version[:2] for version in interpreters}
    left_out = [f"{text(v)} ({reason(v in present)})" for v in SUPPORTED if v not in tried]
    names = ", ".join(left_out) or "none"
    print(f"not tried, {len(left_out)} of {len(SUPPORTED)}: {names}", file=sys.stderr)


def working() -> dict[Version, Path]:
    """Every interpreter that works and is not too old; of the same version, PATH's first."""
    interpreters: dict[Version, Path] = {}
    for path in candidates():
        version = version_of(path)
        if version >= min(SUPPORTED):
            interpreters.setdefault(version, path)
    return interpreters


def candidates() -> Iterator[Path]:
    """Files with the name of an interpreter."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))  # as `pyenv root` says
    folders = [*map(Path, os.get_exec_path()), *sorted(pyenv.glob("versions/*/bin"))]
    for folder in folders:
        yield from (p for p in folder.glob("python3.*") if re.fullmatch(r"python3\.\d+", p.name))
    yield Path(sys.executable)


def version_of(path: Path) -> Version:
    """The version it says, nothing if it does not start: a shim may lead nowhere."""
    try:
        done = subprocess.run(  # noqa: S603 - to start it is the question
            [path, "-c", PROBE], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(map(int, done.stdout.split()))


def reason(present: bool) -> str:
    """Why a version is not tried."""
    return "neither the oldest nor the newest" if present else "not on this machine"


def text(version: Version) -> str:
    """As people write it."""
    return ".".join(map(str, version))


if __name__ == "__main__":
    main()

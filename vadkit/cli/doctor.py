"""What vadkit finds on this machine, without importing anything heavy."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from vadkit.cli import options
from vadkit.cli.output import say_json, say_table
from vadkit.home import cache_home


def doctor(json: options.Json = False) -> None:
    """Show versions, processors, the cache folder and free disk."""
    found = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **dict(_versions()),
        "cpus": str(_cpus()),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "not set"),
        **_cache(),
    }
    if json:
        say_json(found)
    else:
        say_table([{"what": what, "found": value} for what, value in found.items()])
    options.registry()


def _versions() -> Iterator[tuple[str, str]]:
    """vadkit, what it needs, and what its extras would add."""
    yield "vadkit", version("vadkit")
    lines = [line for line in requires("vadkit") or [] if 'extra == "dev"' not in line]
    names = {re.split(r"[^A-Za-z0-9._-]", line)[0] for line in lines} - {"vadkit"}
    for name in sorted(names):
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"


def _cpus() -> int:
    """Processors that this process may use, which a container may limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cache() -> dict[str, str]:
    home = cache_home()
    near = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    free = shutil.disk_usage(near).free
    return {"VADKIT_HOME": str(home), "free disk": f"{free / 1e9:.1f} GB"}

"""Describes this machine, without importing anything heavy."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import version

from vadkit.cli import options
from vadkit.cli.output import say_json, say_table
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.threads import WAITING, decoder_threads, usable_cores


def doctor(json: options.Json = False) -> None:
    """Show versions, which of them were not tried, processors, the cache folder and free disk."""
    from vadkit.dependencies import dependencies

    libraries = dependencies()
    untried = [str(library) for library in libraries if library.untried]
    facts = {
        "platform": platform.platform(),
        "vadkit": version("vadkit"),
        **{library.name: library.installed or "not installed" for library in libraries},
        "not tried": "; ".join(untried) or "nothing",
        "cpus": str(usable_cores()),
        **_threads(),
        **_cache(),
    }
    if json:
        say_json(facts)
    else:
        say_table([{"what": what, "found": value} for what, value in facts.items()])
    options.registry()


def _threads() -> dict[str, str]:
    """How many threads a run takes at most, and how they wait for one another."""
    return {
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "not set"),
        "threads": str(decoder_threads()),
        "waiting threads": ", ".join(f"{n}={os.environ[n]}" for n in WAITING if n in os.environ),
    }


def _cache() -> dict[str, str]:
    home = cache_home()
    near = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    free = shutil.disk_usage(near).free
    return {"VADKIT_HOME": str(home), "free disk": f"{free / 1e9:.1f} GB"}

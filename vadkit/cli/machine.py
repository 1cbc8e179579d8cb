"""What this machine has: versions and resources, and the phase cache."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import version

from vadkit.cli import options
from vadkit.cli.output import say, say_json, say_table
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.threads import WAITING, decoder_threads, usable_cores


def doctor(json: options.Json = False) -> None:
    """Show versions, which of them were not tried, processors, the cache folder and free disk."""
    from vadkit.dependencies import dependencies  # nothing heavy is imported here

    libraries, home = dependencies(), cache_home()
    registry = options.registry()
    cards = [card for kind in ("detector", "evidence") for card in registry.cards(kind)]
    near = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    facts = {
        "platform": platform.platform(),
        "vadkit": version("vadkit"),
        **{library.name: library.installed or "not installed" for library in libraries},
        "not tried": "; ".join(str(each) for each in libraries if each.untried) or "nothing",
        "cpus": str(usable_cores()),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "not set"),
        "threads": str(decoder_threads()),
        "waiting threads": ", ".join(f"{n}={os.environ[n]}" for n in WAITING if n in os.environ),
        **{f"{c.kind} {c.name}": f for c in cards if (f := c.at_hand(c.config()))},
        "VADKIT_HOME": str(home),
        "free disk": f"{shutil.disk_usage(near).free / 1e9:.1f} GB",
    }
    if json:
        say_json(facts)
    else:
        say_table([{"what": what, "found": value} for what, value in facts.items()])


def list_cache(json: options.Json = False) -> None:
    """Show what phases the cache holds, what was used last first."""
    from vadkit.runs.cache import PhaseCache

    cache = PhaseCache()
    entries = cache.entries()
    rows = [
        {
            "phases": entry.what,
            "MB": f"{entry.size / 1e6:.1f}",
            "used": f"{entry.used:%Y-%m-%d %H:%M}",
            "key": entry.key,
        }
        for entry in entries
    ]
    if json:
        say_json(rows)
        return
    say_table(rows)
    size_gb = sum(entry.size for entry in entries) / 1e9
    say(f"{len(entries)} entries, {size_gb:.2f} of {cache.limit / 1e9:g} GB, in {cache.root}")


def clear_cache() -> None:
    """Remove everything from the phase cache; runs keep what they have."""
    from vadkit.runs.cache import PhaseCache

    say(f"{PhaseCache().clear()} entries removed")

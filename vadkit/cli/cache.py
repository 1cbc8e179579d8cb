"""The phase cache: what is in it, and how to empty it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vadkit.cli import options
from vadkit.cli.output import say, say_json, say_table

if TYPE_CHECKING:
    from vadkit.runs.cache import CacheEntry


def list_(json: options.Json = False) -> None:
    """Show what phases the cache holds, what was used last first."""
    from vadkit.runs.cache import PhaseCache

    cache = PhaseCache()
    entries = cache.entries()
    if json:
        say_json([_row(entry) for entry in entries])
        return
    say_table([_row(entry) for entry in entries])
    taken = sum(entry.size for entry in entries) / 1e9
    say(f"{len(entries)} entries, {taken:.2f} of {cache.limit / 1e9:g} GB, in {cache.root}")


def _row(entry: CacheEntry) -> dict[str, str]:
    return {
        "phases": entry.what,
        "MB": f"{entry.size / 1e6:.1f}",
        "used": f"{entry.used:%Y-%m-%d %H:%M}",
        "key": entry.key,
    }


def clear() -> None:
    """Remove everything from the phase cache; runs keep what they have."""
    from vadkit.runs.cache import PhaseCache

    say(f"{PhaseCache().clear()} entries removed")

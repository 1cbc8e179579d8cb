"""Printing of text, tables and errors; it never fails a command."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_WIDE = 160
"""Columns of a table that nobody watches."""
_NARROW = 24
"""Columns below which wrapped text is no longer readable."""


def tolerate() -> None:
    """Print `?` for what the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def clean(text: str) -> str:
    """Text without control characters: file and plugin names reach the terminal."""
    return _CONTROL.sub("", text)


def say(text: str) -> None:
    """Print on stdout; a reader who left (`| head`) is no error."""
    _write(sys.stdout, text)


def complain(message: str, hint: str = "") -> None:
    """Print an error or warning on stderr, and the next step on its own line."""
    _write(sys.stderr, f"vadkit: {clean(message)}")
    if hint:
        _write(sys.stderr, f"  {clean(hint)}")


def say_json(value: Any) -> None:
    say(json.dumps(value, indent=2))


def say_table(rows: Sequence[Mapping[str, str]]) -> None:
    """Print rows of the same keys as a table; one below the other where there is no room.

    Not rich's table, whose import would take a fifth of the time that a listing may take.
    """
    cleaned = [{name: clean(cell) for name, cell in row.items()} for row in rows]
    if cleaned:
        watched = sys.stdout.isatty() or "COLUMNS" in os.environ
        width = shutil.get_terminal_size().columns if watched else _WIDE
        lists = ([f"{name}: {cell}" for name, cell in row.items() if cell] for row in cleaned)
        say(_aligned(cleaned, width) or "\n\n".join(map("\n".join, lists)))


def _aligned(rows: Sequence[Mapping[str, str]], width: int) -> str:
    """Columns, the last one wrapped; empty where it would be too narrow."""
    *fixed, last = rows[0]
    widths = [max(len(name), *(len(row[name]) for row in rows)) for name in fixed]
    room = width - sum(widths) - 2 * len(widths)
    if room < _NARROW:
        return ""
    lines = []
    for row in ({name: name for name in rows[0]}, *rows):
        cells = [row[name].ljust(size) for name, size in zip(fixed, widths, strict=True)]
        first, *more = textwrap.wrap(row[last], room) or [""]
        lines.append("  ".join([*cells, first]).rstrip())
        lines += [" " * (width - room) + line for line in more]
    return "\n".join(lines)


def close_quietly() -> None:
    """Flush stdout while an error can still be told from a reader who left."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard(sys.stdout)


def _write(stream: TextIO, text: str) -> None:
    try:
        print(text, file=stream, flush=True)
    except OSError:
        _discard(stream)


def _discard(stream: TextIO) -> None:
    """Send the rest to nowhere, so that the interpreter's own flush at exit is quiet too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

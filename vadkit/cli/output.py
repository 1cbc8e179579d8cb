"""Printing: plain where it must be, and never the reason for a failure."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_WIDE = 160
"""Columns of a table that nobody watches."""
_NARROW = 80
"""Columns below which a table is no longer readable."""


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
    """Print rows of the same keys as a table; one below the other where there is no room."""
    width = _width()
    if width < _NARROW:
        say("\n\n".join(_stacked(row) for row in rows))
    elif rows:
        say(_table(rows, width))


def _width() -> int:
    watched = sys.stdout.isatty() or "COLUMNS" in os.environ
    return shutil.get_terminal_size().columns if watched else _WIDE


def _stacked(row: Mapping[str, str]) -> str:
    return "\n".join(clean(f"{name}: {cell}") for name, cell in row.items() if cell)


def _table(rows: Sequence[Mapping[str, str]], width: int) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=width, file=io.StringIO(), color_system=None)
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(clean(cell), overflow="fold") for cell in row.values()))
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


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

"""Two screens: lines for a log, a live line for a terminal. Neither ever stops the program."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.live import Live


class Screen:
    """Lines without any control character, each of which stays; nothing where no stream is."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = _Hardy(stream) if stream else None

    def write(self, line: str) -> None:
        """Add a line that stays."""
        if self._stream:
            self._stream.write(_printable(line) + "\n")
            self._stream.flush()

    def update(self, line: str) -> None:
        """Show a line that the next one replaces, where that is possible."""
        self.write(line)

    def close(self) -> None:
        """Take the line of `update` away and leave the stream as it was found."""


class TerminalScreen(Screen):
    """A live line, wrapped where it must be, below the lines that stay.

    No thread: it moves when it is told to.
    """

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console  # only where it is shown

        self._console = Console(file=cast(TextIO, _Hardy(stream)), highlight=False)
        self._live: Live | None = None

    def write(self, line: str) -> None:
        self._console.print(_printable(line), markup=False, soft_wrap=True)

    def update(self, line: str) -> None:
        from rich.live import Live
        from rich.text import Text

        if self._live is None:
            options: dict[str, Any] = {"transient": True, "redirect_stdout": False}
            self._live = Live(console=self._console, auto_refresh=False, **options)
            self._live.start()
        self._live.update(Text(_printable(line)), refresh=True)

    def close(self) -> None:
        """Take the live line away; one that went on later would erase what came after it."""
        if self._live:
            self._live.stop()
        self._live = None


class _Hardy:
    """A stream that loses what it cannot write: a broken pipe, a letter it does not have.

    Rich ends the program on a broken pipe, and points stdout at nothing.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        encodable = text.encode(self._encoding, "replace").decode(self._encoding)
        with suppress(OSError, ValueError):
            self._stream.write(encodable)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def wants_plain(stream: TextIO) -> bool:
    """Whether the stream is no terminal, or the environment asks for plain lines."""
    dumb = os.environ.get("TERM") == "dumb" or bool(os.environ.get("NO_COLOR"))
    return dumb or not stream.isatty()


def _printable(line: str) -> str:
    """Take the sting out of control characters, which a clip's name may carry."""
    return "".join(c if c.isprintable() else "?" for c in line)

"""Line numbers of keys in a TOML text that `tomllib` has accepted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from vadkit.recipe.diagnostics import KeyPath

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r]+|\#[^\n]*)
      | (?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
      | (?P<mark>[\[\]{}=,.\n])
      | (?P<bare>[^\s\#"'\[\]{}=,.]+)""",
    re.DOTALL | re.VERBOSE,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of every key, table and list item in a valid TOML text."""
    return _Scanner(text).scan()


class _Scanner:
    """Reads tokens with one step of look-ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._lines: dict[KeyPath, int] = {}
        self._tables: dict[KeyPath, int] = {}
        self._step()

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._token:
            if self._token == "\n":  # noqa: S105
                self._step()
            elif self._token == "[":  # noqa: S105
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _step(self) -> str:
        taken = getattr(self, "_token", "")
        self._token, self._line = next(self._tokens, ("", 0))
        return taken

    def _note(self, path: KeyPath, line: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], line)

    def _header(self) -> KeyPath:
        line, many = self._line, 0
        while self._token == "[":  # noqa: S105
            many += len(self._step())
        path = self._placed(self._key())
        while self._token == "]":  # noqa: S105
            self._step()
        if many > 1:
            self._tables[path] = self._tables.get(path, -1) + 1
            self._note(path, line)
            path = (*path, self._tables[path])
        self._note(path, line)
        return path

    def _placed(self, key: KeyPath) -> KeyPath:
        """A header's key below `[[name]]` means the last item of that list."""
        path: KeyPath = ()
        for part in key[:-1]:
            path = (*path, part)
            path = (*path, self._tables[path]) if path in self._tables else path
        return (*path, *key[-1:])

    def _key(self) -> KeyPath:
        parts = [_plain(self._step())]
        while self._token == ".":  # noqa: S105
            self._step()
            parts.append(_plain(self._step()))
        return tuple(parts)

    def _pair(self, table: KeyPath) -> None:
        line = self._line
        path = (*table, *self._key())
        self._note(path, line)
        self._step()  # =
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._token in ("[", "{"):
            self._items(path, closing="]" if self._step() == "[" else "}")
            return
        while self._token not in ("", "\n", ",", "]", "}"):
            self._step()

    def _items(self, path: KeyPath, closing: str) -> None:
        index = 0
        while self._token not in ("", closing):
            if self._token in ("\n", ","):
                index += self._step() == ","
            elif closing == "}":
                self._pair(path)
            else:
                self._note((*path, index), self._line)
                self._value((*path, index))
        self._step()


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        token = match.group()
        if match.lastgroup != "skip":
            yield token, line
        line += token.count("\n")


def _plain(key: str) -> str:
    """A key without its quotes and escapes."""
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[:1] in ("'", '"') else key

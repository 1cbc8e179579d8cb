"""Near matches for words and values that are not allowed, and where plugins are to be had."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

_LIST = "Input should be a list"
_WORDS = {
    **dict.fromkeys(["model_type", "dataclass_type", "dict_type"], "Input should be a table"),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "int_type": "Input should be a whole number",
    "string_type": "Input should be a text in quotes",
    "bool_type": "Input should be true or false",
    "too_short": _LIST + " of {min_length} or more",
    "too_long": _LIST + " of {max_length} at most",
}
"""Type of error -> what is said in place of pydantic's message, which speaks of Python and JSON."""


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """A question that names the nearest allowed words, or nothing."""
    near = get_close_matches(word[:80], sorted(set(allowed)), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""


def allowed_words(words: Iterable[str], most: int = 30) -> str:
    """The allowed words in one sentence, cut where there are many."""
    names = sorted(set(words))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"Allowed: {', '.join(names[:most])}{more}." if names else "Nothing is allowed here."


def suggested(word: str, allowed: Iterable[str]) -> str:
    """The nearest allowed words, if any is near, and all of them."""
    words = list(allowed)
    return f"{did_you_mean(word, words)} {allowed_words(words)}".strip()


def where_to_get(kind: str, name: str) -> str:
    """How to install a known third party's plugin, or nothing; the table is known.toml."""
    table = tomllib.loads(Path(__file__).with_name("known.toml").read_text(encoding="utf-8"))
    offer = table.get(kind, {}).get(name.rpartition(":")[2])
    return f"{offer['distribution']} offers it: {offer['install']}." if offer else ""


def wrong_value(entry: Mapping[str, Any]) -> str:
    """A sentence about an error of pydantic's list, with the value and near matches."""
    words, value = _WORDS.get(entry["type"], entry["msg"]), entry["input"]
    message = words.format_map(entry.get("ctx", {})).removeprefix("Value error, ")
    if isinstance(value, dict):
        return f"{message}."  # the line that is named shows it
    value = [*value] if isinstance(value, tuple) else value
    text = str(value).lower() if isinstance(value, bool) else f"{value!r:.60}"
    allowed = {*re.findall("'([^']*)'", message)} - {str(value)}
    near = did_you_mean(value, allowed) if isinstance(value, str) else ""
    return f"{message}, got {text}. {near}".strip()

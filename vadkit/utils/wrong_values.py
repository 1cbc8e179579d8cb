"""What pydantic finds wrong with a value of a TOML file, in TOML's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vadkit.utils.suggestions import did_you_mean

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

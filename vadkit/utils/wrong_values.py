"""What pydantic finds wrong with a value of a TOML file, in TOML's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vadkit.utils.suggestions import did_you_mean

_TABLE, _LIST = "Input should be a table", "Input should be a list"
_WORDS = {
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "dataclass_type": _TABLE,
    "dict_type": _TABLE,
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
    quoted = {*re.findall("'([^']*)'", message)} - {value if isinstance(value, str) else ""}
    near = did_you_mean(value, quoted) if isinstance(value, str) else ""
    return f"{message}{_given(value)}. {near}".strip()


def _given(value: Any) -> str:
    if isinstance(value, dict):
        return ""  # the line that is named says it
    if isinstance(value, bool):
        return f", got {str(value).lower()}"
    return f", got {[*value] if isinstance(value, tuple) else value!r:.60}"

"""Nested tables as dotted keys, and where two of them differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Keys = dict[str, Any]
"""Dotted key -> value."""


def flat(table: Any, key: str = "") -> Keys:
    """Nested tables, and lists of them, as dotted keys.

    >>> flat({"a": {"b": 1}, "c": [{"d": 2}], "e": [3]})
    {'a.b': 1, 'c.0.d': 2, 'e': [3]}
    """
    if isinstance(table, list) and any(isinstance(item, dict) for item in table):
        table = {str(number): item for number, item in enumerate(table)}
    if not isinstance(table, dict):
        return {key: table}
    below = (flat(value, f"{key}.{name}" if key else name) for name, value in table.items())
    return {name: value for part in below for name, value in part.items()}


def unequal(first: Keys, other: Keys) -> list[str]:
    """Keys whose values differ, or that one of both lacks.

    >>> unequal({"a": 1, "b": 2}, {"b": 3, "c": 4})
    ['a', 'b', 'c']
    """
    return [key for key in {**first, **other} if first.get(key) != other.get(key)]


def differences(before: Any, now: Any, skip: Callable[[str], bool] = lambda _: False) -> list[str]:
    """A line for each dotted key whose value differs, with both values, but for those to skip.

    >>> differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}})
    ['a.b: 1 -> 3', 'c: 2 -> None']
    """
    first, other = flat(before), flat(now)
    keys = [key for key in unequal(first, other) if not skip(key)]
    return [f"{key}: {first.get(key)!r} -> {other.get(key)!r}" for key in keys]

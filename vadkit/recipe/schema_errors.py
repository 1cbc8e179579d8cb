"""Errors of pydantic as problems of a recipe, with allowed keys and near matches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from vadkit.recipe.diagnostics import KeyPath, Problem
from vadkit.recipe.toml_tables import Table
from vadkit.utils.suggestions import allowed_words, did_you_mean, wrong_value


def model_problems(error: ValidationError, schema: Mapping[str, Any]) -> Iterator[Problem]:
    """What pydantic found, with the allowed keys and near matches."""
    for entry in error.errors():
        key, kind = entry["loc"], entry["type"]
        key = key[:-1] if key[-1:] == ("[key]",) else key  # that a table's key is wrong
        if kind == "too_short" and len(entry["input"]) >= entry["ctx"]["min_length"]:
            continue  # its items are wrong, which is said of them
        if kind in ("extra_forbidden", "unexpected_keyword_argument"):
            message = _unknown(schema, key)
        elif kind == "missing":
            name = f"item {key[-1]}" if isinstance(key[-1], int) else repr(key[-1])
            key, message = key[:-1], f"{name} is missing."
        else:
            message = wrong_value(entry)
        yield Problem(key, message)


def _unknown(schema: Mapping[str, Any], key: KeyPath) -> str:
    """Names near keys of the same table, or else the tables that have this key."""
    name, names = str(key[-1]), allowed_keys(schema, key[:-1])
    tables = allowed_keys(schema, ())
    homes = [t for t in tables for path in [(t,), (t, 0)] if name in allowed_keys(schema, path)]
    belongs = f"It belongs in {' or '.join(homes)}." if homes else ""
    hints = [did_you_mean(name, names) or belongs, allowed_words(names)]
    return " ".join(["unknown key.", *filter(None, hints)])


def without(table: Table, problems: Sequence[Problem]) -> Table:
    """A copy without what is wrong, so that the rest can be checked as well."""
    copy = deepcopy(table)
    for problem in problems:
        node: Any = copy
        for part in problem.key[:-1]:
            node = _at(node, part)
        if isinstance(node, dict) and problem.key:
            node.pop(problem.key[-1], None)
    return copy


def _at(node: Any, part: str | int) -> Any:
    if isinstance(node, dict):
        return node.get(str(part))
    inside = isinstance(node, list) and isinstance(part, int) and part < len(node)
    return node[part] if inside else None


def allowed_keys(schema: Mapping[str, Any], path: KeyPath) -> list[str]:
    """The keys that the JSON schema knows at a key path."""
    nodes = _alternatives(schema, schema)
    for part in path:
        nodes = [option for node in nodes for option in _alternatives(schema, _step(node, part))]
    return [key for node in nodes for key in node.get("properties", {})]


def _step(node: Mapping[str, Any], part: str | int) -> Any:
    if isinstance(part, int):
        return node.get("items", {})
    return node.get("properties", {}).get(part) or node.get("additionalProperties", {})


def _alternatives(schema: Mapping[str, Any], node: Any) -> list[Mapping[str, Any]]:
    if not isinstance(node, Mapping):
        return []
    if "$ref" in node:
        return [schema["$defs"][node["$ref"].rpartition("/")[2]]]
    options = node.get("anyOf", [])
    return [branch for option in options for branch in _alternatives(schema, option)] or [node]

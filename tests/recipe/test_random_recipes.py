"""Lines of keys, and what random text, tables and bytes raise."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_recipes import PLAIN, REGISTRY, load_plain, write_recipe

from vadkit.errors import RecipeError
from vadkit.recipe import Recipe, load_recipe
from vadkit.recipe.line_numbers import key_lines

pytestmark = pytest.mark.edges


TEXT = '''\
a = 1 # [not.a.table]
"b c" = """
x = 1
"""
[d] # comment
e.f = { g = [1,
# = 3
  { h = 2 }], i = '=' }
[[j.k]]
l = [
  [1, 2], "]",
  { m = 1979-05-27T07:32:00 },
]
[[j.k]]
[j.k.n]
o = 1.5
'''


def test_lines_of_keys() -> None:
    lines = key_lines(TEXT)
    assert tomllib.loads(TEXT)
    expected = {
        ("a",): 1,
        ("b c",): 2,
        ("d",): 5,
        ("d", "e", "f", "g"): 6,
        ("d", "e", "f", "g", 1): 8,
        ("d", "e", "f", "g", 1, "h"): 8,
        ("d", "e", "f", "i"): 8,
        ("j", "k", 0): 9,
        ("j", "k", 0, "l", 0, 1): 11,
        ("j", "k", 0, "l", 1): 11,
        ("j", "k", 0, "l", 2, "m"): 12,
        ("j", "k", 1): 14,
        ("j", "k", 1, "n", "o"): 16,
    }
    assert {key: lines.get(key) for key in expected} == expected


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = set()
    for key, below in items:
        found.add((*path, key))
        if isinstance(below, dict | list):
            found |= _paths(below, (*path, key))
    return found


KEYS = st.sampled_from(
    [
        *Recipe.model_fields,
        *["name", "dataset", "path", "tasks", "stage", "epochs", "use", "smooth", "window", "x"],
        "é ",
    ]
)
VALUES = st.recursive(
    st.none().map(lambda _: "guess")
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=12,
)
FUZZ = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_lines_are_found_for_every_key_of_any_text(table: dict[str, Any]) -> None:
    assert _paths(table) <= set(key_lines(tomli_w.dumps(table)))


@FUZZ
@given(st.dictionaries(KEYS, VALUES, max_size=6), st.booleans())
def test_random_recipes_raise_nothing_but_recipe_errors(tmp_path, table, plain: bool) -> None:
    file = write_recipe(tmp_path, {**PLAIN, **table} if plain else table)
    with suppress(RecipeError):
        assert load_recipe(file, registry=REGISTRY).recipe.phase


@FUZZ
@given(st.lists(st.tuples(st.lists(KEYS | st.sampled_from(["0", "1", ""]), max_size=4), VALUES)))
def test_random_sets_raise_nothing_but_recipe_errors(tmp_path, pairs) -> None:
    sets = [f"{'.'.join(keys)}={value!r}" for keys, value in pairs]
    with suppress(RecipeError):
        assert load_plain(tmp_path, sets=sets).phase


@FUZZ
@given(st.binary(max_size=60))
def test_random_bytes_raise_nothing_but_recipe_errors(tmp_path, content: bytes) -> None:
    file = tmp_path / "random.toml"
    file.write_bytes(content)
    with pytest.raises(RecipeError):
        load_recipe(file, registry=REGISTRY)

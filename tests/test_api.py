"""Both APIs, `vadkit` and `vadkit.api`: all that their stubs name is there."""

from __future__ import annotations

from types import ModuleType

import pytest

import vadkit
from vadkit import api

MODULES = (vadkit, api)


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module in MODULES for name in module.__all__]
)
def test_every_name_is_there(module: ModuleType, name: str) -> None:
    assert getattr(module, name) is not None


def test_names_are_listed_before_they_are_imported() -> None:
    assert set(vadkit.__all__) <= set(dir(vadkit))


@pytest.mark.parametrize("module", MODULES)
def test_another_name_is_an_attribute_error(module: ModuleType) -> None:
    with pytest.raises(AttributeError, match="'puddle'"):
        _ = module.puddle

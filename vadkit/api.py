"""All that a plugin may import, each name when it is first used: `api.pyi` lists them."""

from __future__ import annotations

from typing import Any

from vadkit.utils.lazy_names import lazy_name, listed_names

_MODULES = listed_names(__file__)
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    return lazy_name(__name__, _MODULES, name)

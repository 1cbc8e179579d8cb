"""vadkit: video anomaly detection with proxy tasks, in phases.

`__init__.pyi` lists what is offered; each name is imported when it is first used.
"""

from __future__ import annotations

from typing import Any

from vadkit.utils.lazy_names import lazy_name, listed_names
from vadkit.utils.threads import yield_while_waiting

yield_while_waiting()  # before anything imports torch

_MODULES = listed_names(__file__)
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    return lazy_name(__name__, _MODULES, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

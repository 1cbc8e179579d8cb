"""What some tests need and not every installation has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from vadkit.errors import PluginError


@contextmanager
def optional_libraries() -> Iterator[None]:
    """Skip the test, with the reason, where a plugin lacks the library that its extra installs."""
    try:
        yield
    except PluginError as error:
        if not isinstance(error.__cause__, ImportError):
            raise
        pytest.skip(str(error))

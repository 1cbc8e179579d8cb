"""`vadkit.api`: all that its stub names is there."""

from __future__ import annotations

import pytest

from vadkit import api


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(api, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'Puddle'"):
        _ = api.Puddle

"""Names that a stub lists are imported when they are first used."""

from __future__ import annotations

from pathlib import Path

import pytest

from vadkit.utils.lazy_names import lazy_name, listed_names


def test_a_stub_says_which_module_has_a_name(tmp_path: Path) -> None:
    stub = tmp_path / "shelf.pyi"
    stub.write_text("from json import dumps as dumps\nfrom math import pi as pi\n", "utf-8")
    modules = listed_names(str(tmp_path / "shelf.py"))
    assert modules == {"dumps": "json", "pi": "math"}
    assert lazy_name("shelf", modules, "pi") > 3
    with pytest.raises(AttributeError, match="module 'shelf' has no attribute 'tau'"):
        lazy_name("shelf", modules, "tau")

"""Names that are the same to a person."""

from __future__ import annotations

import unicodedata


def one_form(name: str) -> str:
    """A name in one form: what a Mac calls `Tür` has other bytes than what a table does."""
    return unicodedata.normalize("NFC", name)

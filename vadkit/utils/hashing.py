"""Short names for values: what has the same name was made of the same."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def hash_of(facts: Any, digits: int = 32) -> str:
    """A hash of JSON values; others count as what `str` makes of them."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]

"""Near matches for words that are not known, and where known plugins are to be had."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """A question that names the nearest allowed words, or nothing."""
    near = get_close_matches(word[:80], sorted(set(allowed)), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""


def allowed_words(words: Iterable[str], most: int = 30) -> str:
    """The allowed words in one sentence, cut where there are many."""
    names = sorted(set(words))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"Allowed: {', '.join(names[:most])}{more}." if names else "Nothing is allowed here."


def suggested(word: str, allowed: Iterable[str]) -> str:
    """The nearest allowed words, if any is near, and all of them."""
    words = list(allowed)
    return f"{did_you_mean(word, words)} {allowed_words(words)}".strip()


def where_to_get(kind: str, name: str) -> str:
    """How to install a known third party's plugin, or nothing; the table is known.toml."""
    table = tomllib.loads(Path(__file__).with_name("known.toml").read_text(encoding="utf-8"))
    offer = table.get(kind, {}).get(name.rpartition(":")[2])
    return f"{offer['distribution']} offers it: {offer['install']}." if offer else ""

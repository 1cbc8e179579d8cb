"""Names that every file system takes."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 80


def safe_name(name: str) -> str:
    """Make a file name of any text: letters, digits, dot, dash and underscore.

    >>> safe_name("a:b/../c d")
    'a-b-..-c-d'
    >>> safe_name("CON")
    'CON_'
    """
    plain = re.sub(r"[^\w.-]+", "-", name).lstrip(".-")[:_LONGEST].rstrip(".-") or "unnamed"
    return f"{plain}_" if _RESERVED.fullmatch(plain) else plain


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name its own safe name, different also where case does not count.

    >>> safe_names(["a:b", "a/b", "A-B"])
    {'a:b': 'a-b', 'a/b': 'a-b-2', 'A-B': 'A-B-3'}
    """
    taken: set[str] = set()
    safe: dict[str, str] = {}
    for name in dict.fromkeys(names):
        safe[name] = untaken(safe_name(name), taken)
        taken.add(safe[name].casefold())
    return safe


def untaken(name: str, taken: set[str]) -> str:
    """The name, with a number if it is taken; those that are taken are in lower case.

    >>> untaken("A", {"a", "a-2"})
    'A-3'
    """
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate

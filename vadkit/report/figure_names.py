"""What `metrics.json` has of a run's worth, and of each phase's, by the names that tables use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIGURES = {
    "micro AUC": ("auc", "micro"),
    "macro AUC, skipped": ("auc", "macro_skipped"),
    "macro AUC, padded": ("auc", "macro_padded"),
    "EER": ("eer",),
    "AP": ("ap",),
    "RBDC": ("rbdc",),
    "TBDC": ("tbdc",),
}
"""Where it has them."""


def figure(metrics: Mapping[str, Any], name: str) -> float | None:
    """One of `FIGURES`; None where it is not defined, or not known of a phase."""
    found: Any = metrics
    for key in FIGURES[name]:
        found = (found or {}).get(key)
    return None if found is None else float(found)

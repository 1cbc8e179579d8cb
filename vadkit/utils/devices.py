"""Devices by the names that users give them."""

from __future__ import annotations

import torch


def device_named(name: str) -> torch.device:
    """The device: "cpu", "cuda", "cuda:1", ...; "auto" is a GPU if there is one."""
    found = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(found if name == "auto" else name)

"""Devices by the names that users give them."""

from __future__ import annotations

import torch

from vadkit.errors import RecipeError, ResourceError


def device_named(name: str) -> torch.device:
    """The device: "cpu", "cuda", "cuda:1", ...; "auto" is a GPU if there is one.

    Raises:
        RecipeError: No device has such a name.
    """
    usual = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return torch.device(usual if name == "auto" else name)
    except RuntimeError:
        raise RecipeError(
            f"There is no device {name!r}.", "Try cpu, cuda, cuda:1 or auto."
        ) from None


def present_device(name: str) -> torch.device:
    """The device of such a name, which is on this machine.

    Raises:
        RecipeError: No device has such a name.
        ResourceError: This machine has no such GPU.
    """
    device = device_named(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ResourceError(f"There is no GPU {name!r} on this machine.", "Try cpu or auto.")
    return device

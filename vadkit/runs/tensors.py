"""Tensors to and from modules and safetensors files, without pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from vadkit.errors import DataError
from vadkit.runs.atomic import write_bytes


def unique_state(module: nn.Module) -> dict[str, Tensor]:
    """Copy a module's parameters and buffers to the CPU, each once.

    Heads of a phase share trunks, so one tensor may have several names; the first, in the order
    in which the modules were made, stands for all.

    Returns:
        Name -> contiguous tensor on the CPU, in the module's order.
    """
    return {name: _copy(tensor) for name, tensor in _named(module).items()}


def load_state(module: nn.Module, tensors: Mapping[str, Tensor], source: str) -> None:
    """Copy what `unique_state` gave into a module: all of it, or nothing.

    Args:
        module: A module built as the saved one was.
        tensors: Name -> tensor.
        source: Where they come from, for the error.

    Raises:
        DataError: A name is missing or unknown, a shape or type differs, or a number is not finite.
    """
    targets = _named(module)
    problems = [*_unfit(targets, tensors), *_not_finite(tensors)]
    if problems:
        raise DataError(
            f"{source} does not fit the model: {'; '.join(problems)}.",
            "Use the recipe and the plugin versions it was saved with.",
        )
    with torch.no_grad():
        for name, tensor in targets.items():
            tensor.copy_(tensors[name])


def write_tensors(path: Path, tensors: Mapping[str, Tensor], what: str = "") -> None:
    """Write a safetensors file whole or not at all.

    It passes through memory, because safetensors' own writer gives no errno when the disk is full
    and leaves files that nobody else may read.
    """
    copies = {name: _copy(tensor) for name, tensor in tensors.items()}
    write_bytes(path, safetensors.torch.save(copies), what)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        DataError: It is missing, cut off, or something else.
    """
    try:
        return safetensors.torch.load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{path} is not a whole safetensors file: {error}.", "Restore it, or train anew."
        ) from error


def size_of(tensors: Mapping[str, Tensor]) -> int:
    """Bytes of the tensors' numbers."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to(device="cpu", copy=True, memory_format=torch.contiguous_format)


def _named(module: nn.Module) -> dict[str, Tensor]:
    """First name -> the module's own tensor."""
    identities: set[int] = set()
    named: dict[str, Tensor] = {}
    for name, tensor in module.state_dict(keep_vars=True).items():
        if id(tensor) not in identities:
            identities.add(id(tensor))
            named[name] = tensor
    return named


def _unfit(targets: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> list[str]:
    missing = [name for name in targets if name not in tensors]
    extra = [name for name in tensors if name not in targets]
    differing = [
        f"{name} is {_kind(tensors[name])}, not {_kind(targets[name])}"
        for name in targets
        if name in tensors and _kind(tensors[name]) != _kind(targets[name])
    ]
    return [*_listed("missing", missing), *_listed("unknown", extra), *_shortened(differing)]


def _not_finite(tensors: Mapping[str, Tensor]) -> list[str]:
    bad = [name for name, tensor in tensors.items() if not bool(tensor.isfinite().all())]
    return _listed("NaN or infinite", bad)


def _kind(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"


def _listed(word: str, names: list[str]) -> list[str]:
    return [f"{word}: {', '.join(_shortened(names))}"] if names else []


def _shortened(items: list[str], most: int = 5) -> list[str]:
    return items if len(items) <= most else [*items[:most], f"and {len(items) - most} more"]

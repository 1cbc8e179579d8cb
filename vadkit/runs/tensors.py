"""Tensors to and from modules, optimizers and safetensors files, without pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.optim import Optimizer

from vadkit.errors import DataError
from vadkit.runs.atomic import write_bytes

Plain = dict[str, Any]
"""What JSON can say."""


def unique_state(module: nn.Module) -> dict[str, Tensor]:
    """Copy a module's parameters and buffers to the CPU, each once.

    Heads of a phase share trunks, so one tensor may have several names; the first, in the order
    in which the modules were made, stands for all.

    Returns:
        Name -> contiguous tensor on the CPU, in the module's order.
    """
    return {name: _copy(tensor) for name, tensor in _named(module).items()}


def load_state(module: nn.Module, tensors: Mapping[str, Tensor], source: str) -> None:
    """Copy what `unique_state` gave into a module built alike: all of it, or nothing.

    The error says the source.

    Raises:
        DataError: A name is missing or unknown, a shape or type differs, or a number is not finite.
    """
    targets = _named(module)
    infinite = [name for name, tensor in tensors.items() if not bool(tensor.isfinite().all())]
    problems = [*_unfit(targets, tensors), *_listed("NaN or infinite", infinite)]
    if problems:
        raise DataError(
            f"{source} does not fit the model: {'; '.join(problems)}.",
            "Use the recipe and the plugin versions it was saved with.",
        )
    with torch.no_grad():
        for name, tensor in targets.items():
            tensor.copy_(tensors[name])


def flatten_optimizer(optimizer: Optimizer, prefix: str = "") -> tuple[dict[str, Tensor], Plain]:
    """Split an optimizer's state into tensors and what JSON can say.

    Args:
        optimizer: Any whose groups hold plain numbers, as AdamW, Adam and SGD do.
        prefix: Put before each tensor's name, where several optimizers share a file.

    Returns:
        `<prefix><parameter>.<key>` -> tensor, and the groups with the rest of the state.
    """
    state = optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    rest: dict[str, Plain] = {}
    for parameter, values in state["state"].items():
        named = {f"{prefix}{parameter}.{key}": value for key, value in values.items()}
        tensors |= {name: value for name, value in named.items() if isinstance(value, Tensor)}
        rest[str(parameter)] = {k: v for k, v in values.items() if not isinstance(v, Tensor)}
    return tensors, {"groups": state["param_groups"], "state": rest}


def restore_optimizer(
    optimizer: Optimizer, tensors: Mapping[str, Tensor], plain: Plain, prefix: str = ""
) -> None:
    """Give an optimizer the state that `flatten_optimizer` took from one like it.

    Args:
        optimizer: Freshly made over the same parameters in the same order.
        tensors: Of this optimizer and perhaps of others.
        plain: What went with them, as it came back from JSON.
        prefix: As it was when flattened.

    Raises:
        DataError: The groups are not as they were.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    current = optimizer.state_dict()["param_groups"]
    if [group["params"] for group in current] != [group["params"] for group in plain["groups"]]:
        raise DataError(
            "The optimizer's parameter groups are not as they were saved.",
            "Use the recipe and the plugin versions that the run was started with.",
        )
    state = {int(index): dict(values) for index, values in plain["state"].items()}
    for name, tensor in tensors.items():
        if name.startswith(prefix):
            index, key = name.removeprefix(prefix).split(".", 1)
            state[int(index)][key] = _like(parameters[int(index)], tensor)
    groups = [_retyped(group, saved) for group, saved in zip(current, plain["groups"], strict=True)]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


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


def _kind(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"


def _listed(word: str, names: list[str]) -> list[str]:
    return [f"{word}: {', '.join(_shortened(names))}"] if names else []


def _shortened(items: list[str], most: int = 5) -> list[str]:
    return items if len(items) <= most else [*items[:most], f"and {len(items) - most} more"]


def _like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """Lay a moment out in memory as its parameter is, as it was when it was made."""
    if tensor.shape != parameter.shape:
        return tensor
    return torch.empty_like(parameter, dtype=tensor.dtype, device=tensor.device).copy_(tensor)


def _retyped(current: Plain, saved: Plain) -> Plain:
    """Turn lists back into the tuples that JSON made them of (Adam's betas)."""
    return {
        key: tuple(value) if isinstance(current.get(key), tuple) else value
        for key, value in saved.items()
    }

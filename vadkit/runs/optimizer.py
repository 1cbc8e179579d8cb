"""An optimizer's state as flat tensors and plain numbers, and back, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from vadkit.errors import DataError

Plain = dict[str, Any]


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
    groups = [_retyped(mine, saved) for mine, saved in zip(current, plain["groups"], strict=True)]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """Lay a moment out in memory as its parameter is, as it was when it was made."""
    if tensor.shape != parameter.shape:
        return tensor
    return torch.empty_like(parameter, dtype=tensor.dtype, device=tensor.device).copy_(tensor)


def _retyped(mine: Plain, saved: Plain) -> Plain:
    """Turn lists back into the tuples that JSON made them of (Adam's betas)."""
    return {
        key: tuple(value) if isinstance(mine.get(key), tuple) else value
        for key, value in saved.items()
    }

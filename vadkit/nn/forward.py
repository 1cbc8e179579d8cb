"""How a task's views pass through backbone and head: together where their shapes agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vadkit.nn.backbone import Features
from vadkit.nn.heads import PerView


class Passed(NamedTuple):
    """What passing a task's views through backbone and head gave."""

    outputs: dict[str, Tensor]
    """View -> what the head made of it, in the order of the views."""
    terms: dict[str, Tensor]
    """Loss terms of the backbone's own, each the mean over the views."""


def forward_views(
    backbone: Callable[[Tensor], Features],
    head: nn.Module,
    inputs: Mapping[str, Tensor],
    context: Mapping[str, Tensor],
    *,
    frozen: bool = False,
) -> Passed:
    """Pass views of equal shape as one batch, so that batch norm sees them together.

    Args:
        backbone: Clips (B, C, T, H, W) -> features.
        head: Called once for each shape; a `PerView` once for each view.
        inputs: View -> clip (B, C, T, H, W).
        context: Name -> (B, ...), which the head sees beside the features of every view.
        frozen: Spare the backbone's gradient.
    """
    outputs: dict[str, Tensor] = {}
    terms: list[Mapping[str, Tensor]] = []
    for names in _of_equal_shape(inputs):
        with torch.set_grad_enabled(torch.is_grad_enabled() and not frozen):
            features = backbone(_joined([inputs[name] for name in names]))
        outputs |= _run_head(head, names, features, context)
        terms += [features.terms] * len(names)
    term_names = terms[0] if terms else ()
    means = {name: torch.stack([of_view[name] for of_view in terms]).mean() for name in term_names}
    return Passed({name: outputs[name].float() for name in inputs}, means)


def _of_equal_shape(inputs: Mapping[str, Tensor]) -> list[list[str]]:
    groups: dict[tuple[torch.Size, torch.dtype], list[str]] = {}
    for name, clip in inputs.items():
        groups.setdefault((clip.shape, clip.dtype), []).append(name)
    return list(groups.values())


def _joined(parts: Sequence[Tensor]) -> Tensor:
    """V times (B, ...) -> (V·B, ...)."""
    return torch.cat(list(parts)) if len(parts) > 1 else parts[0]


def _run_head(
    head: nn.Module, names: Sequence[str], features: Features, context: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """View -> output, from the features (V·B, ...) of all of them."""
    views = len(names)
    if isinstance(head, PerView):
        shares = zip(names, features.split(views), strict=True)
        return {name: head[name](share, context) for name, share in shares}
    repeated = {name: _joined([value] * views) for name, value in context.items()}
    # (V·B, ...) -> V times (B, ...)
    return dict(zip(names, head(features, repeated).chunk(views), strict=True))

"""The encoders of [003]'s students: networks of images that see clips."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from vadkit_teachers.pixels import at_stride, padded
from vadkit_teachers.weights import library

from vadkit.api import Backbone, DataError, Features, PluginError
from vadkit_backbones.pyramid_card import PyramidConfig
from vadkit_backbones.unet import overlaps

FINE = 16
"""Channels of the map at full size; the usual U-Net on such encoders ends with as many."""


class Pyramid(Backbone[PyramidConfig]):
    """An encoder of timm, and a map at full size where the encoder has none.

    Clips are normalised as the images were that the encoder learned from. Sides are padded to
    whole cells of the coarsest map, because some encoders round odd sides down.

    Raises:
        DataError: The weights are missing, cannot be read or are of another network.
        PluginError: timm has no such encoder, or its maps do not halve step by step.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: PyramidConfig, channels: int) -> None:
        super().__init__(config, channels)
        path = config.weights.expanduser() if config.weights else None
        if path and not path.is_file():  # said before anything heavy is imported
            raise _unusable(path, config.encoder, "are missing")
        self.network = _network(config, channels)
        if path:
            _load(self.network, path, config.encoder, channels)
        self.widths = tuple(self.network.feature_info.channels())
        self.strides = tuple(self.network.feature_info.reduction())
        self.fine = None
        if self.strides[0] > 1:
            self.fine = _fine(channels, config.taps)
            self.widths, self.strides = (FINE, *self.widths), (1, *self.strides)
        first, conv = _first(self.network)
        self.network.set_submodule(first, Temporal(conv, config.taps))
        learned_from = self.network.pretrained_cfg
        self.register_buffer("mean", _of_colours(learned_from["mean"], channels))
        self.register_buffer("deviation", _of_colours(learned_from["std"], channels))

    def forward(self, clip: Tensor) -> Features:
        """(B, C, T, H, W) -> maps (B, widths[k], 1, H/strides[k], W/strides[k]), rounded up."""
        size = (clip.shape[-2], clip.shape[-1])
        frames = ((clip - self.mean) / self.deviation).flatten(1, 2)
        stacked = padded(frames, self.strides[-1])
        maps = [self.fine(stacked)] if self.fine else []
        maps += self.network(stacked)
        cut = [at_stride(m, size, stride) for m, stride in zip(maps, self.strides, strict=True)]
        return Features(tuple(m.unsqueeze(2) for m in cut), size)


class Temporal(nn.Module):
    """A convolution of images, made one of T stacked frames by a temporal kernel.

    The kernel has K taps in time, a step function over the clip's duration, of which each of the
    T frames takes the integral over its own share. It begins as the image's kernel spread evenly,
    so at first a still clip of any T gets the image's answer.

    Args:
        conv: The convolution of images; its weights are taken over.
        taps: Taps K.
    """

    def __init__(self, conv: nn.Conv2d, taps: int) -> None:
        super().__init__()
        spread = conv.weight.detach().unsqueeze(2) / taps
        self.weight = nn.Parameter(spread.repeat(1, 1, taps, 1, 1))
        self.bias = conv.bias
        self.stride, self.padding, self.dilation = conv.stride, conv.padding, conv.dilation

    def forward(self, stacked: Tensor) -> Tensor:
        """(B, C·T, H, W), each channel's T frames in a row -> (B, D, H', W')."""
        frames = stacked.shape[1] // self.weight.shape[1]
        shares = overlaps(frames, self.weight.shape[2]).to(self.weight)
        kernel = torch.einsum("dckij,tk->dctij", self.weight, shares).flatten(1, 2)
        out = F.conv2d(stacked, kernel, self.bias, self.stride, self.padding, self.dilation)
        return out.contiguous(memory_format=torch.channels_last)


def _fine(channels: int, taps: int) -> nn.Sequential:
    conv = nn.Conv2d(channels, FINE, 3, padding=1, bias=False)
    return nn.Sequential(Temporal(conv, taps), nn.BatchNorm2d(FINE), nn.ReLU())


def _network(config: PyramidConfig, channels: int) -> Any:
    """The encoder down to its last halving that is asked for, with random weights."""
    timm = library("timm")
    if not timm.is_model(config.encoder):
        raise PluginError(
            f"timm {timm.__version__} has no encoder {config.encoder!r}.",
            "timm.list_models() has their names; [003] uses resnet34 and vgg16.",
        )
    options = {"features_only": True, "pretrained": False, "in_chans": channels}
    with torch.device("meta"):  # to learn the strides costs neither time nor random numbers
        strides = timm.create_model(config.encoder, **options).feature_info.reduction()
    halved = [2**halvings for halvings in range(config.depth + 1)]
    usable = [stride for stride in strides if stride <= halved[-1]]
    if usable not in (halved, halved[1:]):
        raise PluginError(
            f"The maps of the encoder {config.encoder!r} have the strides {strides} "
            f"instead of {halved}.",
            "Take another encoder or depth; resnet34 and vgg16 have depth 1 to 5.",
        )
    return timm.create_model(config.encoder, **options, out_indices=range(len(usable)))


def _first(network: nn.Module) -> tuple[str, nn.Conv2d]:
    """The encoder's first convolution and its name."""
    named = network.named_modules()
    return next((name, module) for name, module in named if isinstance(module, nn.Conv2d))


def _of_colours(values: tuple[float, ...], channels: int) -> Tensor:
    """(C, 1, 1, 1); grey has the colours' mean."""
    colours = torch.tensor(values)[:, None, None, None]
    return colours if channels > 1 else colours.mean(dim=0, keepdim=True)


def _load(network: nn.Module, path: Path, encoder: str, channels: int) -> None:
    """Give the encoder its weights; the file may be the whole classifier's."""
    try:
        state = library("timm.models").load_state_dict(path)
    except Exception as error:  # torch's reader fails on rubbish in many ways
        raise _unusable(path, encoder, f"cannot be read: {_line(error)}") from error
    weights = _renamed(state, network)
    first = f"{_first(network)[0]}.weight"
    if channels == 1 and first in weights:
        weights[first] = weights[first].sum(dim=1, keepdim=True)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise _unusable(path, encoder, f"do not fit: {_line(error)}") from error


def _renamed(state: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """What the encoder has; in its names timm writes some of the classifier's dots as _."""
    names = {name.replace(".", "_"): name for name in network.state_dict()}
    flat = {name.replace(".", "_"): tensor for name, tensor in state.items()}
    return {names[name]: flat[name] for name in names.keys() & flat.keys()}


def _unusable(path: Path, encoder: str, fault: str) -> DataError:
    return DataError(
        f"The weights {path.absolute()} of the backbone 'pyramid' {fault}.",
        f"Wanted is a state dict of timm's {encoder!r}, as model.safetensors of a repository of "
        "huggingface.co/timm; without the option `weights` the encoder begins untrained.",
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

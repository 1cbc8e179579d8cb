"""A trained network's view of an object, from weights on disk: nothing is fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from vadkit_detectors.weights import fingerprint
from vadkit_teachers.lite0_weights import lite0_weights, renamed
from vadkit_teachers.weights import library

from vadkit.api import DataError, Rows
from vadkit_evidence.cards import AppearanceConfig

SIDE = 64


class Network:
    """The spatial mean of one of a network's outputs, at length 1.

    Crops are (x - 127) / 128, as the weights of EfficientNet-lite0 were trained.

    Raises:
        ImportError: timm or the package of the weights is missing.
        DataError: The file of the weights is missing.
    """

    def __init__(self, config: AppearanceConfig) -> None:
        self._config = config
        if find_spec("timm") is None:
            raise ImportError("No module named 'timm'")
        self._path = config.weights.expanduser().absolute() if config.weights else lite0_weights()
        if not self._path.is_file():
            raise self._unusable("are missing")

    def fingerprint(self) -> str:
        """A hash of the weights."""
        return fingerprint(self._path)

    @torch.inference_mode()
    def rows(self, crops: Sequence[NDArray[np.uint8]]) -> Rows:
        """(64, 64, 1 or 3) each, RGB -> (n, channels)."""
        if not crops:
            return np.empty((0, self._width), np.float32)
        pixels = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float()
        shown = ((pixels - 127) / 128).expand(-1, 3, -1, -1)
        means = self._output(shown).mean(dim=(2, 3))
        return np.asarray(nn.functional.normalize(means, eps=1e-12).numpy())

    def _output(self, shown: Tensor) -> Tensor:
        """(n, 3, H, W) -> (n, channels, h, w)."""
        shown = shown.contiguous(memory_format=torch.channels_last)  # twice as fast
        options = {"stop_early": True, "intermediates_only": True}
        (output,) = self._network.forward_intermediates(shown, [self._config.block], **options)
        return output

    @cached_property
    def _width(self) -> int:
        return self._output(torch.zeros(1, 3, SIDE, SIDE)).shape[1]

    @cached_property
    def _network(self) -> Any:
        timm, state = library("timm"), self._state()
        try:
            with torch.random.fork_rng(devices=[]):  # what it draws shall change no training
                network = timm.create_model(self._config.model, pretrained=False)
            network.load_state_dict(state)
        except RuntimeError as error:
            raise self._unusable(f"do not fit {self._config.model}: {_line(error)}") from error
        return network.eval().to(memory_format=torch.channels_last)

    def _state(self) -> Mapping[str, Tensor]:
        try:
            if self._path.suffix == ".safetensors":
                return load_file(self._path)
            state = torch.load(self._path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch's reader fails on rubbish in many ways
            raise self._unusable(f"cannot be read: {_line(error)}") from error
        return state if self._config.weights else dict(renamed(state))

    def _unusable(self, fault: str) -> DataError:
        return DataError(
            f"The weights {self._path} of the evidence part 'appearance' {fault}.",
            "Name a state dict of the model, as timm has it, in the recipe: "
            '[evidence.appearance] weights = "...". Without weights: features = "hog".',
        )


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

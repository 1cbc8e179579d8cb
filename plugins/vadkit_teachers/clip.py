"""Embeddings of objects, and how close those of texts are: CLIP, and a stand-in without weights."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import PluginError, Teacher
from vadkit_teachers.language_cards import OPEN_CLIP, OpenCLIPConfig, RandomLanguageConfig
from vadkit_teachers.object_cards import RandomFeaturesConfig
from vadkit_teachers.pixels import own_frame
from vadkit_teachers.projection import RandomFeatures
from vadkit_teachers.weights import Weights, library

MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of the channels that CLIP was trained on; the networks after it kept them."""


class RandomLanguage(Teacher[RandomLanguageConfig]):
    """An object's random features at length 1: (B, D), or their cosines with texts (B, texts).

    Stands in for CLIP: alike objects have alike answers and a text always means the same, but
    what it means is drawn.
    """

    texts: Tensor | None

    def __init__(self, config: RandomLanguageConfig) -> None:
        super().__init__(config)
        looks = RandomFeaturesConfig(dim=config.dim, grid=config.grid, seed=config.seed)
        self.features = RandomFeatures(looks)
        drawn = [_direction(text, config.dim, config.seed) for text in config.texts]
        self.register_buffer("texts", torch.stack(drawn) if drawn else None)

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, D), or (B, texts)."""
        return _compared(self.features(clips), self.texts)


class OpenCLIP(Teacher[OpenCLIPConfig]):
    """CLIP's embedding of an object at length 1: (B, D), or its cosines with texts (B, texts).

    Source: Radford et al., ICML 2021, 3.1. The object fills the network's input. Texts are
    embedded once, as they stand: no "a photo of" is put before them.

    Raises:
        DataError: The weights are missing or of another network.
        PluginError: open_clip has no such model, or the model would have to ask the network.
    """

    texts: Tensor | None

    def __init__(self, config: OpenCLIPConfig) -> None:
        super().__init__(config)
        weights = Weights(OPEN_CLIP, config.weights)
        state, open_clip = weights.state(), library("open_clip")
        network = open_clip.CLIP(**_design(open_clip, config.model))
        weights.load_into(network, state)
        network.eval()
        self.visual, self.side = network.visual, network.visual.image_size
        self.register_buffer("texts", None)
        if config.texts:
            tokens = open_clip.get_tokenizer(config.model)(list(config.texts))
            with torch.no_grad():
                self.texts = network.encode_text(tokens, normalize=True)

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, D), or (B, texts)."""
        resized = F.interpolate(own_frame(clips), self.side, mode="bicubic", antialias=True)
        mean, deviation = (
            resized.new_tensor(channels)[:, None, None] for channels in (MEAN, DEVIATION)
        )
        return _compared(self.visual((resized - mean) / deviation), self.texts)


def _compared(images: Tensor, texts: Tensor | None) -> Tensor:
    """Images (B, D) at length 1, or their cosines with texts (P, D) of length 1."""
    embedded = F.normalize(images, dim=1)
    return embedded if texts is None else embedded @ texts.T


def _direction(text: str, dim: int, seed: int) -> Tensor:
    """(D,) of length 1, drawn by the text alone: Python's own hash differs from run to run."""
    digest = hashlib.sha256(f"{seed} {text}".encode()).digest()
    rng = torch.Generator().manual_seed(int.from_bytes(digest[:7]))
    return F.normalize(torch.randn(dim, generator=rng), dim=0)


def _design(open_clip: Any, model: str) -> dict[str, Any]:
    """How open_clip builds a model, if it is one of CLIP's own kind.

    The others bring other pixels' means, or a tokenizer that open_clip fetches from the hub.
    """
    settings = None if ":" in model else open_clip.get_model_config(model)
    if (
        not settings
        or settings.get("custom_text")
        or any("hf_" in key for key in settings["text_cfg"])
    ):
        raise PluginError(
            f"The teacher {OPEN_CLIP.name!r} has no model {model!r} that works offline.",
            "Choose ViT-B-32, ViT-B-32-quickgelu, ViT-B-16, ViT-L-14, RN50 or the like.",
        )
    return dict(settings)

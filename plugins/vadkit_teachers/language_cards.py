"""Cards of the teachers that read: clip."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vadkit.api import Sampling, TeacherCard

CLIP_WEIGHTS = (
    "open_clip_model.safetensors of huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K (MIT), or "
    "another state dict of the model"
)


@dataclass(frozen=True, kw_only=True)
class RandomLanguageConfig:
    dim: int = 64
    """Length D of the embeddings."""
    grid: int = 4
    """Cells a side whose colours and edges are projected."""
    seed: int = 0
    """Draws the projection and the texts' directions."""
    texts: tuple[str, ...] = ()
    """What is asked about; filled in from the task's need."""

    def __post_init__(self) -> None:
        if self.dim < 1 or self.grid < 1:
            raise ValueError("dim and grid must be at least 1")


@dataclass(frozen=True, kw_only=True)
class OpenCLIPConfig:
    weights: Path = Path("open_clip_model.safetensors")
    """File of the trained weights."""
    model: str = "ViT-B-32"
    """The network, as open_clip names it; OpenAI's own weights want a name with -quickgelu."""
    texts: tuple[str, ...] = ()
    """What is asked about; filled in from the task's need."""


def _crop(_: object) -> Sampling:
    return Sampling(unit="object", frames=1)


RANDOM_LANGUAGE = TeacherCard(
    name="random-language",
    role="clip",
    summary="Fixed random directions for texts, and for an object's colours and edges.",
    config=RandomLanguageConfig,
    load="vadkit_teachers.clip:RandomLanguage",
    sampling=_crop,
)

OPEN_CLIP = TeacherCard(
    name="open-clip",
    role="clip",
    summary="Where CLIP places an object, or how well texts describe it.",
    paper="Radford et al., ICML 2021; Cherti et al., CVPR 2023",
    config=OpenCLIPConfig,
    load="vadkit_teachers.clip:OpenCLIP",
    sampling=_crop,
    extra="language",
    weights=CLIP_WEIGHTS,
)

CARDS = [RANDOM_LANGUAGE, OPEN_CLIP]

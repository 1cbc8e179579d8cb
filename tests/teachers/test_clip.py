from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F
from vadkit_teachers.clip import DEVIATION, MEAN, OpenCLIP, RandomLanguage
from vadkit_teachers.language_cards import OpenCLIPConfig, RandomLanguageConfig

from vadkit.errors import DataError, PluginError

try:
    import open_clip
except (ImportError, RuntimeError) as error:  # torch's CPU build with another's torchvision
    open_clip = None
    WHY = str(error)
else:
    WHY = ""

TEXTS = ("a person walking", "a car", "smoke")
SMOKE = (-0.5874, 0.6753, 0.446)
"""What the stand-in has always taken smoke for."""
TINY = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
TINY_MODELS = {"tiny": TINY, "tiny-quickgelu": {**TINY, "quick_gelu": True}}

needs_open_clip = pytest.mark.skipif(open_clip is None, reason=f"no open_clip: {WHY}")


# The stand-in.


@pytest.mark.parametrize(("channels", "size"), [(1, (32, 32)), (3, (33, 47)), (3, (3, 5))])
def test_the_stand_in_answers_at_length_1_or_with_cosines(
    channels: int, size: tuple[int, int]
) -> None:
    clips = torch.rand(4, channels, 1, *size)
    embedded = RandomLanguage(RandomLanguageConfig(dim=20))(clips)
    reader = RandomLanguage(RandomLanguageConfig(dim=20, texts=TEXTS))
    assert embedded.shape == (4, 20)
    torch.testing.assert_close(embedded.norm(dim=1), torch.ones(4))
    directions = reader.get_buffer("texts")
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(3))
    for b in range(4):
        for p in range(3):
            cosine = float(F.cosine_similarity(embedded[b], directions[p], dim=0))
            assert float(reader(clips)[b, p]) == pytest.approx(cosine, abs=1e-5)


def test_a_text_means_the_same_wherever_it_stands() -> None:
    clips = torch.rand(3, 3, 1, 16, 16)
    one = RandomLanguage(RandomLanguageConfig(texts=TEXTS))(clips)
    other = RandomLanguage(RandomLanguageConfig(texts=TEXTS[::-1]))(clips)
    torch.testing.assert_close(one, other.flip(1))
    assert not torch.isclose(one[:, 0], one[:, 1]).any()
    assert not torch.isclose(one[0], one[1]).any()


def test_the_direction_of_a_text_is_for_ever() -> None:
    """Answers are kept on disk: what a text means must not change from run to run."""
    drawn = RandomLanguage(RandomLanguageConfig(dim=3, texts=("smoke",))).get_buffer("texts")
    assert drawn[0].tolist() == pytest.approx(SMOKE, abs=1e-4)


def test_the_seed_draws_projection_and_texts() -> None:
    clips = torch.rand(2, 3, 1, 16, 16)
    for texts in ((), TEXTS):
        one, again, other = (
            RandomLanguage(RandomLanguageConfig(seed=seed, texts=texts))(clips)
            for seed in (0, 0, 1)
        )
        assert torch.equal(one, again)
        assert not torch.allclose(one, other)


def test_a_black_object_is_finite() -> None:
    assert RandomLanguage(RandomLanguageConfig())(torch.zeros(1, 1, 1, 16, 16)).isfinite().all()


def test_no_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="grid"):
        RandomLanguageConfig(grid=0)


# CLIP.


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may even look up a host."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """A small random network as open_clip makes it, and its weights in a file."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        for name, design in TINY_MODELS.items():
            patch.setitem(open_clip.factory._MODEL_CONFIGS, name, design)
        torch.manual_seed(0)
        network = open_clip.create_model("tiny").eval()
        save_file(network.state_dict(), path)
        yield path, network


@needs_open_clip
@torch.inference_mode()
def test_it_is_clips_image_and_its_cosines_with_texts(tiny: tuple[Path, Any]) -> None:
    path, network = tiny
    clips = torch.rand(2, 3, 1, 33, 47, generator=torch.Generator().manual_seed(1))
    seen = F.interpolate(clips[:, :, 0], (32, 32), mode="bicubic", antialias=True)
    seen = (seen - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]
    image = network.encode_image(seen, normalize=True)
    text = network.encode_text(open_clip.get_tokenizer("tiny")(list(TEXTS)), normalize=True)
    embedded = OpenCLIP(OpenCLIPConfig(weights=path, model="tiny"))(clips)
    cosines = OpenCLIP(OpenCLIPConfig(weights=path, model="tiny", texts=TEXTS))(clips)
    assert embedded.shape == (2, 24)
    torch.testing.assert_close(embedded, image)
    torch.testing.assert_close(cosines, image @ text.T)


@needs_open_clip
def test_the_means_are_open_clips() -> None:
    assert open_clip.OPENAI_DATASET_MEAN == MEAN
    assert open_clip.OPENAI_DATASET_STD == DEVIATION


@needs_open_clip
def test_grey_counts_as_colour(tiny: tuple[Path, Any]) -> None:
    teacher = OpenCLIP(OpenCLIPConfig(weights=tiny[0], model="tiny"))
    grey = torch.rand(1, 1, 1, 16, 16)
    assert torch.equal(teacher(grey), teacher(grey.expand(-1, 3, -1, -1, -1)))


@needs_open_clip
def test_the_models_name_says_which_gelu(tiny: tuple[Path, Any]) -> None:
    clips = torch.rand(1, 3, 1, 32, 32)
    one, quick = (OpenCLIP(OpenCLIPConfig(weights=tiny[0], model=name)) for name in TINY_MODELS)
    assert not torch.allclose(one(clips), quick(clips))


@needs_open_clip
def test_a_bin_file_is_read_too(tiny: tuple[Path, Any], tmp_path: Path) -> None:
    path, network = tiny
    torch.save(network.state_dict(), tmp_path / "open_clip_pytorch_model.bin")
    clips = torch.rand(1, 3, 1, 32, 32)
    given = OpenCLIPConfig(weights=tmp_path / "open_clip_pytorch_model.bin", model="tiny")
    assert torch.equal(
        OpenCLIP(given)(clips), OpenCLIP(OpenCLIPConfig(weights=path, model="tiny"))(clips)
    )


@needs_open_clip
def test_weights_of_another_network_are_refused(tiny: tuple[Path, Any], tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(1)}, other)
    with pytest.raises(DataError, match="do not fit"):
        OpenCLIP(OpenCLIPConfig(weights=other, model="tiny"))


@needs_open_clip
@pytest.mark.parametrize(
    "model", ["vit-b-23", "ViT-B-16-SigLIP", "roberta-ViT-B-32", "ViT-L-14-CLIPA", "hf-hub:a/b"]
)
def test_models_that_would_ask_the_network_are_refused(model: str, tiny: tuple[Path, Any]) -> None:
    with pytest.raises(PluginError, match=f"no model '{model}'.*ViT-B-32"):
        OpenCLIP(OpenCLIPConfig(weights=tiny[0], model=model))

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from vadkit_teachers.pixels import normalised
from vadkit_teachers.scene_cards import SegFormerConfig
from vadkit_teachers.segformer import SegFormer

from vadkit.errors import DataError

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random network's folder."""
    torch.manual_seed(0)
    widths = {"hidden_sizes": [8, 8, 16, 16], "decoder_hidden_size": 8, "depths": [1, 1, 1, 1]}
    config = transformers.SegformerConfig(**widths, num_labels=7)
    path = tmp_path_factory.mktemp("weights") / "segformer"
    transformers.SegformerForSemanticSegmentation(config).save_pretrained(path)
    return path


@torch.inference_mode()
def test_it_is_the_network(weights: Path) -> None:
    torch.manual_seed(1)
    clips = torch.rand(2, 3, 1, 64, 96)
    network = transformers.SegformerForSemanticSegmentation.from_pretrained(weights).eval()
    expected = network(pixel_values=normalised(clips[:, :, 0])).logits.softmax(dim=1)
    found = SegFormer(SegFormerConfig(weights=weights))(clips)
    assert found.shape == (2, 7, 16, 24)
    torch.testing.assert_close(found, expected)


@torch.inference_mode()
def test_grey_and_odd_frames(weights: Path) -> None:
    found = SegFormer(SegFormerConfig(weights=weights))(torch.rand(1, 1, 1, 33, 47))
    assert found.shape == (1, 7, 9, 12)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(1, 9, 12))


def test_it_is_quiet(weights: Path, capfd: pytest.CaptureFixture[str]) -> None:
    SegFormer(SegFormerConfig(weights=weights))
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_lacks_weights_is_refused(weights: Path, tmp_path: Path) -> None:
    """Left alone, the library would take random ones for them."""
    state = load_file(weights / "model.safetensors")
    gone = next(name for name in state if name.startswith("decode_head"))
    save_file({n: of for n, of in state.items() if n != gone}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text((weights / "config.json").read_text())
    with pytest.raises(DataError, match=f"lack {gone}"):
        SegFormer(SegFormerConfig(weights=tmp_path))


@pytest.mark.parametrize("files", [{}, {"config.json": "{}"}, {"config.json": "rubbish"}], ids=str)
def test_a_folder_without_a_model_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match="cannot be read"):
        SegFormer(SegFormerConfig(weights=tmp_path))


def test_another_size_is_refused(weights: Path, tmp_path: Path) -> None:
    config = json.loads((weights / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "decoder_hidden_size": 9}))
    (tmp_path / "model.safetensors").write_bytes((weights / "model.safetensors").read_bytes())
    with pytest.raises(DataError, match=r"segformer"):
        SegFormer(SegFormerConfig(weights=tmp_path))

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from vadkit_teachers.deeplab import DeepLab, DeepLabMaps, describe
from vadkit_teachers.scene_cards import DeepLabConfig

from vadkit.errors import DataError, PluginError
from vadkit.registry.registry import load_plugins

try:
    import segmentation_models_pytorch as smp
except (ImportError, RuntimeError) as error:  # torch's CPU build with another's torchvision
    smp, MISSING = None, f"{type(error).__name__}: {error}"
else:
    MISSING = ""

needs_smp = pytest.mark.skipif(smp is None, reason=f"no segmentation-models-pytorch: {MISSING}")
SMALL = "mobilenet_v2"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random network's weights."""
    torch.manual_seed(0)
    network = smp.DeepLabV3Plus(SMALL, encoder_weights=None, classes=19)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_file(network.state_dict(), path)
    return path


@needs_smp
@pytest.mark.parametrize(
    ("size", "cells"), [((240, 360), 330), ((360, 640), 880), ((33, 70), 2 * 4)]
)
def test_length_is_that_of_hsc(weights: Path, size: tuple[int, int], cells: int) -> None:
    teacher = DeepLab(DeepLabConfig(weights=weights, encoder=SMALL))
    with torch.inference_mode():
        answer = teacher(torch.rand(1, 1, 1, *size))
    assert answer.shape == (1, cells)
    assert answer.isfinite().all()


@needs_smp
def test_maps_are_probabilities_at_stride_4(weights: Path) -> None:
    config = DeepLabConfig(weights=weights, encoder=SMALL)
    with torch.inference_mode():
        clip = torch.rand(2, 3, 1, 33, 70)
        found, scene = DeepLabMaps(config)(clip), DeepLab(config)
        logits = scene.logits(clip[:, :, 0])
    assert found.shape == (2, 19, 9, 18)
    torch.testing.assert_close(found, logits.softmax(dim=1))
    torch.testing.assert_close(found.sum(dim=1), torch.ones(2, 9, 18))


def test_description_against_loops() -> None:
    logits = np.random.default_rng(0).normal(size=(2, 19, 9, 13)).astype(np.float32)
    expected = np.zeros((2, 2, 3))
    for b, row, column in np.ndindex(2, 2, 3):
        cell = logits[b, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        greatest = cell.max(axis=(1, 2))
        if greatest.argmax() <= 10:
            expected[b, row, column] = greatest.max()
    flat = expected.reshape(2, -1)
    flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    np.testing.assert_allclose(describe(torch.tensor(logits)).numpy(), flat, rtol=1e-5)
    assert (flat == 0).any()


def test_missing_weights_are_named_with_source_and_licence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.safetensors.*missing.*Cityscapes.*scene-grid"):
        DeepLab(DeepLabConfig(weights=tmp_path / "nowhere.safetensors"))


def test_rubbish_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rubbish.safetensors").write_bytes(b"PK\x03\x04 not weights")
    with pytest.raises(DataError, match="cannot be read"):
        DeepLab(DeepLabConfig(weights=tmp_path / "rubbish.safetensors"))


@needs_smp
def test_weights_of_another_network_are_refused(weights: Path) -> None:
    with pytest.raises(DataError, match="do not fit"):
        DeepLab(DeepLabConfig(weights=weights, encoder="resnet18"))


@pytest.mark.parametrize("fault", [ImportError("nowhere"), RuntimeError("no torchvision::nms")])
def test_without_the_library_the_pip_command_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Exception
) -> None:
    def fail(name: str) -> None:
        raise fault

    some = tmp_path / "some.safetensors"
    save_file({}, some)
    monkeypatch.setattr("vadkit_teachers.weights.import_module", fail)
    with pytest.raises(PluginError, match=rf'{fault}.*pip install "vadkit\[frames\]"'):
        load_plugins().create("teacher", "deeplabv3plus", {"weights": some})

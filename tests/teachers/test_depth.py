from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F
from vadkit_teachers.depth import DPT, UNUSED, GroundPlane, spread
from vadkit_teachers.scene_cards import DPTConfig, GroundPlaneConfig


def test_a_plane_grows_linearly_below_the_horizon() -> None:
    """Rows' middles are at 1/8, 3/8 ... of the height; the horizon is at a half."""
    found = GroundPlane(GroundPlaneConfig(horizon=0.5, cell=1))(torch.rand(2, 3, 1, 4, 5))
    assert found.shape == (2, 1, 4, 5)
    assert found[1, 0, :, 3].tolist() == pytest.approx([0, 0, 0.25, 0.75])


def test_a_plane_is_halved_and_rounded_up() -> None:
    found = GroundPlane(GroundPlaneConfig(cell=4))(torch.rand(1, 1, 1, 33, 47))
    assert found.shape == (1, 1, 9, 12)
    assert (found.diff(dim=2) > 0).all()


@pytest.mark.parametrize("options", [{"horizon": 1.0}, {"horizon": -0.1}, {"cell": 0}], ids=str)
def test_no_ground_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="horizon"):
        GroundPlaneConfig(**options)  # type: ignore[arg-type]


def test_spread_is_a_frame_at_a_time() -> None:
    found = spread(torch.tensor([[1.0, 3, 5], [4, 4, 4]])[:, None, None])
    assert found[:, 0, 0].tolist() == [[0, 0.5, 1], [0, 0, 0]]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random DPT's folder."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "neck_hidden_sizes": [8, 8, 8, 8]}
    layers = {
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "backbone_out_indices": [0, 1, 2, 3],
    }
    image = {"image_size": 32, "patch_size": 16, "fusion_hidden_size": 8}
    config = transformers.DPTConfig(**sizes, **layers, **image, is_hybrid=False)
    path = tmp_path_factory.mktemp("weights") / "dpt"
    transformers.DPTForDepthEstimation(config).save_pretrained(path)
    return path


@torch.inference_mode()
def test_it_is_the_network(weights: Path) -> None:
    import transformers

    torch.manual_seed(1)
    clips = torch.rand(2, 3, 1, 32, 32)
    network = transformers.DPTForDepthEstimation.from_pretrained(weights).eval()
    depth = network(pixel_values=2 * clips[:, :, 0] - 1).predicted_depth[:, None]
    expected = spread(F.interpolate(depth, (32, 32), mode="bilinear"))
    found = DPT(DPTConfig(weights=weights, size=32, cell=1))(clips)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)


@torch.inference_mode()
def test_what_published_files_lack_is_not_read(weights: Path, tmp_path: Path) -> None:
    state = load_file(weights / "model.safetensors")
    kept = {name: of for name, of in state.items() if not name.startswith(UNUSED)}
    assert 0 < len(kept) < len(state)
    save_file(kept, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_bytes((weights / "config.json").read_bytes())
    clips = torch.rand(1, 3, 1, 32, 32)
    whole, part = (DPT(DPTConfig(weights=path, size=32)) for path in (weights, tmp_path))
    torch.testing.assert_close(part(clips), whole(clips))


@torch.inference_mode()
def test_grey_and_odd_frames(weights: Path) -> None:
    found = DPT(DPTConfig(weights=weights, size=32))(torch.rand(1, 1, 1, 33, 47))
    assert found.shape == (1, 1, 9, 12)
    assert 0 <= found.min() < found.max() <= 1

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tiny_runner import tiny_runner, train, weights
from tiny_world import World
from torch import Tensor
from vadkit_backbones.pyramid import Pyramid, Temporal, overlaps
from vadkit_backbones.pyramid_card import PyramidConfig

from vadkit.errors import DataError, PluginError
from vadkit.nn.heads import Shapes
from vadkit.registry.registry import Registry

try:
    import timm
except (ImportError, RuntimeError) as error:  # torch's CPU build with another's torchvision
    pytest.skip(f"no timm: {error}", allow_module_level=True)

SMALL = "resnet10t"
CLIP = (2, 3, 4, 33, 47)


def backbone(encoder: str = SMALL, depth: int = 3, channels: int = 3) -> Pyramid:
    torch.manual_seed(0)
    return Pyramid(PyramidConfig(encoder=encoder, depth=depth, taps=5), channels)


@pytest.fixture(scope="module", params=[SMALL, "vgg11_bn"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a small random classifier whose running statistics are its own."""
    torch.manual_seed(1)
    classifier = timm.create_model(request.param, pretrained=False, num_classes=2)
    with torch.no_grad():
        classifier.forward_features(torch.randn(4, 3, 64, 64))
    path = tmp_path_factory.mktemp("weights") / f"{request.param}.safetensors"
    save_file(classifier.state_dict(), path)
    return path


def reference(path: Path, images: Tensor) -> list[Tensor]:
    """Timm's own way from a file to the maps of images that are normalised."""
    file = {"file": str(path), "num_classes": 2}
    network = timm.create_model(
        path.stem, pretrained=True, pretrained_cfg_overlay=file, features_only=True
    )
    return list(network.eval()(images))


# The contract of a backbone.


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("frames", "size"), [(1, (64, 64)), (2, (33, 47)), (5, (16, 91))])
@pytest.mark.parametrize("encoder", [SMALL, "vgg11"])
def test_maps_are_as_announced(
    encoder: str, frames: int, size: tuple[int, int], channels: int
) -> None:
    net = backbone(encoder, depth=5, channels=channels)
    features = net(torch.rand(2, channels, frames, *size))
    assert features.size == size
    assert net.strides == (1, 2, 4, 8, 16, 32)
    for found, width, stride in zip(features.maps, net.widths, net.strides, strict=True):
        sides = tuple(-(-side // stride) for side in size)  # rounded up
        assert tuple(found.shape) == (2, width, 1, *sides)


@pytest.mark.parametrize("depth", [1, 4])
def test_what_lies_deeper_is_left_out(depth: int) -> None:
    shallow, deep = backbone(depth=depth), backbone(depth=depth + 1)
    assert shallow.widths == deep.widths[: depth + 1]
    assert shallow.strides == tuple(2**k for k in range(depth + 1))
    assert len(list(shallow.parameters())) < len(list(deep.parameters()))


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("encoder", [SMALL, "vgg11"])
def test_every_weight_learns_at_any_length(encoder: str, frames: int) -> None:
    net = backbone(encoder)
    for module in net.modules():  # timm begins some blocks with a factor of zero
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.ones_(module.weight)
    clip = torch.rand(2, 3, frames, 33, 47)
    sum(m.square().mean() for m in net(clip).maps).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize("encoder", [SMALL, "vgg11"])
@pytest.mark.parametrize("kind", ["decoder", "pyramid", "classifier", "cells", "embedding"])
def test_every_head_fits(encoder: str, kind: str) -> None:
    net = backbone(encoder, depth=5)
    heads = Shapes(3, CLIP[-2:], net.widths, net.strides).heads
    made, shape = {
        "decoder": (heads.decoder, (2, 3, 1, *CLIP[-2:])),
        "pyramid": (heads.pyramid, (2, 3, 1, *CLIP[-2:])),
        "classifier": (lambda: heads.classifier(7, grid=2), (2, 7)),
        "cells": (lambda: heads.cells(4, 3), (2, 9, 4)),
        "embedding": (heads.embedding, (2, 128)),
    }[kind]
    assert made()(net(torch.rand(CLIP)), {}).shape == shape


@pytest.mark.parametrize("encoder", [SMALL, "vgg11"])
def test_bf16(encoder: str) -> None:
    net, clip = backbone(encoder).eval(), torch.rand(CLIP)
    with torch.no_grad():
        exact = net(clip).code
        with torch.autocast("cpu", torch.bfloat16):
            features = net(clip)
    assert features.code.dtype == torch.bfloat16
    torch.testing.assert_close(features.code.float(), exact, rtol=0.1, atol=0.05 * exact.max())


# A network of images that sees clips.


@pytest.mark.parametrize("frames", [1, 2, 5, 7])
def test_a_still_clip_gets_the_answer_of_the_image(trained: Path, frames: int) -> None:
    images = torch.rand(2, 3, 64, 96)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = reference(trained, (images - mean[:, None, None]) / deviation[:, None, None])
    net = Pyramid(PyramidConfig(encoder=trained.stem, weights=trained), 3).eval()
    found = net(images[:, :, None].expand(-1, -1, frames, -1, -1)).maps
    for one, other in zip(found[-5:], expected[-5:], strict=True):
        torch.testing.assert_close(one[:, :, 0], other, rtol=1e-3, atol=1e-4)


def test_grey_is_seen_by_the_sum_of_the_colours_kernels(trained: Path) -> None:
    grey = torch.rand(2, 1, 64, 96)
    mean, deviation = (0.485 + 0.456 + 0.406) / 3, (0.229 + 0.224 + 0.225) / 3
    expected = reference(trained, ((grey - mean) / deviation).expand(-1, 3, -1, -1))
    net = Pyramid(PyramidConfig(encoder=trained.stem, weights=trained), 1).eval()
    found = net(grey[:, :, None].expand(-1, -1, 3, -1, -1)).maps
    for one, other in zip(found[-5:], expected[-5:], strict=True):
        torch.testing.assert_close(one[:, :, 0], other, rtol=1e-3, atol=1e-4)


def test_a_clip_of_k_frames_is_a_convolution_over_time() -> None:
    conv = torch.nn.Conv2d(2, 4, 7, stride=2, padding=3)
    layer, clip = Temporal(conv, taps=5), torch.rand(3, 2, 5, 13, 16)
    torch.nn.init.normal_(layer.weight)
    plain = torch.nn.functional.conv3d(
        clip, layer.weight, layer.bias, stride=(1, 2, 2), padding=(0, 3, 3)
    )
    torch.testing.assert_close(layer(clip.flatten(1, 2)), plain[:, :, 0], atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(("frames", "taps"), [(1, 9), (2, 9), (9, 9), (17, 9), (4, 1)])
def test_each_tap_is_handed_out_whole(frames: int, taps: int) -> None:
    shares = overlaps(frames, taps)
    torch.testing.assert_close(shares.sum(dim=0), torch.ones(taps))
    torch.testing.assert_close(shares.sum(dim=1), torch.full((frames,), taps / frames))


def test_the_order_of_frames_comes_to_matter() -> None:
    net, clip = backbone().eval(), torch.rand(CLIP)
    with torch.no_grad():
        torch.testing.assert_close(net(clip).code, net(clip.flip(2)).code, rtol=1e-3, atol=1e-3)
        for layer in net.modules():
            if isinstance(layer, Temporal):
                layer.weight += 0.1 * torch.randn_like(layer.weight)
        assert not torch.allclose(net(clip).code, net(clip.flip(2)).code, atol=1e-2)


# Weights and encoders that are not what they should be.


def test_missing_weights_are_said_before_anything_heavy(tmp_path: Path) -> None:
    config = PyramidConfig(weights=tmp_path / "none.safetensors")
    with pytest.raises(DataError, match=r"none\.safetensors of the backbone 'pyramid' are missing"):
        Pyramid(config, 3)


def test_weights_of_another_network_are_refused(trained: Path) -> None:
    with pytest.raises(DataError, match=r"do not fit: .*Missing key"):
        Pyramid(PyramidConfig(encoder="resnet18d", weights=trained), 3)


def test_rubbish_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"no weights")
    with pytest.raises(DataError, match="cannot be read"):
        Pyramid(PyramidConfig(encoder=SMALL, weights=path), 3)


@pytest.mark.parametrize(
    ("encoder", "said"), [("resnet43", "no encoder 'resnet43'"), ("convnext_atto", "strides")]
)
def test_encoders_that_do_not_fit_are_refused(encoder: str, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        backbone(encoder)


@pytest.mark.parametrize("options", [{"depth": 0}, {"depth": 6}, {"taps": 0}])
def test_options_are_checked(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        PyramidConfig(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("broken", [ImportError("no timm"), RuntimeError("nms does not exist")])
def test_a_broken_library_is_one_sentence_with_the_command(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    def refuse(name: str) -> None:
        raise broken

    monkeypatch.setattr("vadkit_teachers.weights.import_module", refuse)
    with pytest.raises(PluginError, match=str(broken)) as caught:
        registry.create("backbone", "pyramid", {"encoder": SMALL}, 3)
    assert caught.value.hint == 'Try: pip install "vadkit[frames]"'


# In a recipe.


def test_it_is_trained_by_a_recipe(world: World, registry: Registry) -> None:
    """Two steps move every weight that a decoder's loss reaches."""
    path = world.recipe()
    path.write_text(path.read_text().replace(UNET, f'name = "pyramid"\nencoder = "{SMALL}"'))
    runner = tiny_runner(path, registry)
    before = weights(runner.model.backbones["main"].network)
    told = train(runner)
    assert all(torch.isfinite(torch.tensor(value)) for value in told[0].values())
    after = weights(runner.model.backbones["main"].network)
    assert [name for name in before if torch.equal(before[name], after[name])] == []


UNET = 'name = "unet"\nwidth = 8\ndepth = 2'

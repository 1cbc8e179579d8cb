from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_shape import CARD, Config
from vadkit_shape.task import Shape, edges, moving

from vadkit.task import Batch
from vadkit.testing import check_task
from vadkit.utils.rng import generator

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def edges_reference(image: np.ndarray) -> np.ndarray:
    """The formula for (C, H, W), pixel by pixel."""
    height, width = image.shape[1:]
    out = np.zeros((height, width))
    for channel in image:
        padded = np.pad(channel, 1, mode="edge")
        for y in range(height):
            for x in range(width):
                near = padded[y : y + 3, x : x + 3]
                across, down = (SOBEL * near).sum(), (SOBEL.T * near).sum()
                out[y, x] = max(out[y, x], np.sqrt(across**2 + down**2) / 4)
    return np.minimum(out, 1)


@pytest.mark.parametrize("size", [(16, 16), (13, 9), (1, 2)])
@pytest.mark.parametrize("channels", [1, 3])
def test_edges_against_loops(size: tuple[int, int], channels: int) -> None:
    images = torch.rand(3, channels, *size, dtype=torch.float64)
    for made, image in zip(edges(images), images, strict=True):
        assert made[0].numpy() == pytest.approx(edges_reference(image.numpy()))


def test_a_step_is_one_and_a_border_is_none() -> None:
    image = torch.zeros(1, 1, 5, 6)
    image[..., 3:] = 1
    assert edges(image)[0, 0].tolist() == [[0, 0, 1, 1, 0, 0]] * 5
    assert (edges(torch.ones(1, 3, 4, 4)) == 0).all()


def test_colours_of_equal_brightness_have_an_edge() -> None:
    image = torch.zeros(1, 3, 4, 4)
    image[:, 0, :, :2] = 1
    image[:, 1, :, 2:] = 1
    assert edges(image)[0, 0, 0].tolist() == [0, 1, 1, 0]


def test_edges_keep_32_bits_under_autocast() -> None:
    image = torch.rand(2, 3, 13, 9)
    with torch.autocast("cpu", torch.bfloat16):
        made = edges(image)
    assert made.dtype == torch.float32
    assert torch.equal(made, edges(image))


@pytest.mark.parametrize("frames", [2, 5])
def test_mask_against_loops(frames: int) -> None:
    clips = torch.rand(3, 2, frames, 7, 5)
    middle = frames // 2
    made = moving(clips, middle, 0.6)
    assert made.shape == (3, 1, 1, 7, 5)
    for (b, _, _, y, x), value in np.ndenumerate(made.numpy()):
        change = clips[b, :, :, y, x] - clips[b, :, middle, y, x][:, None]
        assert value == float(bool((change.abs() >= 0.6).any()))


def test_a_block_that_moves_is_masked_and_the_rest_is_not() -> None:
    clips = torch.full((1, 3, 9, 8, 20), 0.5)
    for t in range(9):
        clips[0, :, t, 2:5, t + 4 : t + 8] = 0.9
    config = Config(target="mask")
    views = Shape(config).views(Batch(clips), generator(0), training=True)
    assert torch.equal(views.inputs["crop"], clips[:, :, 4:5])
    expected = torch.zeros(8, 20)
    expected[2:5, 4:16] = 1
    assert torch.equal(views.targets["outline"][0, 0, 0], expected)


@pytest.mark.parametrize("training", [True, False])
def test_edges_are_of_the_crop_that_is_seen(training: bool) -> None:
    clips = torch.rand(2, 3, 1, 33, 47)
    views = Shape(Config()).views(Batch(clips), generator(0), training)
    assert torch.equal(views.inputs["crop"], clips)
    for made, clip in zip(views.targets["outline"], clips, strict=True):
        expected = edges_reference(clip[:, 0].numpy())
        assert made[0, 0].numpy() == pytest.approx(expected, abs=1e-6)


def test_only_the_mask_reads_more_than_the_crop() -> None:
    assert CARD.reads(Config())[0].frames == 1
    assert CARD.reads(Config(target="mask", frames=7))[0].frames == 7


def test_loss_and_score_against_the_formula() -> None:
    rng = np.random.default_rng(0)
    output, outline = rng.random((2, 4, 1, 1, 13, 9))
    errors = [(one**2).mean() for one in output - outline]
    outputs, targets = {"crop": torch.tensor(output)}, {"outline": torch.tensor(outline)}
    task = Shape(Config())
    assert float(task.loss(outputs, targets)["l2"]) == pytest.approx(np.mean(errors))
    scores = task.score(outputs, targets)
    assert scores["error"].tolist() == pytest.approx(errors)
    shares = [e / (of.var() + 1e-3) for e, of in zip(errors, outline, strict=True)]
    assert scores["unexplained"].tolist() == pytest.approx(shares)


@pytest.mark.parametrize(
    "config", [Config(target="mask"), Config(target="mask", frames=2, threshold=0.9)], ids=str
)
def test_every_way_conforms(config: Config) -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, config) == {}


@pytest.mark.parametrize(
    "options", [{"frames": 1}, {"threshold": 0.0}, {"threshold": 1.0}], ids=str
)
def test_what_cannot_work_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Config(**options)  # type: ignore[arg-type]

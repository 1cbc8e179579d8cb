from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_teachers.scene import SceneGrid
from vadkit_teachers.scene_cards import SCENE_GRID, SceneGridConfig


def scene(seed: int, channels: int = 3, size: tuple[int, int] = (64, 64)) -> torch.Tensor:
    """A still clip (1, C, 5, H, W)."""
    rng = torch.Generator().manual_seed(seed)
    image = torch.rand(1, channels, 1, *size, generator=rng)
    return image.expand(-1, -1, 5, -1, -1).clone()


def test_cells_against_loops() -> None:
    """On 16x16 pixels and 2x2 cells of 8x8, nothing is reduced."""
    clip = scene(0, size=(16, 16))
    clip[0, :, 2, 0:4, 0:8] += 0.5  # foreground in the own frame alone: half of the first cell
    image = scene(0, size=(16, 16))[0, :, 0].numpy()
    down = np.pad(np.diff(image, axis=1), ((0, 0), (0, 1), (0, 0)))
    across = np.pad(np.diff(image, axis=2), ((0, 0), (0, 0), (0, 1)))
    looks = [*image, np.sqrt(down**2 + across**2).mean(axis=0)]
    cells = np.zeros((4, 2, 2))
    for kind, row, column in np.ndindex(4, 2, 2):
        top = 4 if (row, column) == (0, 0) else 8 * row
        part = looks[kind][top : 8 * row + 8, 8 * column : 8 * column + 8]
        cells[kind, row, column] = part.mean()
    expected = cells.flatten() / np.linalg.norm(cells)
    found = SceneGrid(SceneGridConfig(grid=2))(clip)[0]
    assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-5)


def test_what_passes_does_not_change_the_scene() -> None:
    empty, elsewhere = (scene(seed, size=(8, 8)).repeat_interleave(8, -1) for seed in (0, 1))
    empty, elsewhere = empty.repeat_interleave(8, -2), elsewhere.repeat_interleave(8, -2)
    walked = empty.clone()
    for t in range(5):
        walked[..., t, 20:40, 12 * t : 12 * t + 8] = 1
    teacher = SceneGrid(SceneGridConfig())
    alike = torch.cosine_similarity(teacher(empty), teacher(walked))
    unlike = torch.cosine_similarity(teacher(empty), teacher(elsewhere))
    assert alike > 0.95
    assert 1 - unlike > 5 * (1 - alike)


def test_a_cell_of_foreground_alone_is_zero() -> None:
    clip = scene(0)
    clip[:, :, 2, :8, :8] += 1
    answer = SceneGrid(SceneGridConfig())(clip).view(4, 8, 8)
    assert answer[:, 0, 0].abs().sum() == 0
    assert answer[:3, 0, 1].min() > 0


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(48, 64), (95, 63), (240, 360)])
def test_length_is_the_same_for_grey_and_colour_and_any_size(
    channels: int, size: tuple[int, int]
) -> None:
    answer = SceneGrid(SceneGridConfig(grid=6))(scene(0, channels, size))
    assert answer.shape == (1, 4 * 36)
    assert answer.norm() == pytest.approx(1, abs=1e-5)


def test_a_black_scene_is_finite() -> None:
    assert SceneGrid(SceneGridConfig())(torch.zeros(2, 1, 5, 64, 64)).isfinite().all()


def test_units_of_a_batch_are_apart() -> None:
    teacher, both = SceneGrid(SceneGridConfig()), torch.cat([scene(0), scene(1)])
    torch.testing.assert_close(teacher(both)[:1], teacher(scene(0)))


def test_it_reads_frames_around_its_own() -> None:
    assert list(SCENE_GRID.sampling(SceneGridConfig()).offsets) == [-20, -10, 0, 10, 20]

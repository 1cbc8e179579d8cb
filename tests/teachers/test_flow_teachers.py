from __future__ import annotations

import cv2
import pytest
import torch
from vadkit_teachers.flow import DIS, Farneback
from vadkit_teachers.flow_cards import DIS as DIS_CARD
from vadkit_teachers.flow_cards import FARNEBACK, DISConfig, FarnebackConfig

from vadkit.api import Teacher

TEACHERS = [Farneback(FarnebackConfig()), DIS(DISConfig())]
both = pytest.mark.parametrize("teacher", TEACHERS, ids=lambda teacher: type(teacher).__name__)


def moving(right: int, down: int, size: tuple[int, int] = (96, 128)) -> torch.Tensor:
    """(1, 3, 2, H, W): a smooth texture and, one frame on, the same farther on."""
    noise = torch.rand(3, *size, generator=torch.Generator().manual_seed(0)).numpy()
    before = torch.stack([torch.from_numpy(cv2.GaussianBlur(of, (0, 0), 3)) for of in noise])
    before = (before - before.min()) / (before.max() - before.min())
    now = before.roll((down, right), dims=(1, 2))
    return torch.stack([before, now], dim=1)[None]


@both
@pytest.mark.parametrize(("right", "down"), [(3, -2), (-4, 1)])
def test_it_points_to_where_things_went(teacher: Teacher[object], right: int, down: int) -> None:
    found = teacher(moving(right, down))
    assert found.shape == (1, 2, 48, 64)
    middle = found[0, :, 12:-12, 12:-12].flatten(1).median(dim=1).values
    assert middle.tolist() == pytest.approx([right, down], abs=0.3)


@both
@pytest.mark.parametrize("size", [(33, 47), (20, 24), (8, 9)])
def test_grey_and_odd_and_small_frames(teacher: Teacher[object], size: tuple[int, int]) -> None:
    clips = torch.rand(2, 1, 2, *size)
    found = teacher(clips)
    assert found.shape == (2, 2, -(-size[0] // 2), -(-size[1] // 2))
    assert found.isfinite().all()
    torch.testing.assert_close(teacher(clips[1:])[0], found[1])


@both
def test_nothing_moves_in_a_still_clip(teacher: Teacher[object]) -> None:
    assert teacher(moving(0, 0)).abs().max() < 0.2


@pytest.mark.parametrize("card", [FARNEBACK, DIS_CARD], ids=lambda card: card.name)
def test_it_reads_the_frame_before_and_its_own(card: object) -> None:
    assert list(card.sampling(None).offsets) == [-1, 0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("options", [{"scale": 1.0}, {"window": 0}, {"cell": 0}], ids=str)
def test_what_cannot_work_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        FarnebackConfig(**options)  # type: ignore[arg-type]

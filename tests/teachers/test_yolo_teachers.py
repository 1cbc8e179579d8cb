"""What is ours of the teachers that ultralytics runs; its models themselves where it is there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from vadkit_teachers.object_cards import YOLOConfig, YOLOPoseConfig
from vadkit_teachers.pixels import heatmaps
from vadkit_teachers.yolo import YOLO, YOLOPose

from vadkit.errors import DataError

CLIPS = torch.rand(2, 1, 1, 33, 47)


class Head(nn.Module):
    end2end, nc = True, 1


class Model(nn.Module):
    """Answers (B, numbers, places), as ultralytics' networks do, whatever it sees."""

    def __init__(self, answer: Tensor) -> None:
        super().__init__()
        self.answer = answer
        self.model = nn.Sequential(nn.Identity(), Head())
        self.seen: Tensor | None = None

    def forward(self, images: Tensor) -> tuple[Tensor, None]:
        self.seen = images
        return self.answer, None


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Put a made-up model where the library would read one; returns its file."""

    def put(model: nn.Module, task: str) -> Path:
        library = SimpleNamespace(YOLO=lambda path: SimpleNamespace(task=task, model=model))
        monkeypatch.setattr("vadkit_teachers.yolo.library", lambda name: library)
        (tmp_path / "model.pt").touch()
        return tmp_path / "model.pt"

    return put


def test_classes_are_those_of_the_surest_place(load: Any) -> None:
    answer = torch.rand(2, 4 + 3, 5)
    model = Model(answer)
    found = YOLO(YOLOConfig(weights=load(model, "detect"), size=(64, 32)))(CLIPS)
    for b in range(2):
        place = max(range(5), key=lambda a: float(answer[b, 4:, a].max()))
        assert torch.equal(found[b], answer[b, 4:, place])
    assert model.seen is not None
    assert model.seen.shape == (2, 3, 128, 96)
    assert model.model[-1].end2end is False


def test_pose_is_drawn_where_the_joints_are(load: Any) -> None:
    """The canvas has 32 pixels of margin around an object of 64x32."""
    answer = torch.zeros(2, 5 + 2 * 3, 2)
    answer[:, 4, 1] = 0.9
    answer[:, 5:, 1] = torch.tensor([32 + 8, 32 + 16, 0.8, 32 + 16, 32 + 64, 0.1])
    weights = load(Model(answer), "pose")
    found = YOLOPose(YOLOPoseConfig(weights=weights, size=(64, 32), cells=8))(CLIPS)
    points = torch.tensor([[0.25, 0.25], [0.5, 1.0]])
    expected = heatmaps(points, (8, 8), 0.06) * torch.tensor([0.8, 0.1])[:, None, None]
    torch.testing.assert_close(found, expected.expand(2, -1, -1, -1))


def test_a_model_of_another_task_is_refused(load: Any) -> None:
    with pytest.raises(DataError, match=r"model\.pt.*'pose', not 'detect'"):
        YOLO(YOLOConfig(weights=load(Model(CLIPS), "pose")))


def test_a_model_without_probabilities_is_refused(load: Any) -> None:
    class Fused(Head):
        def __setattr__(self, name: str, value: object) -> None:
            if name != "end2end":
                super().__setattr__(name, value)

    model = Model(CLIPS)
    model.model[-1] = Fused()
    with pytest.raises(DataError, match="without probabilities"):
        YOLO(YOLOConfig(weights=load(model, "detect")))


@pytest.mark.parametrize(
    ("teacher", "kind", "shape"),
    [((YOLO, YOLOConfig), "", (80,)), ((YOLOPose, YOLOPoseConfig), "-pose", (17, 16, 16))],
    ids=["detect", "pose"],
)
@pytest.mark.parametrize("family", ["yolo11", "yolo26"])
@pytest.mark.filterwarnings("ignore")
def test_models_of_the_library(
    tmp_path: Path, teacher: Any, kind: str, shape: tuple[int, ...], family: str
) -> None:
    try:
        import ultralytics
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"no ultralytics: {error}")
    path = tmp_path / f"{family}n{kind}.pt"
    ultralytics.YOLO(f"{family}n{kind}.yaml").save(path)
    with torch.inference_mode():
        made, config = teacher
        found = made(config(weights=path))(CLIPS)
    assert found.shape == (2, *shape)
    assert 0 <= found.min() <= found.max() <= 1

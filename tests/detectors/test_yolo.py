"""The ultralytics detector with a model in the place of the library, and with it where present."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from vadkit_detectors import YOLOConfig
from vadkit_detectors.network import GREY
from vadkit_detectors.yolo import YOLO

from vadkit.data.dataset import Video
from vadkit.data.detection import Seen
from vadkit.data.video.frame import Frame
from vadkit.errors import DataError

VIDEO = Video("street", Path("street"), "train")


class Model:
    """Answers one box, and notes what it was shown and asked."""

    task = "detect"

    def __init__(self, path: str) -> None:
        self.asked: list[tuple[np.ndarray, dict[str, Any]]] = []

    def predict(self, image: np.ndarray, **options: Any) -> list[Any]:
        self.asked.append((image, options))
        boxes = SimpleNamespace(
            xyxy=torch.tensor([[1.0, 2.0, 30.0, 40.0]]), conf=torch.tensor([0.8])
        )
        return [SimpleNamespace(boxes=boxes)]


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    library = ModuleType("ultralytics")
    library.YOLO = Model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ultralytics", library)
    (tmp_path / "x.pt").write_bytes(b"weights")
    return tmp_path / "x.pt"


@pytest.mark.parametrize("channels", [1, 3])
def test_boxes_join_those_found_before(weights: Path, channels: int) -> None:
    detector = YOLO(YOLOConfig(weights=weights, classes=(0, 2), size=320))
    image = np.full((50, 60, channels), 200, np.uint8)
    image[..., 0] = 10
    before = np.array([[40, 0, 50, 10, 1]], np.float32)
    (found,) = detector.detect(VIDEO, iter([Seen(Frame(0, 0.0, image), before)]))
    np.testing.assert_allclose(found.boxes, [[40, 0, 50, 10, 1], [1, 2, 30, 40, 0.8]], rtol=1e-6)
    shown, options = detector._model.asked[0]
    assert shown.shape == (50, 60, 3)
    assert shown[20, 20, 2] == 10  # BGR: red is last
    assert (shown[:10, 40:50] == GREY).all()
    assert options == {
        "imgsz": 320,
        "conf": 0.3,
        "iou": 0.45,
        "classes": [0, 2],
        "verbose": False,
    }


def test_missing_weights_are_said_before_the_library_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    with pytest.raises(DataError, match=r"none\.pt of the detector 'yolo' are missing"):
        YOLO(YOLOConfig(weights=tmp_path / "none.pt"))


def test_a_model_of_another_task_is_refused(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "task", "pose")
    with pytest.raises(DataError, match="'pose', not 'detect'"):
        YOLO(YOLOConfig(weights=weights))

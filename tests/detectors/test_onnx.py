"""The ONNX detector on a network made here, and a YOLOX-nano where it is present."""

from __future__ import annotations

import math
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from vadkit_detectors import ONNXConfig
from vadkit_detectors.onnx import GREY, ONNX, STRIDES, decoded, form_of, kept

from vadkit.data.dataset import Video
from vadkit.data.detection import Seen
from vadkit.data.video.frame import Frame
from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError

VIDEO = Video("street", Path("street"), "train")
REAL = Path(__file__).parents[2] / ".." / "shared" / "data"
NOTHING = np.empty((0, 5), np.float32)


def seen(image: np.ndarray, boxes: np.ndarray = NOTHING) -> Seen:
    return Seen(Frame(0, 0.0, image), boxes)


def place(x: float, y: float, side: float, objectness: float, *classes: float) -> list[float]:
    return [x, y, side, side, objectness, *classes]


def test_places_are_decoded_stride_by_stride_and_row_by_row() -> None:
    side = 64
    rng = np.random.default_rng(0)
    count = sum((side // stride) ** 2 for stride in (8, 16, 32))
    places = rng.normal(size=(count, 7)).astype(np.float32)
    expected, index = [], 0
    for stride in (8, 16, 32):
        for row in range(side // stride):
            for column in range(side // stride):
                x, y, width, height, *rest = places[index].tolist()
                corner = [(x + column) * stride, (y + row) * stride]
                size = [math.exp(width) * stride, math.exp(height) * stride]
                expected.append([*corner, *size, *rest])
                index += 1
    np.testing.assert_allclose(decoded(places, side), expected, rtol=1e-5)


def test_confidence_is_objectness_times_class_and_the_surest_of_a_class_stays() -> None:
    places = np.array(
        [
            place(50, 50, 20, 0.9, 0.8, 0.1),
            place(52, 50, 20, 0.8, 0.7, 0.1),  # the same object, less sure
            place(50, 50, 20, 0.8, 0.1, 0.9),  # another class at the same place
            place(90, 90, 10, 0.5, 0.5, 0.1),  # too unsure
        ],
        np.float32,
    )
    boxes, scores = places[:, :4], places[:, 4:5] * places[:, 5:]
    found = kept(boxes, scores, ONNXConfig())
    assert sorted(found[:, 4].tolist()) == pytest.approx([0.72, 0.72])
    assert found[0, :4].tolist() == [40, 40, 60, 60]
    (one,) = kept(boxes, scores, ONNXConfig(classes=(1,)))
    assert one[4] == pytest.approx(0.72)
    assert kept(boxes, scores, ONNXConfig(confidence=0.95)).shape == (0, 5)


PLACES = sum((64 // stride) ** 2 for stride in STRIDES)
"""Of a network that takes 64 by 64 pixels."""


def answered(*rows: list[float], places: int = PLACES) -> np.ndarray:
    """(1, places, numbers) with these rows first."""
    answer = np.zeros((1, places, len(rows[0])), np.float32)
    answer[0, : len(rows)] = rows
    return answer


def made(path: Path, answer: np.ndarray) -> Path:
    """A network that answers the same to every image, but for the mean of what it sees."""
    onnx = pytest.importorskip("onnx")
    value, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    stored = [onnx.numpy_helper.from_array(answer.astype(np.float32), "answer")]
    nodes = [
        onnx.helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=0),
        onnx.helper.make_node("Mul", ["mean", "zero"], ["none"]),
        onnx.helper.make_node("Add", ["answer", "none"], ["places"]),
    ]
    stored.append(onnx.numpy_helper.from_array(np.zeros(1, np.float32), "zero"))
    image = value("image", kind, [1, 3, 64, 64])
    places = value("places", kind, list(answer.shape))
    graph = onnx.helper.make_graph(nodes, "test", [image], [places], stored)
    opset = [onnx.helper.make_opsetid("", 13)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def test_boxes_are_in_pixels_of_the_image_and_join_those_found_before(tmp_path: Path) -> None:
    answer = answered(place(16, 24, 16, 0.9, 1.0))
    path = made(tmp_path / "one.onnx", answer)
    detector = ONNX(ONNXConfig(weights=path, size=64, decoded=True))
    before = np.array([[1, 2, 3, 4, 0.5]], np.float32)
    image = np.zeros((64, 128, 1), np.uint8)  # shown at half its size
    (found,) = detector.detect(VIDEO, iter([seen(image, before)]))
    np.testing.assert_allclose(found.boxes, [[1, 2, 3, 4, 0.5], [16, 32, 48, 64, 0.9]], rtol=1e-5)
    assert found.frame.image is image


def test_what_was_found_before_is_painted_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "one.onnx", answered(place(16, 24, 16, 0.9, 1.0)))
    detector, shown = ONNX(ONNXConfig(weights=path, size=64, decoded=True)), []
    monkeypatch.setattr(detector, "boxes", lambda image: shown.append(image) or NOTHING)
    before = np.array([[10, 20, 30, 40, 1]], np.float32)
    list(detector.detect(VIDEO, iter([seen(np.full((64, 64, 3), 200, np.uint8), before)])))
    assert (shown[0][20:40, 10:30] == GREY).all()
    assert (shown[0] == GREY).sum() == 20 * 20 * 3


def test_missing_and_wrong_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.onnx of the detector 'onnx' are missing"):
        ONNX(ONNXConfig(weights=tmp_path / "none.onnx"))
    (tmp_path / "rubbish.onnx").write_bytes(b"rubbish")
    with pytest.raises(DataError, match="no ONNX file that OpenCV can read"):
        ONNX(ONNXConfig(weights=tmp_path / "rubbish.onnx"))


@pytest.mark.parametrize("shape", [(1, 4), (1, 1000), (1, 83, 80), (1, 7, 7), (2, PLACES, 6)])
def test_an_answer_of_another_shape_is_refused_when_the_file_is_loaded(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    path = made(tmp_path / "other.onnx", np.zeros(shape))
    with pytest.raises(DataError, match=f"answer in the shape {re.escape(str(shape))}, as none of"):
        ONNX(ONNXConfig(weights=path, size=64))


@pytest.mark.parametrize(
    ("answer", "form"),
    [
        (answered(place(16, 24, 16, 1.0, 0.9, 0.1)), "YOLOX"),
        (answered(place(16, 24, 16, 1.0, 0.9, 0.1), places=3 * PLACES), "YOLOv5"),
        (answered([16, 24, 16, 16, 0.9, 0.1]).transpose(0, 2, 1), "YOLOv8"),
        (answered([8, 16, 24, 32, 0.9, 0.0], places=300), "end to end"),
    ],
)
def test_the_usual_forms_are_told_by_their_shape(tmp_path: Path, answer, form: str) -> None:
    assert form_of(answer.shape, 64) == form
    path = made(tmp_path / "one.onnx", answer)
    detector = ONNX(ONNXConfig(weights=path, size=64, decoded=True))
    (found,) = detector.detect(VIDEO, iter([seen(np.zeros((64, 128, 3), np.uint8))]))
    np.testing.assert_allclose(found.boxes, [[16, 32, 48, 64, 0.9]], rtol=1e-5)
    none = ONNX(ONNXConfig(weights=path, size=64, decoded=True, classes=(1,)))
    (found,) = none.detect(VIDEO, iter([seen(np.zeros((64, 128, 3), np.uint8))]))
    assert len(found.boxes) == 0


def test_a_size_that_is_not_the_files_is_found(tmp_path: Path) -> None:
    places = sum((640 // stride) ** 2 for stride in STRIDES)
    path = made(tmp_path / "one.onnx", answered([160, 240, 160, 160, 0.9], places=places)
                .transpose(0, 2, 1))  # fmt: skip
    detector = ONNX(ONNXConfig(weights=path))
    (found,) = detector.detect(VIDEO, iter([seen(np.zeros((64, 64, 3), np.uint8))]))
    np.testing.assert_allclose(found.boxes, [[8, 16, 24, 32, 0.9]], rtol=1e-5)


def test_the_fingerprint_is_the_files(tmp_path: Path) -> None:
    one = made(tmp_path / "one.onnx", answered(place(16, 24, 16, 0.9, 1.0)))
    other = made(tmp_path / "other.onnx", answered(place(16, 25, 16, 0.9, 1.0)))
    prints = {ONNX(ONNXConfig(weights=path)).fingerprint() for path in (one, one, other)}
    assert len(prints) == 2


@pytest.mark.parametrize("options", [{"size": 100}, {"confidence": 0.0}, {"overlap": 2.0}])
def test_options_that_cannot_be_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        ONNXConfig(**options)  # type: ignore[arg-type]


@pytest.mark.data
def test_yolox_finds_the_walkers_of_a_street() -> None:
    weights, video = REAL / "weights/yolox_nano.onnx", REAL / "vtest_480x360.avi"
    if not weights.is_file() or not video.is_file():
        pytest.skip("no YOLOX or street beside the checkout")
    detector = ONNX(ONNXConfig(weights=weights, classes=(0,)))
    frames = [frame for frame in open_video(video).frames() if frame.index in (100, 300, 500)]
    for found in detector.detect(VIDEO, (Seen(frame, NOTHING) for frame in frames)):
        sides = found.boxes[:, 2:4] - found.boxes[:, :2]
        assert len(found.boxes) >= 4
        assert np.median(sides[:, 1] / sides[:, 0]) > 1.5  # people stand
        assert cv2.countNonZero((found.boxes[:, 4] > 0.6).astype(np.uint8)) >= 3

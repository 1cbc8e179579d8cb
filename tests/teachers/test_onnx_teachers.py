from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from vadkit_teachers.object_cards import PoseONNXConfig, YOLOXConfig
from vadkit_teachers.onnx import YOLOX, PoseONNX
from vadkit_teachers.pixels import normalised
from vadkit_teachers.stretched import GREY, in_canvas, surest

from vadkit.errors import DataError
from vadkit.testing.rig import ROLES

REAL = Path(__file__).parents[2] / ".." / "shared" / "data"


def write(path: Path, outputs: int, kernel: int, flat: bool = False) -> np.ndarray:
    """Write one convolution as ONNX, (1, 3, h, w) -> (1, outputs, ...), and return its weights."""
    onnx = pytest.importorskip("onnx")
    weights = np.random.default_rng(0).normal(size=(outputs, 3, kernel, kernel)).astype(np.float32)
    sizes = {"kernel_shape": [kernel] * 2, "strides": [kernel] * 2}
    nodes = [onnx.helper.make_node("Conv", ["image", "weights"], ["map"], **sizes)]
    stored = [onnx.numpy_helper.from_array(weights, "weights")]
    if flat:  # as a YOLOX: (1, places, outputs)
        shape = np.array([1, outputs, -1], np.int64)
        stored.append(onnx.numpy_helper.from_array(shape, "shape"))
        nodes.append(onnx.helper.make_node("Reshape", ["map", "shape"], ["rows"]))
        nodes.append(onnx.helper.make_node("Transpose", ["rows"], ["places"], perm=[0, 2, 1]))
    value, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    shapes = {"places": [1, "n", outputs], "map": [1, outputs, "a", "b"]}
    last = "places" if flat else "map"
    answer = value(last, kind, shapes[last])
    image = value("image", kind, [1, 3, "h", "w"])
    graph = onnx.helper.make_graph(nodes, "test", [image], [answer], stored)
    opset = [onnx.helper.make_opsetid("", 13)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return weights


def test_yolox_answers_for_its_surest_place(tmp_path: Path) -> None:
    kernels = write(tmp_path / "x.onnx", 5 + 4, 32, flat=True)
    clips = torch.rand(2, 3, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    teacher = YOLOX(YOLOXConfig(weights=tmp_path / "x.onnx", size=(64, 32)))
    found = teacher(clips)
    canvas = in_canvas(clips[:, :, 0], (64, 32)).flip(1).numpy() * 255  # BGR
    for b in range(2):
        places = []
        for row, column in np.ndindex(4, 3):
            cell = canvas[b, :, 32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
            out = [float((kernel * cell).sum()) for kernel in kernels]
            places.append([out[4] * of for of in out[5:]])
        expected = max(places, key=max)
        assert found[b].tolist() == pytest.approx(expected, rel=1e-3, abs=1e-5 * max(expected))


def test_an_object_is_stretched_on_grey() -> None:
    canvas = in_canvas(torch.ones(1, 3, 10, 10), (40, 20))
    assert canvas.shape == (1, 3, 128, 96)
    inner = canvas[0, 0] == 1
    assert inner[44:84, 38:58].all()
    assert int(inner.sum()) == 40 * 20
    assert canvas.min() == pytest.approx(GREY)


def test_the_surest_place_has_the_greatest_of_all() -> None:
    numbers = torch.tensor([[[0.5, 0.5], [0.1, 0.6], [0.0, 0.2]]])
    assert surest(numbers)[0].tolist() == pytest.approx([0.1, 0.6])


def test_pose_is_the_networks_map(tmp_path: Path) -> None:
    kernels = write(tmp_path / "pose.onnx", 6, 4)
    clips = torch.rand(2, 1, 1, 33, 47)
    found = PoseONNX(PoseONNXConfig(weights=tmp_path / "pose.onnx", size=(32, 24)))(clips)
    grey = clips[:, :, 0].expand(-1, 3, -1, -1)
    seen = torch.nn.functional.interpolate(grey, (32, 24), mode="bilinear", antialias=True)
    expected = torch.nn.functional.conv2d(normalised(seen), torch.tensor(kernels), stride=4)
    assert found.shape == (2, 6, 8, 6)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_another_file_has_another_key(tmp_path: Path) -> None:
    """Answers are cached by the module's state; OpenCV's weights are not in it."""
    for name, outputs in (("a", 6), ("b", 7)):
        write(tmp_path / name, outputs, 4)
    one, other = (PoseONNX(PoseONNXConfig(weights=tmp_path / name)) for name in "ab")
    assert not torch.equal(one.state_dict()["digest"], other.state_dict()["digest"])


def test_networks_of_another_kind_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "map.onnx", 6, 4)
    write(tmp_path / "flat.onnx", 9, 32, flat=True)
    clips = torch.rand(1, 3, 1, 16, 16)
    with pytest.raises(DataError, match=r"map\.onnx.*another kind"):
        YOLOX(YOLOXConfig(weights=tmp_path / "map.onnx"))(clips)
    with pytest.raises(DataError, match=r"flat\.onnx.*another kind"):
        PoseONNX(PoseONNXConfig(weights=tmp_path / "flat.onnx"))(clips)


def test_rubbish_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rubbish.onnx").write_bytes(b"not a network")
    with pytest.raises(DataError, match=r"rubbish\.onnx.*no ONNX file"):
        YOLOX(YOLOXConfig(weights=tmp_path / "rubbish.onnx"))


@pytest.mark.data
def test_a_real_yolox_knows_a_person() -> None:
    """Someone whom the network also finds in the whole frame, and the empty ground."""
    import cv2

    for path in (REAL / "weights" / "yolox_nano.onnx", REAL / "vtest_480x360.avi"):
        if not path.exists():
            pytest.skip(f"{path} is not here")
    film = cv2.VideoCapture(str(REAL / "vtest_480x360.avi"))
    frame = torch.from_numpy(film.read()[1]).flip(-1).permute(2, 0, 1)[None] / 255
    person, ground = (402, 150, 427, 202), (330, 240, 355, 292)
    crops = [
        torch.nn.functional.interpolate(frame[..., top:bottom, left:right], (64, 64))
        for left, top, right, bottom in (person, ground)
    ]
    teacher = YOLOX(YOLOXConfig(weights=REAL / "weights" / "yolox_nano.onnx"))
    found = teacher(torch.cat(crops)[:, :, None])
    assert found.shape == (2, *ROLES["detector"])
    assert found[0].argmax() == 0
    assert found[0, 0] > 0.5 > 2 * found[1].max()

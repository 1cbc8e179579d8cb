from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from movenet_file import write_movenet
from trees import real
from vadkit_teachers.movenet import CELLS, SOFTENING, Maps, MoveNet, MoveNetPose
from vadkit_teachers.object_cards import MoveNetConfig

from vadkit.errors import DataError


def broken(fault: str) -> DataError:
    return DataError(f"The weights {fault}.")


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(1).random((3, 192, 192), np.float32)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def test_the_person_is_decoded_as_by_loops(tmp_path: Path, image: np.ndarray) -> None:
    kernels = write_movenet(tmp_path / "m.onnx")
    x = torch.tensor(image * 2 - 1)[None]
    heat, centre, rough, offsets = (
        torch.nn.functional.conv2d(x, torch.tensor(kernels[name]), stride=4)[0].double().numpy()
        for name in ("heat", "ctr", "reg", "off")
    )
    cells = list(np.ndindex(CELLS, CELLS))
    row, column = max(
        cells,
        key=lambda at: sigmoid(centre[0][at]) / (np.hypot(at[0] - 24, at[1] - 24) + SOFTENING),
    )
    keypoints = MoveNet(tmp_path / "m.onnx", broken).maps(image).keypoints
    for joint in range(17):
        y, x = rough[2 * joint, row, column] + row, rough[2 * joint + 1, row, column] + column
        at = max(
            cells,
            key=lambda c: sigmoid(heat[joint][c]) / (np.hypot(c[0] - y, c[1] - x) + SOFTENING),
        )
        place = at[1] + offsets[2 * joint + 1][at], at[0] + offsets[2 * joint][at]
        expected = [place[0] / CELLS, place[1] / CELLS, sigmoid(heat[joint][at])]
        assert keypoints[joint] == pytest.approx(expected, abs=1e-4)


def test_a_heatmap_is_the_probability_at_the_rough_place_and_less_elsewhere() -> None:
    heat, rough = np.full((17, CELLS, CELLS), 0.8, np.float32), np.full((17, 2), 10, np.float32)
    maps = Maps(heat, rough, np.zeros((17, 2, CELLS, CELLS), np.float32)).of_the_person
    assert maps[3, 10, 10] == pytest.approx(0.8)
    assert maps[3, 10, 14] == pytest.approx(0.8 * SOFTENING / (4 + SOFTENING))


def test_the_teacher_sees_the_object_alone_on_grey(tmp_path: Path) -> None:
    write_movenet(tmp_path / "m.onnx")
    teacher = MoveNetPose(MoveNetConfig(weights=tmp_path / "m.onnx"))
    clips = torch.rand(2, 1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    maps = teacher(clips)
    assert maps.shape == (2, 17, 38, 16)
    canvas = np.full((3, 192, 192), 114 / 255, np.float32)
    middle = clips[1:, :, 1].expand(-1, 3, -1, -1)
    stretched = torch.nn.functional.interpolate(middle, (152, 64), mode="bilinear", antialias=True)
    canvas[:, 20:172, 64:128] = stretched[0].numpy()
    expected = MoveNet(tmp_path / "m.onnx", broken).maps(canvas).of_the_person[:, 5:43, 16:32]
    np.testing.assert_allclose(maps[1].numpy(), expected, rtol=1e-4, atol=1e-5)


def test_missing_weights_are_explained(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"m\.onnx of the teacher 'movenet' are missing"):
        MoveNetPose(MoveNetConfig(weights=tmp_path / "m.onnx"))


def test_files_of_other_networks_are_refused(tmp_path: Path) -> None:
    from test_onnx_teachers import write

    write(tmp_path / "map.onnx", 17, 4)
    with pytest.raises(DataError, match="another kind of network, which answers map"):
        MoveNetPose(MoveNetConfig(weights=tmp_path / "map.onnx"))
    (tmp_path / "rubbish.onnx").write_bytes(b"not a network")
    with pytest.raises(DataError, match="no ONNX file"):
        MoveNetPose(MoveNetConfig(weights=tmp_path / "rubbish.onnx"))


def test_size_is_of_whole_cells() -> None:
    with pytest.raises(ValueError, match="multiples of 8"):
        MoveNetConfig(size=(150, 80))


@pytest.mark.data
def test_the_constants_are_those_of_the_original_graph() -> None:
    """Within half precision, in which the original keeps them."""
    stored = np.load(real("weights/movenet_lightning_decode.npz"))
    rows, columns = np.mgrid[:CELLS, :CELLS]
    weights = 1 / (np.hypot(rows - CELLS // 2, columns - CELLS // 2) + SOFTENING)
    np.testing.assert_allclose(stored["wc"], weights, rtol=2**-11)
    np.testing.assert_allclose(stored["c5"], SOFTENING, rtol=2**-11)
    np.testing.assert_allclose(stored["mul2"], 1 / CELLS, rtol=2**-11)


@pytest.mark.data
def test_a_person_has_joints_and_the_ground_has_none() -> None:
    import cv2

    weights = real("weights/movenet_lightning.onnx")
    film = cv2.VideoCapture(str(real("vtest_480x360.avi")))
    frame = torch.from_numpy(film.read()[1]).flip(-1).permute(2, 0, 1)[None] / 255
    crops = [
        torch.nn.functional.interpolate(frame[..., top:bottom, left:right], (64, 64))
        for left, top, right, bottom in ((402, 150, 427, 202), (330, 240, 355, 292))
    ]
    maps = MoveNetPose(MoveNetConfig(weights=weights))(torch.cat(crops)[:, :, None])
    body = maps[:, 5:].flatten(2).amax(dim=2).mean(dim=1)
    assert body[0] > 0.35 > 2 * body[1]
    rows = maps[0].flatten(1).argmax(dim=1) // maps.shape[3]
    nose, shoulders, hips, ankles = (
        rows[of].float().mean() for of in ([0], [5, 6], [11, 12], [15, 16])
    )
    assert nose < shoulders < hips < ankles

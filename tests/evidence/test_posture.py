"""How people hold themselves: joints read from boxes, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from movenet_file import write_movenet
from numpy.typing import NDArray
from tiny_world import World
from trees import real
from vadkit_evidence import people as people_module
from vadkit_evidence.cards import POSTURE, PostureConfig
from vadkit_evidence.people import People, confidence, square, turned_back
from vadkit_evidence.posture import Posture, pose_distances

from vadkit.api import DataError, Seen, Video
from vadkit.data.video.frame import Frame
from vadkit.experiment.run import run
from vadkit.recipe import BoundRecipe, load_recipe, resolved
from vadkit.registry.registry import Registry
from vadkit.report.score_files import read_scores
from vadkit.runs.folder import RunFolder
from vadkit.score import Scorer
from vadkit.testing.evidence_checks import check_evidence

UPRIGHT = np.array(
    [
        *((0.5, 0.15), (0.52, 0.13), (0.48, 0.13), (0.54, 0.14), (0.46, 0.14)),
        *((0.58, 0.25), (0.42, 0.25), (0.6, 0.38), (0.4, 0.38), (0.61, 0.5), (0.39, 0.5)),
        *((0.55, 0.5), (0.45, 0.5), (0.55, 0.68), (0.45, 0.68), (0.55, 0.88), (0.45, 0.88)),
    ],
    np.float32,
)
"""x and y of the joints of someone upright, as shares of the square that is shown."""
NOSE_TO_ANKLES = [0], [5, 6], [11, 12], [15, 16]
QUESTIONS = """
threads = 1
[data]
target = {{ dataset = "folder", path = "{root}/target" }}
[objects]
detectors = [{{ name = "file", path = "{root}/boxes.csv" }}]
size = 16
[evidence.posture]
weights = "{weights}"
sure = 0.0
[score]
calibrate = {{ kind = "tail" }}
smooth = {{ kind = "none" }}
[score.questions]
"how people hold and move themselves" = ["posture.shape", "posture.motion", "posture.lean"]
"""
LEFT, TOP, WIDTH, HEIGHT = 40, 20, 24, 64


class Puppet:
    """Stands in for the network: says of every image what it is told next, at last for ever."""

    def __init__(self, *keypoints: NDArray[np.float32]) -> None:
        self.keypoints = list(keypoints)
        self.images: list[NDArray[np.float32]] = []

    def maps(self, image: NDArray[np.float32]) -> SimpleNamespace:
        self.images.append(image)
        more = len(self.keypoints) > 1
        return SimpleNamespace(keypoints=self.keypoints.pop(0) if more else self.keypoints[0])


def pose(places: NDArray[np.float32] = UPRIGHT, sure: float = 0.9) -> NDArray[np.float32]:
    return np.concatenate([places, np.full((17, 1), sure, np.float32)], axis=1)


def raised(joints: list[int], share: float) -> NDArray[np.float32]:
    """Someone upright with some joints higher by a share of the square."""
    places = UPRIGHT.copy()
    places[joints, 1] -= share
    return places


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make a part whose network is a puppet."""

    def make(*keypoints: NDArray[np.float32], **options: float) -> Posture:
        (tmp_path / "m.onnx").touch()
        puppet = Puppet(*keypoints)
        monkeypatch.setattr(people_module, "MoveNet", lambda *_: puppet)
        return Posture(PostureConfig(weights=tmp_path / "m.onnx", **options))

    return make


def frames(count: int, box: tuple[int, int, int, int] = (LEFT, TOP, WIDTH, HEIGHT)) -> list[Seen]:
    left, top, width, height = box
    boxes = np.array([[left, top, left + width, top + height, 1]], np.float32)
    image = np.full((100, 120, 1), 90, np.uint8)
    return [Seen(Frame(number, number / 25, image), boxes) for number in range(count)]


def described(part: Posture, shown: list[Seen]) -> NDArray[np.float32]:
    return np.concatenate(list(part.describe(iter(shown))))


def values(part: Posture, rows: NDArray[np.float32], bank: NDArray[np.float32]):
    return part.measure(rows, part.fit(bank, np.zeros(len(bank), np.int64)))


def test_joints_are_measured_from_the_hips_in_box_heights(part) -> None:
    row = described(part(pose()), frames(1))[0]
    joints = row[:34].reshape(17, 2)
    scale = 1.25  # the square's side in box heights
    expected = (UPRIGHT - [0.5, 0.5]) * scale
    np.testing.assert_allclose(joints, expected, atol=1e-5)


@pytest.mark.parametrize("degrees", [0, 30, 90, 150])
def test_lean_is_the_torsos_angle_from_upright(part, degrees: int) -> None:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    places = ((UPRIGHT - 0.5) @ turn.T + 0.5).astype(np.float32)
    teller = part(pose(places))
    rows = described(teller, frames(1))
    assert values(teller, rows, rows)["lean"] == pytest.approx([degrees], abs=1e-3)


def test_a_pose_that_nobody_had_is_far(part) -> None:
    usual = described(part(pose()), frames(6))
    teller = part(pose(raised([7, 8, 9, 10], 0.3)))
    shape = values(teller, described(teller, frames(1)), usual)["shape"]
    expected = np.sqrt(4 * (0.3 * 1.25) ** 2 / 34)  # the root of the mean over coordinates
    assert shape == pytest.approx([expected], rel=1e-4)


def test_motion_is_of_the_joints_not_of_the_box(part) -> None:
    """Whoever stands as he stood has moved nothing; a knee that rises steadily has."""
    teller = part(pose())
    still = described(teller, frames(7))
    assert values(teller, still, still)["motion"] == pytest.approx(np.zeros(7), abs=1e-6)
    teller = part(*[pose(raised([13], 0.02 * n)) for n in range(7)], every=1)
    moved = values(teller, described(teller, frames(7)), still)["motion"]
    a_frame = 0.02 * 1.25
    assert moved == pytest.approx(np.full(7, np.sqrt(a_frame**2 / 34)), rel=1e-3)


def test_joints_are_read_in_every_third_frame_and_of_new_boxes(part) -> None:
    readings = [pose(sure=sure) for sure in (0.5, 0.6, 0.7, 0.8)]
    shown = frames(7)
    shown[2:] = frames(7, (90, TOP, WIDTH, HEIGHT))[2:]  # it goes on elsewhere
    surest = described(part(*readings), shown)[:, 34]
    assert surest == pytest.approx([0.5, 0.5, 0.6, 0.7, 0.7, 0.7, 0.8])


def test_a_short_chain_does_not_move(part) -> None:
    teller = part(*[pose(raised([13], 0.02 * n)) for n in range(3)], every=1)
    rows = described(teller, frames(3))
    bank = described(part(pose()), frames(7))
    assert values(teller, rows, bank)["motion"].tolist() == [0.0] * 3


def test_nothing_is_said_where_no_person_is(part) -> None:
    bank = described(part(pose()), frames(7))
    teller = part(pose(UPRIGHT[::-1], sure=0.29))
    rows = described(teller, frames(7))
    for name, value in values(teller, rows, bank).items():
        assert value.tolist() == [0.0] * 7, name
    assert described(part(pose(sure=0.31)), frames(1)).any()


def test_training_boxes_without_a_person_are_nobodys_neighbours(part) -> None:
    people = described(part(pose()), frames(7))
    nobody = np.zeros_like(people)
    teller = part(pose(raised([9], 0.3)))
    rows = described(teller, frames(1))
    alone = values(teller, rows, people)["shape"]
    assert values(teller, rows, np.concatenate([nobody, people]))["shape"] == pytest.approx(alone)
    assert values(teller, rows, nobody)["shape"].tolist() == [0.0]


def test_wide_boxes_are_read_turned_too_and_the_surest_reading_is_kept(part) -> None:
    lying = frames(1, (20, 40, 64, 24))
    readings = [pose(sure=0.4), pose(sure=0.8), pose(sure=0.5)]
    teller = part(*readings)
    row = described(teller, lying)[0]
    assert row[34:51] == pytest.approx(np.full(17, 0.8))
    head, feet = row[:2], row[30:32]
    # The image was turned against the clock, where someone is upright whose head is to the right.
    assert head[0] > 0 > feet[0]
    assert values(teller, row[None], row[None])["lean"] == pytest.approx([90], abs=1e-3)


def test_places_are_turned_back() -> None:
    image = np.zeros((8, 8), np.uint8)
    image[1, 5] = 1
    for turns in (0, 1, -1):
        (row,), (column,) = np.nonzero(np.rot90(image, turns))
        at = np.array([[(column + 0.5) / 8, (row + 0.5) / 8]], np.float32)
        assert turned_back(at, turns)[0] * 8 - 0.5 == pytest.approx([5, 1])


def test_the_square_holds_the_frame_around_the_box_and_black_beyond() -> None:
    image = np.random.default_rng(0).integers(1, 256, (192, 192, 1), dtype=np.uint8)
    shown = square(image, np.array([0.0, 0.0]), 192)
    assert (shown[..., 2] * 255).round().tolist() == image[..., 0].tolist()
    shifted = square(image, np.array([-100.0, 0.0]), 192)
    assert not shifted[:, :99].any()
    assert (shifted[:, 100:, 0] * 255).round().tolist() == image[:, :92, 0].tolist()


def test_distances_of_poses_against_loops() -> None:
    rng = np.random.default_rng(0)
    poses, others = rng.random((5, 51)), rng.random((9, 51))
    others[3, 34:] = 0  # no joint is seen in it
    distances = pose_distances(torch.tensor(poses), torch.tensor(others)).numpy()
    for n, m in np.ndindex(5, 9):
        both = np.repeat(poses[n, 34:] * others[m, 34:], 2)
        squares = (poses[n, :34] - others[m, :34]) ** 2
        expected = np.sqrt((both * squares).sum() / both.sum()) if both.any() else np.inf
        assert distances[n, m] == pytest.approx(expected, rel=1e-6)


def test_the_part_keeps_the_contract(tmp_path: Path, registry: Registry) -> None:
    write_movenet(tmp_path / "m.onnx")
    part = registry.create("evidence", "posture", {"weights": tmp_path / "m.onnx"})
    assert described(part, frames(1)).any()
    assert {name: str(error) for name, error in check_evidence(POSTURE, part) if error} == {}


@pytest.fixture
def recipe(world: World, registry: Registry, tmp_path: Path) -> BoundRecipe:
    """Asks for all attributes, by weights in `m.onnx`."""
    text = QUESTIONS.format(root=world.root.as_posix(), weights=(tmp_path / "m.onnx").as_posix())
    (tmp_path / "posture.toml").write_text(text)
    return load_recipe(tmp_path / "posture.toml", registry=registry)


def test_missing_weights_are_said_before_anything_is_computed(
    recipe: BoundRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vadkit.data.video.open_video.open_video", None)
    with pytest.raises(DataError, match=r"m\.onnx of the evidence part 'posture' are missing"):
        run(recipe, out=tmp_path / "run")


def test_live_scores_are_those_of_the_run_bit_for_bit(
    recipe: BoundRecipe, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    write_movenet(tmp_path / "m.onnx")
    folder = run(recipe, out=tmp_path / "run", device="cpu")
    scorer = Scorer.of_run(RunFolder.open(folder), registry)
    table = scorer.score(Video("c", world.target / "test/c.mkv", "test"))
    kept = read_scores(folder / "scores/c.csv")
    assert set(kept.tasks) == {"posture.shape", "posture.motion", "posture.lean"}
    for column, written in kept.tasks.items():
        assert written.any(), column
        assert np.array_equal(table.tasks[column], written), column
    assert np.array_equal(table.scores.raw, kept.scores.raw)


@pytest.mark.data
def test_people_of_a_real_film_are_upright() -> None:
    """The first frame's three people in view, and its van, in boxes that YOLOX-nano gives."""
    weights, film = real("weights/movenet_lightning.onnx"), real("vtest_480x360.avi")
    image = cv2.cvtColor(cv2.VideoCapture(str(film)).read()[1], cv2.COLOR_BGR2RGB)
    boxes = np.array(
        [[402, 150, 427, 202], [158, 137, 177, 193], [313, 98, 332, 145], [407, 26, 453, 62]],
        np.float32,
    )
    *walkers, van = People(weights).joints(image, boxes)
    assert confidence(van) < 0.3
    for joints, (left, top, right, bottom) in zip(walkers, boxes, strict=False):
        assert confidence(joints) > 0.5
        assert ((joints[:, 0] > left - 4) & (joints[:, 0] < right + 4)).all()
        assert ((joints[:, 1] > top - 4) & (joints[:, 1] < bottom + 4)).all()
        nose, shoulders, hips, ankles = (joints[of, 1].mean() for of in NOSE_TO_ANKLES)
        assert nose < shoulders < hips < ankles


def test_without_its_weights_the_part_is_not_asked(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    bare = load_recipe("questions", registry=registry)
    assert "posture" not in {name.task for name in bare.recipe.score.names}
    assert "posture" not in bare.recipe.evidence
    (sentence,) = bare.not_asked
    assert sentence.startswith("evidence part posture is not asked: its weights are neither ")
    (tmp_path / "home/weights").mkdir(parents=True)
    write_movenet(tmp_path / "home/weights/movenet_lightning.onnx")
    there = load_recipe("questions", registry=registry)
    assert there.not_asked == ()
    assert "how they hold themselves" in there.recipe.score.questions
    assert there.recipe.evidence["posture"]["sha256"]
    assert load_again(there, tmp_path, registry).recipe == there.recipe


def load_again(bound: BoundRecipe, tmp_path: Path, registry: Registry) -> BoundRecipe:
    """As `resolved.toml` has it, after the weights were moved."""
    (tmp_path / "resolved.toml").write_text(resolved(bound.recipe))
    return load_recipe(tmp_path / "resolved.toml", registry=registry)

"""A stranger's data set, as the docs show it: verified, trained on and evaluated by regions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tiny_world import FRAMES, HEIGHT, ODD, WIDTH, film, write_boxes, write_video

from vadkit.cli import execute
from vadkit.errors import DataError
from vadkit.registry.registry import Registry, load_plugins

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "lobby"
PLUGIN = EXAMPLE / "lobby.py"
BOX = (20, 12, 44, 36)
"""Where the anomaly of `film` is."""
TINY = [
    "threads=1",
    "objects.size=16",
    "backbone.width=8",
    "backbone.depth=2",
    "optim.batch=16",
    "phase.0.epochs=1",
    "phase.0.steps=2",
]


@pytest.fixture(scope="module")
def lobby(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's tree; the video `noon` has masks and no boxes, `night` has both."""
    root = tmp_path_factory.mktemp("lobby")
    detections = []
    for seed, name in enumerate(("quiet/a", "quiet/b", "watched/night", "watched/noon")):
        images, boxes = film(seed, ODD if seed > 1 else ())
        write_video(root / f"{name}.mkv", images)
        detections += [(Path(name).name, *row) for row in boxes]
    write_boxes(root / "detections.csv", detections)
    _annotate(root)
    return root


def _annotate(root: Path) -> None:
    first, last = ODD[0] + 1, ODD[-1] + 1
    events = [f"{name},{first},{last}\n" for name in ("night", "noon")]
    (root / "events.csv").write_text("clip,first,last\n" + "".join(events))
    left, top, right, bottom = BOX
    for name in ("night", "noon"):
        (root / "masks" / name).mkdir(parents=True)
        for frame in range(FRAMES):
            mask = np.zeros((HEIGHT, WIDTH), np.uint8)
            mask[top:bottom, left:right] = 255 * (frame in ODD)
            cv2.imwrite(str(root / "masks" / name / f"{frame + 1}.png"), mask)
    (root / "boxes").mkdir()
    rows = [f"7,{frame},{left},{top},{right},{bottom}\n" for frame in ODD]
    (root / "boxes" / "night.csv").write_text("".join(rows))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_plugins([PLUGIN])


def opened(registry: Registry, root: Path) -> Any:
    return registry.create("dataset", "lobby", {}, root)


def test_labels_masks_and_tracks_agree(registry: Registry, lobby: Path) -> None:
    dataset = opened(registry, lobby)
    night, noon = dataset.videos("test")
    expected = np.isin(np.arange(FRAMES), ODD)
    assert dataset.labels(night).tolist() == expected.tolist()
    assert [mask.any() for mask in dataset.masks(night)] == expected.tolist()
    (track,) = dataset.tracks(night)
    assert track.frames.tolist() == list(ODD)
    assert track.boxes[0].tolist() == list(BOX)
    assert dataset.tracks(noon) is None


def test_it_is_verified(
    lobby: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], registry: Registry
) -> None:
    words = ["data", "verify", f"lobby={lobby}", f"--plugin={PLUGIN}"]
    assert execute(words) == 0
    copy = shutil.copytree(lobby, tmp_path / "copy")
    (copy / "masks" / "noon" / "40.png").unlink()
    (copy / "boxes" / "noon.csv").write_text("7,40,1,1,5,5\n")
    assert execute([*words[:2], f"lobby={copy}", words[3]]) != 0
    problems = capsys.readouterr().err
    assert "noon (masks): 40 frames, 39 labels" in problems
    assert "noon: a track is in frame 40, but the video has 40 frames" in problems


def test_rows_that_say_something_else_are_named(
    registry: Registry, lobby: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(lobby, tmp_path / "copy")
    (copy / "boxes" / "night.csv").write_text("7,1,1,1,5,x\n")
    dataset = opened(registry, copy)
    with pytest.raises(DataError, match=r"night\.csv, row 1: y2 is 'x', not a number"):
        dataset.tracks(dataset.videos("test")[0])


def test_its_fingerprint_follows_every_file(
    registry: Registry, lobby: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(lobby, tmp_path / "renamed")
    prints = {opened(registry, root).fingerprint() for root in (lobby, copy)}
    assert len(prints) == 1
    for file in ("events.csv", "boxes/night.csv", "masks/noon/3.png", "quiet/a.mkv"):
        (copy / file).write_bytes((copy / file).read_bytes() + b"\n")
        prints.add(opened(registry, copy).fingerprint())
    assert len(prints) == 5


def test_a_missing_tree_is_shown_with_its_layout(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data set 'lobby' is missing") as caught:
        opened(registry, tmp_path)
    assert "ROOT/watched/NAME.mkv" in str(caught.value)


@pytest.mark.parametrize("boxes", [True, False], ids=["boxes", "masks alone"])
def test_a_run_trains_on_it_and_is_evaluated_by_regions(
    lobby: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boxes: bool
) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    root = shutil.copytree(lobby, tmp_path / "lobby")
    if not boxes:
        shutil.rmtree(root / "boxes")
    out, sets = tmp_path / "run", [f"--set={key}" for key in TINY]
    words = [f"--plugin={PLUGIN}", f"--data=lobby={root}", f"--boxes={root / 'detections.csv'}"]
    assert execute(["run", str(EXAMPLE / "lobby.toml"), f"--out={out}", *words, *sets]) == 0
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["data"]["datasets"] == {"target": "lobby"}
    assert metrics["anomalous"] == 2 * len(ODD)
    assert metrics["regions"]["tracks"] == 2
    assert metrics["regions"]["derived"]  # of `noon` at least
    assert 0 < metrics["rbdc"] <= 1
    assert 0 < metrics["tbdc"] <= 1

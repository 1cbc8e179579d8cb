"""Without a curriculum: evidence answers questions, live as in the run, and strangers' too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_world import ODD, World, film, write_video

from vadkit.cli import execute
from vadkit.cli.training import say_summary
from vadkit.data.data_module import PreparedData, required
from vadkit.data.dataset import Video
from vadkit.errors import DataError, OtherCameraError, RecipeError
from vadkit.experiment.run import run
from vadkit.recipe import ScoreName, load_recipe
from vadkit.registry.registry import Registry, load_plugins
from vadkit.report.reason_files import read_reasons
from vadkit.report.score_files import read_scores
from vadkit.runs.folder import RunFolder
from vadkit.score import Scorer, score_videos
from vadkit.scoring.evidence import EvidenceScores

pytestmark = pytest.mark.edges

RECIPE = """
threads = 1
[data]
target = {{ dataset = "folder", path = "{root}/target" }}
[objects]
detectors = [{{ name = "file", path = "{root}/boxes.csv" }}]
size = 16
[score]
calibrate = {{ kind = "tail" }}
fuse = "power"
smooth = {{ kind = "none" }}
[score.questions]
{questions}
"""
QUESTIONS = """
"how fast" = ["motion.speed", "motion.travel"]
"what it looks like" = { of = "appearance.distance", relative = true }
"how large" = { of = ["box.size", "box.width"], gate = "box.area", above = 0.0 }
"""

PLUGIN = """
import numpy as np

from vadkit.api import Evidence, EvidenceCard, NoOptions, hookimpl


class Brightness(Evidence[NoOptions]):
    def describe(self, frames):
        for seen in frames:
            rows = [[seen.frame.image[int(y1):int(y2), int(x1):int(x2)].mean()]
                    for x1, y1, x2, y2, _ in seen.boxes]
            yield np.array(rows, np.float32).reshape(-1, 1)

    def fit(self, rows, videos):
        return {"mean": rows.mean(axis=0)}

    def measure(self, rows, bank, videos=None):
        return {"contrast": np.abs(rows - bank["mean"])[:, 0]}


@hookimpl
def vadkit_evidence():
    return [EvidenceCard(name="brightness", summary="How bright.", load="bright:Brightness",
                         attributes=("contrast",))]
"""


def write_recipe(world: World, folder: Path, questions: str = QUESTIONS) -> Path:
    path = folder / "questions.toml"
    path.write_text(RECIPE.format(root=world.root.as_posix(), questions=questions))
    return path


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, world: World, registry: Registry) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    recipe = load_recipe(write_recipe(world, folder), registry=registry)
    return run(recipe, out=folder / "run", device="cpu")


def test_what_is_large_is_found_without_training(asked: Path) -> None:
    metrics = json.loads((asked / "metrics.json").read_text())
    assert metrics["phases"] == []
    assert metrics["auc"]["micro"] > 0.95
    assert set(metrics["baselines"]) >= {"box and flow", "mean flow", "place and size"}
    assert metrics["scorer"]["questions"]["how large"]["gate"] == "box.area"
    assert metrics["scorer"]["evidence"]["box"]["neighbours"] == 5
    raw = read_scores(asked / "scores/c.csv").scores.raw
    assert raw[list(ODD)].min() > np.delete(raw, list(ODD)).max()


def test_the_cap_that_the_rule_finds_is_kept_and_printed(
    world: World, registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = [
        'score.calibrate.cap="rule"',
        'score.also.fixed={ use=["box.size"], calibrate={ kind="tail" } }',
    ]
    recipe = load_recipe(write_recipe(world, tmp_path), sets, registry=registry)
    made = run(recipe, out=tmp_path / "run", device="cpu")
    metrics = json.loads((made / "metrics.json").read_text())
    cap = metrics["scorer"]["cap"]
    assert metrics["scorer"]["calibrate"]["cap"] == "rule"
    assert "cap" not in metrics["also"]["fixed"]["scorer"]
    assert max(reason.answer for reason in read_reasons(made / "reasons/c.csv") if reason) == cap
    say_summary(made)
    assert capsys.readouterr().out.count(f"Protocol main: the rule found the cap {cap:g}.") == 1


def test_live_scores_are_those_of_the_run_bit_for_bit(
    asked: Path, world: World, registry: Registry
) -> None:
    scorer = Scorer.of_run(RunFolder.open(asked), registry)
    for name in "cd":
        table = scorer.score(Video(name, world.target / f"test/{name}.mkv", "test"))
        kept = read_scores(asked / f"scores/{name}.csv")
        assert np.array_equal(table.scores.raw, kept.scores.raw)
        for column, values in kept.tasks.items():
            assert np.array_equal(table.tasks[column], values), column
        assert table.scores.reasons == read_reasons(asked / f"reasons/{name}.csv")


def test_the_reason_of_what_is_large_is_its_size(asked: Path, world: World) -> None:
    reasons, seen = read_reasons(asked / "reasons/c.csv"), film(2, ODD)[1]
    assert len(reasons) == len(read_scores(asked / "scores/c.csv").scores.raw)
    for frame in ODD:
        reason = reasons[frame]
        assert reason is not None
        assert reason.box == (20, 12, 44, 36)
        assert (frame, reason.box) in seen
        assert reason.question == "how large"
        assert reason.p < 0.02


def test_reasons_lie_beside_the_scores_of_a_video(
    asked: Path, world: World, registry: Registry, tmp_path: Path
) -> None:
    scorer = Scorer.of_run(RunFolder.open(asked), registry)
    written, failed = score_videos([world.target / "test/c.mkv"], scorer, tmp_path / "out")
    assert ([path.name for path in written], failed) == (["c.csv"], [])
    kept = (asked / "reasons/c.csv").read_text()
    assert (tmp_path / "out/reasons/c.csv").read_text() == kept


def test_live_scores_are_those_of_the_run_where_not_all_objects_count(
    world: World, registry: Registry, tmp_path: Path
) -> None:
    only = 'score.only={score="motion.roamed", least=0.3}'
    recipe = load_recipe(write_recipe(world, tmp_path), [only], registry=registry)
    folder = run(recipe, out=tmp_path / "run", device="cpu")
    scorer = Scorer.of_run(RunFolder.open(folder), registry)
    table = scorer.score(Video("c", world.target / "test/c.mkv", "test"))
    kept = read_scores(folder / "scores/c.csv")
    assert np.array_equal(table.scores.raw, kept.scores.raw)
    assert 0 == kept.scores.raw.min() < kept.scores.raw.max()


def test_a_video_without_objects_is_normal(asked: Path, registry: Registry, tmp_path: Path) -> None:
    write_video(tmp_path / "still.mkv", [film(5)[0][0]] * 12)
    motion = load_recipe("smoke", registry=registry).recipe.objects.detectors
    scorer = Scorer.of_run(RunFolder.open(asked), registry, detectors=motion)
    table = scorer.score(Video("still", tmp_path / "still.mkv", "test"))
    assert table.scores.raw.tolist() == [0.0] * 12


def test_a_video_of_another_camera_gets_no_scores_unless_asked_for(
    asked: Path, world: World, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OtherCameraError("c: of another camera")

    monkeypatch.setattr("vadkit.score.refuse_other_camera", refuse)
    source, folder = world.target / "test/c.mkv", RunFolder.open(asked)
    written, failed = score_videos([source], Scorer.of_run(folder, registry), tmp_path)
    assert (written, [str(error) for error in failed]) == ([], ["c: of another camera"])
    assert not list(tmp_path.iterdir())
    scorer = Scorer.of_run(folder, registry, any_camera=True)
    assert score_videos([source], scorer, tmp_path)[1] == []
    assert (tmp_path / "c.csv").is_file()
    remarks: list[str] = []
    score_videos([source], Scorer.of_run(folder, registry), tmp_path, remarks.append)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    older = [f"{tmp_path}/{name} of an earlier call is removed" for name in OLDER]
    assert remarks == [f"{source}: {remark}" for remark in older]


OLDER = ("c.csv", "c.png", "reasons/c.csv")
"""What a call writes of a video."""


def test_a_damaged_file_loses_its_older_tables_and_nothing_else(
    asked: Path, world: World, registry: Registry, tmp_path: Path
) -> None:
    scorer = Scorer.of_run(RunFolder.open(asked), registry)
    sources = [Path(shutil.copy(world.target / f"test/{n}.mkv", tmp_path)) for n in "cd"]
    assert score_videos(sources, scorer, tmp_path)[1] == []
    sources[0].write_bytes(b"no video")
    broken = Path(shutil.copy(sources[0], tmp_path / "e.csv"))  # as if it were a table of a video e
    written, failed = score_videos([*sources, broken], scorer, tmp_path)
    assert (len(failed), written) == (2, [tmp_path / "d.csv"])
    kept = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert kept == {"c.mkv", "d.mkv", "e.csv", "d.csv", "d.png", "reasons/d.csv", "sources.tsv"}


def test_a_strangers_part_is_asked_beside_a_task(world: World, tmp_path: Path) -> None:
    plugin = tmp_path / "bright.py"
    plugin.write_text(PLUGIN)
    registry = load_plugins([plugin])
    questions = '"looks" = ["brightness.contrast", "prediction.error"]\n"size" = "box.width"\n'
    phase = '[[phase]]\nstage = "s"\ntasks = ["prediction"]\nepochs = 1\nsteps = 2\n'
    recipe = load_recipe(write_recipe(world, tmp_path, questions + phase), registry=registry)
    folder = run(recipe, out=tmp_path / "run", device="cpu")
    columns = read_scores(folder / "scores/c.csv").tasks
    assert set(columns) == {"brightness.contrast", "prediction.error", "box.width"}
    scorer = Scorer.of_run(RunFolder.open(folder), registry)
    table = scorer.score(Video("c", world.target / "test/c.mkv", "test"))
    kept = read_scores(folder / "scores/c.csv")
    assert table.scores.raw == pytest.approx(kept.scores.raw, rel=1e-4)


@pytest.mark.parametrize(
    ("questions", "sentence"),
    [
        (
            '"q" = "motion.sped"',
            "the evidence part 'motion' has no score 'sped'. Did you mean 'speed'",
        ),
        ('"q" = "moton.speed"', "'moton.speed' does not name a task of a phase, as TASK.SCORE, or"),
        ('"q" = { of = ["box.width"], gate = "prediction.error" }', "'prediction.error' does not"),
        ('"q" = { of = [] }', "score.questions.q.of"),
    ],
)
def test_wrong_questions_are_told(
    world: World, registry: Registry, tmp_path: Path, questions: str, sentence: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write_recipe(world, tmp_path, questions), registry=registry)
    assert sentence in str(caught.value)


def test_a_single_training_video_is_compared_in_pieces(
    world: World, registry: Registry, tmp_path: Path
) -> None:
    """Otherwise an object would be compared with itself, or with nothing."""
    folder = tmp_path / "world"
    shutil.copytree(world.root, folder)
    (folder / "target/train/b.mkv").unlink()
    recipe = load_recipe(write_recipe(World(folder), tmp_path), registry=registry)
    data = PreparedData(recipe, home=tmp_path / "home")
    data.require(required(recipe, labelled=False))
    (normal,) = EvidenceScores(data, recipe).normal(["motion"]).values()
    assert normal.scores[ScoreName("motion.directions")].min() > 0


CAMERAS = """
from vadkit.api import DatasetCard, FolderDataset, hookimpl


class TwoCameras(FolderDataset):
    def camera(self, video):
        return "left/1" if video.name in "ac" else "right"


@hookimpl
def vadkit_datasets():
    return [DatasetCard(name="two-cameras", summary=".", load="cameras:TwoCameras", layout="train")]
"""


def test_objects_are_compared_with_those_of_their_camera(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "cameras.py"
    plugin.write_text(CAMERAS)
    registry = load_plugins([plugin])
    path = write_recipe(world, tmp_path)
    path.write_text(path.read_text().replace('dataset = "folder"', 'dataset = "two-cameras"'))
    folder = run(load_recipe(path, registry=registry), out=tmp_path / "run", device="cpu")
    scorer = Scorer.of_run(RunFolder.open(folder), registry)
    kept = read_scores(folder / "scores/c.csv").scores.raw
    video = Video("c", world.target / "test/c.mkv", "test")
    assert np.array_equal(scorer.score(video, camera="left/1").scores.raw, kept)
    others = [scorer.score(video, camera=name).scores.raw for name in ("right", "", "new")]
    assert not np.array_equal(others[0], kept)
    assert np.array_equal(others[1], others[2])
    command = ["score", str(video.path), "--run", str(folder), "--plugin", str(plugin)]
    assert execute([*command, "--camera", "lft"]) == DataError.exit_code
    assert "It knows left/1, right." in capsys.readouterr().err

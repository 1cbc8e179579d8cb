"""What only a GPU can show, held against the processor; skipped, counted, where there is none."""

from __future__ import annotations

import csv
import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from distributed.ranked_run import torchrun
from installed import optional_libraries
from tiny_recipe import small
from tiny_world import World

from vadkit.data.dataset import Video
from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry
from vadkit.report.score_files import read_scores
from vadkit.runs.folder import RunFolder
from vadkit.score import Scorer

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
    # Some of torch's functions add on a GPU in any order, which torch says of each.
    pytest.mark.filterwarnings("ignore:.*deterministic:UserWarning"),
]

ANEW = ("--device", "cuda", "--no-cache")
CURRICULA = ("vadkit", "sota", "sequential", "ssmtl", "ssmtl_v2", "attention", "learned")
ROUNDING = 1e-3
"""What scores differ by, relatively, where a GPU adds in another order (TF32 is off)."""


def raw(folder: Path) -> list[float]:
    """The frame scores of all test videos of a run, one after another."""
    files = sorted((folder / "scores").iterdir())
    return [float(score) for file in files for score in read_scores(file).scores.raw]


def losses(folder: Path) -> np.ndarray:
    """Every loss term of every phase and epoch, in order."""
    files = sorted((folder / "phases").glob("*/history.csv"))
    rows = [row for file in files for row in csv.DictReader(file.read_text().splitlines())]
    return np.array([float(row[name]) for row in rows for name in row if "." in name])


def trained(world: World, registry: Registry, out: Path, device: str, *sets: str) -> Path:
    path = world.recipe("prediction", "jigsaw")
    return run(load_recipe(path, sets, registry=registry), out=out, device=device)


@pytest.fixture(scope="module")
def on_gpu(world: World, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(world, registry, tmp_path_factory.mktemp("gpu") / "run", "cuda")


def test_a_run_takes_the_gpu_and_says_so(on_gpu: Path) -> None:
    metrics = json.loads((on_gpu / "metrics.json").read_text())
    assert metrics["device"].startswith("cuda")
    assert 0 <= metrics["auc"]["micro"] <= 1


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_weights_score_the_same_on_both(
    device: str, on_gpu: Path, world: World, registry: Registry
) -> None:
    scorer = Scorer.of_run(RunFolder.open(on_gpu), registry, device=device)
    table = scorer.score(Video("c", world.target / "test/c.mkv", "test"))
    scores_of_run = read_scores(on_gpu / "scores/c.csv").scores.raw
    assert table.scores.raw == pytest.approx(scores_of_run, rel=ROUNDING)


def test_a_gpu_repeats_a_run_to_within_rounding(
    on_gpu: Path, world: World, registry: Registry, tmp_path: Path
) -> None:
    again = trained(world, registry, tmp_path / "again", "cuda")
    assert raw(again) == pytest.approx(raw(on_gpu), rel=10 * ROUNDING)


def test_training_goes_as_on_the_processor(
    on_gpu: Path, world: World, registry: Registry, tmp_path: Path
) -> None:
    beside = trained(world, registry, tmp_path / "cpu", "cpu")
    assert losses(on_gpu) == pytest.approx(losses(beside), rel=0.02)


def test_bfloat16_trains_as_float32_does(
    on_gpu: Path, world: World, registry: Registry, tmp_path: Path
) -> None:
    half = trained(world, registry, tmp_path / "half", "cuda", 'precision="bf16"')
    assert losses(half) == pytest.approx(losses(on_gpu), rel=0.05)
    assert np.isfinite(raw(half)).all()


@pytest.mark.parametrize("name", CURRICULA)
def test_every_curriculum_trains_and_scores(
    name: str, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    data, sets = [f"folder={world.target}"], small(name, world, registry)
    with optional_libraries():
        bound = load_recipe(name, sets, data, world.boxes, registry)
        out = run(bound, out=tmp_path / "run", device="cuda")
    assert np.isfinite(raw(out)).all()


def test_evidence_scores_as_on_the_processor(
    world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    with optional_libraries():
        outs = [
            run(
                load_recipe(
                    "questions",
                    ["objects.size=16", 'score.weights."how they hold themselves"=0'],
                    [f"folder={world.target}"],
                    world.boxes,
                    registry,
                ),
                out=tmp_path / device,
                device=device,
            )
            for device in ("cpu", "cuda")
        ]
    assert raw(outs[1]) == pytest.approx(raw(outs[0]), rel=ROUNDING, abs=ROUNDING)


def test_one_process_of_torchrun_is_a_plain_run(on_gpu: Path, world: World, tmp_path: Path) -> None:
    path = world.recipe("prediction", "jigsaw")
    process = torchrun(1, "-m", "vadkit", "run", path, "--out", tmp_path / "one", *ANEW)
    print(process.communicate()[0])
    assert process.returncode == 0
    assert raw(tmp_path / "one") == pytest.approx(raw(on_gpu), rel=10 * ROUNDING)


def test_more_processes_than_gpus_are_refused(world: World, tmp_path: Path) -> None:
    ranks = torch.cuda.device_count() + 1
    process = torchrun(
        ranks, "-m", "vadkit", "run", world.recipe(), "--out", tmp_path / "run", "--device", "cuda"
    )
    assert "--device" in process.communicate()[0]
    assert process.returncode == 1


def test_two_processes_normalise_with_the_whole_batch(
    world: World, registry: Registry, tmp_path: Path
) -> None:
    """NCCL wants a GPU for each process, so that here gloo carries what two on one GPU say."""
    path = world.recipe("prediction")
    process = torchrun(2, Path(__file__).with_name("two_on_one.py"), path, tmp_path / "two")
    print(process.communicate()[0])
    assert process.returncode == 0
    alone = run(load_recipe(path, registry=registry), out=tmp_path / "one", device="cuda")
    assert losses(tmp_path / "two") == pytest.approx(losses(alone), rel=10 * ROUNDING)


def test_nccl_and_gloo_are_joined_side_by_side() -> None:
    process = torchrun(1, Path(__file__).with_name("joined_by_nccl.py"))
    print(process.communicate()[0])
    assert process.returncode == 0


def test_a_run_that_is_stopped_goes_on(
    on_gpu: Path, world: World, registry: Registry, tmp_path: Path
) -> None:
    path, out = world.recipe("prediction", "jigsaw"), tmp_path / "run"
    process = torchrun(1, "-m", "vadkit", "run", path, "--out", out, *ANEW)
    while process.poll() is None and not [*out.glob("phases/*/history.csv")]:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    resumed = run(load_recipe(path, registry=registry), out=out, device="cuda", resume=True)
    assert raw(resumed) == pytest.approx(raw(on_gpu), rel=10 * ROUNDING)

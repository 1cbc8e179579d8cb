"""One run on two processes against the same run on one: what is the same, and how nearly."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from faults.test_resume import events, outcome
from ranked_run import PLAIN, noted, ranked, said, torchrun
from tiny_world import World

from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import load_plugins

pytestmark = pytest.mark.slow

UNITS, BATCH = 128, 25
"""Of training; five batches of 25, and three units that are too few for two ranks."""
EVERY = [f"optim.batch={BATCH}", "phase.0.steps=999", "phase.0.epochs=2"]
REFIT = [*EVERY, 'score.heads="refit"', 'score.calibrate={kind="zscore", of=100}']
GROUP = [
    *EVERY,
    'backbone={name="unet", width=8, depth=2, norm="group"}',
    'optim.name="sgd"',
    "optim.lr=0.1",
    "optim.hold_out=0.25",
    'score.also.objects={use=["plain_object.error"], calibrate={kind="zscore", among=9}}',
]
ROUNDING = 1e-4
"""What scores and losses may differ by, relatively, where nothing depends on who reads a unit: the
sums of gradients are rounded otherwise, and ten steps make 1e-5 of that (measured)."""
LOSS, AUC = 0.1, 0.1
"""What may differ where batch norm sees half a batch and the second rank draws views of its own.
Over 17 seeds losses differed by 0.09 at most, and the micro AUC after the first phase by 0.03 (one
standard deviation), while another seed moves it by 0.05."""


@pytest.fixture(scope="module")
def usual(world: World) -> str:
    """Batch norm, random views, a backbone that ascends, a re-fit."""
    return str(
        world.recipe("prediction", '"jigsaw", { name = "reconstruction", backbone_lr=-0.2 }')
    )


@pytest.fixture(scope="module")
def plain(world: World) -> str:
    """Neither batch norm nor random views, on objects and on whole frames with error maps.

    One task joins late, so that not every weight has a part in each pass; then it ascends.
    """
    late = '"plain_object", { name = "plain_frame", from_epoch = 2 }'
    ascends = '"plain_object", { name = "plain_frame", backbone_lr = -0.2 }'
    return str(world.recipe(late, ascends, use="plain_frame.error"))


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, usual: str, plain: str) -> Path:
    """Run folders of a single process that torchrun started."""
    folder = tmp_path_factory.mktemp("one")
    usually = {"name": "usual", "recipe": usual, "sets": REFIT}
    assert ranked(1, folder, usually, {"name": "plain", "recipe": plain, "sets": GROUP}) == 0
    return folder


@pytest.fixture(scope="module")
def two(one: Path, tmp_path_factory: pytest.TempPathFactory, usual: str, plain: str) -> Path:
    """Run folders of two ranks.

    `scored` was trained by one process, `killed` lost its second rank in its second phase.
    """
    folder = tmp_path_factory.mktemp("two")
    jobs = [{"name": name, "recipe": usual, "sets": REFIT} for name in ("killed", "usual")]
    assert ranked(2, folder, {**jobs[0], "dies": [1, 6]}) != 0
    assert events(folder / "killed")[-1]["event"] != "run_done"
    shutil.copytree(one / "plain", folder / "scored")
    log = folder / "scored/events.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:-1]))  # it is not done
    jobs += [{"name": name, "recipe": plain, "sets": GROUP} for name in ("plain", "scored")]
    assert ranked(2, folder, *jobs) == 0
    return folder


def metrics(folder: Path) -> dict:
    return json.loads((folder / "metrics.json").read_text())


def table(file: Path) -> np.ndarray:
    with file.open() as lines:
        rows = [[float(cell or "nan") for cell in row.values()] for row in csv.DictReader(lines)]
    return np.array(rows)


def histories(folder: Path) -> list[Path]:
    """The losses of each phase of a run, of which there are some."""
    found = sorted(folder.glob("phases/*/history.csv"))
    assert found
    return found


def test_a_world_of_one_is_a_process_by_itself(
    one: Path, usual: str, tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vadkit.experiment.task_scores.BATCH", 32)
    registry = load_plugins([PLAIN])
    alone = run(load_recipe(usual, REFIT, registry=registry), out=tmp_path / "run")
    assert outcome(alone) == outcome(one / "usual")
    assert metrics(alone)["world_size"] == 1


def test_every_unit_is_seen_once_an_epoch(one: Path, two: Path) -> None:
    alone = noted(one / "usual", 0)["read"]
    ranks = [noted(two / "usual", rank)["read"] for rank in (0, 1)]
    steps = UNITS // BATCH
    for epoch in range(2):
        first = epoch * steps
        seen = [unit for rank in ranks for part in rank[first : first + steps] for unit in part]
        assert len(seen) == len(set(seen)) == steps * BATCH
        for step in range(first, first + steps):
            # A lone process has a sixth batch, of three units, which is too few for two ranks.
            assert [len(rank[step]) for rank in ranks] == [13, 12]
            assert ranks[0][step] + ranks[1][step] == alone[step + epoch]


@pytest.mark.parametrize("name", ["usual", "plain"])
def test_all_ranks_come_to_the_same_weights(two: Path, name: str) -> None:
    """Statistics of batch norm included, or the ranks' shards would be scored by two models."""
    first, second = (noted(two / name, rank)["weights"] for rank in (0, 1))
    assert first == second
    assert len(set(first)) == len(first) == len(metrics(two / name)["phases"])


def test_no_thread_outlives_a_run(two: Path) -> None:
    """One of the network's that drops a tensor while the interpreter ends aborts the process."""
    threads = [*noted(two / "usual", 0)["threads"], *noted(two / "plain", 1)["threads"]]
    assert [name for name in threads if "gloo" in name] == []


def test_where_nothing_depends_on_who_reads_a_unit_only_rounding_differs(
    one: Path, two: Path
) -> None:
    for file in histories(one / "plain"):
        other = two / "plain" / file.relative_to(one / "plain")
        assert "held_out" in file.read_text()
        assert table(other) == pytest.approx(table(file), rel=ROUNDING, nan_ok=True)
    for name in ("c.csv", "d.csv"):
        file, other = one / "plain/scores" / name, two / "plain/scores" / name
        assert table(other) == pytest.approx(table(file), rel=ROUNDING, abs=1e-7)
    alone, together = (metrics(of / "plain") for of in (one, two))
    assert together["auc"] == pytest.approx(alone["auc"], abs=1e-3)


def test_where_it_does_the_figures_are_near(one: Path, two: Path) -> None:
    for file in histories(one / "usual"):
        other = two / "usual" / file.relative_to(one / "usual")
        assert table(other) == pytest.approx(table(file), rel=LOSS)
    alone, together = (metrics(of / "usual")["phases"] for of in (one, two))
    for mine, other in zip(alone, together, strict=True):
        assert mine["heads"] == other["heads"]
        assert mine["auc"]["micro"] == pytest.approx(other["auc"]["micro"], abs=AUC)


def test_the_same_weights_score_the_same_bits(one: Path, two: Path) -> None:
    """Frames, the regions of their error maps and, under a further protocol, objects."""
    files = [*(one / "plain/scores").iterdir(), *(one / "plain/regions").iterdir()]
    assert len(files) == 4
    for file in files:
        assert (two / "scored" / file.relative_to(one / "plain")).read_bytes() == file.read_bytes()
    alone, together = (metrics(folder) for folder in (one / "plain", two / "scored"))
    for key in ("auc", "ap", "eer", "also", "intervals"):
        assert together[key] == alone[key]


def test_another_number_of_ranks_is_told_of(two: Path) -> None:
    (note,) = metrics(two / "scored")["resumed"]
    assert note == "The world_size was 1 and then 2: not the same bit for bit."
    assert metrics(two / "plain")["resumed"] == []
    assert metrics(two / "plain")["world_size"] == 2


@pytest.mark.fault
def test_a_run_that_lost_a_rank_goes_on_to_the_same_bits(two: Path) -> None:
    assert outcome(two / "killed") == outcome(two / "usual")
    trained = [of for of in events(two / "killed") if of["event"] == "epoch_saved"]
    assert [(of["phase"], of["epoch"]) for of in trained] == [(1, 1), (1, 2), (2, 1)]


@pytest.mark.fault
def test_a_signal_stops_all_ranks_together_and_is_told_once(usual: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ("-m", "vadkit", "run", usual, "--out", out, "--set", "phase.0.epochs=5000")
    process = torchrun(2, *words, "--no-cache", "--device", "cpu")
    while not (saved := list(out.glob("phases/*/e*"))):
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    text = said(process)
    assert text.count("vadkit: ") == 1
    assert "vadkit: Interrupted by SIGTERM.\n  Go on with --resume --out" in text
    assert "run_done" not in {of["event"] for of in events(out)}
    assert saved


def test_what_is_wrong_is_told_once_and_begins_no_run(usual: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ("-m", "vadkit", "run", usual, "--out", out, "--set", "optim.batch=3")
    process = torchrun(2, *words)
    text = said(process)
    assert process.returncode != 0
    assert text.count("optim.batch = 3 leaves fewer than two units for each of 2 processes") == 1
    assert not out.exists()
    assert text.count("vadkit: ") == 1

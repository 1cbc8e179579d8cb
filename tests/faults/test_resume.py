"""A run that was killed anywhere goes on to the same bits (R1 to R3, R6 to R9, R11, R14)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from killed_run import in_process, started
from patience import wait_until
from tiny_world import World

from vadkit.errors import RunBusyError
from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry
from vadkit.runs.events import read_events

pytestmark = pytest.mark.fault

EPOCHS = [(1, 1), (1, 2), (2, 1)]
"""Phase and epoch of each training of the reference."""
EVENTS = [
    "run_started",
    "phase_started",
    "epoch_saved",
    "epoch_saved",
    "phase_trained",
    "phase_evaluated",
    "phase_started",
    "epoch_saved",
    "phase_trained",
    "phase_evaluated",
    "scores_written",
    "metrics_written",
    "model_written",
    "plots_written",
    "run_done",
]
SPREAD = sorted({EVENTS.index(event) for event in EVENTS})[::2]
"""Of the first events of each kind, every other one."""
RENAMES = 35
"""Of the reference, inside its saves."""
EVERY = "VADKIT_EVERY_KILL" in os.environ
"""Kill in every place, which takes several times as long, and not in a spread of them."""


@pytest.fixture(scope="module")
def recipe(world: World) -> Path:
    """Two epochs of prediction, then jigsaw and prediction with the head that it has."""
    path = world.recipe("prediction", '"prediction", "jigsaw"')
    path.write_text(path.read_text().replace("epochs = 1", "epochs = 2", 1))
    return path


@pytest.fixture(scope="module")
def reference(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nothing happens to."""
    folder = tmp_path_factory.mktemp("reference") / "run"
    assert in_process(recipe, folder) == 0
    return folder


def events(folder: Path) -> list[dict]:
    return list(read_events(folder / "events.jsonl"))


def outcome(folder: Path) -> dict[str, str]:
    """What has to be the same: weights, losses, scores, figures without times."""
    files = [
        *folder.glob("phases/*/history.csv"),
        *folder.glob("phases/*/e*/*.safetensors"),
        *folder.glob("model/*.safetensors"),
        *folder.glob("scores/*.csv"),
        *folder.glob("regions/*.csv"),
    ]
    found = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }
    metrics = json.loads((folder / "metrics.json").read_text())
    for phase in metrics["phases"]:
        del phase["seconds"]
    return {**found, "metrics": json.dumps(metrics, sort_keys=True)}


def came_to(folder: Path) -> dict[str, str]:
    """The same without single epochs, which a run does not have of phases trained elsewhere."""
    return {name: of for name, of in outcome(folder).items() if "/e0" not in name}


def test_the_reference_has_all_that_is_compared(reference: Path) -> None:
    names = {Path(name).name for name in outcome(reference)}
    assert {"history.csv", "weights.safetensors", "optim.safetensors", "c.csv"} < names
    assert [of["event"] for of in events(reference)] == EVENTS


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(EVENTS)) if EVERY else SPREAD)
def test_a_kill_after_any_event_changes_nothing(
    recipe: Path, reference: Path, tmp_path: Path, number: int
) -> None:
    """Also twice in one run: the resumed one is killed after its own fifth event."""
    folder = tmp_path / "run"
    assert in_process(recipe, folder, event=number) == -signal.SIGKILL
    assert in_process(recipe, folder, event=4) in {-signal.SIGKILL, 0}
    assert in_process(recipe, folder) == 0
    assert outcome(folder) == outcome(reference)
    trained = [of for of in events(folder) if of["event"] == "epoch_saved"]
    assert [(of["phase"], of["epoch"]) for of in trained] == EPOCHS


@pytest.mark.slow
@pytest.mark.parametrize("number", range(0, RENAMES, 1 if EVERY else 5))
def test_a_kill_inside_any_save_changes_nothing(
    recipe: Path, reference: Path, tmp_path: Path, number: int
) -> None:
    """Before a rename is where half of a save is there: files, manifests, folders."""
    folder = tmp_path / "run"
    assert in_process(recipe, folder, rename=number) == -signal.SIGKILL
    assert in_process(recipe, folder) == 0
    assert outcome(folder) == outcome(reference)


@pytest.mark.slow
def test_a_run_has_no_more_renames_than_are_tried(recipe: Path, tmp_path: Path) -> None:
    assert in_process(recipe, tmp_path / "run", rename=RENAMES) == 0


@pytest.mark.parametrize("step", [1, 3, 5])
def test_a_kill_in_the_middle_of_an_epoch_changes_nothing(
    recipe: Path, reference: Path, tmp_path: Path, step: int
) -> None:
    """Each of the three epochs has two steps, and is left after its first."""
    assert in_process(recipe, tmp_path / "run", step=step) == -signal.SIGKILL
    assert in_process(recipe, tmp_path / "run") == 0
    assert outcome(tmp_path / "run") == outcome(reference)


def test_the_best_epoch_is_remembered(world: World, tmp_path: Path) -> None:
    path = world.recipe("prediction")
    sets = ("optim.hold_out=0.25", "optim.lr=0.05", "phase.0.epochs=5")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert in_process(path, whole, sets=sets) == 0
    assert in_process(path, cut, sets=sets, event=5) == -signal.SIGKILL  # after the fourth epoch
    assert in_process(path, cut, sets=sets) == 0
    assert outcome(cut) == outcome(whole)


@pytest.fixture
def copied(reference: Path, tmp_path: Path) -> Path:
    """The reference, without its end, so that it can be spoilt and gone on with."""
    folder = tmp_path / "moved" / "elsewhere"
    shutil.copytree(reference, folder)
    kept = [of for of in (folder / "events.jsonl").read_text().splitlines() if "run_done" not in of]
    (folder / "events.jsonl").write_text("\n".join(kept) + "\n" + '{"seq": 9')
    return folder


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("spoil", [truncate, empty, flip, Path.unlink])
@pytest.mark.parametrize("name", ["weights.safetensors", "optim.safetensors", "MANIFEST.json"])
def test_a_damaged_checkpoint_costs_its_epoch_alone(
    recipe: Path, reference: Path, copied: Path, spoil: Callable[[Path], None], name: str
) -> None:
    spoil(copied / "phases/01-prediction/e0002" / name)
    assert in_process(recipe, copied) == 0
    assert outcome(copied) == outcome(reference)
    again = events(copied)[len(events(reference)) - 1 :]
    assert [(of["phase"], of["epoch"]) for of in again if of["event"] == "epoch_saved"] == [(1, 2)]


def test_nothing_whole_is_refused_with_the_next_step(
    recipe: Path, copied: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in copied.glob("phases/01-prediction/e*/MANIFEST.json"):
        file.unlink()
    loaded = load_recipe(recipe, registry=registry)
    with pytest.raises(RunBusyError, match=r"01-prediction is whole\. Remove that folder"):
        run(loaded, out=copied, resume=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("optim.lr=0.5", r"optim\.lr: 0\.0003 -> 0\.5"),
        ("seed=1", "seed: 0 -> 1"),
        ("phase.1.epochs=3", r"phase\.1\.epochs: 1 -> 3"),
        ('score.use=["jigsaw.temporal"]', r"score\.use"),
    ],
)
def test_another_recipe_is_refused_with_what_differs(
    recipe: Path, copied: Path, registry: Registry, change: str, said: str
) -> None:
    other = load_recipe(recipe, (change,), registry=registry)
    with pytest.raises(RunBusyError, match=said) as error:
        run(other, out=copied, resume=True)
    assert error.value.exit_code == 8


@pytest.mark.parametrize("key", ["vadkit", "data", "plugins.task jigsaw"])
def test_another_version_data_or_revision_is_refused(
    recipe: Path, copied: Path, registry: Registry, key: str
) -> None:
    known = json.loads((copied / "identity.json").read_text())
    table, _, name = key.rpartition(".")
    (known[table] if table else known)[name] = "another"
    (copied / "identity.json").write_text(json.dumps(known))
    with pytest.raises(RunBusyError, match=rf"{key}: 'another' -> '"):
        run(load_recipe(recipe, registry=registry), out=copied, resume=True)


def test_other_threads_are_told_of(recipe: Path, copied: Path, undrawn: None, registry) -> None:
    known = json.loads((copied / "identity.json").read_text())
    (copied / "identity.json").write_text(json.dumps({**known, "threads": 7}))
    run(load_recipe(recipe, registry=registry), out=copied, resume=True)
    (note,) = json.loads((copied / "metrics.json").read_text())["resumed"]
    assert note == "The threads was 7 and then 1: not the same bit for bit."


def test_a_finished_run_stays_as_it_is(recipe: Path, reference: Path, registry: Registry) -> None:
    before = {file: file.stat().st_mtime_ns for file in reference.rglob("*.*") if file.is_file()}
    assert run(load_recipe(recipe, registry=registry), out=reference, resume=True)
    untouched = {file: time for file, time in before.items() if ".owner" not in file.name}
    assert {file: file.stat().st_mtime_ns for file in untouched} == untouched


def test_without_resume_a_run_is_in_the_way(
    recipe: Path, reference: Path, registry: Registry
) -> None:
    with pytest.raises(RunBusyError, match=r"holds a run already\. Go on with it with --resume"):
        run(load_recipe(recipe, registry=registry), out=reference)


@pytest.mark.parametrize(("send", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_after_the_batch_and_says_how_to_go_on(
    recipe: Path, reference: Path, tmp_path: Path, send: signal.Signals, code: int
) -> None:
    folder = tmp_path / "run"
    assert in_process(recipe, folder, event=2, send=send) == code  # in the first phase
    said = (tmp_path / "said").read_text()
    assert said == f"Interrupted by {send.name}. Go on with --resume --out {folder}."
    assert [of["event"] for of in events(folder)][-1] == "epoch_saved"
    assert in_process(recipe, folder) == 0
    assert outcome(folder) == outcome(reference)


def test_two_runs_of_one_folder_are_refused_and_the_first_is_unharmed(
    recipe: Path, reference: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    first = started(recipe, folder, event=3, until=tmp_path / "go on")
    wait_until(lambda: (folder / "events.jsonl").is_file() and len(events(folder)) >= 4)
    assert in_process(recipe, folder) == 8
    assert f"in use by pid {first.pid} on host" in (tmp_path / "said").read_text()
    (tmp_path / "go on").touch()
    first.join()
    assert first.exitcode == 0
    assert outcome(folder) == outcome(reference)


def test_who_needs_the_phase_that_another_trains_waits_for_it(
    recipe: Path, reference: Path, tmp_path: Path
) -> None:
    children = [started(recipe, tmp_path / name, cache=tmp_path / "home") for name in "ab"]
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    saved = [of for name in "ab" for of in events(tmp_path / name) if of["event"] == "epoch_saved"]
    assert sorted((of["phase"], of["epoch"]) for of in saved) == EPOCHS
    for name in "ab":
        assert came_to(tmp_path / name) == came_to(reference)


def test_whoever_trains_for_others_and_is_killed_leaves_the_phase_to_them(
    recipe: Path, reference: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    assert in_process(recipe, tmp_path / "a", cache=home, event=2) == -signal.SIGKILL
    assert in_process(recipe, tmp_path / "b", cache=home) == 0
    assert outcome(tmp_path / "b") == outcome(reference)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that a few epochs fill."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a tmpfs needs root: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_stops_a_run_that_goes_on_once_there_is_room(
    recipe: Path, reference: Path, small_disk: Path
) -> None:
    filler, folder = small_disk / "filler", small_disk / "run"
    assert in_process(recipe, folder, event=2) == -signal.SIGKILL  # after the first epoch
    free = shutil.disk_usage(small_disk).free
    filler.write_bytes(bytes(free - 20_000))
    assert in_process(recipe, folder) == 7
    filler.unlink()
    said = (small_disk / "said").read_text()
    assert "disk full while saving" in said
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert in_process(recipe, folder) == 0
    assert outcome(folder) == outcome(reference)

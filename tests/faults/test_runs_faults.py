"""Kills and full disks, at the level of the run folder (R2, R10, R11, R12, D1)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vadkit.errors import RunBusyError
from vadkit.runs.atomic import is_temporary
from vadkit.runs.bundle import read_bundle
from vadkit.runs.epochs import epoch_folder, newest
from vadkit.runs.folder import RunFolder

pytestmark = pytest.mark.fault

PRELUDE = """
import os, sys, time
from pathlib import Path
import vadkit.utils.machine as machine
machine._torch = dict
from vadkit.runs.folder import RunFolder
run = RunFolder(Path(sys.argv[1]))

def save(epoch, size=64):
    import torch
    from vadkit.runs.bundle import write_bundle
    from vadkit.runs.epochs import epoch_folder
    folder = epoch_folder(run.phase(1, "prediction"), epoch)
    tensors = {"weights": {"w": torch.ones(size)}, "optim": {}}
    write_bundle(folder, tensors, {"epoch": epoch}, f"phase 1 epoch {epoch}")

def pause():
    print("ready", flush=True)
    sys.stdin.read()  # as long as the test lives
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr("vadkit.utils.machine._torch", dict)
    return RunFolder.at(tmp_path / "run")


@pytest.fixture
def start(run):
    """Start a child that runs the prelude and some lines, and wait until it says "ready"."""
    children = []

    def begin(lines: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + lines, str(run.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        children.append(child)
        assert child.stdout.readline() == "ready\n", child.stderr.read()
        return child

    yield begin
    for child in children:
        child.kill()
        child.communicate()


def _temporaries(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if is_temporary(path)]


# A save renames four files, the fourth being the manifest, and then the folder.
@pytest.mark.parametrize("nth", [1, 4, 5])
def test_a_kill_inside_a_save_costs_only_that_save(run, start, nth):
    child = start(f"""
save(1)
rename, count = Path.replace, 0
def replace(self, target):
    global count
    count += 1
    if count == {nth}:
        pause()
    return rename(self, target)
with run.locked():
    Path.replace = replace
    save(2)
""")
    child.send_signal(signal.SIGKILL)
    child.wait()
    phase = run.phase(1, "prediction")
    assert newest(phase) == epoch_folder(phase, 1)
    assert _temporaries(run.path)
    with run.locked():
        assert _temporaries(run.path) == []
    assert read_bundle(epoch_folder(phase, 1)).state == {"epoch": 1}


def test_a_second_process_is_refused_at_once_and_a_dead_one_s_lock_is_free(run, start):
    child = start("with run.locked(): pause()")
    busy = rf"in use by pid {child.pid} on host \S+ since 20"
    with pytest.raises(RunBusyError, match=busy), run.locked():
        pass
    with pytest.raises(RunBusyError, match=busy):
        RunFolder.at(run.path)
    assert child.poll() is None
    child.kill()
    child.wait()
    with run.locked():
        pass


def test_orphans_of_a_dead_owner_are_waited_for(run, start):
    child = start("""
with run.locked():
    if os.fork() == 0:
        time.sleep(1)
        os._exit(0)
    pause()
""")
    child.kill()
    child.wait()
    with run.locked():
        pass


def test_runs_begun_in_one_moment_get_a_folder_each(tmp_path):
    lines = "print(RunFolder.create(sys.argv[1], 'sota').path.name)"
    base = str(tmp_path / "runs")
    command = [sys.executable, "-c", PRELUDE + lines, base]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    names = [child.communicate()[0].strip() for child in children]
    assert sorted(names) == ["sota-1", "sota-2", "sota-3", "sota-4"]
    assert (tmp_path / "runs" / "latest").readlink().name in names


FULL = """
from vadkit.errors import ResourceError
save(1)
{limit}
print("ready", flush=True)
try:
    save(2, size=1_500_000)
except ResourceError as error:
    print(error)
"""


def _assert_only_the_save_is_lost(run: RunFolder, said: str, free: str) -> None:
    assert f"disk full while saving phase 1 epoch 2 (needs 6.0 MB, free {free}" in said
    phase = run.phase(1, "prediction")
    assert newest(phase) == epoch_folder(phase, 1)
    assert _temporaries(run.path) == []


def test_a_file_limit_is_a_full_disk(run, start):
    pytest.importorskip("resource")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))"
    said, _ = start(FULL.format(limit=limit)).communicate()
    _assert_only_the_save_is_lost(run, said, "")


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of 3 MB."""
    folder = tmp_path / "run"
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no mount command: {error}")
    if done.returncode:
        pytest.skip(f"a tmpfs needs root: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_costs_only_the_save(small_disk, run, start):
    said, _ = start(FULL.format(limit="")).communicate()
    _assert_only_the_save_is_lost(run, said, "3.1 MB)")

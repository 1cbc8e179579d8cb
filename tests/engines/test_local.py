"""Processes of this machine: kept, replaced when they die, and ended with the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import jobs
import pytest
from patience import outcomes_of, wait_until

from vadkit.engines import Job, local
from vadkit.engines.local import LocalEngine
from vadkit.runs.atomic import alive
from vadkit.utils.threads import usable_cores


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalEngine]:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    with closing(LocalEngine(2, threads=3)) as made:
        yield made


def test_processes_are_kept_and_share_cores_and_gpus(engine, tmp_path) -> None:
    files = [tmp_path / str(number) for number in range(8)]
    for file in files:
        engine.submit(Job(file.name, jobs.note, {"out": str(file)}))
    assert outcomes_of(engine, 8) == dict.fromkeys(map(str, range(8)))
    told = {tuple(file.read_text().split()) for file in files}
    assert {threads for _, threads, _ in told} == {"3"}
    assert {card for _, _, card in told} <= {"3", "5"}
    assert len({pid for pid, _, _ in told}) == len(told) <= 2


def test_every_library_of_a_worker_keeps_to_its_share(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    with closing(LocalEngine(1, threads=1)) as engine:
        engine.submit(Job("a", jobs.note_threads, {"out": str(tmp_path / "a")}))
        assert outcomes_of(engine, 1) == {"a": None}
    assert (tmp_path / "a").read_text() == "1,1,1 1,1,1"


def test_whatever_happens_to_a_job_is_its_outcome(engine, tmp_path) -> None:
    calls = [jobs.refuse, jobs.fail, jobs.leave, jobs.die, jobs.quit_quietly]
    for call in calls:
        engine.submit(Job(call.__name__, call))
    engine.submit(Job("after", jobs.note, {"out": str(tmp_path / "after")}))
    assert outcomes_of(engine, 6) == {
        "refuse": "the video is gone. Bring it back.",
        "fail": "KeyError: 'frame'",
        "leave": "SystemExit: 3",
        "die": "worker killed by signal 9; was there memory enough?",
        "quit_quietly": "worker ended with exit code 7",
        "after": None,
    }


def test_closing_ends_every_process(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(local, "_GENTLE_S", 0.5)
    engine = LocalEngine(2)
    engine.submit(Job("a", jobs.note, {"out": str(tmp_path / "a")}))
    assert outcomes_of(engine, 1) == {"a": None}
    engine.submit(Job("b", jobs.last, {"out": str(tmp_path / "b")}))
    engine.submit(Job("c", jobs.last, {"out": str(tmp_path / "c")}))
    wait_until((tmp_path / "c").exists)
    pid = int((tmp_path / "a").read_text().split()[0])
    assert alive(pid)
    engine.close()
    assert not alive(pid)
    assert engine.wait(0.01) == []


def test_nothing_is_started_for_nothing() -> None:
    with closing(LocalEngine(4)) as engine:
        assert engine.wait(0.01) == []


def test_cores_are_shared_fairly_unless_the_user_says(monkeypatch) -> None:
    monkeypatch.setattr("vadkit.utils.threads.usable_cores", lambda: 7)
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert [LocalEngine(slots).threads for slots in (1, 2, 7, 9)] == [7, 3, 1, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert LocalEngine(2).threads == 4
    assert LocalEngine(2, threads=5).threads == 5


@pytest.mark.parametrize(("named", "found"), [("", []), ("-1", []), ("0,2", ["0", "2"])])
def test_gpus_are_those_that_may_be_used(monkeypatch, named, found) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert local.cards() == found
    assert local.usual_jobs() == (len(found) or min(usable_cores(), 8))


def test_gpus_are_not_looked_for_outside_linux(monkeypatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(local.sys, "platform", "darwin")
    monkeypatch.setattr(local.Path, "glob", lambda *_: [Path("nvidia0")])
    assert local.cards() == []


def test_an_end_by_terminate_is_told_where_there_is_no_sigkill(monkeypatch) -> None:
    monkeypatch.delattr(local.signal, "SIGKILL")
    assert local._death(-15) == "worker killed by signal 15"


def test_a_job_is_found_by_its_name() -> None:
    assert Path(jobs.__file__).parent == Path(__file__).parent

"""Jobs over an engine: as many at once as it takes, and failures keep what is known of them."""

from __future__ import annotations

from collections import deque

import pytest

from vadkit.engines import Job, Outcome, attempt, carry_out
from vadkit.errors import DataError


def work(*, fault: str = "") -> None:
    if fault == "data":
        raise DataError("clip.avi is empty.", "Copy it again.")
    if fault == "exit":
        raise SystemExit("gone")


class Narrow:
    """An engine of two slots that ends a job a call."""

    slots, threads = 2, 1

    def __init__(self) -> None:
        self.jobs, self.most = deque[Job](), 0

    def submit(self, job: Job) -> None:
        self.jobs.append(job)
        self.most = max(self.most, len(self.jobs))

    def wait(self, timeout_s: float) -> list[Outcome]:
        return [attempt(self.jobs.popleft())]

    def close(self) -> None:
        """Nothing runs."""


def test_every_job_is_carried_out_and_one_waits_in_the_engine() -> None:
    engine, ended = Narrow(), []
    jobs = [Job(str(number), work) for number in range(7)]
    assert carry_out(engine, jobs, lambda outcome: ended.append(outcome.name)) == []
    assert ended == [job.name for job in jobs]
    assert engine.most == 3


def test_failures_keep_message_hint_and_exit_code() -> None:
    faults = ("", "data", "exit", "")
    jobs = [Job(f"{n}", work, {"fault": fault}) for n, fault in enumerate(faults)]
    refused, exited = carry_out(Narrow(), jobs)
    assert refused == Outcome("1", "clip.avi is empty.", "Copy it again.", DataError.exit_code)
    assert refused.reason == "clip.avi is empty. Copy it again."
    assert exited == Outcome("2", "SystemExit: gone", "", 1)


def test_who_is_told_may_stop_the_waiting() -> None:
    def stop(_: Outcome) -> None:
        raise KeyboardInterrupt

    engine = Narrow()
    with pytest.raises(KeyboardInterrupt):
        carry_out(engine, [Job(str(number), work) for number in range(5)], stop)
    assert len(engine.jobs) == 2

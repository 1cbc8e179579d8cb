"""How many threads there are and how they wait: affinity, quota, the user's word, every library."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable

import cv2
import pytest
import torch
from loky.backend import context

from vadkit.cli import execute
from vadkit.utils import threads
from vadkit.utils.threads import (
    WAITING,
    decoder_threads,
    fair_share,
    limited_threads,
    threads_asked,
    usable_cores,
    yield_while_waiting,
)

V1 = "/sys/fs/cgroup/cpu/cpu.cfs_{}_us"
QUOTAS = {
    "v2": {"/sys/fs/cgroup/cpu.max": "200000 100000\n"},
    "v1": {V1.format("quota"): "200000\n", V1.format("period"): "100000\n"},
}
"""Files of a container with `--cpus=2`, by the version of its control groups."""

Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Makes this a machine of so many cores, of which some are for this process."""

    def make(cores: int, affinity: int, files: dict[str, str]) -> None:
        monkeypatch.setattr(os, "cpu_count", lambda: cores)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(affinity)), raising=False)
        monkeypatch.setattr(context.os.path, "exists", lambda path: path in files)
        monkeypatch.setattr(context, "open", lambda path: io.StringIO(files[path]), raising=False)

    monkeypatch.delenv("LOKY_MAX_CPU_COUNT", raising=False)
    return make


@pytest.fixture
def unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user says neither how many threads there are nor how they wait."""
    for name in (*WAITING, "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("version", QUOTAS)
def test_a_container_with_two_cpus_has_two_cores(machine: Machine, version: str) -> None:
    machine(64, 64, QUOTAS[version])
    assert usable_cores() == 2


def test_without_a_quota_the_affinity_counts(machine: Machine) -> None:
    machine(64, 3, {"/sys/fs/cgroup/cpu.max": "max 100000\n"})
    assert usable_cores() == 3
    machine(64, 3, {})
    assert usable_cores() == 3


def test_a_quota_limits_every_library(machine: Machine, unsaid: None) -> None:
    with limited_threads(7):
        machine(64, 64, QUOTAS["v2"])
        with limited_threads():
            assert counts() == (2, 2, 2)
        assert counts() == (7, 7, 7)


def test_the_users_number_is_above_a_quota(machine: Machine, unsaid: None, monkeypatch) -> None:
    machine(64, 64, QUOTAS["v2"])
    monkeypatch.setenv("OMP_NUM_THREADS", "7,1")
    assert (threads_asked(), decoder_threads(), fair_share(4)) == (7, 7, 7)
    with limited_threads(7), limited_threads():
        assert counts() == (7, 7, 7)


@pytest.mark.parametrize("value", ["", "0", "many", "-2"])
def test_a_number_that_is_none_says_nothing(value: str, machine: Machine, monkeypatch) -> None:
    machine(64, 6, {})
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert (threads_asked(), decoder_threads(), fair_share(4)) == (None, 6, 1)


def test_a_limit_ends_with_its_block_however_that_ends() -> None:
    before = torch.get_num_threads(), cv2.getNumThreads(), decoder_threads()
    with pytest.raises(KeyError), limited_threads(5):
        raise KeyError
    assert counts() == before


def counts() -> tuple[int, int, int]:
    return torch.get_num_threads(), cv2.getNumThreads(), decoder_threads()


@pytest.mark.parametrize("name", WAITING)
def test_what_the_user_says_of_waiting_stays(name: str, unsaid: None, monkeypatch) -> None:
    monkeypatch.setenv(name, "said")
    yield_while_waiting()
    assert {of: os.environ[of] for of in WAITING if of in os.environ} == {name: "said"}


def test_threads_yield_before_torch_is_imported(unsaid: None) -> None:
    names = "os.environ['OMP_WAIT_POLICY'], os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules"
    code = f"import vadkit, os, sys; print({names})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["PASSIVE", "2000", "False"]


def test_doctor_says_how_many_threads_there_are_and_how_they_wait(
    unsaid: None, machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(threads, "usable_cores", lambda: 6)
    monkeypatch.setenv("GOMP_SPINCOUNT", "9")
    assert execute(["doctor"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "threads 6" in lines
    assert "waiting threads GOMP_SPINCOUNT=9" in lines

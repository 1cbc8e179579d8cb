"""What a node of a cluster does: jobs, if it sees the folders that all nodes share."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from vadkit.engines import Job, Outcome, attempt


@dataclass(frozen=True)
class Driver:
    """What a node has to have in common with who sends it jobs."""

    marks: tuple[str, ...]
    """Files that the driver has put into the shared folders."""
    environment: Mapping[str, str]
    """What jobs find in theirs."""
    version: str
    """Of vadkit."""


def work(job: Job, driver: Driver) -> Outcome:
    """Carry out a job, unless this node is unfit for it."""
    if reason := unfit(driver):
        return Outcome(job.name, reason)
    os.environ.update(driver.environment)
    return attempt(job)


def unfit(driver: Driver) -> str:
    """Why this node cannot work for the driver, in a sentence; nothing if it can."""
    installed, here = version("vadkit"), socket.gethostname()
    if installed != driver.version:
        return f"The node {here} has vadkit {installed}, the driver has {driver.version}."
    hidden = [str(Path(mark).parent) for mark in driver.marks if not Path(mark).exists()]
    if hidden:
        return f"The node {here} does not see {hidden[0]}, which all nodes have to share."
    return ""

"""The machine: what of it decides the last bits of a result, and the rest that `env.json` says.

It is read here, and nowhere else.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Any

from vadkit.utils.threads import usable_cores

if TYPE_CHECKING:
    from torch import device as Device

ENVIRONMENT_SCHEMA = 1
_NAME = re.compile(r"[A-Za-z0-9._-]+")
MAY_DIFFER = ("device", "threads", "world_size", "torch", "processor", "kernels")
"""What may change while a run goes on: last bits of its result, and what it costs."""


@dataclass(frozen=True)
class Machine:
    """What a run runs on, as far as its result depends on it."""

    vadkit: str | None
    """Version; None in a checkout that is not installed."""
    torch: str
    """Version."""
    device: str
    """As torch calls it."""
    processor: str
    """The GPU's name, or the kind of device."""
    kernels: list[str]
    """The CPU's architecture, and the instructions that torch's kernels use."""
    threads: int
    """Of the CPU."""
    world_size: int = 1
    """Processes that train together."""

    def facts(self) -> dict[str, Any]:
        """JSON values by name; which of several equal GPUs it is does not count."""
        return deciding(asdict(self))


def deciding(machine: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a machine that decide the last bits; one process is not worth a word."""
    facts = {name: machine.get(name) for name in Machine.__dataclass_fields__ if name != "device"}
    return {name: fact for name, fact in facts.items() if (name, fact) != ("world_size", 1)}


def this_machine(device: Device, *, threads: int | None = None, world_size: int = 1) -> Machine:
    """The machine on which this process runs; `threads` are those of torch where not given."""
    import torch  # a plan of runs is made without

    return Machine(
        vadkit=package_version("vadkit"),
        torch=torch.__version__,
        device=str(device),
        processor=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        kernels=[platform.machine(), torch.backends.cpu.get_cpu_capability()],
        threads=threads or torch.get_num_threads(),
        world_size=world_size,
    )


def package_version(name: str) -> str | None:
    """The version of an installed distribution; None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def environment() -> dict[str, Any]:
    """Describe interpreter, machine, packages and threads, for `env.json`."""
    return {
        "schema_version": ENVIRONMENT_SCHEMA,
        "vadkit": package_version("vadkit"),
        "python": sys.version,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": usable_cores(),
        "packages": _packages(),
        "torch": _torch(),
    }


def _packages() -> dict[str, str]:
    """Name -> version of every package that vadkit itself depends on."""
    try:
        lines = requires("vadkit") or []
    except PackageNotFoundError:  # run from a checkout that is not installed
        lines = []
    needed = (_NAME.match(line) for line in lines if "extra ==" not in line)
    names = sorted({match[0] for match in needed if match})
    return {name: number for name in names if (number := package_version(name))}


def _torch() -> dict[str, Any]:
    import torch  # a run folder can be looked at without torch

    machine = this_machine(torch.device("cpu"))
    return {
        "threads": machine.threads,
        "kernels": machine.kernels,
        "cuda": torch.version.cuda,
        "devices": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        "config": torch.__config__.show(),
    }

"""The machine: what of it decides the last bits of a result. Read here, and nowhere else."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import device as Device

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
    return {name: of for name, of in facts.items() if (name, of) != ("world_size", 1)}


def this_machine(device: Device, *, threads: int | None = None, world_size: int = 1) -> Machine:
    """The machine on which this process runs.

    Args:
        device: Where the run computes.
        threads: Of the CPU; those that torch uses now where not given.
        world_size: Processes that train together.
    """
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

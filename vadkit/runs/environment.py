"""`env.json`: what a run ran on."""

from __future__ import annotations

import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

from vadkit.utils.machine import package_version, this_machine
from vadkit.utils.threads import usable_cores

ENVIRONMENT_SCHEMA = 1
_NAME = re.compile(r"[A-Za-z0-9._-]+")


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
    lines = [line for line in _requirements() if "extra ==" not in line]
    names = {match[0] for line in lines if (match := _NAME.match(line))}
    return {name: number for name in sorted(names) if (number := package_version(name))}


def _requirements() -> list[str]:
    try:
        return requires("vadkit") or []
    except PackageNotFoundError:  # run from a checkout that is not installed
        return ["numpy", "torch", "av", "safetensors"]


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

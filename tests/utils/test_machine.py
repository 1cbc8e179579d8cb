"""What of a machine decides the last bits of a result, read in one place."""

from __future__ import annotations

import ast
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

import vadkit
from vadkit.utils.machine import MAY_DIFFER, Machine, deciding, package_version, this_machine

HERE = Machine("0.1", "2.7", "cuda:0", "NVIDIA H100", ["x86_64", "AVX2"], threads=4)
CORE = Path(vadkit.__file__).parent


def test_it_is_the_machine_of_this_process() -> None:
    machine = this_machine(torch.device("cpu"), world_size=2)
    assert (machine.torch, machine.threads) == (torch.__version__, torch.get_num_threads())
    assert (machine.device, machine.processor, machine.world_size) == ("cpu", "cpu", 2)
    assert this_machine(torch.device("cpu"), threads=3).threads == 3


@pytest.mark.parametrize(
    "change",
    [{"threads": 2}, {"torch": "2.8"}, {"processor": "cpu"}, {"world_size": 2}, {"vadkit": "0.2"}],
)
def test_what_gives_other_bits_is_in_the_facts(change: dict) -> None:
    assert replace(HERE, **change).facts() != HERE.facts()


def test_which_of_equal_gpus_it_was_is_not() -> None:
    assert replace(HERE, device="cuda:1").facts() == HERE.facts()
    assert deciding(asdict(HERE)) == HERE.facts()
    assert "world_size" not in HERE.facts()


def test_all_but_the_version_of_vadkit_may_change_on_the_way() -> None:
    assert {*MAY_DIFFER, "vadkit"} == asdict(HERE).keys()


def test_who_is_not_installed_has_no_version() -> None:
    assert package_version("no-such-distribution") is None


def test_nobody_else_asks_torch_for_its_kernels() -> None:
    reads = [
        path.relative_to(CORE).as_posix()
        for path in sorted(CORE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "get_cpu_capability"
    ]
    assert reads == ["utils/machine.py"]

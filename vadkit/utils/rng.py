"""Random numbers from a given generator: drawn on the CPU, so that a seed means the same anywhere.

Seeds are derived from what they are for (a phase, an epoch, a step), never from what was drawn
before; so work can be skipped or repeated without changing what follows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Generator, Tensor

from vadkit.utils.threads import limited_threads


def generator(*purpose: int | str) -> Generator:
    """A CPU generator for one purpose, such as `generator(seed, "phase", 1, "epoch", 3)`."""
    return Generator().manual_seed(_seed(purpose))


@contextmanager
def seeded(*purpose: int | str) -> Iterator[None]:
    """Seed torch's global numbers (initial weights, dropout) for one purpose, then restore them."""
    with torch.random.fork_rng():
        torch.manual_seed(_seed(purpose))
        yield


@contextmanager
def repeatable(threads: int | None = None) -> Iterator[None]:
    """Use deterministic kernels and so many threads; give back what was set before."""
    strict = torch.get_deterministic_debug_mode()
    # Not `use_deterministic_algorithms`, which imports torch's compiler: three seconds.
    torch.set_deterministic_debug_mode("warn")
    try:
        with limited_threads(threads):
            yield
    finally:
        torch.set_deterministic_debug_mode(strict)


def _seed(purpose: tuple[int | str, ...]) -> int:
    digest = hashlib.sha256(repr(purpose).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def rand(*size: int, rng: Generator, device: torch.device | str = "cpu") -> Tensor:
    """Uniform numbers in [0, 1)."""
    return torch.rand(*size, generator=rng).to(device)


def randint(
    low: int,
    high: int,
    size: tuple[int, ...],
    *,
    rng: Generator,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Integers from `low` to `high - 1`."""
    return torch.randint(low, high, size, generator=rng).to(device)


def randperm(rows: int, n: int, *, rng: Generator, device: torch.device | str = "cpu") -> Tensor:
    """(rows, n): a permutation of 0 ... n-1 in each row."""
    return torch.rand(rows, n, generator=rng).argsort(dim=1).to(device)

"""Joining the processes that torchrun started for one run, and leaving them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import torch
from torch import distributed
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from vadkit.distributed.ranks import takes_the_word, this_rank
from vadkit.distributed.world import SOLO, World
from vadkit.errors import RecipeError, ResourceError

_PATIENCE = timedelta(days=10)
"""How long others are waited for: while the first plots, say, or waits for another run's phase.
Who dies is noticed at once, by those that wait for it or by torchrun."""
_RUNS = count()
"""Runs of this process so far."""


@contextmanager
def joined(device: torch.device) -> Iterator[World]:
    """Join the other processes while the block runs, if there are any.

    After an error they are not left: the network would wait for what others no longer send. Such
    a process has to end, at best by `ranks.leave`.

    Raises:
        ResourceError: Another of them was lost.
    """
    rank = this_rank()
    if rank.size == 1:
        yield SOLO
        return
    _join(device)
    try:
        yield World(rank.number, rank.size)
    except BaseException as error:
        takes_the_word()  # before the others notice that this one is gone
        if _is_of_others(error):
            raise ResourceError(
                "Another process of this run was lost; the last finished epoch is safe.",
                "Look at what torchrun says of it, then go on with --resume.",
            ) from error
        raise
    # Forward passes are held in circles, and the network's threads live as long as they: one that
    # drops a tensor while the interpreter ends aborts the process.
    gc.collect()
    distributed.destroy_process_group()


def own_device(named: torch.device) -> torch.device:
    """The device of this process: of several on a machine, each has a GPU of its own.

    Raises:
        RecipeError: A certain GPU was asked for, which only one process can have.
        ResourceError: There are more processes than GPUs.
    """
    rank, most = this_rank(), torch.cuda.device_count()
    if rank.size == 1 or named.type != "cuda":
        return named
    if named != torch.device("cuda"):
        raise RecipeError(f"{named} is one GPU, for {rank.size} processes.", "Say --device cuda.")
    if rank.local >= most:
        raise ResourceError(
            f"There are more processes than GPUs on this machine, which has {most}.",
            f"Say --nproc-per-node {most} to torchrun, or --device cpu to vadkit.",
        )
    return torch.device("cuda", rank.local)


def refuse_small_batches(batch: int, processes: int) -> None:
    """Raise if some process would get a single unit, for which batch statistics are undefined.

    Raises:
        RecipeError: It would.
    """
    least = 2 * processes
    if processes > 1 and batch < least:
        raise RecipeError(
            f"optim.batch = {batch} leaves fewer than two units for each of {processes} processes.",
            f"Take --set optim.batch={least} or more, or fewer processes.",
        )


def _join(device: torch.device) -> None:
    """Small things are told between processors in any case, gradients where they are."""
    # Its functions have the group as default values and, imported later, would keep it for ever.
    import torch.distributed.nn.functional

    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    store, rank, size = next(rendezvous("env://", timeout=_PATIENCE))
    # Each joining has its own place there, or a second run would meet the addresses of the first.
    place = PrefixStore(f"vadkit/run/{next(_RUNS)}", store)
    distributed.init_process_group(
        backend, store=place, rank=rank, world_size=size, timeout=_PATIENCE
    )


def _is_of_others(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, is that the network ended; gloo says so in words."""
    while error is not None:
        network = isinstance(error, distributed.DistError) or "gloo" in str(error)
        if isinstance(error, RuntimeError) and network:
            return True
        error = error.__cause__
    return False

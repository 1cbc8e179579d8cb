"""Which of a run's processes this one is, as torchrun says it; to ask needs no torch."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple, NoReturn

_SAID = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_PATIENCE = timedelta(seconds=10)
_SENTENCE_S = 1.0
"""How long a sentence may take, before torchrun hears of another's end and ends the speaker."""


class Rank(NamedTuple):
    """A process among those that torchrun started; by itself where there is no torchrun."""

    number: int = 0
    size: int = 1
    """How many processes there are on all machines."""
    local: int = 0
    """Its number on this machine."""


def this_rank() -> Rank:
    """What the environment says of this process."""
    if not all(name in os.environ for name in _SAID):
        return Rank()
    number, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    return Rank(number, size, int(os.environ.get("LOCAL_RANK", number)))


def leads() -> bool:
    """Whether this is the process that writes and shows what all of them found."""
    return this_rank().number == 0


def speaks() -> bool:
    """Whether this process is the first of a run to fail: its sentence is the reason.

    The others fail because it did, or for the same reason; they let it finish.
    """
    first = takes_the_word()
    if not first:
        time.sleep(_SENTENCE_S)
    return first


def takes_the_word() -> bool:
    """Whether nobody failed before this process; from now on, it has."""
    rank = this_rank()
    number = first = str(rank.number)
    if rank.size > 1:
        from torch.distributed import TCPStore  # type: ignore[attr-defined]  # torchrun has it, too

        host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        start = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        with suppress(RuntimeError):  # nobody keeps the word any more: better said twice than never
            store = TCPStore(host, port, is_master=False, wait_for_workers=False, timeout=_PATIENCE)
            first = store.compare_set(f"vadkit/first-to-fail/{start}", "", number).decode()
    return first == number


def leave(code: int) -> NoReturn:
    """End this process; one of several that failed ends at once.

    Tidying up, torch would wait for the others, who are ending too, or abort.
    """
    if code and this_rank().size > 1:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)

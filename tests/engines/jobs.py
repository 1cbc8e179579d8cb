"""Jobs for the local engine, which its processes import by name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from vadkit.errors import DataError
from vadkit.utils.threads import decoder_threads, limited_threads


def note(out: str) -> None:
    """Write down where it ran, and with what."""
    words = [os.getpid(), os.environ.get("OMP_NUM_THREADS"), os.environ.get("CUDA_VISIBLE_DEVICES")]
    Path(out).write_text(" ".join(map(str, words)))


def note_threads(out: str) -> None:
    """Write down how many threads torch, OpenCV and PyAV take, as they are and in a run."""
    Path(out).write_text(f"{_threads()} ")
    with limited_threads():
        Path(out).write_text(f"{Path(out).read_text()}{_threads()}")


def _threads() -> str:
    import cv2
    import torch

    return f"{torch.get_num_threads()},{cv2.getNumThreads()},{decoder_threads()}"


def refuse() -> None:
    raise DataError("the video is gone.", "Bring it back.")


def fail() -> None:
    raise KeyError("frame")


def leave() -> None:
    sys.exit(3)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def quit_quietly() -> None:
    os._exit(7)


def last(out: str) -> None:
    """Refuse to stop, however gently it is asked."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(out).touch()
    time.sleep(600)

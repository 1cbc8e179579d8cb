"""Teachers' answers on disk: a file a video, whose rows are filled as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.store.disk_space import enough_room, reserve
from vadkit.runs.atomic import atomic_path

Rows = NDArray[np.int64]
Answers = NDArray[np.float32]


class AnswerFile:
    """The answers for each of `length` frames, or units; those that nobody reads stay empty.

    What was written counts once it is kept; a file that is torn or of another length is empty.
    """

    def __init__(self, folder: Path, name: str, length: int) -> None:
        self._path, self._kept = folder / f"{name}.npy", folder / f"{name}.kept.npy"
        self._done = np.zeros(length, bool)
        self._answers: NDArray[Any] | None = None
        try:
            answers, done = np.load(self._path, mmap_mode="r+"), np.load(self._kept)
        except (OSError, ValueError, EOFError):
            return
        if len(answers) == length == len(done):
            self._answers, self._done = answers, done

    def missing(self, rows: Rows) -> Rows:
        """Those of the rows that are not there, each once, in order."""
        return np.unique(rows[~self._done[rows]])

    def fill(self, parts: Iterable[tuple[Rows, Answers]]) -> None:
        """Write rows with their answers (rows, ...), and keep them once all are written.

        Raises:
            ResourceError: The disk is full.
        """
        with enough_room(self._path.parent):
            for rows, answers in parts:
                self._opened(answers)[rows] = answers
                self._done[rows] = True
            if isinstance(self._answers, np.memmap):
                self._answers.flush()
            with atomic_path(self._kept) as temporary:
                np.save(temporary, self._done)

    def read(self, rows: Rows) -> Answers:
        """Read rows that are there: (*rows.shape, ...).

        Raises:
            LookupError: One is not.
        """
        if self._answers is None or self.missing(rows.ravel()).size:
            raise LookupError(f"{self._path} lacks a row that is asked for")
        return self._answers[rows].astype(np.float32)

    def _opened(self, first: Answers) -> NDArray[Any]:
        if self._answers is None:
            # Maps are large, and half precision is more than their teachers have.
            kind = np.float16 if first.ndim > 2 else np.float32  # noqa: PLR2004 - rows and D
            shape = (len(self._done), *first.shape[1:])
            self._kept.unlink(missing_ok=True)  # it speaks of what this takes the place of
            self._answers = np.lib.format.open_memmap(self._path, "w+", kind, shape)
            reserve(self._path)
        return self._answers

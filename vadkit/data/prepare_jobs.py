"""What is missing of a recipe's data, as jobs: a video's part of a store, or answers for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

from vadkit.data.data_module import PreparedData
from vadkit.data.dataset import Split
from vadkit.data.prepare_worker import answer_piece, cut_piece
from vadkit.data.teachers.context import ContextStore
from vadkit.data.teachers.outputs import Asked
from vadkit.engines import Job
from vadkit.registry.cards import Need, Sampling


class Piece(NamedTuple):
    """A job, and what comes of it is a piece of."""

    what: str
    """For the user's eyes: "objects of target train"."""
    job: Job


class Ask(NamedTuple):
    """A need about the units that a sampling reads."""

    sampling: Sampling
    split: Split
    need: Need


class Missing:
    """Lists what is missing.

    Args:
        data: Where stores are.
        answers: Where answers are.
        setting: A `Setting`, as the arguments of a job say it.
    """

    def __init__(self, data: PreparedData, answers: ContextStore, setting: dict[str, Any]) -> None:
        self._data, self._answers, self._setting = data, answers, setting

    def cuts(self, samplings: Iterable[Sampling], split: Split) -> Iterator[Piece]:
        """The parts that are missing of the stores that samplings read."""
        stores = {(parts := self._data.parts(of, split)).folder: (of, parts) for of in samplings}
        for folder, (of, parts) in stores.items():
            arguments = self._arguments(of, split, store=folder.name)
            for number in parts.missing():
                name = f"{parts.source.videos[number]} ({parts.source.what}, {folder.name[:8]})"
                job = Job(name, cut_piece, {**arguments, "number": number})
                yield Piece(parts.source.what, job)

    def answers(self, asks: Iterable[Ask]) -> Iterator[Piece]:
        """The videos for which an answer is missing; all stores are there."""
        for place, ask in enumerate(asks, start=1):
            asked, need = self.asked(ask), {**asdict(ask.need), "texts": list(ask.need.texts)}
            arguments = self._arguments(*ask[:2], need=need, answers=asked.folder.name)
            for number in asked.missing():
                name = f"{asked.units.videos[number]} ({asked.what}, need {place})"
                job = Job(name, answer_piece, {**arguments, "number": number})
                yield Piece(asked.what, job)

    def asked(self, ask: Ask) -> Asked:
        """The answers so far."""
        units = self._data.units(ask.sampling, ask.split)
        return self._answers.asked(ask.sampling.role, ask.split, ask.need, units)

    def _arguments(self, sampling: Sampling, split: Split, **more: Any) -> dict[str, Any]:
        return {"setting": self._setting, "sampling": asdict(sampling), "split": split, **more}

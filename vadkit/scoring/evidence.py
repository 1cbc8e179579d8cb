"""Evidence: what its parts learn of training objects, and the scores of other objects beside them.

Each video is measured by itself, so that scores made in a run and live are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.data_module import BASELINE, PreparedData
from vadkit.data.evidence import Bank, Evidence, Rows
from vadkit.data.units import Units
from vadkit.errors import PluginError
from vadkit.recipe import BoundRecipe, ScoreName
from vadkit.recipe.bindings import Binding
from vadkit.registry.isolation import blamed
from vadkit.scoring.calibration import Normal

Attributes = dict[ScoreName, NDArray[np.floating[Any]]]
"""`part.attribute` -> (n,)."""
ScoreTables = dict[ScoreName, tuple[Units, NDArray[np.floating[Any]]]]
"""`task.score` or `part.attribute` -> units, and the value (n,) of each."""
Banks = dict[str, Bank]
"""Camera -> the bank of its training objects; `ANY` of several: that of all."""
ANY = "*"
EVERY = 2
"""Training objects of every second frame are kept: the next frame shows them once more."""


def measured(
    binding: Binding,
    part: Evidence[Any],
    rows: Rows,
    bank: Bank,
    videos: NDArray[np.int64] | None = None,
) -> Attributes:
    """The attributes of some objects, checked; arguments as those of `Evidence.measure`.

    Raises:
        PluginError: The part fails, or gives something else than finite numbers by attribute.
    """
    with blamed("evidence", binding.name, "measure"):
        values = part.measure(rows, bank, videos)
    for name in binding.card.attributes:
        value = values.get(name)
        if value is None or value.shape != (len(rows),) or not np.isfinite(value).all():
            raise PluginError(
                f"The evidence part {binding.name!r} gives no finite {name!r} for each object.",
                "`measure` returns attribute -> (n,) for all attributes of its card.",
            )
    return {ScoreName.compose(binding.name, name): values[name] for name in binding.card.attributes}


def bank_of(banks: Banks, camera: str) -> Bank:
    """The bank of a camera; that of all training objects where it is not known."""
    only = next(iter(banks.values()))
    return banks.get(camera, banks.get(ANY, only))


class EvidenceScores:
    """What the evidence parts of a recipe say of its test objects; made when first asked for.

    Args:
        data: With everything that the recipe reads.
        bound: Names the parts.
    """

    def __init__(self, data: PreparedData, bound: BoundRecipe) -> None:
        self._data, self._bindings = data, bound.described
        self._most = max(protocol.calibrate.of for protocol in bound.protocols.values())
        self._banks: dict[str, Banks] = {}
        self._tables: dict[str, ScoreTables] = {}
        self._normal: dict[str, Normal] = {}

    def banks(self, name: str) -> Banks:
        """What a part keeps of the training objects of each camera."""
        if name not in self._banks:
            units, chosen = self._training
            cameras, rows = units.camera[chosen], self._rows(name)
            kept = {camera: cameras == camera for camera in np.unique(cameras).tolist()}
            if len(kept) > 1:
                kept[ANY] = np.ones(len(rows), np.bool_)
            self._banks[name] = {
                camera: self._fitted(name, rows[seen], units.piece[chosen][seen])
                for camera, seen in kept.items()
            }
        return self._banks[name]

    def _fitted(self, name: str, rows: Rows, videos: NDArray[np.int64]) -> Bank:
        with blamed("evidence", name, "fit"):
            bank = self._data.prepared.part(name).fit(rows, videos)
        # As `model/` keeps it: a matrix product differs in its last bits with the layout.
        return {key: np.ascontiguousarray(array) for key, array in bank.items()}

    def tables(self, names: Iterable[str]) -> ScoreTables:
        """`part.attribute` of these parts -> the test objects, and the value of each."""
        tables: ScoreTables = {}
        for name in names:
            if name not in self._tables:
                self._tables[name] = self._measured(name)
            tables |= self._tables[name]
        return tables

    def normal(self, names: Iterable[str]) -> dict[str, Normal]:
        """Part -> training objects and their attributes, each without its own video's company."""
        for name in names:
            if name not in self._normal:
                self._normal[name] = self._left_out(name)
        return {name: self._normal[name] for name in names}

    @property
    def telling(self) -> list[ScoreName]:
        """The attributes that tell cameras apart, of the parts that are asked."""
        return [
            ScoreName.compose(name, of)
            for name, binding in self._bindings.items()
            if name in self._tables
            for of in binding.card.tells_camera
        ]

    def _measured(self, name: str) -> ScoreTables:
        binding, part = self._bindings[name], self._data.prepared.part(name)
        units, videos = self._data.units(BASELINE, "test"), self._data.descriptions(name, "test")
        values = [
            measured(binding, part, rows, bank_of(self.banks(name), camera))
            for rows, camera in zip(videos, units.cameras, strict=True)
        ]
        return {
            score: (units, np.concatenate([of_video[score] for of_video in values]))
            for score in values[0]
        }

    def _left_out(self, name: str) -> Normal:
        binding, part = self._bindings[name], self._data.prepared.part(name)
        units, chosen = self._training
        cameras, rows, videos = units.camera[chosen], self._rows(name), units.piece[chosen]
        scores: dict[ScoreName, NDArray[np.float64]] = {}
        for camera in np.unique(cameras):
            here = cameras == camera
            bank = bank_of(self.banks(name), camera)
            for score, values in measured(binding, part, rows[here], bank, videos[here]).items():
                scores.setdefault(score, np.empty(len(rows)))[here] = values
        sizes = units.sizes[units.video[chosen]]
        return Normal(units.boxes[chosen], sizes, scores, cameras, videos)

    def _rows(self, name: str) -> Rows:
        """(m, D) descriptions of the training objects that are kept."""
        return np.concatenate(self._data.descriptions(name, "train"))[self._training[1]]

    @cached_property
    def _training(self) -> tuple[Units, NDArray[np.int64]]:
        """The training objects, and the rows (m,) of those that are kept, evenly taken."""
        units = self._data.units(BASELINE, "train")
        if not (units.frame % EVERY == 0).any():
            raise self._data.prepared.role("target").too_few("train", "object", 1)
        rows = np.flatnonzero(units.frame % EVERY == 0)
        steps = np.linspace(0, len(rows) - 1, min(self._most, len(rows)))
        return units, rows[steps.round().astype(np.int64)]

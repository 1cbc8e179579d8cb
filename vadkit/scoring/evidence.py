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
PIECES = 4
"""A single training video is taken for so many, so that an object's own piece can be left out."""


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


class EvidenceScores:
    """What the evidence parts of a recipe say of its test objects; made when first asked for.

    Args:
        data: With everything that the recipe reads.
        bound: Names the parts.
    """

    def __init__(self, data: PreparedData, bound: BoundRecipe) -> None:
        self._data, self._bindings = data, bound.described
        self._most = max(protocol.calibrate.of for protocol in bound.protocols.values())
        self._banks: dict[str, Bank] = {}
        self._tables: dict[str, ScoreTables] = {}
        self._normal: dict[str, Normal] = {}

    def bank(self, name: str) -> Bank:
        """What a part keeps of the training objects."""
        if name not in self._banks:
            units, chosen = self._training
            with blamed("evidence", name, "fit"):
                part = self._data.prepared.part(name)
                bank = part.fit(self._rows(name), _pieces(units)[chosen])
            # As `model/` keeps it: a matrix product differs in its last bits with the layout.
            self._banks[name] = {key: np.ascontiguousarray(array) for key, array in bank.items()}
        return self._banks[name]

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

    def _measured(self, name: str) -> ScoreTables:
        binding, part, bank = self._bindings[name], self._data.prepared.part(name), self.bank(name)
        videos = self._data.descriptions(name, "test")
        values = [measured(binding, part, rows, bank) for rows in videos]
        units = self._data.units(BASELINE, "test")
        return {
            score: (units, np.concatenate([of_video[score] for of_video in values]))
            for score in values[0]
        }

    def _left_out(self, name: str) -> Normal:
        binding, part, bank = self._bindings[name], self._data.prepared.part(name), self.bank(name)
        units, chosen = self._training
        scores = measured(binding, part, self._rows(name), bank, _pieces(units)[chosen])
        return Normal(
            boxes=units.boxes[chosen],
            sizes=units.sizes[units.video[chosen]],
            scores={score: np.asarray(values) for score, values in scores.items()},
        )

    def _rows(self, name: str) -> Rows:
        """(m, D) descriptions of the training objects that are kept."""
        return np.concatenate(self._data.descriptions(name, "train"))[self._training[1]]

    @cached_property
    def _training(self) -> tuple[Units, NDArray[np.int64]]:
        """The training objects, and the rows (m,) of those that are kept, evenly taken."""
        units = self._data.units(BASELINE, "train")
        if not len(units):
            raise self._data.prepared.role("target").too_few("train", "object", 1)
        steps = np.linspace(0, len(units) - 1, min(self._most, len(units)))
        return units, steps.round().astype(np.int64)


def _pieces(units: Units) -> NDArray[np.int64]:
    """(n,) the video of each unit; where there is one, the piece of it."""
    if len(units.videos) > 1:
        return units.video
    return units.frame * PIECES // units.lengths[units.video]

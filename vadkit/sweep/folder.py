"""The folder of a sweep: its cells' runs, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vadkit.errors import RunBusyError
from vadkit.runs.atomic import is_temporary, read_json, write_json
from vadkit.runs.folder import Inside, refuse_strangers, usable
from vadkit.runs.lock import locked

SWEEP_SCHEMA = 1


@dataclass(frozen=True)
class SweepFolder:
    """The paths of a sweep; only relative ones inside, so that it moves."""

    path: Path

    notes = Inside("sweep.json")
    """Which cell is in which folder, and why some failed."""
    grid = Inside("grid.toml")
    """The grid as it was last given."""
    results = Inside("results.csv")
    figure = Inside("figure.png")

    def table(self, suffix: str) -> Path:
        return self.path / f"table.{suffix}"

    def cell(self, name: str) -> Path:
        """A cell's run folder."""
        return self.path / "cells" / name

    def log(self, name: str) -> Path:
        """What a cell told while it ran."""
        return self.path / "logs" / f"{name}.log"

    def names(self) -> dict[str, str]:
        """Identity -> name of the cells that have been begun here.

        Raises:
            RunBusyError: Another vadkit made the folder.
        """
        return {cell["identity"]: name for name, cell in self._cells().items()}

    def note(self, identities: Mapping[str, str], reasons: Mapping[str, str]) -> None:
        """Write down which cells there are, and which failed."""
        cells = self._cells()
        for name, identity in identities.items():
            cells[name] = {"identity": identity, "reason": reasons.get(name)}
        write_json(self.notes, {"schema_version": SWEEP_SCHEMA, "cells": cells})

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder, made where missing, while the block runs.

        Raises:
            RecipeError: It is full of other things, or cannot be written to.
            RunBusyError: Another process holds it.
        """
        with usable(self.path, "a sweep's folder"):
            self.path.mkdir(parents=True, exist_ok=True)
            if not self.notes.is_file():
                refuse_strangers(self.path, "sweep")
            (self.path / "logs").mkdir(exist_ok=True)
        with locked(self.path):
            for path in list(self.path.iterdir()):  # runs see to their own folders
                if is_temporary(path):
                    path.unlink(missing_ok=True)
            yield

    def _cells(self) -> dict[str, Any]:
        notes = read_json(self.notes)
        if notes is not None and notes.get("schema_version") != SWEEP_SCHEMA:
            raise RunBusyError(
                f"{self.notes} has schema {notes.get('schema_version')!r}, this vadkit reads "
                f"{SWEEP_SCHEMA}.",
                "Use the vadkit that made it, or choose another --out.",
            )
        return dict(notes["cells"]) if notes else {}

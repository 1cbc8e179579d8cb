"""Where `vadkit score` writes: a table for each source, in folders as the sources lie."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from vadkit.data.video.open_video import clip_name
from vadkit.data.video.recorded import recorded_at
from vadkit.runs.atomic import write_text
from vadkit.runs.names import safe_name, untaken
from vadkit.utils.text_tables import csv_text

SOURCES = "sources.tsv"
"""The file that says of which source each table is, and when that begins by its clock."""


class ScorePlaces:
    """Places of tables below a folder, each of one source, also over several calls.

    Sources of one folder lie side by side, those of several folders in folders of their names
    below the first that these share. A place that something else has is numbered.

    Args:
        out: The folder.
        sources: Videos, each once.
    """

    def __init__(self, out: Path, sources: Sequence[Path]) -> None:
        self._out = out
        self._of = _read(out / SOURCES)
        absolute = {source: source.absolute() for source in sources}
        top = Path(os.path.commonpath([path.parent for path in absolute.values()]))
        names = [(path.parent, clip_name(path)) for path in absolute.values()]
        self.places: dict[Path, Path] = {}
        """Source -> its table's place, without an ending."""
        for source, path in absolute.items():
            several = names.count((path.parent, clip_name(path))) > 1
            parts = [*path.parent.relative_to(top).parts, path.name if several else clip_name(path)]
            self.places[source] = self._untaken(Path(*map(safe_name, parts)), str(path))

    def _untaken(self, place: Path, source: str) -> Path:
        for earlier, of in self._of.items():
            if of == source and Path(earlier).parent == place.parent:
                return self._out / earlier
        folder = self._out / place.parent
        taken = {Path(of).name.casefold() for of in self._of if Path(of).parent == place.parent}
        taken |= {path.stem.casefold() for path in folder.glob("*.csv")}
        free = place.parent / untaken(place.name, taken)
        self._of[free.as_posix()] = source
        return self._out / free

    def write(self) -> None:
        """Say of which source each table is that is there.

        Raises:
            ResourceError: The disk is full.
        """
        rows = [
            (f"{place}.csv", source, recorded_at(Path(source)) or "")
            for place, source in self._of.items()
            if (self._out / f"{place}.csv").is_file()
        ]
        if rows:
            write_text(self._out / SOURCES, csv_text([("table", "source", "begins"), *rows], "\t"))
        else:
            (self._out / SOURCES).unlink(missing_ok=True)


def _read(path: Path) -> dict[str, str]:
    """Place of a table -> its source."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file, delimiter="\t")
        return {table.removesuffix(".csv"): source for table, source, *_ in rows}

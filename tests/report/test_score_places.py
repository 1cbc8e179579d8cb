"""As many tables as sources, each of one source, also over several calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from vadkit.data.video.recorded import recorded_at
from vadkit.report.score_places import SOURCES, ScorePlaces


def places(out: Path, *sources: Path) -> list[str]:
    """Where the tables go, which are then there."""
    found = ScorePlaces(out, sources)
    for place in found.places.values():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.with_name(place.name + ".csv").write_text("score\n")
    found.write()
    return [place.relative_to(out).as_posix() for place in found.places.values()]


@pytest.mark.parametrize(
    ("sources", "wanted"),
    [
        (["a/clip.mp4"], ["clip"]),
        (["a/1.mp4", "a/2.mp4"], ["1", "2"]),
        (["d/10/yard/00.28.mp4", "d/11/yard/00.28.mp4"], ["10/yard/00.28", "11/yard/00.28"]),
        (["a/clip.mkv", "a/clip.mp4", "a/clip.ts"], ["clip.mkv", "clip.mp4", "clip.ts"]),
        (["a/b/1.mp4", "a/2.mp4"], ["b/1", "2"]),
        (["a/A.mp4", "a/a.mp4"], ["A", "a-2"]),
        (["a/x:y.mp4", "a/x?y.mp4"], ["x-y", "x-y-2"]),
        (["a/CON.mp4", "a/Tür.mp4"], ["CON_", "Tür"]),
    ],
)  # fmt: skip
def test_every_source_has_a_place_of_its_own(tmp_path: Path, sources, wanted) -> None:
    given = [tmp_path / source for source in sources]
    assert places(tmp_path / "out", *given) == wanted
    assert places(tmp_path / "out", *given) == wanted  # again: the same sources, the same places


def test_another_source_of_the_name_is_numbered(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second = tmp_path / "a/clip.mp4", tmp_path / "b/clip.mp4"
    assert places(out, first) == ["clip"]
    assert places(out, second) == ["clip-2"]
    assert places(out, first) == ["clip"]
    assert (out / SOURCES).read_text() == (
        f"table\tsource\tbegins\nclip.csv\t{first}\t\nclip-2.csv\t{second}\t\n"
    )


def test_a_file_of_somebody_else_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "clip.csv").write_text("mine")
    assert places(tmp_path, tmp_path / "clip.mp4") == ["clip-2"]
    assert (tmp_path / "clip.csv").read_text() == "mine"


def test_what_is_gone_is_not_listed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    places(out, tmp_path / "a.mp4")
    (out / "a.csv").unlink()
    ScorePlaces(out, [tmp_path / "a.mp4"]).write()
    assert not (out / SOURCES).exists()


def test_it_says_when_a_recording_begins(tmp_path: Path) -> None:
    out = tmp_path / "out"
    places(out, tmp_path / "2026-11-24/10/garage/00.28.mp4", tmp_path / "b/x_20261124_101500.mkv")
    _, *rows = (out / SOURCES).read_text().splitlines()
    assert [row.split("\t")[2] for row in rows] == ["2026-11-24 10:00:28", "2026-11-24 10:15:00"]


@pytest.mark.parametrize("path", ["2026-13-24/10/00.28.mp4", "clip.mp4", "x_20261399_101500.mp4"])
def test_no_time_is_made_up(path: str) -> None:
    assert recorded_at(Path(path)) is None

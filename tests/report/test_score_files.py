"""Score tables survive a round trip; damaged ones are refused by line."""

import csv

import numpy as np
import pytest

from vadkit.errors import DataError
from vadkit.report.score_files import ScoreTable, read_scores, text_cell, write_scores
from vadkit.scoring.protocol import FrameScores

pytestmark = pytest.mark.edges

GOOD = "frame,time_s,score,raw\n0,0.0,0.5,1.0\n1,0.04,0.5,2.0\n"


def make_table(frames=3, tasks=("jigsaw.order",)):
    rng = np.random.default_rng(0)
    scores = FrameScores(rng.random(frames) / 3, rng.random(frames) * 1e-12)
    return ScoreTable(np.arange(frames) / 25, scores, {name: rng.random(frames) for name in tasks})


@pytest.mark.parametrize("frames", [0, 1, 500])
def test_a_row_for_each_frame_and_every_bit_of_a_score(tmp_path, frames):
    table, path = make_table(frames, ("jigsaw.order", "virtual.p")), tmp_path / "a.csv"
    write_scores(path, table)
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows[0] == ["frame", "time_s", "score", "raw", "jigsaw.order", "virtual.p"]
    assert [row[0] for row in rows[1:]] == [str(i) for i in range(frames)]
    found = read_scores(path)
    assert found.scores.smooth.tolist() == table.scores.smooth.tolist()
    assert found.scores.raw.tolist() == table.scores.raw.tolist()
    assert found.times == pytest.approx(table.times, abs=1e-6)
    assert {name: of.tolist() for name, of in found.tasks.items()} == {
        name: of.tolist() for name, of in table.tasks.items()
    }


def test_an_unknown_time_is_an_empty_cell(tmp_path):
    table = make_table(2)
    write_scores(tmp_path / "a.csv", ScoreTable(np.full(2, np.nan), table.scores))
    assert (tmp_path / "a.csv").read_text().splitlines()[1].startswith("0,,")
    assert np.isnan(read_scores(tmp_path / "a.csv").times).all()


@pytest.mark.parametrize("name", ["=1+1", "+a", "-a", "@a"])
def test_a_name_is_no_formula(tmp_path, name):
    write_scores(tmp_path / "a.csv", make_table(1, (name,)))
    header = next(csv.reader((tmp_path / "a.csv").read_text().splitlines()))
    assert header[-1] == text_cell(name) == f"'{name}"
    assert list(read_scores(tmp_path / "a.csv").tasks) == [name]


def test_columns_of_different_length_are_refused(tmp_path):
    table = make_table(3)
    with pytest.raises(DataError, match=r"columns of \[2, 3, 3, 3\] rows"):
        write_scores(tmp_path / "a.csv", ScoreTable(np.zeros(2), table.scores, table.tasks))
    assert not list(tmp_path.iterdir())


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_scores(tmp_path / "a.csv").scores.raw.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (GOOD, "", "row 1: the columns are missing. They should be frame,time_s,score,raw"),
        ("raw\n", "rough\n", "row 1: the columns are frame, time_s, score, rough"),
        ("1,0.04", "2,0.04", "row 3: frame 2 where frame 1 belongs"),
        ("0.04,0.5", "0.04,half", "row 3: score is 'half'"),
        ("0.04,0.5", "0.04,nan", "row 3: score is nan, not a finite"),
        ("0.04,0.5", "0.04,", "row 3: score is '', not a number"),
        ("1,0.04,0.5,2.0", "1,0.04", "row 3: 2 cells, expected frame,time_s"),
    ],
)
def test_damage_is_named(tmp_path, old, new, message):
    (tmp_path / "a.csv").write_text(GOOD.replace(old, new))
    with pytest.raises(DataError, match=rf"a\.csv.*{message}"):
        read_scores(tmp_path / "a.csv")

"""`vadkit evaluate`: anybody's score files, and every way in which they can be wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from tiny_world import World

from vadkit.cli import execute
from vadkit.recipe import presets

pytestmark = pytest.mark.edges

ALARMS = [f"false_alarms_{level}" for level in (50, 75, 90)]
LENGTHS = {"01": 30, "02": 50}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Scores as .npy and as a column, labels as .npy and .csv."""
    rng, scores, labels = np.random.default_rng(0), tmp_path / "scores", tmp_path / "labels"
    scores.mkdir()
    labels.mkdir()
    for name, length in LENGTHS.items():
        label = (np.arange(length) > length // 2).astype(np.uint8)
        score = rng.random(length) + label
        if name == "01":
            np.save(scores / f"{name}.npy", score)
            np.save(labels / f"{name}.npy", label)
        else:
            (scores / f"{name}.csv").write_text("score\n" + "\n".join(map(repr, score.tolist())))
            (labels / f"{name}.csv").write_text("\n".join(map(str, label.tolist())))
    return scores, labels


def frames(folders: tuple[Path, Path], *words: str) -> int:
    return execute(
        ["evaluate", "frames", f"--scores={folders[0]}", f"--labels={folders[1]}", *words]
    )


def regions(folder: Path, files: dict[str, str | None], *words: str) -> int:
    """Evaluate these tracks and detections of ten frames; None: the folder without the file."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        if text is not None:
            (folder / name).write_text(text)
    given = [f"--{what}={folder / what}" for what in ("tracks", "detections")]
    return execute(["evaluate", "regions", *given, "--frames=10", *words])


def test_the_figures_are_those_of_all_frames(folders, capsys) -> None:
    assert frames(folders, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    rng = np.random.default_rng(0)
    label = [np.arange(n) > n // 2 for n in LENGTHS.values()]
    score = [rng.random(len(of)) + of for of in label]
    expected = roc_auc_score(np.concatenate(label), np.concatenate(score))
    assert found["auc"]["micro"] == pytest.approx(expected)
    low, high = found["intervals"]["micro"]
    assert low <= expected <= high
    assert frames(folders) == 0
    assert f"{expected:.4f}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda s, _: (s / "02.csv").unlink(), "labels/02.csv: no counterpart in"),
        (lambda _, t: (t / "01.npy").unlink(), "scores/01.npy: no counterpart in"),
        (lambda s, _: np.save(s / "03.npy", np.zeros(9)), "scores/03.npy: no counterpart in"),
        (lambda s, _: np.save(s / "01.npy", np.zeros(29)), "01.npy: 29 frames, 30 labels"),
        (
            lambda s, _: np.save(s / "01.npy", np.r_[np.arange(28), np.nan, 1]),
            "01: the score of frame 28 is nan",
        ),
        (
            lambda s, _: (s / "02.csv").write_text("1\ninf\n"),
            "02.csv, row 2: score is inf, not a finite number",
        ),
        (lambda s, _: np.save(s / "01.npy", np.full(30, 0.5)), "scores/01.npy: all scores are 0.5"),
        (
            lambda s, _: np.save(s / "01.npy", np.zeros((30, 2))),
            "01.npy has the shape (30, 2), expected (N,)",
        ),
        (lambda s, _: (s / "02.csv").write_text("1\nx\n"), "02.csv, row 2"),
        (lambda s, _: (s / "02.csv").write_text("1 2 3\n"), "02.csv, row 1: 3 cells"),
        (lambda s, _: (s / "01.csv").write_text("1\n"), "both of the video '01'"),
        (lambda _, t: np.save(t / "01.npy", np.full(30, 2)), "01.npy"),
    ],
)
def test_what_is_wrong_is_named(folders, capsys, spoil, said: str) -> None:
    spoil(*folders)
    assert frames(folders) in (4, 6)
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(("label", "kind"), [(0, "normal"), (1, "anomalous")])
def test_labels_of_one_class_are_named(folders, capsys, label: int, kind: str) -> None:
    np.save(folders[1] / "01.npy", np.full(LENGTHS["01"], label))
    assert frames(folders) == 0  # a video of one class is nothing unusual
    (folders[1] / "02.csv").write_text(f"{label}\n" * LENGTHS["02"])
    capsys.readouterr()
    assert frames(folders) == 4
    assert f"{folders[1]}: every frame of every video is {kind}." in capsys.readouterr().err


def test_what_says_nothing_is_told_if_asked_for(folders, capsys) -> None:
    for name, length in LENGTHS.items():
        (folders[0] / f"{name}.csv").write_text("0.5\n" * length)
    (folders[0] / "01.npy").unlink()
    assert frames(folders, "--anyway", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["auc"]["micro"] == 0.5
    constant, untimed = found["notes"]
    assert constant == "AUC says nothing: the scores are constant"
    assert untimed.startswith("false alarms an hour are undefined: no times of frames, in 2 videos")


def test_a_given_rate_counts_the_hours(folders, capsys) -> None:
    """Twice as many frames a second are half as many hours."""
    np.save(folders[0] / "01.npy", np.arange(LENGTHS["01"]) % 2 * 3)
    slow, fast = [], []
    for rate, values in ((0.25, slow), (0.5, fast)):
        assert frames(folders, f"--fps={rate}", "--json") == 0
        found = json.loads(capsys.readouterr().out)
        values += [found[key] for key in ALARMS]
    assert max(slow) > 0
    assert fast == pytest.approx([2 * value for value in slow])


def test_regions_are_those_of_the_definition(tmp_path: Path, capsys) -> None:
    """One of two frames' regions is found, after one false positive in ten frames."""
    files = {
        "tracks/a.txt": "0,3,10,10,20,20\n0,4,10,10,20,20\n",
        "detections/a.csv": "frame,x1,y1,x2,y2,score\n5,0,0,5,5,0.9\n3,11,11,21,21,0.5\n",
        "detections/b.txt": "",
    }
    assert regions(tmp_path, files, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rbdc"] == pytest.approx(0.9 * 0.5)
    assert found["tbdc"] == pytest.approx(0.9)
    assert (found["regions"], found["tracks"], found["detections"]) == (2, 1, 2)


@pytest.mark.parametrize(
    ("flags", "rbdc"),
    [([], 1), (["--edges"], 0), (["--group-ties"], 0.95), (["--edges", "--group-ties"], 0)],
)
def test_pixels_and_ties_are_counted_as_asked(tmp_path: Path, capsys, flags, rbdc: float) -> None:
    """One of ten rows is 0.1 of the box, or none if a box from 0 to 0 is nothing wide."""
    files = {
        "tracks/a.csv": "0,3,0,0,9,9\n",
        "detections/a.csv": "3,0,0,9,0,0.5\n4,0,0,9,9,0.5\n",
    }
    assert regions(tmp_path, files, "--json", *flags) == 0
    assert json.loads(capsys.readouterr().out)["rbdc"] == pytest.approx(rbdc)


def test_tracks_with_a_kind_are_read_too(tmp_path: Path, capsys) -> None:
    files = {
        "tracks/a.csv": "track,kind,frame,x1,y1,x2,y2\n7,fire,3,10,10,20,20\n",
        "detections/a.csv": "3,10,10,20,20,0.5\n",
    }
    assert regions(tmp_path, files) == 0
    assert capsys.readouterr().out.count("1.0000") == 2


@pytest.mark.parametrize(
    ("tracks", "detections", "said"),
    [
        (
            "0,3,10,10,20,20",
            "3,10,10,20,20,nan",
            "detections/a.csv, row 1: score is nan",
        ),
        (
            "0,3,10,10,20,20",
            "3,10,10,5,5,0.5",
            "a.csv, row 1: the box 10,10,5,5 ends before it begins",
        ),
        (
            "0,3,10,10,5,5",
            "3,10,10,20,20,1",
            "a.csv, row 1: the box 10,10,5,5 ends before it begins",
        ),
        (
            "0,3,1,1,2,2\n0,3,5,5,9,9",
            "3,1,1,2,2,1",
            "a.csv, row 2: a track has two boxes in frame",
        ),
        (
            "0,-1,1,1,2,2",
            "3,1,1,2,2,1",
            "tracks/a.csv, row 1: frame is -1, not a whole",
        ),
        ("0,3,1,1,2,2", "10,1,1,2,2,1", "in 11 frames at least, not in 10"),
        ("0,3,1,1,2,2", None, "tracks/a.csv: no counterpart in"),
    ],
)
def test_boxes_that_are_wrong_are_named(
    tmp_path: Path, capsys, tracks: str, detections: str | None, said: str
) -> None:
    files = {
        "tracks/a.csv": tracks,
        "detections/b.csv": "",
        "detections/a.csv": detections,
    }
    assert regions(tmp_path, files) in (4, 6)
    assert said in capsys.readouterr().err


def test_an_overlap_at_the_threshold_is_decided_by_the_files_last_digit(
    tmp_path: Path, capsys
) -> None:
    """One row of ten: 0.1 in the numbers as written, less in single precision."""
    files = {
        "tracks/a.csv": "0,0,.3,.3,9.3,9.3",
        "detections/a.csv": "0,.3,.3,9.3,.3,1",
    }
    assert regions(tmp_path, files, "--json") == 0
    assert json.loads(capsys.readouterr().out)["rbdc"] == 1


@pytest.mark.parametrize("what", ["frames", "protocol", "regions"])
def test_no_heavy_library_is_imported(folders, tmp_path: Path, what: str) -> None:
    """A filter needs SciPy; nothing needs torch."""
    (tmp_path / "tracks").mkdir()
    (tmp_path / "tracks/a.csv").write_text("0,3,10,10,20,20\n")
    (tmp_path / "detections").mkdir()
    (tmp_path / "detections/a.csv").write_text("3,10,10,20,20,0.5\n")
    scored = ["frames", f"--scores={folders[0]}", f"--labels={folders[1]}"]
    boxes = [f"--tracks={tmp_path / 'tracks'}", f"--detections={tmp_path / 'detections'}"]
    words = {
        "frames": scored,
        "protocol": [*scored, "--protocol=seeds"],
        "regions": ["regions", *boxes, "--frames=10"],
    }
    code = (
        "import sys; from vadkit.cli import execute;"
        f"assert execute(['evaluate', *{words[what]}]) == 0;"
        "print([m for m in ('torch', 'cv2', 'scipy', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ("['scipy']" if what == "protocol" else "[]")


def test_a_named_protocol_is_that_of_a_published_code(folders, capsys) -> None:
    assert frames(folders, "--protocol=mnad", "--json") == 0
    found = json.loads(capsys.readouterr().out)["mnad"]
    assert found["frames"] == sum(LENGTHS.values()) - 4 * len(LENGTHS)
    assert found["protocol"]["borders"]["first"] == 4
    assert frames(folders, "--protocol=mnod") == 2
    assert "Did you mean 'mnad'" in capsys.readouterr().err


def test_all_protocols_stand_below_one_another_with_their_spread(folders, capsys) -> None:
    assert frames(folders, "--protocol=seeds", "--protocol=jigsaw") == 0
    printed = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in printed.splitlines() if line[:6].strip()}
    micro = sorted(float(rows[name][1]) for name in ("seeds", "jigsaw"))
    assert (rows["seeds"][8], rows["jigsaw"][8]) == ("skipped", "padded")
    assert f"a micro AUC of {micro[0]:.4f} to {micro[1]:.4f}" in printed
    assert frames(folders, "--protocol=all") == 0
    every = capsys.readouterr().out
    assert all(f"\n{name} " in every for name in presets())


def test_notes_stand_below_all_protocols_once(folders, capsys) -> None:
    for name, length in LENGTHS.items():
        (folders[1] / f"{name}.csv").write_text("0\n" * 3 + "1\n" * (length - 3))
    (folders[1] / "01.npy").unlink()
    assert frames(folders, "--protocol=seeds", "--protocol=mnad") == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Note")]
    assert len(notes) == 2
    assert any(note.startswith("Note on mnad: ") for note in notes)  # which drops the normal frames
    assert any(note.startswith("Note on seeds: false alarms an hour are undef") for note in notes)


def test_a_rate_that_goes_before_the_files_times_is_told(done: Path, folders, capsys) -> None:
    words = ["evaluate", "frames", f"--scores={done / 'scores'}", f"--labels={done / 'labels'}"]
    assert execute([*words, "--fps=10"]) == 0
    assert "--fps 10 goes before the times that" in capsys.readouterr().err
    assert execute(words) == 0
    assert frames(folders, "--fps=10") == 0
    assert "--fps" not in capsys.readouterr().err


def test_a_run_is_evaluated_anew_by_its_own_files(done: Path, capsys) -> None:
    """As they are, its scores give its own figures; a protocol begins with the raw ones."""
    words = ["evaluate", "frames", f"--scores={done / 'scores'}", f"--labels={done / 'labels'}"]
    own = json.loads((done / "metrics.json").read_text())
    assert execute([*words, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert {key: again[key] for key in ("auc", *ALARMS)} == {k: own[k] for k in ("auc", *ALARMS)}
    assert None not in [own[key] for key in ALARMS]
    assert execute([*words, "--json", "--protocol=seeds"]) == 0
    assert json.loads(capsys.readouterr().out)["seeds"]["auc"] == own["auc"]


def test_labels_may_be_a_data_sets_own(done: Path, world: World, capsys) -> None:
    words = [f"--scores={done / 'scores'}", f"--labels=folder={world.target}"]
    assert execute(["evaluate", "frames", *words, "--json"]) == 0
    own = json.loads((done / "metrics.json").read_text())
    assert json.loads(capsys.readouterr().out)["auc"] == own["auc"]


def test_frames_without_a_score_do_not_count(folders, capsys) -> None:
    scores, labels = folders
    whole = np.load(scores / "01.npy")
    assert frames(folders, "--json") == 0
    all_frames = json.loads(capsys.readouterr().out)
    np.save(scores / "01.npy", np.r_[[np.nan] * 4, whole[4:]])
    assert frames(folders, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["frames"] == all_frames["frames"] - 4
    assert "4 frames in 1 of 2 videos have no score, and do not count" in found["notes"]
    label = np.load(labels / "01.npy").astype(float)
    label[4:10] = np.nan
    np.save(labels / "01.npy", label)
    assert frames(folders, "--json") == 0
    assert json.loads(capsys.readouterr().out)["frames"] == all_frames["frames"] - 10


def test_a_first_frame_may_be_given(folders, capsys) -> None:
    scores, _ = folders
    for path in scores.iterdir():
        values = np.load(path) if path.suffix == ".npy" else np.loadtxt(path, skiprows=1)
        path.unlink()
        np.save(path.with_suffix(".npy"), values[4:])
    assert frames(folders) == 4
    assert "--first" in capsys.readouterr().err
    assert frames(folders, "--first=4", "--json") == 0
    assert json.loads(capsys.readouterr().out)["frames"] == sum(LENGTHS.values()) - 8


def test_scores_that_are_higher_for_what_is_normal(folders, capsys) -> None:
    assert frames(folders, "--json") == 0
    right = json.loads(capsys.readouterr().out)["auc"]
    assert frames(folders, "--json", "--higher=normal") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["auc"]["micro"] == pytest.approx(1 - right["micro"])
    assert any("--higher normal" in note for note in found["notes"])
    assert not any("--higher normal" in note for note in right)


def test_frames_are_counted_from_labels(tmp_path: Path, capsys) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    np.save(labels / "01.npy", np.zeros(10))
    given = {"tracks/01.txt": "0,1,2,2,9,9\n", "detections/01.txt": "1,2,2,9,9,0.9\n"}
    assert regions(tmp_path, given, "--json") == 0
    wanted = json.loads(capsys.readouterr().out)
    words = ["evaluate", "regions", f"--tracks={tmp_path}/tracks"]
    words += [f"--detections={tmp_path}/detections", "--json"]
    assert execute([*words, f"--labels={labels}"]) == 0
    assert json.loads(capsys.readouterr().out) == wanted
    for more in ([], ["--frames=10", f"--labels={labels}"]):
        assert execute([*words, *more]) == 4
        assert "--frames or --labels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("track", "box", "said"),
    [
        ("0,10,2,2,9,9", "1,2,2,9,9,0.9", "01: a box in frame 10, and 10 labels"),
        ("0,1,2,2,9,9", "10,2,2,9,9,0.9", "01: a box in frame 10, and 10 labels"),
        ("0,1,0.2,0.2,0.9,0.9", "1,2,2,9,9,0.9", "01: boxes lie between 0 and 1"),
        ("0,1,2,2,9,9", "1,0.2,0.2,0.9,0.9,0.9", "01: boxes lie between 0 and 1"),
    ],
)
def test_boxes_that_cannot_be_of_the_video_are_refused(
    tmp_path: Path, capsys, track: str, box: str, said: str
) -> None:
    for name, text in (("tracks", track), ("detections", box), ("labels", "0\n" * 10)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "01.txt").write_text(text + "\n")
    folders = [f"--{name}={tmp_path / name}" for name in ("tracks", "detections", "labels")]
    assert execute(["evaluate", "regions", *folders]) == 4
    assert said in capsys.readouterr().err


def test_scores_that_are_all_missing_are_refused(folders, capsys) -> None:
    np.save(folders[0] / "01.npy", np.full(30, np.nan))
    assert frames(folders) == 4
    assert "01.npy: no score is a number" in capsys.readouterr().err

"""Plots are drawn whole, from whatever a run may hold."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from made_metrics import phase
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from vadkit.report import plots, style
from vadkit.report.plots import plot_losses, plot_overview, plot_phases, plot_scores
from vadkit.scoring.protocol import FrameScores

pytestmark = pytest.mark.edges

BASELINES = {"widest box": {"micro": 0.65}, "number of boxes": {"micro": None}}
TRUTH = np.uint8([0, 1, 1, 0, 1])


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were saved."""
    figures = []
    saved = Figure.savefig

    def spy(figure, *args, **kwargs):
        figures.append(figure)
        saved(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", spy)
    return figures


def wave(frames):
    raw = np.linspace(0, 1, frames)
    return FrameScores(raw, raw / 2)


def texts(figure):
    return [label.get_text() for legend in figure.legends for label in legend.get_texts()]


def is_drawing(path):
    """Whether the file is an image with something on it."""
    return imread(path)[..., :3].std() > 0.01


def test_scores_over_time_with_their_truth(tmp_path, drawn):
    plot_scores(tmp_path / "a.png", "clip", wave(5), np.arange(5) / 25, TRUTH)
    axes: Axes = drawn[0].axes[0]
    assert axes.get_xlabel() == "time (s)"
    assert axes.get_title(loc="left") == "clip"
    assert texts(drawn[0]) == ["anomalous (ground truth)", "raw", "smoothed"]
    spans = [path.get_extents() for path in axes.collections[0].get_paths()]
    assert [x for span in spans for x in span.intervalx] == pytest.approx([0.02, 0.1, 0.14, 0.18])
    curves = [line.get_ydata() for line in axes.lines]
    assert curves[0].tolist() == wave(5).raw.tolist()
    assert curves[1].tolist() == wave(5).smooth.tolist()
    assert is_drawing(tmp_path / "a.png")


@pytest.mark.parametrize("times", [None, np.full(5, np.nan)])
def test_scores_without_time_or_truth(tmp_path, drawn, times):
    plot_scores(tmp_path / "a.png", "clip", wave(5), times)
    assert drawn[0].axes[0].get_xlabel() == "frame"
    assert texts(drawn[0]) == ["raw", "smoothed"]


@pytest.mark.parametrize("frames", [0, 1, 2])
@pytest.mark.parametrize("label", [0, 1])
def test_the_shortest_videos_are_drawn(tmp_path, frames, label):
    scores = FrameScores(np.zeros(frames), np.zeros(frames))
    plot_scores(tmp_path / "a.png", "still", scores, None, np.full(frames, label))
    assert is_drawing(tmp_path / "a.png")


@pytest.mark.parametrize(
    "name", ["a$b$c", "<script>", "two\nlines", "人の動画", "x" * 300, "_hidden", "$\\frac{$"]
)
def test_any_name_is_drawn(tmp_path, name, drawn):
    plot_scores(tmp_path / "a.png", name, wave(5))
    plot_overview(tmp_path / "b.png", {name: wave(5).smooth})
    plot_phases(tmp_path / "c.png", [phase(name, auc={"micro": 0.5})], {})
    plot_losses(tmp_path / "d.png", {name: [{"epoch": 1, "a.b": 1.0}]})
    shown = drawn[0].axes[0].get_title(loc="left")
    assert len(shown) <= style.LONGEST
    assert shown[:5] == " ".join(name.split())[:5]
    assert all(is_drawing(tmp_path / f"{letter}.png") for letter in "abcd")


@pytest.mark.parametrize("videos", [1, 5, 25])
def test_the_overview_has_a_panel_for_each_video(tmp_path, drawn, videos):
    names = [f"v{i}" for i in range(videos)]
    truth = dict.fromkeys(names, TRUTH)
    plot_overview(tmp_path / "a.png", {name: wave(5).smooth for name in names}, truth)
    shown = [axes for axes in drawn[0].axes if axes.axison]
    assert [axes.get_title(loc="left")[: len(n)] for axes, n in zip(shown, names, strict=True)]
    assert shown[0].get_title(loc="left") == "v0: AUC 0.667"
    assert texts(drawn[0]) == ["anomalous (ground truth)", "smoothed score"]


def test_the_overview_names_videos_of_one_class(tmp_path, drawn):
    scores = {"a": wave(5).smooth, "b": wave(5).smooth}
    plot_overview(tmp_path / "a.png", scores, {"a": np.zeros(5), "b": np.ones(5)})
    titles = [axes.get_title(loc="left") for axes in drawn[0].axes if axes.axison]
    assert titles == ["a: normal throughout", "b: anomalous throughout"]


def test_phases_beside_baselines(tmp_path, drawn):
    phases = [
        phase("prediction", 1, auc={"micro": 0.7, "macro_skipped": 0.8}),
        phase("jigsaw", 2, auc={"micro": 0.9, "macro_skipped": None}),
        phase("virtual", 3),
    ]
    plot_phases(tmp_path / "a.png", phases, BASELINES)
    axes = drawn[0].axes[0]
    assert [line.get_ydata()[0] for line in axes.lines[:3]] == [0.7, 0.8, 0.65]
    assert texts(drawn[0])[2:] == ["widest box: 0.650", "number of boxes: undefined"]
    assert [text.get_text() for text in axes.texts] == ["0.700", "0.900", "0.800"]
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert ticks == ["1. prediction", "2. jigsaw", "3. virtual"]


@pytest.mark.parametrize("count", [7, 15])
def test_many_baselines_are_told_apart(tmp_path, drawn, count):
    values = {f"baseline {n}": {"micro": 0.5 + n / 100} for n in range(count)}
    plot_phases(tmp_path / "a.png", [phase("prediction", auc={"micro": 0.9})], values)
    looks = [(line.get_linestyle(), line.get_color()) for line in drawn[0].axes[0].lines]
    assert len(set(looks)) == len(looks) == count + 2
    for (dash, colour), (next_dash, next_colour) in pairwise(looks[2:]):
        assert dash != next_dash
        assert colour != next_colour


def test_no_auc_at_all_is_drawn(tmp_path):
    plot_phases(tmp_path / "a.png", [phase("prediction")], {"widest box": {}})
    assert is_drawing(tmp_path / "a.png")


def test_losses_by_phase_from_history_rows(tmp_path, drawn):
    early = [{"epoch": "1", "seconds": "9", "a.l2": "0.5", "b.order": ""}]
    late = [{"epoch": "2", "seconds": "9", "a.l2": "0.25", "b.order": "0.7"}]
    plot_losses(tmp_path / "a.png", {"one": early, "both": early + late, "none": []})
    one, both, none = drawn[0].axes
    assert [line.get_ydata().tolist() for line in one.lines] == [[0.5]]
    assert both.lines[0].get_ydata().tolist() == [0.5, 0.25]
    assert both.lines[1].get_ydata()[1] == 0.7
    assert one.lines[0].get_color() == both.lines[0].get_color() != both.lines[1].get_color()
    assert not none.lines
    assert texts(drawn[0]) == ["a.l2", "b.order"]


def test_no_losses_at_all_are_drawn(tmp_path):
    plot_losses(tmp_path / "a.png", {"prediction": []})
    assert is_drawing(tmp_path / "a.png")


def test_a_plot_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    plot_scores(path, "clip", wave(5))
    before = path.read_bytes()
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        plot_scores(path, "clip", wave(9))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_no_display_and_no_global_figures():
    code = f"import sys, {plots.__name__}; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

"""The figures: every number by which scores are judged, in one list.

A figure that is added to `FIGURES` is computed after each phase, written to `metrics.json`, and
shown by the summary, `evaluate`, `table`, `compare` and sweeps; the phase cache evaluates anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from vadkit.metrics.curves import RegionCurves, ScoredFrames

Tree = dict[str, Any]
"""Figures as `metrics.json` has them: tables of numbers, None where one is not defined."""
_PERCENT_DECIMALS = 1


@dataclass(frozen=True)
class Figure:
    """A number that says how well scores find anomalies."""

    name: str
    """What tables call it."""
    path: tuple[str, ...]
    """Where `metrics.json` has it: below the run, and for figures of frames below each phase."""
    of_frames: Callable[[ScoredFrames], float | None] | None = None
    """How it is computed from the scores and labels of frames."""
    of_regions: Callable[[RegionCurves], float] | None = None
    """How it is computed from detections and tracks, where it is none of frames."""
    percent: bool = True
    """Whether sweeps print it times 100, as the papers' tables do."""
    decimals: int = 3
    """Digits after the point where it is not printed in percent."""
    higher_is_better: bool = True
    macro: Literal["skipped", "padded"] | None = None
    """The protocol's `macro` with which alone it is printed after a run; None: with either."""
    of_baselines: bool = True
    """Whether `metrics.json` has it for the scores of boxes alone."""
    revision: int = 1
    """Raised when it is computed differently: cached evaluations are not used any more."""

    @property
    def key(self) -> str:
        """Its last name in `metrics.json`, by which baselines and intervals have it."""
        return self.path[-1]

    def value(self, tree: Mapping[str, Any] | None) -> float | None:
        """The figure in a tree; None where it is not defined or not there."""
        value: Any = tree
        for key in self.path:
            value = (value or {}).get(key)
        return None if value is None else float(value)

    def text(self, value: float | None, more: int = 0, sign: str = "") -> str:
        """The value as tables print it, with so many digits more; a dash where there is none."""
        return "-" if value is None else f"{value:{sign}.{self.decimals + more}f}"

    def scaled(self, value: float) -> float:
        """The value as the papers' tables have it: in percent, where it is a share."""
        return 100 * value if self.percent else value

    def scaled_text(self, scaled: float) -> str:
        """What `scaled` gave, as text."""
        return f"{scaled:.{_PERCENT_DECIMALS if self.percent else self.decimals}f}"

    @property
    def unit(self) -> str:
        """The unit of `scaled`, after a comma; nothing where it has none."""
        return ", in percent" if self.percent else ""


def _curve(name: str, *, joined: bool = False) -> Callable[[Any], Any]:
    """A function of `vadkit.metrics.curves`, which needs NumPy: imported when it is called.

    If joined, it takes the scores and labels of all videos as one.
    """

    def compute(scored: Any) -> Any:
        function = getattr(import_module("vadkit.metrics.curves"), name)
        return function(*scored.joined) if joined else function(scored)

    return compute


def _false_alarms(percent: int) -> Figure:
    """False alarms an hour where so many of 100 events are found."""

    def compute(scored: ScoredFrames) -> float | None:
        from vadkit.metrics.alarms import false_alarms_an_hour

        return false_alarms_an_hour(scored, percent)

    name, path = f"FA/h at {percent}", (f"false_alarms_{percent}",)
    return Figure(
        name, path, compute, percent=False, decimals=1, higher_is_better=False, revision=2
    )


MICRO_AUC = Figure("micro AUC", ("auc", "micro"), _curve("micro_auc"))
MACRO_AUC = Figure(
    "macro AUC, skipped", ("auc", "macro_skipped"), _curve("macro_auc_skipped"), macro="skipped"
)
FIGURES = (
    MICRO_AUC,
    MACRO_AUC,
    Figure(
        "macro AUC, padded", ("auc", "macro_padded"), _curve("macro_auc_padded"), macro="padded"
    ),
    Figure(
        "EER",
        ("eer",),
        _curve("equal_error_rate", joined=True),
        higher_is_better=False,
        of_baselines=False,
    ),
    Figure("AP", ("ap",), _curve("average_precision", joined=True), of_baselines=False),
    *map(_false_alarms, (50, 75, 90)),
    Figure("RBDC", ("rbdc",), of_regions=_curve("rbdc")),
    Figure("TBDC", ("tbdc",), of_regions=_curve("tbdc")),
)


def all_figures() -> dict[str, Figure]:
    """Name -> figure, in the order of tables."""
    return {figure.name: figure for figure in FIGURES}


def frame_figures() -> list[Figure]:
    """The figures that are computed from scores and labels of frames."""
    return [figure for figure in FIGURES if figure.of_frames]


def judge_frames(frames: ScoredFrames) -> Tree:
    """The tree of all figures of frames."""
    return _tree({f.path: f.of_frames(frames) for f in FIGURES if f.of_frames})


def judge_regions(curves: RegionCurves | None) -> Tree:
    """The tree of all figures of regions, each None where there is no region to find."""
    areas = {figure.path: figure.of_regions for figure in FIGURES if figure.of_regions}
    return _tree({path: area(curves) if curves else None for path, area in areas.items()})


def figures_in(tree: Mapping[str, Any]) -> Tree:
    """The part of a tree that is figures of frames; None for each table that it lacks."""
    return {table: tree.get(table) for table in dict.fromkeys(f.path[0] for f in frame_figures())}


def baseline_figures(tree: Mapping[str, Any]) -> Tree:
    """The figures of frames that are kept for the scores of boxes alone, by their keys."""
    return {figure.key: figure.value(tree) for figure in frame_figures() if figure.of_baselines}


def revision() -> list[list[Any]]:
    """What decides the figures of frames, for the keys of cached evaluations."""
    return [[figure.name, list(figure.path), figure.revision] for figure in frame_figures()]


def _tree(values: Mapping[tuple[str, ...], float | None]) -> Tree:
    tree: Tree = {}
    for (*tables, key), value in values.items():
        table = tree
        for name in tables:
            table = table.setdefault(name, {})
        table[key] = value
    return tree

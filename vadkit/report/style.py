"""How plots look, and how they reach the disk. No pyplot: no global figures, no display."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import MaxNLocator

from vadkit.runs.atomic import atomic_path

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PINK, SKY, BLACK, GREY = "#CC79A7", "#56B4E9", "#222222", "#9A9A9A"
COLOURS = (BLUE, RED, GREEN, ORANGE, PINK, SKY, BLACK)
"""Okabe and Ito's palette, told apart with any colour vision."""
DASHES = ("-", "--", ":", "-.")
_STYLE = Path(__file__).with_name("vadkit.mplstyle")
LONGEST = 60
"""Characters of a name that a title has room for."""


@contextmanager
def drawing(path: Path, width: float, height: float) -> Iterator[Figure]:
    """Lend a figure of so many inches, and save it as a PNG if the block succeeds.

    Raises:
        ResourceError: The disk is full; nothing is left under `path`.
    """
    with mpl.rc_context(fname=_STYLE):
        figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
        yield figure
        with warnings.catch_warnings(), atomic_path(path) as temporary:
            # A name may hold letters that no installed font has: they come out as boxes.
            warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
            figure.savefig(temporary, format="png")


def panels(figure: FigureBase, count: int, columns: int, **options: Any) -> list[Axes]:
    """Axes for so many panels, row by row; what is left of the last row stays empty."""
    grid = figure.subplots(-(-count // columns), columns, squeeze=False, **options)
    for axes in grid.flat[count:]:
        axes.set_axis_off()
    return list(grid.flat[:count])


def write_value(
    axes: Axes, text: str, point: tuple[Any, float], offset: float, color: str, **look: Any
) -> None:
    """Write a value so many points above a place in the axes' numbers, below where negative."""
    side: dict[str, Any] = {"ha": "center", "va": "bottom" if offset > 0 else "top"}
    axes.annotate(text, point, (0, offset), textcoords="offset points", color=color, **side, **look)


def title(axes: Axes, text: str, **options: Any) -> None:
    """Set a title of any text; dollar signs stay what they are."""
    axes.set_title(one_line(text), parse_math=False, **options)


def one_line(text: str) -> str:
    """Make one line of a text, shortened in the middle where it is longer than `LONGEST`."""
    line = " ".join(text.split())
    half = LONGEST // 2
    return line if len(line) <= LONGEST else f"{line[:half]}…{line[1 - half :]}"


def legend_below(figure: Figure, axes: Axes, columns: int) -> None:
    """Put one legend under everything, where no data are."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=columns)


def whole_ticks(axes: Axes, most: int = 8) -> None:
    """Let the x axis count in whole numbers."""
    axes.xaxis.set_major_locator(MaxNLocator(most, integer=True, min_n_ticks=1))

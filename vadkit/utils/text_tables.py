"""Tables as text: CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_SPECIAL = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "→": r"$\rightarrow$",
        "\N{EN DASH}": "--",
    }
)


def csv_text(rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    r"""Rows as CSV, each line with a newline at its end.

    >>> csv_text([["a", "b"], [1, None]])
    'a,b\n1,\n'
    """
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, numbers to the right of the first column."""
    ruler = ["--", *["--:"] * (len(head) - 1)]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in (head, *rows)]
    lines = [escaped[0], ruler, *escaped[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def latex_table(heads: Iterable[str], rows: Iterable[Sequence[str]], columns: int) -> str:
    """A table in LaTeX that needs no package, below lines that `latex_row` gave."""
    begin = rf"\begin{{tabular}}{{l{'r' * (columns - 1)}}}"
    lines = [begin, r"\hline", *heads, r"\hline", *map(latex_row, rows), r"\hline"]
    return "\n".join([*lines, r"\end{tabular}"])


def latex_row(cells: Sequence[str]) -> str:
    """A line of a table in LaTeX."""
    return f"{' & '.join(cells)} \\\\"


def latex_text(text: str) -> str:
    r"""What a text says, where LaTeX would take some of its signs for something else.

    >>> latex_text("5 % of a_b")
    '5 \\% of a\\_b'
    """
    return text.translate(_SPECIAL)

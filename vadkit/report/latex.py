"""Names as LaTeX prints them."""

from __future__ import annotations

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


def latex_text(text: str) -> str:
    r"""What a text says, where LaTeX would take some of its signs for something else.

    >>> latex_text("5 % of a_b")
    '5 \\% of a\\_b'
    """
    return text.translate(_SPECIAL)

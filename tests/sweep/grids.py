"""Grids small enough to be counted by hand, and to be trained in seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tiny_world import World

from vadkit.registry.registry import Registry
from vadkit.sweep.expansion import Entry, entries_of
from vadkit.sweep.grid import GridFile, read_grid

STEPS = {
    "Pre": "prediction",
    "Rec": "reconstruction",
    "Cls": "frame_order",
    "SR": "semantic_reconstruction",
    "Jig": "jigsaw",
    "Compl": "completion",
    "Virtual": "virtual",
    "VL": "vision_language",
    "Pseudo": "pseudo_anomaly",
}
ZHANG_3 = """Pre SR Virtual; Pre Virtual SR; SR Pre Virtual; Cls Virtual SR; - Virtual SR;
Rec Jig VL;
Rec Compl VL; Rec Compl Pseudo; Pre+Rec - Pseudo; Pre+Rec SR -; Pre+Rec Jig Virtual;
Pre+Rec Jig+Compl Virtual; Pre+Rec+Cls SR+Jig+Compl Virtual"""
ZHANG_5 = "Pre - -; - SR -; - - Virtual; Pre SR -; Pre - Virtual; - SR Virtual; Pre SR Virtual"
STAGES = ("perception", "comprehension", "inference")


def order(text: str) -> list[list[str]]:
    """`Pre+Rec - Virtual` as an order of stages."""
    return [[] if part == "-" else part.split("+") for part in text.split()]


def row(text: str, more: str = "") -> str:
    return f"[[row]]\norder = {json.dumps(order(text))}\n{more}\n"


def grid(rows: str, recipe: str, *, top: str = "", more: str = "", epochs: int = 1) -> str:
    """A grid in TOML; rows by semicolons."""
    steps = [
        f'[step.{name}]\ntasks = ["{task}"]\nepochs = {epochs}\nsteps = 2\n'
        for name, task in STEPS.items()
    ]
    if (
        recipe == "sota" and "score.heads" not in top
    ):  # which scores by tasks that not every row trains
        top = top if "set = {" in top else f"{top}\nset = {{}}"
        top = top.replace("set = {", 'set = { "score.heads" = "refit",', 1).replace(",}", "}")
    lines = [f'title = "Orders"\nrecipe = "{recipe}"\nstages = {json.dumps(STAGES)}\n{top}\n']
    return "".join([*lines, *steps, *(row(text) for text in rows.split(";")), more])


def tiny_grid(world: World, rows: str, *, top: str = "", more: str = "") -> Path:
    """A grid that trains on the tiny world; every phase is scored by a re-fitted prediction."""
    scored = '"score.heads" = "refit", "score.refit_epochs" = 1'
    top = top if "set =" in top else f"set = {{ {scored} }}\n{top}"
    text = grid(rows, world.recipe().as_posix(), top=top, more=more)
    path = world.root / f"grid-{abs(hash(text))}.toml"
    path.write_text(text)
    return path


def read(folder: Path, text: str, registry: Registry, **more: Any) -> tuple[GridFile, list[Entry]]:
    """Read a grid from its text."""
    path = folder / "orders.toml"
    path.write_text(text)
    file = read_grid(path, registry, **more)
    return file, entries_of(file)


def by_mode(entries: Sequence[Entry], mode: str) -> list[Entry]:
    return [entry for entry in entries if entry.mode == mode]

"""Recipes of made-up plugins, and the lines of the error that a bad one raises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from vadkit.recipe import Recipe, load_recipe
from vadkit.recipe.diagnostics import ProblemsError
from vadkit.registry.cards import (
    BackboneCard,
    DatasetCard,
    DetectorCard,
    Need,
    Sampling,
    TaskCard,
    TeacherCard,
)
from vadkit.registry.discovery import Plugin
from vadkit.registry.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Width:
    width: int = 4


@dataclass(frozen=True, kw_only=True)
class Boxes:
    path: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Look:
    look: bool = False
    role: str = "target"


TASK = TaskCard(
    name="guess",
    summary="A test.",
    level="visual",
    config=Look,
    load="a:B",
    api=2,
    sampling=lambda config: Sampling(frames=3, role=config.role),
    needs=lambda config: (Need(role="scene"),) if config.look else (),
)
SILENT = replace(TASK, name="silent", scored=False)
RAISING = replace(TASK, name="raising", needs=lambda config: 1 // 0)
TEACHER = TeacherCard(
    name="mean",
    summary="A test.",
    load="a:B",
    role="scene",
    sampling=lambda config: Sampling(frames=1),
)
CARDS = (
    TASK,
    SILENT,
    TEACHER,
    replace(TEACHER, name="heavy", weights="from the authors"),
    replace(TEACHER, name="arrows", role="flow"),
    BackboneCard(name="unet", summary="A test.", load="a:B", config=Width),
    DetectorCard(name="motion", summary="A test.", load="a:B"),
    DetectorCard(name="auto", summary="A test.", load="a:B"),
    DetectorCard(name="file", summary="A test.", load="a:B", config=Boxes),
    DatasetCard(name="yard", summary="A test.", load="a:B", config=Width),
    DatasetCard(name="ped2", summary="A test.", load="a:B"),
)
OWN = Plugin(name="own", distribution="vadkit", cards=CARDS)
BROKEN = Plugin(
    name="flicker", distribution="vadkit-flicker", version="0.1", state="broken", reason="no way"
)
REGISTRY = Registry((OWN, BROKEN))

PLAIN: dict[str, Any] = {
    "data": {"target": {"dataset": "yard"}},
    "phase": [{"stage": "perception", "tasks": ["guess"], "epochs": 2}],
    "score": {"use": ["guess.error"]},
}


def write_recipe(folder: Path, table: dict[str, Any], name: str = "plain.toml") -> Path:
    file = folder / name
    file.write_text(tomli_w.dumps(table))
    return file


def load_plain(folder: Path, table: dict[str, Any] | None = None, **given: Any) -> Recipe:
    file = write_recipe(folder, {**PLAIN, **(table or {})})
    return load_recipe(file, registry=REGISTRY, **given).recipe


def problem_lines(folder: Path, text: str, **given: Any) -> list[str]:
    """The lines of the error that a text raises, without the folder's name."""
    given.setdefault("registry", REGISTRY)
    file = folder / "bad.toml"
    file.write_text(text)
    with pytest.raises(ProblemsError) as caught:
        load_recipe(file, **given)
    return [line.strip().replace(f"{folder}/", "") for line in caught.value.lines]

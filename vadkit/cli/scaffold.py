"""A new task's folder: a distribution that can be installed, and whose tests pass as written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from vadkit.errors import RecipeError
from vadkit.registry.discovery import normal_name
from vadkit.registry.registry import Registry

_NAME = re.compile(r"[a-z]([a-z0-9_-]{0,62}[a-z0-9])?")
_TEMPLATE = Path(__file__).parents[1] / "templates" / "task"
_SUFFIX = ".jinja"


def new_task(name: str, parent: Path, registry: Registry) -> Path:
    """Write `parent/vadkit-NAME/` and return it.

    Raises:
        RecipeError: The name cannot be one or is taken, or the folder exists or cannot be written.
    """
    _refuse(name, registry)
    folder = parent / f"vadkit-{name}"
    files = dict(_files(name))
    try:
        folder.mkdir(parents=True)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8", newline="\n")
    except FileExistsError:
        raise RecipeError(f"{folder} exists.", "Choose another name, or --dir.") from None
    except OSError as error:
        raise RecipeError(f"{folder} cannot be written: {error.strerror}.") from error
    return folder


def _refuse(name: str, registry: Registry) -> None:
    if not _NAME.fullmatch(name):
        expected = "1 to 64 of a-z, 0-9, _ and -, the first a letter, the last no _ or -"
        raise RecipeError(f"{name!r} cannot be a task's name, expected {expected}.")
    for offer in registry.offers("task"):
        if normal_name(offer.card.name) == normal_name(name):
            source = offer.plugin.distribution
            raise RecipeError(f"The task {offer.card.name!r} of {source} has that name.")
    if find_spec(_module(name)):
        raise RecipeError(f"A module {_module(name)} is installed.", "Choose another name.")


def _files(name: str) -> Iterator[tuple[PurePosixPath, str]]:
    """(path, text) of every file; NAME in a template's path stands for the task's name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - no HTML
        loader=FileSystemLoader(_TEMPLATE), undefined=StrictUndefined, keep_trailing_newline=True
    )
    stem = name.replace("-", "_")
    words = {"name": name, "stem": stem, "module": _module(name), "cls": _class(name)}
    for template in environment.list_templates(filter_func=lambda path: path.endswith(_SUFFIX)):
        path = template.removesuffix(_SUFFIX).replace("NAME", stem)
        yield PurePosixPath(path), environment.get_template(template).render(words)


def _module(name: str) -> str:
    return f"vadkit_{name.replace('-', '_')}"


def _class(name: str) -> str:
    """A class's name that is neither a keyword nor one that the module imports."""
    return "".join(part.capitalize() for part in re.split("[-_]", name)) + "Task"

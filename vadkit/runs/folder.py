"""The run folder: public, with a schema version; only relative paths inside, so that it moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vadkit.errors import RecipeError, RunBusyError
from vadkit.runs.atomic import is_temporary, read_json, sweep, write_json
from vadkit.runs.lock import locked, refuse_if_held
from vadkit.runs.names import followed, next_folder, point_latest, safe_name
from vadkit.utils.machine import ENVIRONMENT_SCHEMA, environment

_OURS = {".lock", ".owner.json"}
"""What a folder may hold that was begun and never became a run."""


@dataclass(frozen=True)
class Inside:
    """The path of a file or folder inside another, as an attribute of the class of the latter."""

    name: str

    def __get__(self, folder: Any, owner: type | None = None) -> Path:
        path: Path = folder.path
        return path / self.name


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run. `env.json` is written first: a folder without it is not a run."""

    path: Path

    recipe = Inside("recipe.toml")
    """The recipe as it was given."""
    resolved = Inside("resolved.toml")
    """The recipe with every default and option filled in."""
    environment = Inside("env.json")
    identity = Inside("identity.json")
    """What decides the result, beside the recipe."""
    events = Inside("events.jsonl")
    metrics = Inside("metrics.json")
    reasons = Inside("reasons")
    regions = Inside("regions")
    """`<video>.csv`: a row for each object, or region of an error map."""
    scores = Inside("scores")
    """`<video>.csv`: a row for each frame."""
    labels = Inside("labels")
    """`<video>.csv`: the labels that the scores were compared with."""
    plots = Inside("plots")
    model = Inside("model")

    @classmethod
    def create(cls, base: Path | str = "runs", name: str = "run") -> RunFolder:
        """Make `<base>/<name>-<n>` with the next free n, and point `latest` at it.

        Raises:
            RecipeError: `base` cannot be made or written to.
        """
        with usable(Path(base), "a run folder"):
            path = next_folder(Path(base), safe_name(name))
            run = cls._begin(path)
            point_latest(path)
        return run

    @classmethod
    def at(cls, path: Path | str, resume: bool = False) -> RunFolder:
        """Take the folder that `--out` names: a new or an empty one, or with `resume` a run's.

        Raises:
            RecipeError: It is full of other things, or cannot be written to.
            RunBusyError: It holds a run already, or is in use.
        """
        path = Path(path)
        with usable(path, "a run folder"):
            path.mkdir(parents=True, exist_ok=True)
            is_run = _is_run(path)
            if not is_run:  # before the lock, which would leave its file in a stranger's folder
                refuse_strangers(path, "run")
            refuse_if_held(path)
            if not is_run:
                return cls._begin(path)
        if not resume:
            raise RunBusyError(
                f"{path} holds a run already.",
                "Go on with it with --resume, or choose another --out.",
            )
        return _readable(cls(path))

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """Find a run that exists; `latest` leads to the newest.

        Raises:
            RecipeError: There is no run.
            RunBusyError: It is of another schema.
        """
        path = followed(Path(path))
        if not _is_run(path):
            raise RecipeError(
                f"There is no run at {path}.", "Give the folder that holds its env.json."
            )
        return _readable(cls(path))

    @classmethod
    def _begin(cls, path: Path) -> RunFolder:
        run = cls(path)
        write_json(run.environment, environment())
        return run

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder while the block runs, swept of what dead processes left behind.

        Raises:
            RunBusyError: Another process holds it.
        """
        with locked(self.path):
            sweep(self.path)
            yield

    def phase(self, number: int, name: str) -> Path:
        """Folder of a phase, numbered from 1: `phases/01-prediction`."""
        return self.path / "phases" / f"{number:02d}-{safe_name(name)}"

    def history(self, number: int, name: str) -> Path:
        """The losses of a phase, a row an epoch."""
        return self.phase(number, name) / "history.csv"


def _is_run(path: Path) -> bool:
    return (path / "env.json").is_file()


def _readable(run: RunFolder) -> RunFolder:
    version: Any = (read_json(run.environment) or {}).get("schema_version")
    if version != ENVIRONMENT_SCHEMA:
        raise RunBusyError(
            f"{run.environment} has schema {version!r}, this vadkit reads {ENVIRONMENT_SCHEMA}.",
            "Use the vadkit that made the run.",
        )
    return run


def refuse_strangers(path: Path, what: str) -> None:
    """Raise if a folder holds what vadkit did not put there; `what` it is to become is said.

    Raises:
        RecipeError: It does.
    """
    others = [p.name for p in path.iterdir() if p.name not in _OURS and not is_temporary(p)]
    if others:
        raise RecipeError(
            f"{path} is no {what} and not empty (it holds {sorted(others)[0]}).",
            "Choose a new folder with --out.",
        )


@contextmanager
def usable(path: Path, what: str) -> Iterator[None]:
    """Say in one sentence why a folder cannot be `what`, before anything is trained for it.

    Raises:
        RecipeError: The block met an error of the system.
    """
    try:
        yield
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be used as {what}: {error.strerror}.",
            "Choose another folder with --out.",
        ) from error

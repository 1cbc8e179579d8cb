"""Trained weights: found on disk or explained, and never fetched, so that nothing ever waits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from vadkit.api import DataError, TeacherCard
from vadkit_teachers import vadkit_teachers


@dataclass(frozen=True)
class Weights:
    """The file or folder that a teacher's option `weights` names.

    Raises:
        DataError: Nothing is there. What is missing is said before anything heavy is imported.
    """

    card: TeacherCard
    path: Path

    def __post_init__(self) -> None:
        if not self.place.exists():
            raise self.error("are missing")

    @property
    def place(self) -> Path:
        return self.path.expanduser().absolute()

    def state(self) -> dict[str, Tensor]:
        """The tensors of a safetensors file, or of a .pth or .bin file, of which no code is run.

        Raises:
            DataError: It cannot be read.
        """
        try:
            if self.place.suffix not in (".pth", ".bin"):
                return load_file(self.place)
            return dict(torch.load(self.place, map_location="cpu", weights_only=True))
        except Exception as error:  # torch's reader fails on rubbish in many ways
            raise self.error(f"cannot be read: {_line(error)}") from error

    def load_into(self, network: nn.Module, state: Mapping[str, Tensor]) -> None:
        """Give the network its weights.

        Raises:
            DataError: They are of another network.
        """
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise self.error(f"do not fit: {_line(error)}") from error

    def digest(self) -> Tensor:
        """(32,) bytes of the file's SHA-256, for networks whose weights are no torch tensors."""
        with self.place.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        return torch.tensor(list(digest), dtype=torch.uint8)

    def error(self, fault: str) -> DataError:
        """Say what is wrong, what is wanted, where to put it and what would do without."""
        card = self.card
        others = [other for other in vadkit_teachers() if other.role == card.role]
        free = [other.name for other in others if not other.weights]
        return DataError(
            f"The weights {self.place} of the teacher {card.name!r} {fault}.",
            f"Wanted is {card.weights}. Put it there, or name its place in the recipe: "
            f'[teachers.{card.role}] weights = "...". Without weights: {", ".join(free)}.',
        )


def library(module: str, member: str = "") -> Any:
    """Import a module of an optional library, or a member of it, when it is needed.

    Raises:
        ImportError: However the import failed; torchvision's raises RuntimeError beside a torch
            that it was not built for. The host names the pip command.
    """
    try:
        imported = import_module(module)
        return (
            getattr(imported, member) if member else imported
        )  # transformers imports its members late
    except Exception as error:
        raise ImportError(f"{module}: {_line(_root(error))}") from error


def pretrained(weights: Weights, library_class: str, unused: str = "") -> nn.Module:
    """Read a folder of transformers, without the network and without pickle.

    Args:
        weights: The folder.
        library_class: Name of the class in transformers.
        unused: Prefix of parameters that the class has and no answer depends on.

    Raises:
        DataError: It cannot be read, or lacks weights, in whose place random ones would be taken.
    """
    cls = library("transformers", library_class)
    library("transformers.utils.logging").disable_progress_bar()  # the host shows progress
    options = {"local_files_only": True, "use_safetensors": True, "output_loading_info": True}
    try:
        network, loading = cls.from_pretrained(str(weights.place), **options)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise weights.error(f"cannot be read: {_line(error)}") from error
    lacking = [
        name for name in loading["missing_keys"] if not unused or not name.startswith(unused)
    ]
    if lacking:
        raise weights.error(f"do not fit: they lack {', '.join(sorted(lacking))[:200]}")
    loaded: nn.Module = network.eval()
    return loaded


def _root(error: BaseException) -> BaseException:
    """What began it: transformers hides that another library is broken."""
    return _root(error.__cause__) if error.__cause__ else error


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

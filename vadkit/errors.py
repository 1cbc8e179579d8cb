"""Errors a user can act on: one sentence, a next step and an exit code each."""

from __future__ import annotations


class VadkitError(Exception):
    """Base of every error that vadkit raises on purpose.

    Args:
        message: One sentence that names the file, key or plugin.
        hint: The next step, or nothing.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class RecipeError(VadkitError):
    """A recipe or an option that cannot be used."""

    exit_code = 2


class DataError(VadkitError):
    """A data set, video, label or box file that cannot be used."""

    exit_code = 4


class OtherCameraError(DataError):
    """A video of a camera that the model was not trained on."""


class PluginError(VadkitError):
    """A plugin that is missing, broken, ambiguous or breaks the contract."""

    exit_code = 5


class NumericError(VadkitError):
    """A loss or score that is not a finite number."""

    exit_code = 6


class ResourceError(VadkitError):
    """Memory or disk that ran out."""

    exit_code = 7


class RunBusyError(VadkitError):
    """A run folder that is in use or does not fit."""

    exit_code = 8

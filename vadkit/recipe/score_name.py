"""The name of a score, `task.score`."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class ScoreName(str):
    """A score of a task, written `task.score`: it is its text, and knows its parts.

    >>> ScoreName("vadkit-flow:flow.error").task
    'vadkit-flow:flow'
    """

    __slots__ = ()

    @classmethod
    def compose(cls, task: str, score: str) -> ScoreName:
        """The name of a task's score."""
        return cls(f"{task}.{score}")

    @property
    def task(self) -> str:
        """The task whose score it is; empty where the text has no dot."""
        return self.rpartition(".")[0]

    @property
    def score(self) -> str:
        """The name that the task gives it."""
        return self.rpartition(".")[2]

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A string in a recipe and in its JSON schema."""
        return core_schema.no_info_after_validator_function(cls, handler(str))

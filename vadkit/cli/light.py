"""Commands that answer before a heavy library could be imported.

Since 0.29, typer imports pydantic to convert options, also those that were not given and the
`--help` that it adds; that takes longer than all the rest of a listing.
"""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption


class LightCommand(TyperCommand):
    """A command whose options cost nothing where they are not given."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _lightened(super().get_params(ctx))


class LightGroup(TyperGroup):
    """The same for a group of commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _lightened(super().get_params(ctx))


class _LightOption(TyperOption):
    def process_value(self, ctx: Any, value: Any) -> Any:
        return None if value is None else super().process_value(ctx, value)


def _lightened(params: list[Any]) -> list[Any]:
    for param in params:
        if type(param) is TyperOption and not param.required:
            param.__class__ = _LightOption
    return params

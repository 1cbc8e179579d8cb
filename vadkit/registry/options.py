"""A card's options: a table checked against its config, with every problem at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from vadkit.registry.cards import Card
from vadkit.utils.suggestions import allowed_words, did_you_mean, wrong_value


def option_problems(card: Card, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(key, sentence) for every unknown option and every wrong value, all at once."""
    from pydantic import ValidationError  # not needed to list plugins

    names = [option.name for option in fields(card.config) if option.init]
    unknown = [
        (key, f"Unknown option. {did_you_mean(key, names)} {allowed_words(names)}")
        for key in table
        if key not in names
    ]
    try:
        config_from(card, {key: value for key, value in table.items() if key in names})
    except ValidationError as error:
        unknown += [
            (".".join(map(str, entry["loc"])), wrong_value(entry)) for entry in error.errors()
        ]
    return unknown


def config_from(card: Card, table: Mapping[str, Any]) -> Any:
    """Validate as strict JSON: 3 is a float and [1, 2] a tuple, but "3" is no number."""
    from pydantic import TypeAdapter

    text = json.dumps(dict(table), default=str)
    return TypeAdapter(card.config).validate_json(text, strict=True)


def config_table(card: Card, config: Any) -> dict[str, Any]:
    """A config as JSON values, by option."""
    from pydantic import TypeAdapter

    table: dict[str, Any] = TypeAdapter(card.config).dump_python(config, mode="json")
    return table


def changed_options(card: Card, table: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are not at their default: an option that is new changes no hash."""
    usual = config_table(card, card.config())
    return {key: value for key, value in table.items() if key not in usual or usual[key] != value}

"""What a recipe asks of the plugins, the data and the teachers, checked against the registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vadkit.errors import PluginError, VadkitError
from vadkit.recipe.diagnostics import KeyPath, Problem
from vadkit.recipe.toml_tables import Table, plugged, task_entries
from vadkit.registry.cards import Card, Need, Sampling, TaskCard, TeacherCard
from vadkit.registry.discovery import OWN, one_line
from vadkit.registry.registry import Registry, UnknownNameError, option_problems
from vadkit.utils.suggestions import allowed_words, did_you_mean

if TYPE_CHECKING:
    from vadkit.recipe.schema import Protocol, Recipe, Score

TARGET = "target"
"""The data role that is scored."""


def name_problems(table: Table, registry: Registry) -> Iterator[Problem]:
    """Unknown names and wrong options of plugins, in tables that need not be valid otherwise."""
    for kind, name, path, found in plugged(table):
        key = path if kind == "task" else (*path, "dataset" if kind == "dataset" else "name")
        card, problems = _card(registry, kind, name, key)
        yield from problems
        if card is not None:
            for option, message in option_problems(card, _own_options(kind, found)):
                yield Problem((*path, *option.split(".")), message)
    for key, name in task_entries(table):
        yield from _card(registry, "task", name, key)[1]


def binding_problems(recipe: Recipe, registry: Registry) -> Iterator[Problem]:
    """Whatever the tasks ask for that the rest of the recipe does not give."""
    yield from _phase_problems(recipe, registry)
    yield from _data_problems(recipe, registry)
    yield from _teacher_problems(recipe, registry)
    yield from _score_problems(recipe, registry)


def completed(recipe: Recipe, registry: Registry) -> Recipe:
    """The recipe with every option's default, and a stand-in for each teacher not named."""
    table = recipe.model_dump(mode="json")
    for role in sorted(_unbound_teachers(recipe, registry)):
        table["teachers"][role] = {"name": _stand_ins(role, registry)[0]}
    for _, name in _entries(recipe):
        table["tasks"].setdefault(name, {})
    for kind, name, _, options in plugged(table):
        own = _own_options(kind, options)
        options.update(_with_defaults(registry, registry.card(kind, name), own))
    return type(recipe).model_validate_json(json.dumps(table), strict=True)


def _with_defaults(registry: Registry, card: Card, options: Table) -> Table:
    from pydantic import TypeAdapter

    config = registry.options(card, options)
    return TypeAdapter(card.config).dump_python(config, mode="json")


def _own_options(kind: str, table: Table) -> Table:
    """A table without the keys that are the recipe's own."""
    if kind == "task":
        return table
    common = {"dataset", "path", "every"} if kind == "dataset" else {"name"}
    return {key: value for key, value in table.items() if key not in common}


def _card(
    registry: Registry, kind: str, name: str, key: KeyPath
) -> tuple[Card | None, list[Problem]]:
    try:
        return registry.card(kind, name), []
    except UnknownNameError as error:
        return None, [Problem(key, str(error))]
    except PluginError as error:
        return None, [Problem(key, str(error), plugin=True)]


def _entries(recipe: Recipe) -> list[tuple[KeyPath, str]]:
    """(key path, name) of every task in every phase."""
    return list(task_entries(recipe.model_dump()))


def _phase_problems(recipe: Recipe, registry: Registry) -> Iterator[Problem]:
    known = ["main", *recipe.backbones]
    for number, phase in enumerate(recipe.phase):
        seen: list[object] = []
        for index, entry in enumerate(phase.tasks):
            key: KeyPath = ("phase", number, "tasks", index)
            card = _card(registry, "task", entry.name, key)[0] or entry.name
            if card in seen:
                yield Problem(key, f"{entry.name!r} is twice in this phase.")
            if entry.backbone not in known:
                hint = f"{did_you_mean(entry.backbone, known)} {allowed_words(known)}".strip()
                yield Problem((*key, "backbone"), f"no backbone {entry.backbone!r}. {hint}")
            seen.append(card)


def _data_problems(recipe: Recipe, registry: Registry) -> Iterator[Problem]:
    asked: dict[str, tuple[KeyPath, str]] = {TARGET: ((), "Scoring")}
    for key, name in _entries(recipe):
        samplings, failed = _declared(recipe, registry, key, name, _samplings)
        yield from failed
        for sampling in samplings:
            asked.setdefault(sampling.role, (key, f"The task {name!r}"))
    for role, (key, who) in asked.items():
        if role not in recipe.data:
            hint = did_you_mean(role, recipe.data)
            message = f"{who} reads the data role {role!r}, which [data] does not bind. {hint}"
            yield Problem(key or ("data",), message.strip())


def _teacher_problems(recipe: Recipe, registry: Registry) -> Iterator[Problem]:
    for role, teacher in recipe.teachers.items():
        card = _card(registry, "teacher", teacher.name, ())[0]
        if isinstance(card, TeacherCard) and card.role != role:
            message = f"{teacher.name!r} fills the role {card.role!r}, not {role!r}."
            yield Problem(("teachers", role, "name"), message)
    for key, name in _entries(recipe):
        needs, failed = _declared(recipe, registry, key, name, _needs)
        yield from failed
        for role in {need.role for need in needs} - recipe.teachers.keys():
            if not _stand_ins(role, registry):
                message = f"needs a teacher for {role!r}; [teachers] binds none, and none is free."
                yield Problem(key, f"{name!r} {message}")


def _unbound_teachers(recipe: Recipe, registry: Registry) -> set[str]:
    """The roles that tasks need and [teachers] does not bind."""
    needs = [
        need
        for key, name in _entries(recipe)
        for need in _declared(recipe, registry, key, name, _needs)[0]
    ]
    return {need.role for need in needs} - recipe.teachers.keys()


def _stand_ins(role: str, registry: Registry) -> list[str]:
    """Teachers of the role without weights, built-in ones first."""
    names = [
        (offer.plugin.distribution != OWN, offer.card.name)
        for offer in registry.offers("teacher")
        if isinstance(offer.card, TeacherCard)
        and offer.card.role == role
        and not offer.card.weights
        and not registry.shadowed(offer)
    ]
    return [name for _, name in sorted(names)]


def _declared(
    recipe: Recipe,
    registry: Registry,
    key: KeyPath,
    name: str,
    ask: Callable[[TaskCard, Any], Sequence[Any]],
) -> tuple[Sequence[Any], list[Problem]]:
    """What a task's card declares for its options; wrong options are reported elsewhere."""
    card = _card(registry, "task", name, key)[0]
    if not isinstance(card, TaskCard):
        return (), []
    try:
        return ask(card, registry.options(card, recipe.tasks.get(name, {}))), []
    except VadkitError:
        return (), []
    except Exception as error:
        message = f"The card of {name!r} fails with these options: {one_line(error)}."
        return (), [Problem(key, message, plugin=True)]


def _samplings(card: TaskCard, config: Any) -> tuple[Sampling, ...]:
    training = card.sampling(config)
    scoring = (card.score_sampling(config),) if card.score_sampling else ()
    return (*(training if isinstance(training, tuple) else (training,)), *scoring)


def _needs(card: TaskCard, config: Any) -> tuple[Need, ...]:
    return (*card.needs(config), *(card.score_needs(config) if card.score_needs else ()))


def _score_problems(recipe: Recipe, registry: Registry) -> Iterator[Problem]:
    yield from _preset_problems(recipe.score)
    yield from _weight_problems(recipe.score, registry)
    names = {name for _, name in _entries(recipe)}
    for key, use in _uses(recipe.score):
        task = use.rpartition(".")[0]
        card = _card(registry, "task", task, key)[0]
        probed = recipe.score.heads == "refit" and card is not None
        if task not in names and not probed:
            hint = f"{did_you_mean(task, names)} {allowed_words(names)}".strip()
            yield Problem(key, f"{use!r} does not name a task of a phase, as TASK.SCORE. {hint}")
        elif isinstance(card, TaskCard) and not card.scored:
            yield Problem(key, f"the task {task!r} gives no score.")


def _preset_problems(score: Score) -> Iterator[Problem]:
    from vadkit.recipe.presets import presets

    for place, protocol in _placed(score):
        if protocol.preset not in {None, *presets()}:
            hint = f"{did_you_mean(protocol.preset or '', presets())} {allowed_words(presets())}"
            message = f"no protocol {protocol.preset!r}. {hint.strip()}"
            yield Problem((*place, "preset"), message)


def _weight_problems(score: Score, registry: Registry) -> Iterator[Problem]:
    """A weight may wait for a score that is not under `use`: another recipe may have set it."""
    for place, protocol in _placed(score):
        for name in protocol.weights:
            yield from _card(registry, "task", name.rpartition(".")[0], (*place, "weights", name))[
                1
            ]


def _placed(score: Score) -> Iterator[tuple[KeyPath, Protocol]]:
    """Every protocol and where it stands."""
    for name, protocol in score.protocols.items():
        yield ("score",) if protocol is score else ("score", "also", name), protocol


def _uses(score: Score) -> Iterator[tuple[KeyPath, str]]:
    """Where a task's score is named, and the name."""
    for place, protocol in _placed(score):
        for index, use in enumerate(protocol.use):
            yield (*place, "use", index), use

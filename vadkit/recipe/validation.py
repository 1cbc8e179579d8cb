"""Validation of a recipe: names, options, data roles, teachers and scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from vadkit.errors import PluginError, VadkitError
from vadkit.recipe.bindings import Binding, DetectorBinding, TaskBinding
from vadkit.recipe.bound_recipe import BoundRecipe
from vadkit.recipe.diagnostics import KeyPath, Problem
from vadkit.recipe.presets import presets
from vadkit.recipe.schema import P_VALUES, TARGET, Protocol, Question
from vadkit.recipe.score_name import ScoreName
from vadkit.recipe.toml_tables import Table, own_options, plugged, task_entries
from vadkit.registry.cards import Card, EvidenceCard, TaskCard
from vadkit.registry.discovery import one_line
from vadkit.registry.name_errors import UnknownNameError
from vadkit.registry.options import option_problems
from vadkit.registry.registry import Registry
from vadkit.utils.suggestions import did_you_mean, suggested


def name_problems(table: Table, registry: Registry) -> Iterator[Problem]:
    """Unknown names and wrong options of plugins, in tables that need not be valid otherwise."""
    for kind, name, path, options in plugged(table):
        key = path if kind == "task" else (*path, "dataset" if kind == "dataset" else "name")
        card, problems = _card(registry, kind, name, key)
        yield from problems
        if card is not None:
            for option, message in option_problems(card, own_options(kind, options)):
                yield Problem((*path, *filter(None, option.split("."))), message)
    for key, name in task_entries(table):
        yield from _card(registry, "task", name, key)[1]


def binding_problems(bound: BoundRecipe) -> Iterator[Problem]:
    """Whatever the tasks ask for that the rest of the recipe does not give."""
    yield from _phase_problems(bound)
    yield from _detector_problems(bound)
    yield from _data_problems(bound)
    yield from _teacher_problems(bound)
    yield from _score_problems(bound)


def _card(
    registry: Registry, kind: str, name: str, key: KeyPath
) -> tuple[Card | None, list[Problem]]:
    try:
        return registry.card(kind, name), []
    except UnknownNameError as error:
        return None, [Problem(key, str(error))]
    except PluginError as error:
        return None, [Problem(key, str(error), plugin=True)]


def _usable_card(plugin: Binding) -> Card | None:
    """Its card; None where there is none, which `name_problems` reports."""
    return _card(plugin.registry, plugin.kind, plugin.name, ())[0]


def _entries(bound: BoundRecipe) -> Iterator[tuple[KeyPath, TaskBinding]]:
    """(key path, task) of every task in every phase."""
    for number, phase in enumerate(bound.recipe.phase):
        for index, entry in enumerate(phase.tasks):
            yield ("phase", number, "tasks", index), bound.tasks[entry.name]


def _phase_problems(bound: BoundRecipe) -> Iterator[Problem]:
    names = [*bound.backbones]
    for number, phase in enumerate(bound.recipe.phase):
        earlier: list[object] = []
        for index, entry in enumerate(phase.tasks):
            key: KeyPath = ("phase", number, "tasks", index)
            card = _usable_card(bound.tasks[entry.name]) or entry.name
            if card in earlier:
                yield Problem(key, f"{entry.name!r} is twice in this phase.")
            if entry.backbone not in names:
                hint = suggested(entry.backbone, names)
                yield Problem((*key, "backbone"), f"no backbone {entry.backbone!r}. {hint}")
            earlier.append(card)


def _detector_problems(bound: BoundRecipe) -> Iterator[Problem]:
    """Detectors that are there twice, be it as one of those whose place another takes."""
    for (_, one), (index, other) in combinations(enumerate(bound.detectors), 2):
        names = _stages(one) & _stages(other)
        if one.table == other.table or (names and one.name != other.name):
            message = f"{other.name!r} repeats {one.name!r}. Leave one of them out."
            yield Problem(("objects", "detectors", index), message)


def _stages(detector: DetectorBinding) -> set[str]:
    """Its name and those of its stages; wrong names and options are reported elsewhere."""
    try:
        return {detector.name, *(stage["name"] for stage in detector.stages())}
    except VadkitError:
        return {detector.name}


def _data_problems(bound: BoundRecipe) -> Iterator[Problem]:
    readers: dict[str, tuple[KeyPath, str]] = {TARGET: ((), "Scoring")}
    for key, task in _entries(bound):
        samplings, problems = _declared(task, key, "all_samplings")
        yield from problems
        for sampling in samplings:
            readers.setdefault(sampling.role, (key, f"The task {task.name!r}"))
    for role, (key, reader) in readers.items():
        if role not in bound.datasets:
            hint = did_you_mean(role, bound.datasets)
            message = f"{reader} reads the data role {role!r}, which [data] does not bind. {hint}"
            yield Problem(key or ("data",), message.strip())


def _teacher_problems(bound: BoundRecipe) -> Iterator[Problem]:
    for role, teacher in bound.teachers.items():
        if _usable_card(teacher) and teacher.role != role:
            message = f"{teacher.name!r} fills the role {teacher.role!r}, not {role!r}."
            yield Problem(("teachers", role, "name"), message)
    for key, task in _entries(bound):
        needs, problems = _declared(task, key, "all_needs")
        yield from problems
        for role in {need.role for need in needs} - bound.teachers.keys():
            if not bound.stand_ins(role):
                message = f"needs a teacher for {role!r}; [teachers] binds none, and none is free."
                yield Problem(key, f"{task.name!r} {message}")


def _declared(task: TaskBinding, key: KeyPath, name: str) -> tuple[Sequence[Any], list[Problem]]:
    """What a task's card declares for its options; wrong options are reported elsewhere."""
    if not isinstance(_usable_card(task), TaskCard):
        return (), []
    try:
        return getattr(task, name), []
    except VadkitError:
        return (), []
    except Exception as error:
        message = f"The card of {task.name!r} fails with these options: {one_line(error)}."
        return (), [Problem(key, message, plugin=True)]


def _score_problems(bound: BoundRecipe) -> Iterator[Problem]:
    score = bound.recipe.score
    for name, protocol in score.protocols.items():
        place: KeyPath = ("score",) if protocol is score else ("score", "also", name)
        if protocol.preset not in {None, *presets()}:
            hint = suggested(protocol.preset or "", presets())
            yield Problem((*place, "preset"), f"no protocol {protocol.preset!r}. {hint}")
        if protocol.fuse in ("power", "stouffer") and protocol.calibrate.kind not in P_VALUES:
            what = f"p-values, which calibrate.kind = {protocol.calibrate.kind!r} does not give"
            message = f"{protocol.fuse!r} joins {what}. Take {' or '.join(P_VALUES)}."
            yield Problem((*place, "fuse"), message)
        if protocol.calibrate.cap == "rule" and protocol.calibrate.kind != "tail":
            what = f"'rule' means nothing for calibrate.kind = {protocol.calibrate.kind!r}."
            yield Problem((*place, "calibrate", "cap"), f"{what} Take tail, or leave the cap out.")
        for weighed in protocol.weights:
            yield from _weight_problems(bound, protocol, weighed, (*place, "weights", weighed))
        for summed in protocol.weigh if isinstance(protocol.weigh, tuple) else ():
            if summed not in protocol.names:
                hint = suggested(summed, [*protocol.names])
                yield Problem((*place, "weigh"), f"no score {summed!r} is asked for. {hint}")
        if protocol.only:
            yield from _only_problems(bound, protocol, (*place, "only", "score"))
        used = [(index, use) for index, use in enumerate(protocol.use) if use in protocol.asked]
        for index, use in used:
            yield from _use_problems(bound, use, (*place, "use", index))
        for title, question in (protocol.asked if protocol.questions else {}).items():
            yield from _question_problems(bound, protocol, question, (*place, "questions", title))


def _question_problems(
    bound: BoundRecipe, protocol: Protocol, question: Question, key: KeyPath
) -> Iterator[Problem]:
    if not question.gate and question.above != Question.model_fields["above"].default:
        yield Problem((*key, "above"), "is a quantile of the score `gate`, which is not given.")
    if question.relative and protocol.calibrate.kind not in P_VALUES:
        message = f"compares p-values. Take calibrate.kind = {' or '.join(P_VALUES)}."
        yield Problem((*key, "relative"), message)
    for use in question.names:
        yield from _use_problems(bound, use, key)
    yield from _unit_problems(bound, question, key)


def _only_problems(bound: BoundRecipe, protocol: Protocol, key: KeyPath) -> Iterator[Problem]:
    name = protocol.only.score if protocol.only else ScoreName()
    wrong = [*_use_problems(bound, name, key)]
    yield from wrong
    asked = {_unit(bound, use) for question in protocol.asked.values() for use in question.of}
    if not wrong and _unit(bound, name) not in asked:
        yield Problem(key, f"{name!r} is about no unit that a question is about.")


def _unit_problems(bound: BoundRecipe, question: Question, key: KeyPath) -> Iterator[Problem]:
    """A question whose scores are not about the same units."""
    units = {name: _unit(bound, name) for name in question.names}
    objects, frames = (
        ", ".join(name for name in units if units[name] == unit) for unit in ("object", "frame")
    )
    if objects and frames:
        message = f"mixes scores of objects ({objects}) and of whole frames ({frames})"
        yield Problem(key, f"{message}. Make two questions of it.")


def _unit(bound: BoundRecipe, name: ScoreName) -> str:
    """What a score is about; empty where the task's card cannot say."""
    if name.task in bound.evidence:
        return "object"
    samplings, _ = _declared(bound.tasks[name.task], (), "all_samplings")
    return samplings[-1].unit if samplings else ""


def _weight_problems(
    bound: BoundRecipe, protocol: Protocol, weighed: str, key: KeyPath
) -> Iterator[Problem]:
    """A weight may wait for a score that is not under `use`: another recipe may have set it."""
    titles = protocol.questions or protocol.use
    if protocol.questions and weighed not in titles:
        yield Problem(key, f"no question {weighed!r}. {suggested(weighed, [*titles])}")
    elif weighed not in titles:
        yield from _name_problems(bound, ScoreName(weighed), key)


def _use_problems(bound: BoundRecipe, use: ScoreName, key: KeyPath) -> Iterator[Problem]:
    card = None if use.task in bound.evidence else _usable_card(bound.tasks[use.task])
    probed = bound.recipe.score.heads == "refit" and card is not None
    if use.task not in {*bound.evidence, *bound.trained_tasks} and not probed:
        parts = [card.name for card in bound.registry.cards("evidence")]
        hint = suggested(use.task, [*bound.trained_tasks, *parts])
        message = f"{use!r} does not name a task of a phase, as TASK.SCORE"
        yield Problem(key, f"{message}, or an evidence part, as PART.ATTRIBUTE. {hint}")
    elif isinstance(card, TaskCard) and not card.scored:
        yield Problem(key, f"the task {use.task!r} gives no score.")
    else:
        yield from _name_problems(bound, use, key)


def _name_problems(bound: BoundRecipe, use: ScoreName, key: KeyPath) -> Iterator[Problem]:
    """A score that its task or evidence part does not give, whether the recipe trains it or not."""
    part = _card(bound.registry, "evidence", use.task, key)[0]
    names: Sequence[str] = part.attributes if isinstance(part, EvidenceCard) else ()
    if not part:
        yield from _card(bound.registry, "task", use.task, key)[1]
        task = bound.tasks.get(use.task) or TaskBinding("task", use.task, {}, bound.registry)
        names, problems = _declared(task, key, "score_names")
        yield from problems
    if names and use.score not in names:
        kind, hint = "evidence part" if part else "task", suggested(use.score, names)
        yield Problem(key, f"the {kind} {use.task!r} has no score {use.score!r}. {hint}")

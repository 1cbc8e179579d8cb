"""The phase runner: steps, epochs, what joins when, and every way in which a task can fail."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_runner import Counted, same, state, tiny_runner, train
from tiny_world import World

from vadkit.errors import NumericError, PluginError, ResourceError
from vadkit.registry.registry import Registry, load_plugins
from vadkit.training.epoch_state import Epoch
from vadkit.training.trainer import PhaseRunner

ODD = Path(__file__).parents[1] / "odd_tasks.py"
CUBES = 2 * 2 * 32
"""Units of training: two videos, two walkers, 40 frames less 8 at the ends."""


@pytest.fixture(scope="module")
def odd() -> Registry:
    return load_plugins([ODD])


def shown(runner: PhaseRunner) -> Counted:
    assert isinstance(runner.progress, Counted)
    return runner.progress


def test_an_epoch_sees_every_unit_once(world: World, registry: Registry) -> None:
    path = world.recipe()
    runner = tiny_runner(path, registry, "phase.0.steps=999", "optim.batch=50")
    train(runner)
    assert shown(runner).epochs == [(1, 3)]
    assert shown(runner).units == [50, 50, CUBES - 100]


def test_what_is_held_out_is_never_trained_on(world: World, registry: Registry) -> None:
    sets = ("phase.0.steps=999", "optim.hold_out=0.25")
    runner = tiny_runner(world.recipe(), registry, *sets)
    (terms,) = train(runner)
    assert sum(shown(runner).units) == 2 * 2 * 22  # frames 4 to 25 of 40, of which 10 are held out
    assert terms["held_out"] > 0
    sampling = runner.model.tasks["prediction"].samplings[0]
    held = runner.data.inside(sampling, "train", (0.75, 1))
    assert set(runner.data.units(sampling, "train").frame[held].tolist()) == {*range(30, 36)}


def test_the_epoch_with_the_lowest_held_out_loss_is_kept(world: World, registry: Registry) -> None:
    sets = ("phase.0.epochs=4", "optim.hold_out=0.25", "optim.lr=0.05")
    runner = tiny_runner(world.recipe(), registry, *sets)
    losses, states = [], []

    def noted(epoch: Epoch) -> None:
        losses.append(epoch.terms["held_out"])
        states.append(state(runner.model))

    runner.train(runner.recipe.phase[0], 1, noted)
    best = losses.index(min(losses))
    assert same(state(runner.model), states[best])
    assert all(not same(states[best], other) for other in states[best + 1 :] + states[:best])


def test_steps_cap_an_epoch(world: World, registry: Registry) -> None:
    runner = tiny_runner(world.recipe(), registry, "phase.0.epochs=2")
    train(runner)
    assert shown(runner).epochs == [(1, 2), (2, 2)]
    assert shown(runner).units == [16] * 4


def test_the_longest_data_are_seen_once_and_the_others_again(
    world: World, registry: Registry
) -> None:
    """One virtual video has 36 clips of 5 frames; three batches, where the cubes need eight."""
    path = world.recipe('"prediction", "virtual"')
    runner = tiny_runner(path, registry, "phase.0.steps=999")
    (terms,) = train(runner)
    assert shown(runner).epochs == [(1, 8)]
    assert shown(runner).units == [32, 32, 20, 32, 32, 20, 32, 32]
    assert set(terms) == {"prediction.l2", "prediction.gradient", "virtual.entropy"}


def test_a_step_of_two_groups_is_told_once(world: World, registry: Registry) -> None:
    path = world.recipe('"prediction", { name = "reconstruction", backbone_lr = -0.2 }')
    runner = tiny_runner(path, registry)
    train(runner)
    assert shown(runner).units == [32, 32]


@pytest.mark.parametrize(("factor", "learned"), [(1.0, True), (0.0, False), (-0.2, False)])
def test_the_backbones_own_loss_is_learned_where_it_descends(
    world: World, registry: Registry, factor: float, learned: bool
) -> None:
    path = world.recipe(f'{{ name = "prediction", backbone_lr = {factor} }}')
    runner = tiny_runner(path, registry, "backbone.memory=20")
    (terms,) = train(runner)
    assert ("prediction.memory" in terms) == learned


def test_a_task_joins_in_its_epoch(world: World, registry: Registry) -> None:
    path = world.recipe('"prediction", { name = "reconstruction", from_epoch = 2 }')
    runner = tiny_runner(path, registry, "phase.0.epochs=2", "phase.0.share=false")
    heads = []
    terms = []
    runner.train(
        runner.recipe.phase[0],
        1,
        lambda epoch: (
            heads.append(state(runner.model.heads["reconstruction"])),
            terms.append({name.split(".")[0] for name in epoch.terms}),
        ),
    )
    assert terms == [{"prediction"}, {"prediction", "reconstruction"}]
    assert not same(heads[0], heads[1])
    fresh = tiny_runner(path, registry, "phase.0.share=false").model
    fresh.begin(runner.recipe.phase[0], 0, 1)
    assert same(heads[0], state(fresh.heads["reconstruction"]))


def test_another_backbone_stays_as_it_is(world: World, registry: Registry) -> None:
    path = world.recipe('{ name = "prediction", backbone = "aux" }')
    runner = tiny_runner(path, registry, 'backbones.aux={name="unet", width=4, depth=2}')
    main, aux = (state(runner.model.backbones[name]) for name in ("main", "aux"))
    train(runner)
    assert same(state(runner.model.backbones["main"]), main)
    assert not same(state(runner.model.backbones["aux"]), aux)


def test_a_phase_is_the_same_wherever_it_is_trained(world: World, registry: Registry) -> None:
    """What was drawn before makes no difference, so a finished phase need not be trained again."""
    runners = [tiny_runner(world.recipe("prediction", "jigsaw"), registry) for _ in range(2)]
    for runner in runners:
        train(runner, 1)
        torch.manual_seed(len(shown(runner).units))
        train(runner, 2)
    assert same(state(runners[0].model), state(runners[1].model))


def test_a_signal_is_asked_for_after_each_step(world: World, registry: Registry) -> None:
    runner = tiny_runner(world.recipe(), registry)

    def stop() -> None:
        raise InterruptedError

    runner.interrupted = stop
    with pytest.raises(InterruptedError):
        train(runner)
    assert shown(runner).units == [16]


def test_a_signal_in_the_last_step_loses_no_epoch(world: World, registry: Registry) -> None:
    runner = tiny_runner(world.recipe(), registry, "phase.0.steps=1", "phase.0.epochs=3")

    def stop() -> None:
        raise InterruptedError

    runner.interrupted = stop
    saved: list[int] = []
    with pytest.raises(InterruptedError):
        runner.train(runner.recipe.phase[0], 1, lambda epoch: saved.append(epoch.number))
    assert saved == [1]


@pytest.mark.parametrize(
    ("tasks", "use", "unit"),
    [
        ("prediction", "prediction.error", "cubes"),
        ("virtual", "virtual.abnormal", "frames"),
        ('"prediction", "virtual"', "prediction.error", "units"),
    ],
)
def test_progress_says_what_is_counted(
    world: World, registry: Registry, tasks: str, use: str, unit: str
) -> None:
    runner = tiny_runner(world.recipe(tasks, use=use), registry, "phase.0.steps=1")
    train(runner)
    assert shown(runner).unit == unit


def failing(world: World, odd: Registry, fault: str) -> PhaseRunner:
    sets = (f'tasks.odd.fault="{fault}"', "phase.0.steps=1")
    return tiny_runner(world.recipe("odd", use="odd.error"), odd, *sets)


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ("views", PluginError, "Task 'odd' failed in views: KeyError: 'scene'"),
        ("head", PluginError, "Task 'odd' failed in head: AttributeError"),
        ("vector", PluginError, "loss term 'error' of task 'odd' is not a scalar tensor"),
        ("detached", PluginError, "loss term 'error' of task 'odd' is not a scalar tensor with a"),
        ("nothing", PluginError, "Task 'odd' returned no loss term"),
        ("no dict", PluginError, "Task 'odd' returned no loss term"),
        ("memory", ResourceError, "Memory ran out while training phase 1"),
        ("nan", NumericError, r"Phase 1, epoch 1, step 1: the loss 'odd\.error' is nan"),
        ("nan gradient", NumericError, "Phase 1, epoch 1: the weights '.*' hold NaN"),
    ],
)
def test_what_a_task_does_wrong_is_named(
    world: World, odd: Registry, fault: str, kind: type[Exception], message: str
) -> None:
    runner = failing(world, odd, fault)
    saved: list[int] = []
    with pytest.raises(kind, match=message):
        runner.train(runner.recipe.phase[0], 1, lambda epoch: saved.append(epoch.number))
    assert saved == []


def test_the_hint_leads_to_what_there_is(world: World, odd: Registry) -> None:
    with pytest.raises(PluginError) as error:
        train(failing(world, odd, "vector"))
    page = error.value.hint.split()[0]
    assert (Path(__file__).parents[2] / page).is_file()


def test_the_tasks_own_error_is_kept(world: World, odd: Registry) -> None:
    with pytest.raises(PluginError) as error:
        train(failing(world, odd, "views"))
    assert isinstance(error.value.__cause__, KeyError)


def test_a_loss_of_nan_updates_nothing(world: World, odd: Registry) -> None:
    runner = failing(world, odd, "nan")
    runner.model.begin(runner.recipe.phase[0], 0, 1)
    before = {name: of.detach().clone() for name, of in runner.model.named_parameters()}
    with pytest.raises(NumericError):
        train(runner)
    assert same({name: of.detach() for name, of in runner.model.named_parameters()}, before)

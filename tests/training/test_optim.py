"""Update groups: who steps with whom, where the backbone goes, and at which rate."""

import pytest
import torch
from tiny_runner import same, state, tiny_runner, train, weights
from tiny_world import World

from vadkit.recipe.schema import Optim
from vadkit.registry.registry import Registry
from vadkit.training.optim import groups, schedule

pytestmark = pytest.mark.edges

USE = "reconstruction.error"
SGD = ('optim.name="sgd"', "optim.weight_decay=0", "optim.lr=0.1", "phase.0.steps=1")


def moved(world: World, registry: Registry, entry: str, *sets: str) -> dict[str, torch.Tensor]:
    """Name of a parameter -> by how much one step of gradient descent moves it."""
    runner = tiny_runner(world.recipe(entry, use=USE), registry, *SGD, *sets)
    runner.model.begin(runner.recipe.phase[0], runner.recipe.seed, 1)
    before = state(runner.model)
    train(runner)
    # The first phase builds heads from the seed, and so the same ones again.
    return {name: of.detach() - before[name] for name, of in runner.model.named_parameters()}


def entry(**keys: float) -> str:
    pairs = "".join(f", {key} = {value}" for key, value in keys.items())
    return f'{{ name = "reconstruction"{pairs} }}'


@pytest.fixture(scope="module")
def down(world: World, registry: Registry) -> dict[str, torch.Tensor]:
    """How a usual step moves the parameters."""
    return moved(world, registry, entry())


@pytest.mark.parametrize("factor", [-0.2, 0.5])
def test_the_backbone_follows_the_factor_and_the_head_descends(
    world: World, registry: Registry, down: dict[str, torch.Tensor], factor: float
) -> None:
    steps = moved(world, registry, entry(backbone_lr=factor))
    assert any(step.abs().max() > 1e-4 for name, step in down.items() if "backbone" in name)
    for name, step in down.items():
        wanted = step * factor if name.startswith("backbones.") else step
        # Weights of about 1 have a grain of 1e-7.
        assert torch.allclose(steps[name], wanted, rtol=1e-3, atol=1e-6), name


def test_a_factor_of_zero_freezes_what_is_learned(world: World, registry: Registry) -> None:
    """Running statistics are the data's: held fast, they would be those of the phase before."""
    runner = tiny_runner(world.recipe(entry(backbone_lr=0), use=USE), registry)
    runner.model.begin(runner.recipe.phase[0], 0, 1)
    backbone, head = state(runner.model.backbones), weights(runner.model.heads)
    learned = weights(runner.model.backbones)
    train(runner)
    assert same(weights(runner.model.backbones), learned)
    assert not same(weights(runner.model.heads), head)
    after = state(runner.model.backbones)
    statistics = [name for name in backbone if "running_mean" in name]
    assert statistics
    assert not any(torch.equal(after[name], backbone[name]) for name in statistics)


def test_a_weight_multiplies_the_loss(
    world: World, registry: Registry, down: dict[str, torch.Tensor]
) -> None:
    steps = moved(world, registry, entry(weight=3.0))
    for name, step in down.items():
        assert torch.allclose(steps[name], 3 * step, rtol=1e-3, atol=1e-6), name


def test_the_phases_own_rate_wins(
    world: World, registry: Registry, down: dict[str, torch.Tensor]
) -> None:
    steps = moved(world, registry, entry(), "phase.0.lr=0.2")
    for name, step in down.items():
        assert torch.allclose(steps[name], 2 * step, rtol=1e-3, atol=1e-6), name


def test_tasks_of_one_factor_step_together(world: World, registry: Registry) -> None:
    tasks = f'"prediction", "jigsaw", {entry(backbone_lr=-0.2)}'
    runner = tiny_runner(world.recipe(tasks), registry)
    phase = runner.recipe.phase[0]
    runner.model.begin(phase, 0, 1)
    one, other = groups(runner.model, phase, runner.recipe.optim)
    assert [e.name for e in one.entries] == ["prediction", "jigsaw"]
    assert [e.name for e in other.entries] == ["reconstruction"]
    assert one.rates == [3e-4, 3e-4]
    assert other.rates == pytest.approx([3e-4, 6e-5])
    ascends = [table["maximize"] for table in other.optimizer.param_groups]
    assert ascends == [False, True]


def test_shared_parameters_are_in_a_group_once(world: World, registry: Registry) -> None:
    runner = tiny_runner(world.recipe('"prediction", "reconstruction"'), registry)
    phase = runner.recipe.phase[0]
    runner.model.begin(phase, 0, 1)
    (group,) = groups(runner.model, phase, runner.recipe.optim)
    listed = [p for table in group.optimizer.param_groups for p in table["params"]]
    assert len(listed) == len({id(p) for p in listed}) == len(list(runner.model.parameters()))


@pytest.mark.parametrize(
    ("options", "epoch", "share"),
    [
        ({"schedule": "constant"}, 7.5, 1.0),
        ({"schedule": "cosine"}, 0, 1.0),
        ({"schedule": "cosine"}, 5, 0.5),
        ({"schedule": "cosine"}, 2.5, 0.8535533905932737),
        ({"schedule": "cosine"}, 10, 0.0),
        ({"schedule": "step", "step_epochs": 4, "gamma": 0.5}, 3.9, 1.0),
        ({"schedule": "step", "step_epochs": 4, "gamma": 0.5}, 4, 0.5),
        ({"schedule": "step", "step_epochs": 4, "gamma": 0.5}, 9, 0.25),
    ],
)
def test_schedules(options: dict, epoch: float, share: float) -> None:
    assert schedule(Optim(**options), epoch, 10) == pytest.approx(share, abs=1e-12)


def test_every_step_sets_every_rate(world: World, registry: Registry) -> None:
    runner = tiny_runner(
        world.recipe(entry(backbone_lr=-0.5), use=USE), registry, "phase.0.epochs=2"
    )
    rates = []
    runner.train(
        runner.recipe.phase[0],
        1,
        lambda epoch: rates.append([t["lr"] for t in epoch.groups[0].optimizer.param_groups]),
    )
    # Two epochs of two steps: the last steps are at 1/4 and 3/4 of the cosine.
    assert rates[0] == pytest.approx([3e-4 * 0.853553, 1.5e-4 * 0.853553], rel=1e-5)
    assert rates[1] == pytest.approx([3e-4 * 0.146447, 1.5e-4 * 0.146447], rel=1e-5)

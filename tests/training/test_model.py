"""The model of a run: which heads there are, what they share, how views pass."""

import copy

import pytest
import torch
from tiny_runner import same, state, tiny_runner
from tiny_world import World
from torch import nn

from vadkit.nn.heads import PerView
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry
from vadkit.runs.tensors import unique_state
from vadkit.training.model import precision
from vadkit.utils.rng import generator

BOTH = '"prediction", "reconstruction"'


def begun(world: World, registry: Registry, *phases: str, sets: tuple[str, ...] = ()) -> nn.Module:
    runner = tiny_runner(world.recipe(*phases), registry, *sets)
    for number, phase in enumerate(runner.recipe.phase, start=1):
        runner.model.begin(phase, runner.recipe.seed, number)
    return runner.model


def test_tasks_of_a_phase_share_their_trunk(world: World, registry: Registry) -> None:
    heads = begun(world, registry, BOTH).heads
    assert heads["prediction"].trunk is heads["reconstruction"].trunk
    assert heads["prediction"].last is not heads["reconstruction"].last
    heads = begun(world, registry, BOTH, sets=("phase.0.share=false",)).heads
    assert heads["prediction"].trunk is not heads["reconstruction"].trunk


def test_tasks_of_two_backbones_share_nothing(world: World, registry: Registry) -> None:
    sets = ('backbones.aux={name="unet", width=4, depth=2}',)
    tasks = '"prediction", { name = "reconstruction", backbone = "aux" }'
    model = begun(world, registry, tasks, sets=sets)
    assert set(model.backbones) == {"main", "aux"}
    assert model.heads["prediction"].trunk is not model.heads["reconstruction"].trunk
    assert model.backbone("reconstruction") is model.backbones["aux"]
    assert model.backbone("prediction") is model.backbones["main"]


def test_a_head_is_carried_or_begun_anew(world: World, registry: Registry) -> None:
    alone = begun(world, registry, "prediction").heads["prediction"]
    carried = begun(world, registry, "prediction", BOTH).heads
    assert same(state(carried["prediction"]), state(alone))
    assert carried["reconstruction"].trunk is carried["prediction"].trunk
    fresh = begun(world, registry, "prediction", BOTH, sets=('phase.1.heads="fresh"',)).heads
    assert not same(state(fresh["prediction"]), state(alone))


def test_a_phase_alone_shares_nothing_with_the_one_before(world: World, registry: Registry) -> None:
    heads = begun(world, registry, "prediction", "reconstruction").heads
    assert heads["prediction"].trunk is not heads["reconstruction"].trunk


def test_the_seed_alone_decides_the_weights(world: World, registry: Registry) -> None:
    torch.manual_seed(1)
    one = begun(world, registry, BOTH)
    torch.manual_seed(2)
    drawn = torch.rand(1)
    torch.manual_seed(2)
    assert same(state(begun(world, registry, BOTH)), state(one))
    assert torch.equal(torch.rand(1), drawn), "the global numbers were changed"
    assert not same(state(begun(world, registry, BOTH, sets=("seed=1",))), state(one))


def test_a_copy_shares_within_itself_alone(world: World, registry: Registry) -> None:
    model = begun(world, registry, BOTH)
    other = copy.deepcopy(model)
    assert other.heads["prediction"].trunk is other.heads["reconstruction"].trunk
    assert other.heads["prediction"].trunk is not model.heads["prediction"].trunk
    assert len(unique_state(other)) == len(unique_state(model)) < len(model.state_dict())


def test_every_view_passes_through_its_own_head(world: World, registry: Registry) -> None:
    runner = tiny_runner(world.recipe("jigsaw", use="jigsaw.temporal"), registry)
    model, proxy = runner.model, runner.model.tasks["jigsaw"]
    model.begin(runner.recipe.phase[0], 0, 1)
    loader = runner.data.loader(
        proxy.samplings, "train", 4, seed=(0,), device=runner.device, steps=1
    )
    (batch,) = loader
    views = model.instances["jigsaw"].views(batch, generator(0), training=True)
    model.eval()  # where it makes no difference to batch norm which views pass together
    outputs = model.outputs("jigsaw", views).outputs
    heads = model.heads["jigsaw"]
    assert isinstance(heads, PerView)
    for name, clip in views.inputs.items():
        wanted = heads[name](model.backbones["main"](clip), views.context)
        assert torch.allclose(outputs[name], wanted, atol=1e-5)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_backbone_gets_no_gradient(world: World, registry: Registry, frozen: bool) -> None:
    runner = tiny_runner(world.recipe("reconstruction", use="reconstruction.error"), registry)
    model, proxy = runner.model, runner.model.tasks["reconstruction"]
    model.begin(runner.recipe.phase[0], 0, 1)
    (batch,) = runner.data.loader(
        proxy.samplings, "train", 4, seed=(0,), device=runner.device, steps=1
    )
    views = model.instances["reconstruction"].views(batch, generator(0), training=True)
    outputs = model.outputs("reconstruction", views, frozen=frozen).outputs
    sum(out.sum() for out in outputs.values()).backward()
    assert all((p.grad is None) == frozen for p in model.backbones.parameters())
    assert all(p.grad is not None for p in model.heads.parameters())


@pytest.mark.parametrize(("wanted", "enabled"), [("fp32", False), ("bf16", True)])
def test_precision_is_as_asked(
    world: World, registry: Registry, wanted: str, enabled: bool
) -> None:
    recipe = load_recipe(world.recipe(), (f'precision="{wanted}"',), registry=registry).recipe
    with precision(recipe, torch.device("cpu")):
        assert torch.is_autocast_enabled("cpu") is enabled
        if enabled:
            assert torch.get_autocast_dtype("cpu") is torch.bfloat16


def test_tasks_are_listed_once_in_order(world: World, registry: Registry) -> None:
    path = world.recipe("jigsaw", BOTH, "prediction")
    bound = load_recipe(path, registry=registry)
    assert bound.trained_tasks == ["jigsaw", "prediction", "reconstruction"]
    assert bound.scoring_tasks == ["prediction"]

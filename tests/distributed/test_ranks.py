"""Who a process is among others, and how they share the work; no other process is started."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny_runner import tiny_runner
from tiny_world import World

from vadkit.data.batch_loader import Loader
from vadkit.distributed.joining import joined, own_device, refuse_small_batches
from vadkit.distributed.ranks import Rank, leads, speaks, this_rank
from vadkit.distributed.shards import dealt
from vadkit.distributed.world import SOLO
from vadkit.errors import DataError, RecipeError, ResourceError
from vadkit.registry.registry import Registry

CUDA = torch.device("cuda")


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is the second of three, and the second on its machine of one GPU."""
    said = {"RANK": "1", "WORLD_SIZE": "3", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1"}
    for name, value in {**said, "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)


@pytest.fixture
def loader(world: World, registry: Registry) -> Loader:
    """128 units in batches of 25."""
    runner = tiny_runner(world.recipe(), registry, "optim.batch=25")
    return runner._batches.loader(runner.recipe.phase[0].tasks[0], (1, 1))


def test_without_torchrun_a_process_is_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "8")  # left over from something else
    assert this_rank() == Rank(0, 1, 0)
    assert leads()
    assert speaks()
    with joined(torch.device("cpu")) as world:
        assert world is SOLO
    assert own_device(CUDA) == CUDA
    refuse_small_batches(1, 1)


@pytest.mark.usefixtures("second")
def test_torchrun_says_who_a_process_is() -> None:
    assert this_rank() == Rank(1, 3, 1)
    assert not leads()


@pytest.mark.usefixtures("second")
def test_each_process_of_a_machine_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_device(torch.device("cpu")) == torch.device("cpu")
    with pytest.raises(RecipeError, match=r"cuda:0 is one GPU, for 3 processes\. Say --device"):
        own_device(torch.device("cuda:0"))
    with pytest.raises(ResourceError, match="more processes than GPUs on this machine, which has"):
        own_device(CUDA)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert own_device(CUDA) == torch.device("cuda:1")


def test_batches_of_fewer_than_two_units_each_are_refused() -> None:
    refuse_small_batches(6, 3)
    with pytest.raises(RecipeError, match=r"optim\.batch = 5 leaves fewer than two units for each"):
        refuse_small_batches(5, 3)


def test_the_ranks_parts_of_a_batch_are_that_batch(loader: Loader) -> None:
    """A part weighs by its size, so that the mean over ranks is the mean over units."""
    shared = [list(loader.split(rank, 3).parts()) for rank in range(3)]
    whole = list(loader)
    assert [len(of.clips) for of in whole] == [25] * 5 + [3]
    assert [len(of) for of in shared] == [5] * 3  # three units are too few for three ranks
    for batch, *parts in zip(whole, *shared, strict=False):
        assert torch.equal(torch.cat([part.batch.clips for part in parts]), batch.clips)
        assert [part.units for part in parts] == [25] * 3
        assert [part.weight for part in parts] == [27 / 25, 24 / 25, 24 / 25]


def test_a_part_of_one_weighs_one(loader: Loader) -> None:
    assert {part.weight for part in loader.split(0, 1).parts()} == {1}


def test_too_few_units_for_so_many_are_told(loader: Loader) -> None:
    loader = replace(loader, batch=999)
    with pytest.raises(DataError, match="'target' has 128 units to train on, fewer than two for"):
        loader.split(0, 65)


def test_batches_are_dealt_out_whole_with_their_numbers(loader: Loader) -> None:
    whole = list(loader)
    for rank in range(3):
        for number, batch in loader.dealt(rank, 3):
            assert number % 3 == rank
            assert torch.equal(batch.clips, whole[number].clips)


@pytest.mark.parametrize("units", [0, 1, 256, 257, 1000])
def test_every_unit_is_dealt_to_one_rank(units: int) -> None:
    rows = torch.cat([dealt(units, 256, rank, 3) for rank in range(3)])
    assert rows.sort().values.tolist() == list(range(units))


def test_a_world_of_one_changes_nothing() -> None:
    rows, terms = torch.rand(3, 2), {"a": 0.1}
    assert SOLO.gathered(rows) is SOLO.sum(rows) is rows
    assert SOLO.same("ä") == "ä"
    assert SOLO.mean(terms) == terms
    assert SOLO.parallel(abs, []) is abs
    assert SOLO.random_key == ()

"""Jobs on a Ray cluster of several nodes, which the tests start on this machine."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import ray_jobs
from patience import outcomes_of, wait_until
from preparing import Here, files, load
from tiny_world import World

from vadkit.data.prepare import prepare
from vadkit.engines import Engine, Job, Outcome
from vadkit.engines.ray import RayEngine
from vadkit.errors import ResourceError
from vadkit.registry.registry import Registry, load_plugins
from vadkit.runs.atomic import read_json
from vadkit.runs.events import read_events
from vadkit.sweep.grid import read_grid
from vadkit.sweep.run import sweep
from vadkit.sweep.schedule import Options

pytestmark = pytest.mark.slow
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "PYTHONPATH": str(Path(__file__).parent),  # where workers find the jobs
}
SMALL = {"num_cpus": 1, "object_store_memory": 80 << 20}
HASTE = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 10_000,  # a node that lives answers late on a busy machine
    "health_check_failure_threshold": 2,
}
"""A node that is lost is missed after a second, not after a quarter of a minute."""
PLUGIN = Path(__file__).parents[1] / "slow_tasks.py"
GRID = """
title = "Lost"
recipe = "{recipe}"
seeds = [0, 1]
modes = ["progressive"]
set = {{ "score.heads" = "refit", "score.refit_epochs" = 1, "tasks.slow" = {{ seconds = 0.1 }} }}
[step.Slow]
tasks = ["slow"]
epochs = 5
steps = 5
[[row]]
order = [["Slow"]]
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that does nothing, and two nodes of one CPU."""
    head = {**SMALL, "num_cpus": 0, "include_dashboard": False, "_system_config": HASTE}
    # Not pytest's folder: names of sockets have to be short.
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        for name, value in {**ENVIRONMENT, "RAY_TMPDIR": folder}.items():
            patch.setenv(name, value)
        pytest.importorskip("ray", reason="Ray is not installed")
        from ray.cluster_utils import Cluster

        started = Cluster(initialize_head=True, head_node_args=head)
        for _ in range(2):
            started.add_node(**SMALL)
        yield started
        started.shutdown()


@pytest.fixture
def engine(cluster: Any) -> Iterator[RayEngine]:
    with closing(RayEngine(cluster.address)) as made:
        yield made


def submit(engine: Engine, out: Path, call: Callable[..., None], **more: str) -> None:
    engine.submit(Job(out.name, call, {"out": str(out), **more}))


def wait_for(*paths: Path) -> None:
    wait_until(lambda: all(path.is_file() and path.read_text() for path in paths))


def test_jobs_spread_over_the_nodes_and_find_the_caches(
    tmp_path: Path, engine: RayEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert (engine.slots, engine.threads) == (2, 1)
    outs = [tmp_path / name for name in "ab"]
    for out in outs:
        submit(engine, out, ray_jobs.stay, until=str(tmp_path / "end"))
    wait_for(*outs)
    (tmp_path / "end").touch()
    submit(engine, tmp_path / "home", ray_jobs.tell_home)
    assert outcomes_of(engine, 3) == {"a": None, "b": None, "home": None}
    assert len({out.read_text() for out in outs}) == 2
    assert (tmp_path / "home").read_text().split() == [os.environ["VADKIT_HOME"], "1", "1"]
    assert engine.wait(0.1) == []


def test_what_fails_is_told_and_not_repeated(tmp_path: Path, engine: RayEngine) -> None:
    submit(engine, tmp_path / "fails", ray_jobs.fail)
    submit(engine, tmp_path / "dies", ray_jobs.die)
    submit(engine, tmp_path / "works", ray_jobs.stay, until=str(tmp_path))
    found = outcomes_of(engine, 3)
    assert found["fails"] == "ValueError: no such luck"
    assert "worker died" in str(found["dies"])
    assert found["works"] is None
    assert [(tmp_path / of).read_text() for of in ("fails", "dies")] == ["begun\n"] * 2


@pytest.mark.fault
def test_the_jobs_of_a_lost_node_begin_again(
    tmp_path: Path, cluster: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    lost = cluster.add_node(**SMALL)
    with closing(RayEngine(cluster.address)) as engine:
        assert engine.slots == 3
        outs = [tmp_path / name for name in "abc"]
        for out in outs:
            submit(engine, out, ray_jobs.stay, until=str(tmp_path / "end"))
        wait_for(*outs)
        cluster.remove_node(lost, allow_graceful=False)
        while engine.slots == 3:
            assert engine.wait(0.1) == []
        (tmp_path / "end").touch()
        assert outcomes_of(engine, 3) == dict.fromkeys("abc")
    begun = sorted(len(out.read_text().splitlines()) for out in outs)
    assert begun == [1, 1, 2]
    assert capfd.readouterr().out == ""


def test_a_folder_that_a_node_does_not_see_is_named(
    tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "touch", lambda *_: None)  # so that no node can see the marks
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "apart"))
    with pytest.raises(ResourceError, match=r"does not see .*apart, which all nodes"):
        RayEngine(cluster.address)
    assert not import_module("ray").is_initialized()


def test_what_no_node_has_is_not_waited_for(cluster: Any) -> None:
    with pytest.raises(ResourceError, match=r"has 64 CPUs.*--threads"):
        RayEngine(cluster.address, threads=64)


def test_closing_stops_what_runs_and_leaves_no_mark(tmp_path: Path, cluster: Any) -> None:
    shared = tmp_path / "shared"
    engine = RayEngine(cluster.address, shared=[shared])
    assert len(list(shared.iterdir())) == 1
    submit(engine, tmp_path / "long", ray_jobs.stay, until=str(tmp_path / "never"))
    wait_for(tmp_path / "long")
    engine.close()  # the job would never end
    assert list(shared.iterdir()) == []


def test_preparing_over_ray_comes_to_the_same(
    tmp_path: Path, world: World, registry: Registry, engine: RayEngine
) -> None:
    recipe = load(world, registry)
    assert prepare(recipe, home=tmp_path / "here") == []
    assert prepare(recipe, engine=engine, home=tmp_path / "ray") == []
    assert files(tmp_path / "ray") == files(tmp_path / "here")


@pytest.mark.usefixtures("cluster")
def test_a_cluster_that_does_not_answer_is_named() -> None:
    with pytest.raises(ResourceError, match=r"No Ray cluster answers at 127\.0\.0\.1:9"):
        RayEngine("127.0.0.1:9")


def events(out: Path, name: str) -> dict[Path, int]:
    """How often each cell of a sweep tells of an event."""
    logs = sorted(out.glob("cells/*/events.jsonl"))
    return {log: sum(event["event"] == name for event in read_events(log)) for log in logs}


def lines(out: Path) -> list[dict[str, str]]:
    """The results but for the time that they took."""
    with (out / "results.csv").open(newline="") as file:
        return [{**line, "seconds": ""} for line in csv.DictReader(file)]


def node_of(run: Path, cluster: Any) -> Any:
    """The node on which a run is trained, or None where that is not known."""
    owner = read_json(run / ".owner.json") or {}
    status = Path(f"/proc/{owner.get('pid')}/status")
    parent = status.read_text().partition("PPid:")[2].split()[0] if status.is_file() else ""
    raylets = {str(of.all_processes["raylet"][0].process.pid): of for of in cluster.worker_nodes}
    return raylets.get(parent)


@pytest.mark.fault
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="looks for nodes in /proc")
def test_a_sweep_that_loses_a_node_comes_to_the_same_table(
    tmp_path: Path, world: World, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, options = tmp_path / "grid.toml", Options(threads=1)
    path.write_text(GRID.format(recipe=world.recipe().as_posix()))
    grid = read_grid(path, load_plugins([PLUGIN]))
    whole, maimed = tmp_path / "whole", tmp_path / "maimed"
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home-whole"))
    assert sweep(grid, whole, engine=Here, options=options) == {}
    lost = []

    class Losing(RayEngine):
        """Loses the first node that is in the middle of a cell."""

        def wait(self, timeout_s: float) -> list[Outcome]:
            for log, saved in events(maimed, "epoch_saved").items():
                node = node_of(log.parent, cluster)
                if node and 1 <= saved < 4 and not lost:
                    cluster.remove_node(node, allow_graceful=False)
                    lost.append(log)
            return super().wait(timeout_s)

    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home-maimed"))
    engine = lambda: Losing(cluster.address, shared=[maimed])  # noqa: E731
    assert sweep(grid, maimed, engine=engine, options=options) == {}
    cluster.add_node(**SMALL)
    begun = events(maimed, "run_started")
    assert begun == {log: 1 + (log in lost) for log in begun}
    assert sorted(begun.values()) == [1, 2]
    assert set(events(maimed, "epoch_saved").values()) == {5}
    assert lines(maimed) == lines(whole)
    assert (maimed / "table.md").read_text() == (whole / "table.md").read_text()

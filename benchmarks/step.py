"""What share of a training step is work other than the network's own.

Trains the prediction phase of the recipe `sota` on `plaza` (drawn when first used) for a few steps
and scores its test videos. Forward, loss, backward and update are the network's own work;
all else that happens between an epoch's start and its end counts as overhead. Scoring is all of
the evaluation but the network (loading, views, calibration, frames' maxima, smoothing, metrics),
spread over as many units as a training step has.

Run it as `python benchmarks/step.py`; it needs no data.
"""

from __future__ import annotations

import io
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import torch

from vadkit.data.data_module import PreparedData
from vadkit.experiment.phase_evaluation import evaluate_after
from vadkit.recipe import Phase, load_recipe
from vadkit.recipe.bound_recipe import Read
from vadkit.registry.registry import load_plugins
from vadkit.scoring.evidence import EvidenceScores
from vadkit.training.model import Model, Sizes
from vadkit.training.optim import Group
from vadkit.training.trainer import PhaseRunner
from vadkit.utils.progress import Progress

STEPS = 30
WANTED = 0.10
NETWORK = ("forward", "loss", "backward and update")


class Stopwatch:
    """Adds up the seconds that functions take."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def time(self, part: str, owner: Any, name: str) -> None:
        """Time a function wherever it is called from."""
        original: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **options: Any) -> Any:
            started = time.perf_counter()
            try:
                return original(*args, **options)
            finally:
                self.seconds[part] += time.perf_counter() - started

        setattr(owner, name, timed)

    @property
    def network(self) -> float:
        """Seconds of the network's own work."""
        return sum(self.seconds[part] for part in NETWORK)


class Timed(Progress):
    """The display of a run that nobody watches, and how long it takes."""

    def __init__(self, watch: Stopwatch) -> None:
        super().__init__(io.StringIO(), plain=True)
        self._watch = watch

    def step(self, terms: Mapping[str, float], units: int, waited_s: float, step_s: float) -> None:
        started = time.perf_counter()
        super().step(terms, units, waited_s, step_s)
        self._watch.seconds["loading"] += waited_s
        self._watch.seconds["logging"] += time.perf_counter() - started


def runner(watch: Stopwatch) -> PhaseRunner:
    """The runner of the recipe, with its parts on the watch."""
    registry = load_plugins()
    bound = load_recipe("sota", registry=registry)
    task = bound.tasks["prediction"].create()
    data = PreparedData(bound)
    data.require([Read("train", bound.tasks["prediction"].samplings, ())])
    data.annotations.check()
    cuttings = data.prepared.cuttings
    sizes = Sizes(cuttings.channels, cuttings.size("object"), cuttings.size("frame"), {})
    model = Model(bound, {"prediction": task}, sizes)
    watch.time("forward", model, "outputs")
    watch.time("views", task, "views")
    watch.time("loss", task, "loss")
    watch.time("backward and update", Group, "step")
    return PhaseRunner(model, data, bound, torch.device("cpu"), Timed(watch), lambda: None)


def training(made: PhaseRunner, watch: Stopwatch, phase: Phase) -> float:
    """Train two epochs, the first to warm up; seconds of the second."""
    ends: list[float] = []

    def after_epoch(*_: Any) -> None:
        ends.append(time.perf_counter())
        if len(ends) == 1:
            watch.seconds.clear()

    made.train(phase, 1, after_epoch)
    return ends[1] - ends[0]


def scoring(made: PhaseRunner, watch: Stopwatch, phase: Phase) -> float:
    """Evaluate twice, the first to warm up; seconds without the network, for a step's units.

    Units are those of the test videos and those of the training videos that calibrate.
    """
    evidence = EvidenceScores(made.data, made.bound)
    evaluate_after(made, phase, 1, evidence)
    before, started = watch.network, time.perf_counter()
    evaluation = evaluate_after(made, phase, 1, evidence)
    own = time.perf_counter() - started - (watch.network - before)
    units = len(made.data.units(made.model.tasks["prediction"].score_sampling, "test"))
    units += sum(len(normal.boxes) for normal in evaluation.normal.values()) if evaluation else 0
    return own * made.recipe.optim.batch / units


def main() -> None:
    """Print each part's time and its share of a step."""
    watch = Stopwatch()
    made = runner(watch)
    phase = made.recipe.phase[0].model_copy(update={"epochs": 2, "steps": STEPS})
    whole = training(made, watch, phase) / STEPS
    parts = {name: seconds / STEPS for name, seconds in watch.seconds.items()}
    parts["everything else"] = whole - sum(parts.values())
    parts["scoring as many units"] = scoring(made, watch, phase)
    overhead = sum(seconds for name, seconds in parts.items() if name not in NETWORK)
    print(f"A step of {made.recipe.optim.batch} cubes, {torch.get_num_threads()} threads:")
    for name, seconds in sorted(parts.items(), key=lambda part: -part[1]):
        print(f"{name:>22}: {1000 * seconds:8.2f} ms  {seconds / whole:6.1%}")
    print(f"All but the network: {overhead / whole:.1%} of a step (wanted: under {WANTED:.0%})")


if __name__ == "__main__":
    main()

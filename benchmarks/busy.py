"""What a busy neighbour costs: a training step and the scoring of a video, beside it and alone.

Processes that keep model and data at hand take turns, in both situations each round, so that a
round's figures are of the same minute: `spin`, whose OpenMP threads wait as their runtimes let them
where nobody says anything, and `vadkit`, whose threads wait as vadkit lets them. A neighbour is an
endless loop. Ratios are taken within a round; what is printed are medians over the rounds.

Run it as `python benchmarks/busy.py`; it needs no data. `python benchmarks/busy.py smoke --steps 1
--rounds 1 --frames 20` is over in seconds, once the data are drawn.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import av

from vadkit.data.dataset import Video
from vadkit.data.video.open_video import open_video
from vadkit.recipe import BoundRecipe, load_recipe
from vadkit.registry.registry import load_plugins
from vadkit.runs.folder import RunFolder
from vadkit.utils.progress import Progress
from vadkit.utils.threads import WAITING, limited_threads

if TYPE_CHECKING:
    from vadkit.training.trainer import PhaseRunner

WANTED = 2.5
SPIN = {"GOMP_SPINCOUNT": "300000", "KMP_BLOCKTIME": "200"}
"""What libgomp and LLVM's OpenMP do where nobody says anything."""
TASKS = ("training step", "scoring")
LOOP = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"
"""Keeps a core busy for as long as who started it is there."""


class Steps(Progress):
    """The display of a training that nobody watches: it notes how long each step takes."""

    def __init__(self) -> None:
        super().__init__(plain=True)
        self.seconds: list[float] = []

    def step(self, terms: Mapping[str, float], units: int, waited_s: float, step_s: float) -> None:
        self.seconds.append(step_s)


class Work:
    """What is timed, in a process of its own.

    Args:
        folder: Holds a finished run and a video.
        steps: Of a training, of which the median counts.
    """

    def __init__(self, folder: Path, steps: int) -> None:
        from vadkit.score import Scorer  # torch: as late as in a command

        registry, run = load_plugins(), RunFolder.open(folder / "run")
        bound = load_recipe(run.resolved, registry=registry)
        self._phase = bound.recipe.phase[0].model_copy(update={"epochs": 1, "steps": steps})
        self._shown = Steps()
        self._runner = _runner(bound, self._shown)
        self._scorer = Scorer.of_run(run, registry)
        (video,) = folder.glob("*.mkv")
        self._video = Video(video.stem, video, "test")

    def measure(self, task: str) -> float:
        """Seconds of a training step, or of scoring the video."""
        if task == "training step":
            self._shown.seconds.clear()
            self._runner.train(self._phase, 1, lambda _: None)
            return median(self._shown.seconds)
        started = time.perf_counter()
        with limited_threads():
            self._scorer.score(self._video)
        return time.perf_counter() - started


def _runner(bound: BoundRecipe, shown: Progress) -> PhaseRunner:
    """What trains the recipe's first phase."""
    import torch

    from vadkit.data.data_module import PreparedData
    from vadkit.recipe.bound_recipe import Read
    from vadkit.training.model import Model, Sizes
    from vadkit.training.trainer import PhaseRunner

    tasks = [bound.tasks[entry.name] for entry in bound.recipe.phase[0].tasks]
    data = PreparedData(bound)
    data.require([Read("train", task.samplings, ()) for task in tasks])
    cuttings = data.prepared.cuttings
    sizes = Sizes(cuttings.channels, cuttings.size("object"), cuttings.size("frame"), {})
    model = Model(bound, {task.name: task.create() for task in tasks}, sizes)
    return PhaseRunner(model, data, bound, torch.device("cpu"), shown, lambda: None)


def serve(folder: Path, steps: int) -> None:
    """Measure what each line of stdin names, a line of stdout each."""
    work = Work(folder, steps)
    for line in sys.stdin:
        print(work.measure(line.strip()), flush=True)


@contextmanager
def started(words: Sequence[str], settings: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A Python process whose threads wait as `settings` say, killed with the block."""
    rest = {name: value for name, value in os.environ.items() if name not in WAITING}
    process = subprocess.Popen(
        [sys.executable, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=rest | dict(settings),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing but compute."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(started(["-c", LOOP], {}))
        yield


def measured(worker: subprocess.Popen[str], task: str) -> float:
    """Seconds that a task takes in a worker, which says nothing only if it has failed."""
    assert worker.stdin
    assert worker.stdout
    print(task, file=worker.stdin, flush=True)
    return float(worker.stdout.readline())


Times = dict[tuple[str, int, str], list[float]]
"""(Worker, busy processes, task) -> seconds, a value for each round."""


def rounds(workers: Mapping[str, subprocess.Popen[str]], neighbours: int, count: int) -> Times:
    """Measure everything once a round, after a round that warms up."""
    times: Times = {}
    for number in range(count + 1):
        for beside in (0, neighbours):
            with busy(beside):
                for task in TASKS:
                    for name in sorted(workers, reverse=bool(number % 2)):
                        seconds = measured(workers[name], task)
                        if number:
                            times.setdefault((name, beside, task), []).append(seconds)
        print(f"round {number} of {count}", file=sys.stderr)
    return times


def prepare(bound: BoundRecipe, folder: Path, *, steps: int, frames: int) -> None:
    """Leave a finished run of a few steps (what it has learned costs no time), and a test video."""
    from vadkit.experiment.run import run

    short = {"epochs": 1, "steps": steps}
    phases = tuple(phase.model_copy(update=short) for phase in bound.recipe.phase)
    run(bound.with_values(phase=phases), out=folder / "run", progress=Progress.silent())
    videos = bound.datasets["target"].create().videos("test")
    beginning(videos[0], folder / f"{videos[0].name}.mkv", frames)


def beginning(video: Video, path: Path, frames: int) -> None:
    """Write the first frames of a video, in grey."""
    reader = open_video(video.path)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height = reader.info.width, reader.info.height
        stream.pix_fmt = "gray"
        for frame in islice(reader.frames(), frames):
            image = av.VideoFrame.from_ndarray(frame.image[..., 0], "gray")
            container.mux(stream.encode(image))
        container.mux(stream.encode())


def ratio(above: Sequence[float], below: Sequence[float]) -> str:
    """The median of the ratios, and between which they lie."""
    ratios = sorted(a / b for a, b in zip(above, below, strict=True))
    return f"{median(ratios):6.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def tell(times: Times, names: Sequence[str], neighbours: int) -> None:
    """Print medians of the times, and of the ratios."""
    for task in TASKS:
        print(f"\n{task}: alone, beside {neighbours} busy")
        for name in names:
            alone, beside = times[name, 0, task], times[name, neighbours, task]
            print(f"{name:>24}: {1000 * median(alone):8.1f} ms {1000 * median(beside):8.1f} ms")
            print(f"{'busy / alone':>24}: {ratio(beside, alone)}, wanted: at most {WANTED}")
            print(f"{'alone / spin alone':>24}: {ratio(alone, times['spin', 0, task])}")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="What a busy neighbour costs.")
    parser.add_argument("recipe", nargs="?", default="sota")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--busy", type=int, default=1, help="busy processes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20, help="of each training")
    parser.add_argument("--frames", type=int, default=100, help="of the video that is scored")
    parser.add_argument("--wait", action="append", default=[], metavar="NAME=VALUE[,NAME=VALUE]",
                        help="another worker, whose threads wait so")  # fmt: skip
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Prepare, measure, print."""
    if args.serve:
        return serve(args.serve, args.steps)
    others = {words: dict(pair.split("=") for pair in words.split(",")) for words in args.wait}
    settings = {"spin": SPIN, "vadkit": {}, **others}
    with TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        prepare(load_recipe(args.recipe, args.sets), folder, steps=args.steps, frames=args.frames)
        words = [__file__, "--serve", str(folder), "--steps", str(args.steps)]
        workers = {name: stack.enter_context(started(words, of)) for name, of in settings.items()}
        return tell(rounds(workers, args.busy, args.rounds), list(settings), args.busy)


if __name__ == "__main__":
    main(arguments())

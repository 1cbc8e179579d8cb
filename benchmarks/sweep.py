"""What share of a sweep's time is not the runs that it is made of.

Trains a small grid on `plaza` (drawn when first used) with one worker, in fresh folders, so that
the runs follow one upon another. Whatever of the wall time lies between them is the sweep's own:
processes that start and import torch, cells that are sent and waited for, tables and figures. The
driver's CPU time is told beside it, for with as many workers as cores it is taken from them.

Run it as `python benchmarks/sweep.py [STEPS]`; it needs no data. STEPS is the length of each
training, 400 if not given.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from vadkit.engines.local import LocalEngine
from vadkit.registry.registry import load_plugins
from vadkit.runs.events import read_events
from vadkit.sweep.grid import read_grid
from vadkit.sweep.run import sweep

STEPS, EPOCHS = 400, 4
WANTED = 0.05
GRID = """
title = "Benchmark"
recipe = "sota"
modes = ["progressive"]
set = {{ "threads" = 1, "score.use" = ["prediction.error"], "score.heads" = "refit" }}
[step.Pre]
tasks = ["prediction"]
epochs = {epochs}
steps = {steps}
[step.Rec]
tasks = ["reconstruction"]
epochs = {epochs}
steps = {steps}
[step.Jig]
tasks = ["jigsaw"]
epochs = {epochs}
steps = {steps}
[[row]]
order = [["Pre"], ["Rec"], ["Jig"]]
[[row]]
order = [["Pre"], ["Jig"], ["Rec"]]
[[row]]
order = [["Jig"], ["Pre"]]
"""


def main(steps: int) -> None:
    """Sweep, and print where the time went."""
    with tempfile.TemporaryDirectory() as folder:
        grid, out = Path(folder, "grid.toml"), Path(folder, "out")
        text = GRID.format(steps=max(1, steps // EPOCHS), epochs=EPOCHS)
        grid.write_text(text, encoding="utf-8", newline="\n")
        seed = str(time.time_ns() % 10**9)  # nothing is in the phase cache then
        started, busy = time.monotonic(), time.process_time()
        failed = sweep(
            read_grid(grid, load_plugins(), seeds=seed), out, engine=lambda: LocalEngine(1, 1)
        )
        assert not failed, failed
        tell(time.monotonic() - started, time.process_time() - busy, runs(out))


def runs(out: Path) -> list[tuple[datetime, datetime, float]]:
    """When each run began and ended, and the seconds of its trainings."""
    found = []
    for log in out.glob("cells/*/events.jsonl"):
        events = list(read_events(log))
        times = [datetime.fromisoformat(event["time"]) for event in events]
        trained = sum(event["seconds"] for event in events if event["event"] == "phase_trained")
        found.append((times[0], times[-1], trained))
    return sorted(found)


def tell(wall_s: float, driver_s: float, found: Sequence[tuple[datetime, datetime, float]]) -> None:
    """Print the sum of the runs, what is between them, and what of it comes but once."""
    inside_s = sum((end - begin).total_seconds() for begin, end, _ in found)
    between_s = (found[-1][1] - found[0][0]).total_seconds() - inside_s
    once_s = wall_s - inside_s - between_s
    trained_s = sum(trained for _, _, trained in found)
    print(f"{len(found)} runs, {wall_s:.1f} s; in runs {inside_s:.1f} s, of it training", end=" ")
    print(f"{trained_s:.1f} s")
    print(f"before the first and after the last: {once_s:.1f} s, once a sweep")
    print(f"between two runs: {between_s / (len(found) - 1):.2f} s")
    print(f"CPU time of the driver: {driver_s:.1f} s")
    share = (wall_s - inside_s) / trained_s
    print(f"the sweep's own time is {share:.1%} of the trainings' (wanted: less than {WANTED:.0%})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STEPS)

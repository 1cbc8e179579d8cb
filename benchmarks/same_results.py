"""Whether a change of the code changed any result: weights, scores and figures, as hashes.

Record the hashes on one commit and compare them on another:

    python benchmarks/same_results.py before.json
    python benchmarks/same_results.py after.json --against before.json

It runs the command line in folders of its own: `smoke`; `sota`, `ssmtl` and `attention` on
`plaza`; a sweep of two cells; `vadkit score` on a video; and, with
`--ped2 DIR`, two phases on UCSD Ped2. Trainings are short unless `--full` is given. One thread, so
that other load on the machine changes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

TIMINGS = {"seconds", "resumed", "vadkit"}
"""Keys of `metrics.json` that say when and by whom it was made."""

TWO_PHASES = """
seed = 0
[data]
target = { dataset = "ped2" }
[objects]
detectors = ["motion"]
size = 32
[backbone]
name = "unet"
width = 16
depth = 2
[optim]
name = "adamw"
lr = 2e-3
batch = 32
[[phase]]
stage = "perception"
tasks = ["prediction"]
epochs = 1
[[phase]]
stage = "comprehension"
tasks = ["jigsaw"]
epochs = 1
[score]
use = ["prediction.error", "jigsaw.temporal"]
heads = "refit"
refit_epochs = 1
calibrate = { kind = "quantile", among = 600 }
smooth = { kind = "gaussian", window = 33 }
"""

TWO_CELLS = """
title = "Two cells"
recipe = "smoke"
modes = ["progressive"]
[step.Pre]
tasks = ["prediction"]
epochs = 2
steps = 10
[step.Jig]
tasks = ["jigsaw"]
epochs = 1
steps = 10
[step.Rec]
tasks = ["reconstruction"]
epochs = 1
steps = 10
[[row]]
order = [["Pre"], ["Jig"]]
[[row]]
order = [["Pre"], ["Rec"]]
"""

PHASES = {"sota": 4, "ssmtl": 1, "attention": 1, "ped2": 2}
"""Runs that are shortened, with the number of their phases."""

SCORED = "smoke", "sota"
"""Runs whose models score the video."""


def main() -> int:
    """Record, and compare if there is something to compare with."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="same-results-") as folder:
        made = _hashes(Path(folder), options)
    options.out.write_text(
        json.dumps(made, indent=1, sort_keys=True), encoding="utf-8", newline="\n"
    )
    print(f"{len(made)} hashes in {options.out}")
    return (
        _compare(json.loads(options.against.read_text(encoding="utf-8")), made)
        if options.against
        else 0
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="where the hashes go")
    parser.add_argument("--against", type=Path, help="hashes of another commit")
    parser.add_argument("--ped2", type=Path, help="UCSD Ped2, if it is at hand")
    parser.add_argument("--video", type=Path, help="a video to score; one of plaza if not given")
    parser.add_argument("--only", nargs="+", metavar="RUN", help="of the runs, these alone")
    parser.add_argument("--full", action="store_true", help="train as long as the recipes say")
    return parser


def _hashes(folder: Path, options: argparse.Namespace) -> dict[str, str]:
    hashes = {}
    for name, words in _runs(folder, options).items():
        _vadkit(
            folder,
            "run",
            *words,
            "--out",
            f"runs/{name}",
            "--threads",
            "1",
            "--no-cache",
        )
        hashes |= {f"{name}: {what}": key for what, key in _of_run(folder / "runs" / name)}
    (folder / "grid.toml").write_text(TWO_CELLS, encoding="utf-8", newline="\n")
    _vadkit(folder, "sweep", "grid.toml", "--out", "sweep")
    for cell in sorted((folder / "sweep" / "cells").iterdir()):
        hashes |= {f"sweep {cell.name}: {what}": key for what, key in _of_run(cell)}
    video = options.video.absolute() if options.video else _video(folder)
    for name in SCORED:
        _vadkit(
            folder,
            "score",
            str(video),
            "--run",
            f"runs/{name}",
            "--out",
            f"scored/{name}",
        )
        (table,) = (folder / "scored" / name).glob("*.csv")
        hashes[f"{name}: a video's scores"] = _of_bytes(table.read_bytes())
    return hashes


def _runs(folder: Path, options: argparse.Namespace) -> dict[str, list[str]]:
    """Run name -> what `vadkit run` is given."""
    runs = {
        "smoke": ["smoke"],
        "sota": ["sota"],
        "ssmtl": ["ssmtl"],
        "attention": ["attention"],
    }
    if options.ped2:
        (folder / "two.toml").write_text(TWO_PHASES, encoding="utf-8", newline="\n")
        runs["ped2"] = ["two.toml", "--data", f"ped2={options.ped2.absolute()}"]
    for name, phases in {} if options.full else PHASES.items():
        if name in runs:
            runs[name] += ["--set", "data.target.every=4", "--set", "score.refit_epochs=1"]
        for number in range(phases if name in runs else 0):
            for setting in ("epochs=1", "steps=10"):
                runs[name] += ["--set", f"phase.{number}.{setting}"]
    return {name: words for name, words in runs.items() if name in (options.only or runs)}


def _of_run(run: Path) -> Iterator[tuple[str, str]]:
    """What was made -> its hash."""
    newest = max(run.glob("phases/*/e*/weights.safetensors"))
    yield "weights of the last phase", _of_tensors(newest)
    yield "model", _of_tensors(run / "model" / "weights.safetensors")
    for folder in ("scores", "labels", "regions"):
        tables = sorted(run.glob(f"{folder}/*.csv"))
        yield folder, _of_bytes(b"".join(path.read_bytes() for path in tables))
    metrics = _timeless(json.loads((run / "metrics.json").read_text(encoding="utf-8")))
    yield "metrics.json", _of_bytes(json.dumps(metrics, sort_keys=True).encode())


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(below) for key, below in value.items() if key not in TIMINGS}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def _of_tensors(path: Path) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(load_file(path).items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _of_bytes(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _video(folder: Path) -> Path:
    """A drawn video of `plaza`, in a folder that the data set's own command renders."""
    _vadkit(folder, "data", "render", "plaza", "drawn")
    return min((folder / "drawn").rglob("test/*.mp4"))


def _vadkit(folder: Path, *words: str) -> None:
    caches = {"VADKIT_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "vadkit", *words],
        cwd=folder,
        env=os.environ | caches,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"vadkit {' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
    print(f"vadkit {' '.join(words)}", flush=True)


def _compare(before: dict[str, str], after: dict[str, str]) -> int:
    """Print every result with whether it is the same; the exit code says whether all are."""
    names = sorted(before.keys() | after.keys())
    different = [name for name in names if before.get(name) != after.get(name)]
    for name in names:
        print(f"{'DIFFERENT' if name in different else 'same':9}  {name}")
    print(f"{len(names) - len(different)} of {len(names)} the same")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

"""A phase in a run folder: its epochs, its losses, what it came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from vadkit.runs.atomic import write_json, write_text
from vadkit.runs.checkpoint import (
    Checkpoint,
    epoch_folder,
    load_checkpoint,
    newest,
    problem,
    prune,
    save_checkpoint,
)
from vadkit.runs.history import append_history
from vadkit.runs.manifest import read_json
from vadkit.runs.optimizer import flatten_optimizer
from vadkit.training.epoch_state import Epoch, Start


@dataclass(frozen=True)
class PhaseFolder:
    """`phases/NN-title`; what is done follows from manifests, not from a status that can lie."""

    path: Path
    what: str
    """How an error calls it ("phase 1")."""
    warn: Callable[[str], object]
    """Told of checkpoints that are damaged."""

    def save(self, epoch: Epoch, weights: Mapping[str, Tensor]) -> None:
        """Save an epoch: its losses first, which a resume writes anew, then its checkpoint.

        Raises:
            ResourceError: The disk is full; what was there before is untouched.
        """
        append_history(self._history, {"epoch": epoch.number, **epoch.terms})
        flat = [flatten_optimizer(g.optimizer, f"{i}.") for i, g in enumerate(epoch.groups)]
        moments = {name: tensor for tensors, _ in flat for name, tensor in tensors.items()}
        best = epoch.best
        state = {
            "epoch": epoch.number,
            "optimizers": [plain for _, plain in flat],
            "best": None if best.epoch is None else {"epoch": best.epoch, "worth": best.worth},
        }
        folder = epoch_folder(self.path, epoch.number)
        what = f"{self.what} epoch {epoch.number}"
        save_checkpoint(folder, weights, moments, state, what)
        prune(self.path, best=best.epoch)

    def put(self, epochs: int, found: Checkpoint) -> None:
        """Put what the phase came to elsewhere here, as `PhaseCache` has it."""
        write_text(self._history, found.state["history"])
        state = {"epoch": epochs, "optimizers": [], "best": None}
        folder = epoch_folder(self.path, epochs)
        save_checkpoint(folder, found.weights, {}, state, f"{self.what} epoch {epochs}")

    def newest(self) -> Checkpoint | None:
        """The newest epoch that is whole, and whose best epoch is; None where there is none.

        Raises:
            RunBusyError: There are some, and none is whole.
        """
        folder = newest(self.path, self.warn)
        if folder is None:
            return None
        found = load_checkpoint(folder)
        best = found.state["best"]
        reason = problem(epoch_folder(self.path, best["epoch"])) if best else None
        if reason:
            self.warn(f"{reason}; {self.what} is trained anew.")
            return None
        return found

    def epoch(self, number: int) -> Checkpoint:
        """A certain epoch.

        Raises:
            DataError: It is not there, or not whole.
        """
        return load_checkpoint(epoch_folder(self.path, number))

    def weights(self, found: Checkpoint) -> dict[str, Tensor]:
        """What the phase came to by then: the weights of the best epoch, if one was judged so."""
        best = found.state["best"]
        return self._of(best["epoch"]) if best else found.weights

    def start(self, found: Checkpoint) -> Start:
        """Where the phase's training goes on after a checkpoint."""
        best, state = found.state["best"], found.state
        return Start(
            state["epoch"],
            found.weights,
            found.optim,
            state["optimizers"],
            (best["epoch"], best["worth"], self._of(best["epoch"])) if best else None,
        )

    def history(self) -> str:
        """The losses, a row an epoch, as the file has them; nothing where nothing was trained."""
        return self._history.read_text("utf-8") if self._history.is_file() else ""

    def evaluation(self) -> dict[str, Any] | None:
        """What the model was worth after the phase, as `metrics.json` has it."""
        return read_json(self._evaluation)

    def write_evaluation(self, figures: Mapping[str, Any]) -> None:
        """Keep what the model was worth after the phase."""
        write_json(self._evaluation, dict(figures))

    def _of(self, epoch: int) -> dict[str, Tensor]:
        return self.epoch(epoch).weights

    @property
    def _history(self) -> Path:
        return self.path / "history.csv"

    @property
    def _evaluation(self) -> Path:
        return self.path / "evaluation.json"

"""A phase in a run folder: its epochs, its losses, what it came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from vadkit.metrics.metrics_schema import PhaseFigures, read_phase
from vadkit.runs.atomic import write_json, write_text
from vadkit.runs.bundle import OPTIM, WEIGHTS, Bundle, problem, read_bundle, write_bundle
from vadkit.runs.epochs import append_history, epoch_folder, newest, prune
from vadkit.runs.tensors import flatten_optimizer
from vadkit.training.epoch_state import Epoch, Start


@dataclass(frozen=True)
class PhaseFolder:
    """`phases/NN-title`; what is done follows from manifests, not from a status that can lie."""

    path: Path
    what: str
    """How an error calls it ("phase 1")."""
    warn: Callable[[str], object]
    """Called with a sentence for each checkpoint that is damaged."""

    def save(self, epoch: Epoch, weights: Mapping[str, Tensor]) -> None:
        """Save an epoch: its losses first, which a resume writes anew, then its checkpoint.

        Raises:
            ResourceError: The disk is full; what was there before is untouched.
        """
        append_history(self._history, {"epoch": epoch.number, **epoch.terms})
        flat = [flatten_optimizer(g.optimizer, f"{i}.") for i, g in enumerate(epoch.groups)]
        moments = {name: tensor for tensors, _ in flat for name, tensor in tensors.items()}
        judged = epoch.best.epoch is not None
        best = {"epoch": epoch.best.epoch, "worth": epoch.best.worth} if judged else None
        self._write(epoch.number, weights, moments, [plain for _, plain in flat], best)
        prune(self.path, best=epoch.best.epoch)

    def put(self, epochs: int, entry: Bundle) -> None:
        """Take over what the phase came to in another run, as `PhaseCache` has it."""
        write_text(self._history, entry.state["history"])
        self._write(epochs, entry.weights, {}, [], None)

    def _write(
        self,
        epoch: int,
        weights: Mapping[str, Tensor],
        moments: Mapping[str, Tensor],
        optimizers: Sequence[Mapping[str, Any]],
        best: Mapping[str, Any] | None,
    ) -> None:
        state = {"epoch": epoch, "optimizers": optimizers, "best": best}
        tensors = {WEIGHTS: weights, OPTIM: moments}
        write_bundle(epoch_folder(self.path, epoch), tensors, state, f"{self.what} epoch {epoch}")

    def newest(self) -> Bundle | None:
        """The newest epoch that is whole, and whose best epoch is; None where there is none.

        Raises:
            RunBusyError: There are some, and none is whole.
        """
        folder = newest(self.path, self.warn)
        if folder is None:
            return None
        checkpoint = read_bundle(folder)
        best = checkpoint.state["best"]
        reason = problem(epoch_folder(self.path, best["epoch"])) if best else None
        if reason:
            self.warn(f"{reason}; {self.what} is trained anew.")
            return None
        return checkpoint

    def epoch(self, number: int) -> Bundle:
        """A certain epoch; DataError where it is not there, or not whole."""
        return read_bundle(epoch_folder(self.path, number), "Take an earlier epoch.")

    def weights(self, checkpoint: Bundle) -> dict[str, Tensor]:
        """What the phase came to by then: the weights of the best epoch, if one was judged so."""
        best = checkpoint.state["best"]
        return self.epoch(best["epoch"]).weights if best else checkpoint.weights

    def start(self, checkpoint: Bundle) -> Start:
        """Where the phase's training goes on after a checkpoint."""
        best, state = checkpoint.state["best"], checkpoint.state
        return Start(
            state["epoch"],
            checkpoint.weights,
            checkpoint.tensors[OPTIM],
            state["optimizers"],
            (best["epoch"], best["worth"], self.epoch(best["epoch"]).weights) if best else None,
        )

    def history(self) -> str:
        """The losses, a row an epoch, as the file has them; nothing where nothing was trained."""
        return self._history.read_text("utf-8") if self._history.is_file() else ""

    def evaluation(self) -> PhaseFigures | None:
        """The figures after the phase; None where some that there are today are not known."""
        figures = read_phase(self._evaluation)
        return figures if figures and figures.complete else None

    def write_evaluation(self, figures: PhaseFigures) -> None:
        """Write the figures after the phase."""
        write_json(self._evaluation, figures.tree())

    @property
    def _history(self) -> Path:
        return self.path / "history.csv"

    @property
    def _evaluation(self) -> Path:
        return self.path / "evaluation.json"

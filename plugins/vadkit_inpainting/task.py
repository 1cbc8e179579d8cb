"""Fill in what is masked; when scoring, several times over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Generator, Tensor, nn

from vadkit.api import (
    Batch,
    Outputs,
    Shapes,
    Task,
    Views,
    difference,
    error,
    rand,
    unexplained,
)
from vadkit_inpainting import Config


class Inpainting(Task[Config]):
    """Reconstruct a crop of which a square is masked: L = ‖H(F(m(X))) - X‖.

    Source: Barbalau et al., CVIU 2023, T6. To score, X̂₀ = X, X̂ₖ = H(F(mₖ(X̂ₖ₋₁))), and X̂₃ is
    compared with X.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Mask the crop (B, C, 1, H, W): by chance, or as the first pass of scoring does."""
        crop = batch.clips
        if not training:
            return Views({"crop": self._masked(crop, 0)}, targets={"crop": crop})
        chance = rand(len(crop), 3, rng=rng, device=crop.device)
        hidden = self._hidden(chance, crop.shape[3:])
        return Views({"crop": crop.masked_fill(hidden, self.config.fill)}, targets={"crop": crop})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to one frame."""
        return shapes.heads.decoder(frames=1)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Compare the whole crop, masked or not, with the original."""
        norm = self.config.norm
        return {norm: difference(outputs["crop"], targets["crop"], norm)}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the difference `error` (B,) and the share `unexplained` of the crop's variance."""
        output, crop = outputs["crop"], targets["crop"]
        return {
            "error": error(output, crop, self.config.norm),
            "unexplained": unexplained(output, crop),
        }

    def infer(
        self, run: Callable[[Views], dict[str, Tensor]], batch: Batch, rng: Generator
    ) -> dict[str, Tensor]:
        """Mask and fill in one pass after another; what comes out of one goes into the next."""
        crop = filled = batch.clips
        for number in range(self.config.passes):
            filled = run(Views({"crop": self._masked(filled, number)}))["crop"]
        return self.score({"crop": filled}, {"crop": crop})

    def _masked(self, crop: Tensor, number: int) -> Tensor:
        """Mask a crop for a pass of scoring: every unit alike, at quantiles of the training masks.

        Drawn masks would let a unit's score depend on its place in the batch.
        """
        quantiles = (0.5, (number + 0.5) / self.config.passes, 0.5)  # of side, row, column
        chance = torch.tensor(quantiles, device=crop.device).expand(len(crop), -1)
        return crop.masked_fill(self._hidden(chance, crop.shape[3:]), self.config.fill)

    def _hidden(self, chance: Tensor, size: torch.Size) -> Tensor:
        """(B, 1, 1, H, W): which pixels a mask hides.

        Args:
            chance: (B, 3) in [0, 1): quantiles of side, row and column.
            size: H and W.
        """
        config = self.config
        side = config.smallest + (config.largest - config.smallest) * chance[:, 0]
        centre = 0.5 + config.spread * torch.special.ndtri(chance[:, 1:])
        centre = centre.clamp(0, 1)  # so that every mask hides something
        return squares(centre, side, size)[:, None, None]


def squares(centre: Tensor, side: Tensor, size: torch.Size) -> Tensor:
    """(B, H, W): the pixels whose middle lies in a square.

    Args:
        centre: (B, 2), row and column, as shares of H and W.
        side: (B,), as a share of H and W.
        size: H and W.
    """
    rows, columns = (
        ((torch.arange(n, device=side.device) + 0.5) / n - at[:, None]).abs() <= side[:, None] / 2
        for n, at in zip(size, centre.unbind(dim=1), strict=True)
    )
    return rows[:, :, None] & columns[:, None, :]

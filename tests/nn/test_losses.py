from __future__ import annotations

import numpy as np
import pytest
import torch

from vadkit.nn.losses import (
    absolute_error,
    gradient_l1,
    mean_output,
    patch_max,
    squared_error,
    unexplained,
)
from vadkit.utils.rng import generator, rand, randint, randperm, seeded


def pair(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.random.default_rng(0).random((2, *shape))
    return one, other


def test_errors_are_means_of_each_sample() -> None:
    one, other = pair(3, 2, 1, 4, 5)
    squares = [np.mean((a - b) ** 2) for a, b in zip(one, other, strict=True)]
    absolutes = [np.mean(abs(a - b)) for a, b in zip(one, other, strict=True)]
    given = torch.tensor(one), torch.tensor(other)
    assert squared_error(*given).tolist() == pytest.approx(squares)
    assert absolute_error(*given).tolist() == pytest.approx(absolutes)


def test_unexplained_is_a_share_of_the_variance() -> None:
    """Every channel and frame has a mean of its own: offsets between them explain nothing."""
    output, target = pair(3, 2, 4, 5, 6)
    target += np.arange(8).reshape(2, 4, 1, 1)
    error = ((output - target) ** 2).mean(axis=(1, 2, 3, 4))
    wanted = error / (target.var(axis=(3, 4)).mean(axis=(1, 2)) + 1e-3)
    assert unexplained(torch.tensor(output), torch.tensor(target)).tolist() == pytest.approx(wanted)


def test_noise_on_a_plain_cube_is_not_everything() -> None:
    plain, noisy = torch.full((1, 1, 1, 8, 8), 0.5), torch.full((1, 1, 1, 8, 8), 0.51)
    assert float(unexplained(noisy, plain)) == pytest.approx(0.1, rel=1e-3)


def test_gradient_loss_compares_magnitudes_along_both_axes() -> None:
    one, other = pair(2, 3, 4, 5)
    total = 0.0
    for axis in (2, 3):
        steps = [abs(np.diff(image, axis=axis)) for image in (one, other)]
        total += float(np.mean(abs(steps[0] - steps[1])))
    assert float(gradient_l1(torch.tensor(one), torch.tensor(other))) == pytest.approx(total)


def test_gradient_loss_does_not_see_the_sign() -> None:
    image = torch.rand(1, 1, 6, 6)
    assert float(gradient_l1(image, 1 - image)) == pytest.approx(0, abs=1e-6)


def test_mean_output_is_over_views() -> None:
    outputs = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([3.0, 6.0])}
    assert mean_output(outputs).tolist() == [2, 4]


def test_permutations_are_permutations_of_each_row() -> None:
    drawn = randperm(200, 5, rng=generator("test"))
    assert (drawn.sort(dim=1).values == torch.arange(5)).all()
    first = torch.bincount(drawn[:, 0], minlength=5)
    assert first.min() > 15


def test_one_purpose_gives_one_stream() -> None:
    def draw(*purpose: int | str) -> list[float]:
        rng = generator(*purpose)
        whole = randint(0, 1000, (5,), rng=rng).float()
        return [*rand(5, rng=rng).tolist(), *whole.tolist()]

    assert draw(0, "phase", 1) == draw(0, "phase", 1)
    assert draw(0, "phase", 1) != draw(0, "phase", 2)
    assert draw(0, "phase", 1) != draw(1, "phase", 1)


def test_seeding_gives_back_what_was() -> None:
    before = torch.get_rng_state()
    with seeded(0, "weights"):
        first = torch.rand(3)
    assert torch.equal(before, torch.get_rng_state())
    with seeded(0, "weights"):
        assert torch.equal(first, torch.rand(3))


def test_patch_loss_is_that_of_the_worst_patch() -> None:
    """[003]: 4 x 4 patches, the greatest mean square; the mean over the batch."""
    one, other = pair(2, 3, 1, 8, 12)
    squares = (one - other) ** 2
    worst = [
        max(
            squares[b, :, :, 2 * i : 2 * i + 2, 3 * j : 3 * j + 3].mean()
            for i in range(4)
            for j in range(4)
        )
        for b in range(2)
    ]
    found = patch_max(torch.tensor(one), torch.tensor(other))
    assert found.item() == pytest.approx(np.mean(worst))


def test_patch_loss_takes_odd_sizes() -> None:
    output = torch.rand(2, 1, 1, 33, 47, requires_grad=True)
    patch_max(output, torch.zeros(2, 1, 1, 33, 47)).backward()
    assert output.grad is not None
    assert 0 < (output.grad != 0).sum() < output.numel() / 4  # only the worst patches learn

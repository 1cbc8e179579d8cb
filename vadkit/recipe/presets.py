"""How published codes go from a score of each frame to the AUC that they print.

Of each code that part alone: the scores that go in, and which checkpoint made them, are another
matter. Some choose the checkpoint by the test labels.
"""

from __future__ import annotations

from typing import Any

from vadkit.recipe.protocol import Borders, FrameProtocol, PresetName, Smooth

_NONE = Smooth(kind="none")

PRESETS: dict[PresetName, FrameProtocol] = {
    # [000] and [001]: a median over 17 frames; of all else they are silent.
    "seeds": FrameProtocol(),
    # ano_pred, Codes/evaluate.py: PSNR stretched in each video; the first four have no prediction.
    "liu2018": FrameProtocol(borders=Borders(first=4), normalise="video", smooth=_NONE),
    # MNAD, Evaluate.py: the same of PSNR and of the distance to the memory, then their mixture.
    "mnad": FrameProtocol(borders=Borders(first=4), normalise="video", smooth=_NONE),
    # MemAE, utils/eval.py: clips of 16 frames, each scored for its ninth.
    "memae": FrameProtocol(borders=Borders(first=8, last=7), normalise="video", smooth=_NONE),
    # HF2-VAD, eval.py and utils/eval_utils.py: scipy.signal.medfilt has zeros beyond the ends.
    "hf2vad": FrameProtocol(borders=Borders(first=4), smooth=Smooth(ends="zero")),
    # Jigsaw-VAD, aggregate.py and tool/evaluate.py, on Ped2 and Avenue: seven frames a cube, so
    # three at each end are as normal as can be; 49 taps whose peak is one frame early.
    "jigsaw": FrameProtocol(
        borders=Borders(first=3, last=3, rule="normal"),
        order=("normalise", "smooth"),
        normalise="video",
        smooth=Smooth(kind="gaussian", window=49, sigma=20, shift=-1, ends="copy"),
        macro="padded",
    ),
    # HSC, HSC_testing.py and utils/utils.py, on Ped2 (Avenue: 69 taps, 15; ShanghaiTech: 77, 30):
    # clips of 16 frames; the filter runs over the whole test set, from one video into the next.
    "hsc": FrameProtocol(
        borders=Borders(whole=16),
        order=("normalise", "smooth"),
        normalise="positive",
        smooth=Smooth(kind="gaussian", window=59, sigma=6, shift=-1, ends="copy", across="dataset"),
    ),
    # The authors of SSMTL, UBnormal's scripts/compute_auc_score.py: gaussian_filter1d(15) cuts at
    # four deviations; "change the parameters", it says.
    "ssmtl": FrameProtocol(
        smooth=Smooth(kind="gaussian", window=121, sigma=15, ends="zero"), macro="padded"
    ),
}


def with_presets(table: dict[str, Any]) -> dict[str, Any]:
    """A recipe's tables with what its presets say filled in; what is wrong is left for others."""
    score = table.get("score")
    if not isinstance(score, dict):
        return table
    filled = _filled(score)
    if isinstance(score.get("also"), dict):
        filled["also"] = {name: _filled(of) for name, of in score["also"].items()}
    return {**table, "score": filled}


def _filled(protocol: Any) -> Any:
    """What is given goes before what the preset says, key by key."""
    named = protocol.get("preset") if isinstance(protocol, dict) else None
    if not isinstance(named, str) or named not in PRESETS:
        return dict(protocol) if isinstance(protocol, dict) else protocol
    usual = PRESETS[named].model_dump(mode="json", exclude_defaults=True)
    given = {
        key: {**usual[key], **value} if key in usual and isinstance(value, dict) else value
        for key, value in protocol.items()
    }
    return {**usual, **given}

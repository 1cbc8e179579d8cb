"""The detectors that take the place of `auto` on this machine."""

from __future__ import annotations

from pathlib import Path

from vadkit_detectors import ONNXConfig
from vadkit_detectors.weights import fingerprint, usual_places


def at_hand() -> list[dict[str, str]]:
    """`onnx` where its network is at hand, and `motion`.

    The network knows what people are, and `motion` sees what the network does not know. With the
    hash beside it the recipe means the same boxes on another machine, or says that it can't.
    """
    files = [file for file in places() if file.is_file()]
    network = [
        {"name": "onnx", "weights": str(file), "sha256": fingerprint(file)} for file in files[:1]
    ]
    return [*network, {"name": "motion"}]


def places() -> list[Path]:
    """Where the network is looked for, the likeliest place first."""
    return usual_places(ONNXConfig().weights.name)

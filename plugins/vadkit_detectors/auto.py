"""The detectors that take the place of `auto` on this machine."""

from __future__ import annotations

from vadkit_detectors import ONNXConfig
from vadkit_detectors.weights import fingerprint, usual_places


def at_hand() -> list[dict[str, str]]:
    """`onnx` where its network is at hand, and `motion`.

    The network knows what people are, and `motion` sees what the network does not know. With the
    hash beside it the recipe means the same boxes on another machine, or says that it can't.
    """
    files = [file for file in usual_places(ONNXConfig().weights.name) if file.is_file()]
    network = [
        {"name": "onnx", "weights": str(file), "sha256": fingerprint(file)} for file in files[:1]
    ]
    return [*network, {"name": "motion"}]


def in_words() -> str:
    """Which detectors those are, and where the network is or is looked for."""
    places = usual_places(ONNXConfig().weights.name)
    network = next((f"onnx with {file} and " for file in places if file.is_file()), "")
    return f"{network}motion" if network else f"motion; nothing at {' or '.join(map(str, places))}"

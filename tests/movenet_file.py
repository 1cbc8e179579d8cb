"""A small ONNX file with MoveNet's four maps, each of one convolution with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from vadkit_teachers.movenet import OUTPUTS

STRIDE = 4


def write_movenet(path: Path, spread: float = 0.3) -> dict[str, np.ndarray]:
    """Write it, and return the kernels (channels, 3, 4, 4) of each map."""
    onnx = pytest.importorskip("onnx")
    rng = np.random.default_rng(0)
    kernels = {
        name: rng.normal(scale=spread, size=(channels, 3, STRIDE, STRIDE)).astype(np.float32)
        for name, channels in OUTPUTS.items()
    }
    sizes = {"kernel_shape": [STRIDE] * 2, "strides": [STRIDE] * 2}
    nodes = [
        onnx.helper.make_node("Conv", ["x", f"{name}-kernel"], [name], **sizes) for name in kernels
    ]
    stored = [onnx.numpy_helper.from_array(of, f"{name}-kernel") for name, of in kernels.items()]
    value, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    answers = [value(name, kind, ["n", len(of), 48, 48]) for name, of in kernels.items()]
    image = value("x", kind, ["n", 3, 192, 192])
    graph = onnx.helper.make_graph(nodes, "test", [image], answers, stored)
    opset = [onnx.helper.make_opsetid("", 13)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return kernels

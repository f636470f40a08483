#!/usr/bin/env python3
"""Writes the codes that ONNX Runtime answers images with.

    python3 onnxruntime_codes.py NETWORK.onnx IMAGES CODES

IMAGES holds a byte for every pixel, channel planes of rows, with as many channels, rows and columns as the
network's input says; CODES receives a byte for every output: its code moved to 0 to 255. Pixels are normalised as
those of CIFAR-10 usually are. Graph optimisation is disabled: the optimised int8 kernels of ONNX Runtime saturate
on processors with AVX2 but without VNNI. The graph of QuantizeLinear and DequantizeLinear then runs in single
precision.
"""

import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

MEAN = np.array([0.4914, 0.4822, 0.4465]).reshape(1, 3, 1, 1)
DEVIATION = np.array([0.2470, 0.2435, 0.2616]).reshape(1, 3, 1, 1)


def normalized(pixels):
    return ((pixels.astype(np.float64) / 255 - MEAN) / DEVIATION).astype(np.float32)


def codes(path, inputs):
    """Codes of the outputs, whose real values the last DequantizeLinear gives."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    output, name = session.get_outputs()[0].name, session.get_inputs()[0].name
    real = np.concatenate([session.run([output], {name: inputs[i:i + 1]})[0] for i in range(len(inputs))])

    graph = onnx.load(path).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    last = next(node for node in graph.node if output in node.output)
    assert last.op_type == "DequantizeLinear", last.op_type
    scale, zero = constants[last.input[1]].item(), constants[last.input[2]]
    found = real.astype(np.float64) / scale + int(zero.item()) + (128 if zero.dtype == np.int8 else 0)
    assert np.abs(found - np.rint(found)).max() < 1e-3
    return np.rint(found).astype(np.uint8)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    network, images, answers = sys.argv[1:]
    shape = [d.dim_value for d in onnx.load(network).graph.input[0].type.tensor_type.shape.dim][1:]
    codes(network, normalized(np.fromfile(images, np.uint8).reshape(-1, *shape))).tofile(answers)

"""Writes tiny.onnx: a quantised network with random weights, small enough for a study within seconds.

usage: python3 make_tiny_network.py     (needs the wheels onnx and numpy)
"""

import pathlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

random = np.random.default_rng(1)
nodes, constants = [], []


def constant(name, array):
    constants.append(numpy_helper.from_array(array, name))
    return name


def quantised(source, scale, zero):
    step = constant(f"{source}_scale", np.float32(scale))
    offset = constant(f"{source}_zero", np.uint8(zero))
    nodes.append(helper.make_node("QuantizeLinear", [source, step, offset], [f"{source}_codes"]))
    nodes.append(helper.make_node("DequantizeLinear", [f"{source}_codes", step, offset], [f"{source}_real"]))
    return f"{source}_real"


def layer(kind, source, shape, input_scale, output_scale, zero, **attributes):
    name = f"{kind.lower()}{len(nodes)}"
    scale = np.float32(2.0**-8)
    weights = constant(f"{name}_w", random.integers(-127, 128, shape).astype(np.int8))
    bias = constant(f"{name}_b", random.integers(-500, 500, shape[0]).astype(np.int32))
    for tensor, step in [(weights, scale), (bias, scale * np.float32(input_scale))]:
        scales = constant(f"{tensor}_scale", np.full(shape[0], step, np.float32))
        nodes.append(helper.make_node("DequantizeLinear", [tensor, scales], [f"{tensor}_real"], axis=0))
    nodes.append(helper.make_node(kind, [source, f"{weights}_real", f"{bias}_real"], [name], **attributes))
    if kind == "Conv":
        nodes.append(helper.make_node("Relu", [name], [f"{name}_relu"]))
        name = f"{name}_relu"
    return quantised(name, output_scale, zero)


strided = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
value = quantised("image", 2.0**-6, 120)
value = layer("Conv", value, (16, 3, 3, 3), 2.0**-6, 2.0**-5, 0, **strided)
value = layer("Conv", value, (32, 16, 3, 3), 2.0**-5, 2.0**-4, 0, **strided)
nodes.append(helper.make_node("GlobalAveragePool", [value], ["pooled"]))
value = quantised("pooled", 2.0**-6, 0)
nodes.append(helper.make_node("Flatten", [value], ["flat"], axis=1))
value = layer("Gemm", "flat", (10, 32), 2.0**-6, 2.0**-5, 128, transB=1)
graph = helper.make_graph(
    nodes,
    "tiny",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 32, 32])],
    [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["N", 10])],
    constants,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 8
save(model, pathlib.Path(__file__).with_name("tiny.onnx"))

#!/usr/bin/env python3
"""Quantises small random networks with ONNX Runtime and writes what it answers.

    python3 quantize_networks.py DIRECTORY

For every network: NAME.onnx, the quantised network; NAME.images, bytes of images of 3 x 16 x 16 pixels, channel
planes of rows; NAME.codes, what onnxruntime_codes.py writes for them.
"""

import logging
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime_codes import codes, normalized

CHANNELS, SIZE, CLASSES = 3, 16, 10
IMAGES, CALIBRATION_IMAGES = 60, 40


class Network:
    """A float network that grows node by node; methods return the name of the activation they make."""

    def __init__(self, seed, opset):
        self.random = np.random.default_rng(seed)
        self.opset = opset
        self.nodes, self.initializers = [], []

    def constant(self, array):
        name = f"constant{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, type, *inputs, **attributes):
        name = f"{type.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(type, inputs, [name + "_out"], name=name, **attributes))
        return name + "_out"

    def weights(self, *shape, fan):
        # Channels of different size, so that scales per channel matter.
        size = self.random.uniform(0.3, 1.5, (shape[0],) + (1,) * (len(shape) - 1))
        return self.constant((self.random.normal(0, fan**-0.5, shape) * size).astype(np.float32))

    def vector(self, count, low, high):
        return self.constant(self.random.uniform(low, high, count).astype(np.float32))

    def conv(self, x, inputs, outputs, kernel=3, stride=1, padding=None, group=1, bias=True):
        padding = kernel // 2 if padding is None else padding
        inputs //= group
        parameters = [self.weights(outputs, inputs, kernel, kernel, fan=inputs * kernel**2)]
        if bias:
            parameters.append(self.vector(outputs, -0.5, 0.5))
        return self.node(
            "Conv", x, *parameters, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[padding] * 4,
            group=group)

    def normalize(self, x, channels):
        ranges = [(0.5, 1.5), (-0.3, 0.3), (-0.2, 0.2), (0.3, 1.2)]
        return self.node("BatchNormalization", x, *[self.vector(channels, *range) for range in ranges])

    def relu(self, x):
        return self.node("Relu", x)

    def relu6(self, x):
        limits = [self.constant(np.float32(0)), self.constant(np.float32(1.5))]
        return self.node("Clip", x, *limits)

    def pool(self, x, type, kernel, stride, pads=(0, 0, 0, 0), **attributes):
        return self.node(
            type, x, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=list(pads), **attributes)

    def mean(self, x):
        if self.opset >= 18:
            return self.node("ReduceMean", x, self.constant(np.array([2, 3])), keepdims=0)
        return self.node("ReduceMean", x, axes=[2, 3], keepdims=0)

    def gemm(self, x, inputs, outputs):
        parameters = [self.weights(outputs, inputs, fan=inputs), self.vector(outputs, -0.5, 0.5)]
        return self.node("Gemm", x, *parameters, transB=1)

    def matmul(self, x, inputs, outputs):
        product = self.node("MatMul", x, self.weights(inputs, outputs, fan=inputs))
        return self.node("Add", product, self.vector(outputs, -0.5, 0.5))

    def model(self, output):
        self.nodes[-1].output[0] = "logits"
        assert output == self.nodes[-1].name + "_out"
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", CHANNELS, SIZE, SIZE])
        logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", CLASSES])
        graph = helper.make_graph(self.nodes, "random", [image], [logits], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model


def mobile(n):
    """Depthwise, grouped and 1 x 1 convolutions with batch normalisation and ReLU6."""
    x = n.relu6(n.normalize(n.conv("image", 3, 8, stride=2, bias=False), 8))
    x = n.relu6(n.normalize(n.conv(x, 8, 24, kernel=1, bias=False), 24))
    x = n.relu6(n.normalize(n.conv(x, 24, 24, group=24, bias=False), 24))
    x = n.normalize(n.conv(x, 24, 8, kernel=1, bias=False), 8)
    x = n.relu6(n.conv(x, 8, 16, stride=2, group=4))
    x = n.relu6(n.conv(x, 16, 32, kernel=5, padding=1, group=16))
    return n.gemm(n.node("Flatten", n.node("GlobalAveragePool", x)), 32, CLASSES)


def plain(n):
    """Convolutions and maximum pooling, two fully connected layers: VGG."""
    x = n.relu(n.conv("image", 3, 12))
    x = n.pool(n.relu(n.conv(x, 12, 12)), "MaxPool", 2, 2)
    x = n.pool(n.relu(n.conv(x, 12, 20)), "MaxPool", 2, 2)
    x = n.relu(n.gemm(n.node("Flatten", x), 20 * 4 * 4, 32))
    return n.gemm(x, 32, CLASSES)


def residual(n):
    """Blocks with a shortcut, one of them a 1 x 1 convolution of stride 2: ResNet."""
    x = n.pool(n.relu(n.normalize(n.conv("image", 3, 12), 12)), "MaxPool", 3, 2, (1, 1, 1, 1))
    y = n.normalize(n.conv(n.relu(n.normalize(n.conv(x, 12, 12), 12)), 12, 12), 12)
    x = n.relu(n.node("Add", y, x))
    y = n.conv(n.relu(n.conv(x, 12, 20, stride=2)), 20, 20)
    x = n.relu(n.node("Add", y, n.conv(x, 12, 20, kernel=1, stride=2)))
    return n.gemm(n.mean(x), 20, CLASSES)


def averaged(n):
    """Average pooling with padding, counted and not counted, and negative activations throughout."""
    x = n.conv("image", 3, 10)
    x = n.pool(x, "AveragePool", 3, 2, (1, 1, 1, 1), count_include_pad=0)
    x = n.conv(x, 10, 14)
    x = n.pool(x, "AveragePool", 3, 1, (1, 0, 2, 1), count_include_pad=1)
    x = n.pool(n.conv(x, 14, 14, kernel=1), "MaxPool", 2, 2)
    x = n.node("Reshape", n.node("GlobalAveragePool", x), n.constant(np.array([-1, 14])))
    return n.gemm(x, 14, CLASSES)


def perceptron(n):
    """Fully connected layers written as a product and an addition."""
    x = n.node("Flatten", "image")
    x = n.relu(n.matmul(x, CHANNELS * SIZE**2, 40))
    x = n.relu6(n.matmul(x, 40, 24))
    return n.matmul(x, 24, CLASSES)


def branched(n):
    """Branches that are concatenated: SqueezeNet."""
    x = n.relu(n.conv("image", 3, 8, stride=2))
    x = n.node("Concat", n.relu(n.conv(x, 8, 7, kernel=1)), n.relu(n.conv(x, 8, 9)), axis=1)
    x = n.node("Concat", x, n.conv(x, 16, 6, group=2), axis=1)
    return n.gemm(n.node("Flatten", n.node("GlobalAveragePool", x)), 22, CLASSES)


UNSIGNED, SIGNED = QuantType.QUInt8, QuantType.QInt8
SYMMETRIC = {"ActivationSymmetric": True}
# Name, network, opset, whether it is pre-processed, arguments of the quantisation. `binary`: the scales of
# activations are rounded up to powers of two, so that means are exact in single precision and ties stay ties.
CASES = [
    ("mobile", mobile, 17, True, dict(per_channel=True)),
    ("mobile-symmetric", mobile, 21, True,
     dict(per_channel=True, activation_type=SIGNED, extra_options=SYMMETRIC)),
    ("mobile-per-tensor", mobile, 13, True,
     dict(weight_type=UNSIGNED, extra_options={"WeightSymmetric": True})),
    ("plain", plain, 13, False, dict(per_channel=False)),
    ("plain-per-channel", plain, 19, True, dict(per_channel=True, activation_type=SIGNED)),
    ("residual", residual, 13, True, dict(per_channel=True, activation_type=SIGNED)),
    ("residual-late", residual, 18, True,
     dict(per_channel=True, activation_type=SIGNED, extra_options=SYMMETRIC)),
    ("averaged", averaged, 15, False, dict(per_channel=True, activation_type=SIGNED)),
    ("averaged-binary", averaged, 15, True, dict(per_channel=True, activation_type=SIGNED, binary=True)),
    ("averaged-late-binary", averaged, 21, False, dict(per_channel=False, binary=True)),
    ("perceptron", perceptron, 13, False, dict(per_channel=False)),
    ("perceptron-fused", perceptron, 17, True, dict(per_channel=True)),
    ("perceptron-per-channel", perceptron, 21, False,
     dict(per_channel=True, activation_type=SIGNED, extra_options=SYMMETRIC)),
    ("branched", branched, 20, True, dict(per_channel=True)),
    ("branched-paired", branched, 21, False,
     dict(per_channel=True, extra_options={"AddQDQPairToWeight": True, "DedicatedQDQPair": True})),
    ("unfolded", mobile, 17, False, dict(per_channel=True)),
]


class Calibration(CalibrationDataReader):
    def __init__(self, images):
        self.images = iter(images)

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {"image": image[np.newaxis]}


def binary_scales(model):
    """What overrides the scales of all activations."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    overrides = {}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear" and node.input[0] not in constants:
            scale, zero = constants[node.input[1]], constants[node.input[2]]
            name = node.input[0].removesuffix("_QuantizeLinear_Input")
            binary = np.array(np.exp2(np.ceil(np.log2(scale))), scale.dtype)
            overrides[name] = [{"scale": binary, "zero_point": zero}]
    return overrides


def write(directory, seed, name, build, opset, is_processed, arguments):
    path = os.path.join(directory, name)
    network = Network(seed, opset)
    onnx.save(network.model(build(network)), path + ".float")
    if is_processed:
        quant_pre_process(path + ".float", path + ".float")
    pixels = network.random.integers(
        0, 256, (IMAGES + CALIBRATION_IMAGES, CHANNELS, SIZE, SIZE), dtype=np.uint8)
    inputs = normalized(pixels)
    arguments = {"activation_type": UNSIGNED, "weight_type": SIGNED, **arguments}
    is_binary = arguments.pop("binary", False)

    def quantize():
        quantize_static(
            path + ".float", path + ".onnx", Calibration(inputs[IMAGES:]), quant_format=QuantFormat.QDQ,
            **arguments)

    quantize()
    if is_binary:
        scales = binary_scales(onnx.load(path + ".onnx"))
        arguments["extra_options"] = {**arguments.get("extra_options", {}), "TensorQuantOverrides": scales}
        quantize()
    os.remove(path + ".float")

    pixels[:IMAGES].tofile(path + ".images")
    codes(path + ".onnx", inputs[:IMAGES]).tofile(path + ".codes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    logging.disable(logging.WARNING)
    for seed, case in enumerate(CASES):
        write(sys.argv[1], seed, *case)
        print(case[0])

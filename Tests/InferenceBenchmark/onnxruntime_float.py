"""Images per second of ONNX Runtime in single precision on a network whose file is quantised.

    onnxruntime_float.py FILE THREADS SECONDS

Pairs of QuantizeLinear and DequantizeLinear are taken out and weights multiplied by their scales; what is left is the
network before quantisation. Prints the rate with all graph optimisations.
"""
import sys
import time

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper


def in_single_precision(model):
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    renamed, nodes, weights = {}, [], {}
    for node in graph.node:
        if node.op_type == "QuantizeLinear":
            renamed[node.output[0]] = renamed.get(node.input[0], node.input[0])
        elif node.op_type == "DequantizeLinear" and node.input[0] in constants:
            values, scale = constants[node.input[0]].astype(numpy.float64), constants[node.input[1]]
            zero = constants[node.input[2]] if len(node.input) > 2 else 0
            shape = [1] * values.ndim
            if numpy.ndim(scale) and values.ndim:
                axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
                shape[axis if values.ndim > 1 else 0] = -1
            real = (values - numpy.reshape(zero, shape)) * numpy.reshape(scale, shape)
            weights[node.output[0]] = real.reshape(values.shape).astype(numpy.float32)
        elif node.op_type == "DequantizeLinear":
            renamed[node.output[0]] = renamed.get(node.input[0], node.input[0])
        else:
            for place, name in enumerate(node.input):
                node.input[place] = renamed.get(name, name)
            nodes.append(node)
    for output in graph.output:
        output.name = renamed.get(output.name, output.name)
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    graph.initializer.extend(
        numpy_helper.from_array(values, name) for name, values in weights.items() if name in used)
    return model


def main():
    path, threads, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    model = in_single_precision(onnx.load(path))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    image = session.get_inputs()[0]
    rates = []
    for batch in (1, 8, 32):
        inputs = numpy.random.default_rng(1).standard_normal((batch, *image.shape[1:])).astype(numpy.float32)
        session.run(None, {image.name: inputs})
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            session.run(None, {image.name: inputs})
            count += batch
        rates.append(count / (time.perf_counter() - start))
    print(max(rates))


main()

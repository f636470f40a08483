#!/usr/bin/env python3
"""Compares Tessera's integer network with ONNX Runtime, image by image.

Needs the PyPI packages onnxruntime and numpy. First let Tessera write its answers:

    TESSERA_DATA=DIR TESSERA_CROSSCHECK=answers.csv TESSERA_CROSSCHECK_IMAGES=1000 \
        swift test -c release --filter writesAnswersForCrossCheck
    python3 crosscheck_onnxruntime.py NETWORK.onnx DIR answers.csv

Each line of the answers is: image, label, answer, then the ten output codes. Graph optimisation is disabled:
the optimised int8 kernels of ONNX Runtime saturate on processors with AVX2 but without VNNI. Its graph then
runs in single precision, where rounding flips a code now and then; every image whose answer is flipped is
listed. The exit code is 0 if the answers agree but for ties, where the codes of both answers are at most
`TIE` apart in each of the two networks.
"""

import csv
import os
import sys

import numpy as np
import onnxruntime

TIE = 3


def images(directory, count):
    nested = os.path.join(directory, "cifar-10-batches-bin")
    root = nested if os.path.isdir(nested) else directory
    records = np.fromfile(os.path.join(root, "test_batch.bin"), dtype=np.uint8).reshape(-1, 3073)
    pixels = records[:count, 1:].reshape(-1, 3, 32, 32).astype(np.float64)
    mean = np.array([0.4914, 0.4822, 0.4465]).reshape(1, 3, 1, 1)
    deviation = np.array([0.2470, 0.2435, 0.2616]).reshape(1, 3, 1, 1)
    return ((pixels / 255 - mean) / deviation).astype(np.float32), records[:count, 0]


def main(network, directory, answers):
    with open(answers, newline="") as file:
        rows = np.array([[int(field) for field in row] for row in csv.reader(file)])
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    inputs, labels = images(directory, len(rows))
    assert (labels == rows[:, 1]).all(), "labels differ: not the same images"
    name = session.get_inputs()[0].name
    logits = np.concatenate(
        [session.run(None, {name: inputs[i:i + 100]})[0] for i in range(0, len(rows), 100)])

    # The logits lie on the grid of the last QuantizeLinear; its step and zero follow from the grid itself.
    ours = rows[:, 3:].astype(np.float64)
    slope, offset = np.polyfit(ours.ravel(), logits.ravel().astype(np.float64), 1)
    theirs = (logits - offset) / slope
    distance = np.abs(np.rint(theirs) - ours)
    ties, wrong = [], []
    for i in np.flatnonzero(logits.argmax(1) != rows[:, 2]):
        a, b = rows[i, 2], logits[i].argmax()
        gap = max(abs(ours[i, a] - ours[i, b]), abs(theirs[i, a] - theirs[i, b]))
        (ties if gap <= TIE + 0.5 else wrong).append((i, a, b, gap))
    print(f"images                {len(rows)}")
    print(f"accuracy, Tessera     {(rows[:, 2] == rows[:, 1]).mean():.4f}")
    print(f"accuracy, ORT         {(logits.argmax(1) == labels).mean():.4f}")
    print(f"same answer           {len(rows) - len(ties) - len(wrong)}")
    print(f"logit codes equal     {(distance == 0).mean():.6f}")
    print(f"largest difference    {distance.max():.0f} codes of {slope:.6f}")
    for kind, entries in (("tie", ties), ("WRONG", wrong)):
        for i, a, b, gap in entries:
            print(f"{kind}: image {i}, Tessera {a}, ORT {b}, label {rows[i, 1]}, {gap:.1f} codes apart")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

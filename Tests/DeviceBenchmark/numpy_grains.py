"""The same problem in numpy, sixteen replicas, Heun with exchange and dipoles in both stages: the peer.

Prints spin-steps per second. Usage: numpy_grains.py GRAINS STEPS
"""

import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

grains, steps = int(sys.argv[1]), int(sys.argv[2])
spins, replicas = 2 * grains, 16
random = np.random.default_rng(1)
coupling = random.normal(0, 0.01, (3 * spins, 3 * spins)).astype(np.float32)
coupling += coupling.T
for spin in range(spins):
    coupling[3 * spin + 2, 3 * spin + 2] += 2
m = np.zeros((spins, 3, replicas), np.float32)
m[:, 2] = 1
rate, alpha, sigma = np.float32(0.05), np.float32(0.007), np.float32(0.1)
torque = np.zeros((spins, 1, 1), np.float32)
torque[:grains] = 0.01


def cross(a, b):
    return np.stack(
        (
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ),
        axis=1,
    )


def change(m, noise):
    field = (coupling @ m.reshape(3 * spins, replicas)).reshape(spins, 3, replicas) + noise
    second = alpha * field
    second[:, 2:3] += torque
    return -rate * cross(m, field + cross(m, second))


def advance(m, count):
    for _ in range(count):
        noise = sigma * random.standard_normal((spins, 3, replicas), np.float32)
        first = change(m, noise)
        second = change(m + first, noise)
        m = m + np.float32(0.5) * (first + second)
        m /= np.sqrt((m * m).sum(axis=1, keepdims=True))
    return m


m = advance(m, max(1, steps // 10))
began = time.perf_counter()
advance(m, steps)
print(spins * replicas * steps / (time.perf_counter() - began))

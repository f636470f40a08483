"""Rates of a thin film on a mesh in numpy: exchange, demagnetisation by real transforms, damped precession; the peer.

Prints cell evaluations per second. Usage: numpy_field.py NX NY
"""

import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

nx, ny = int(sys.argv[1]), int(sys.argv[2])
random = np.random.default_rng(1)
shape = (2 * ny, nx + 1)
xx, yy, zz, xy = (random.normal(size=shape) for _ in range(4))
m = random.normal(size=(3, ny, nx))
m /= np.sqrt((m * m).sum(axis=0))
alpha, exchange = 0.02, 0.1


def cross(a, b):
    return np.stack((a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]))


def rates(m):
    x, y, z = np.fft.rfft2(m, s=(2 * ny, 2 * nx))
    field = np.fft.irfft2(np.stack((xx * x + xy * y, xy * x + yy * y, zz * z)), s=(2 * ny, 2 * nx))
    field = field[:, :ny, :nx].copy()
    step = exchange * (m[:, :, 1:] - m[:, :, :-1])
    field[:, :, :-1] += step
    field[:, :, 1:] -= step
    step = exchange * (m[:, 1:] - m[:, :-1])
    field[:, :-1] += step
    field[:, 1:] -= step
    precession = cross(m, field)
    return -(precession + alpha * cross(m, precession))


rates(m)
count = max(20, 2_000_000 // (nx * ny))
began = time.perf_counter()
for _ in range(count):
    rates(m)
print(nx * ny * count / (time.perf_counter() - began))

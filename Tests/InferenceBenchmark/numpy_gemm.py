"""Rate of OpenBLAS's product of single-precision matrices, in multiply-adds per second.

Usage: numpy_gemm.py THREADS
"""

import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = sys.argv[1]
import numpy as np

size = 1536
a, b = np.ones((size, size), np.float32), np.ones((size, size), np.float32)
best = float("inf")
for _ in range(6):
    began = time.perf_counter()
    a @ b
    best = min(best, time.perf_counter() - began)
print(size**3 / best)

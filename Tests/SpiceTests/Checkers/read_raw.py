"""Prints what spicelib (PyPI), an independent reader of raw files, finds in one.

A line `plot NAME`, then for each variable `variable NAME VALUE...`; complex values as RE,IM.
"""

import sys

from spicelib import RawRead

for plot in RawRead(sys.argv[1], dialect="ngspice", verbose=False).plots:
    print("plot", plot.get_plot_name())
    for name in plot.get_trace_names():
        values = plot.get_wave(name)
        if all(isinstance(value.item(), complex) for value in values):
            texts = [f"{value.real.item()!r},{value.imag.item()!r}" for value in values]
        else:
            texts = [repr(value.item()) for value in values]
        print("variable", name, *texts)

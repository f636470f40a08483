"""Runs decks one after another through PySpice's shared library and prints the seconds that took.

The library is loaded and one deck is run before the clock starts.
"""

import sys
import time

from PySpice.Spice.NgSpice.Shared import NgSpiceShared

decks = [open(path).read() for path in sys.argv[1:]]
ngspice = NgSpiceShared.new_instance()
ngspice.exec_command("set num_threads=1")


def run(deck):
    ngspice.load_circuit(deck)
    ngspice.run()
    plot = ngspice.plot(None, ngspice.last_plot)
    values = {name: plot[name].to_waveform() for name in plot.keys()}
    ngspice.destroy()
    ngspice.remove_circuit()
    return values


run(decks[0])
began = time.perf_counter()
for deck in decks:
    run(deck)
print(time.perf_counter() - began)

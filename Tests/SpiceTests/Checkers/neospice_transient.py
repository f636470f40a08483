"""Runs a deck's transient in neospice and prints what was recorded.

usage: neospice_transient.py DECK SIGNAL...

The first line of the output has the names `time SIGNAL...`; then one line per name has its values.
"""

import sys

import neospice


def column(transient, signal):
    """The values of `v(node)` or `i(source)`."""
    name = signal[2:-1]
    return transient.voltage(name) if signal.startswith("v(") else transient.current(name)


def main():
    deck, signals = sys.argv[1], sys.argv[2:]
    transient = neospice.run(deck).transient
    if transient is None:
        sys.exit("the deck has no transient")
    print("time", *signals)
    for values in [transient.time] + [column(transient, signal) for signal in signals]:
        print(*(repr(float(value)) for value in values))


main()

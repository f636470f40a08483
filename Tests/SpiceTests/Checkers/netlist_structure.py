"""Prints the structure that eda-netlist-parser sees in a netlist.

usage: netlist_structure.py NETLIST

One line per instance: `CELL INSTANCE MASTER NODE...`, in lower case; the master of a resistor or capacitor is
`-`. The parser sees instances whose names begin with d, x, m, c or r, and those of subcircuits alone: the top
level is given to it as the subcircuit `top`. It takes the word `params:` of SPICE dialects for a port, so that
is taken out beforehand.
"""

import os
import re
import sys

from netlist_parser import NetlistParser


def logical_lines(path):
    """Lines with their continuations, without comments and the title."""
    lines = []
    with open(path) as file:
        for number, line in enumerate(file.read().splitlines()):
            if line.startswith("+"):
                lines[-1] += " " + line[1:].strip()
            elif line and number > 0 and not line.startswith(("*", "//")):
                lines.append(line)
    return lines


def with_top_cell(lines, spectre):
    """The lines of subcircuits, then the instances of the top level as one more of them."""
    inside, top, is_inside = [], [], False
    for line in lines:
        word = line.split()[0].lower()
        # A model card is no instance of something called model.
        if word in ("model", "parameters"):
            continue
        if word in ("subckt", ".subckt"):
            is_inside = True
        if is_inside:
            inside.append(line)
        elif re.match(r"\w+ \(" if spectre else r"[a-z]", line):
            top.append(line)
        if word in ("ends", ".ends"):
            is_inside = False
    words = ("subckt top", "ends top") if spectre else (".subckt top", ".ends top")
    return inside + [words[0]] + top + [words[1]]


def main():
    path = sys.argv[1]
    extension = os.path.splitext(path)[1]
    lines = with_top_cell(logical_lines(path), extension == ".scs")
    copy = "whole" + extension
    with open(copy, "w") as file:
        for line in lines:
            file.write(re.sub(r" params:", "", line) + "\n")
    for cell in NetlistParser(internal=True).parse(copy).cells:
        for instance in cell.instances:
            master = instance.device_name if instance.code in "dxm" else "-"
            print(" ".join([cell.name, instance.name, master] + instance.nodes).lower())


main()

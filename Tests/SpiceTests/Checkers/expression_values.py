"""Evaluates expressions of Xyce's and Spectre's languages, with each function as its manual defines it.

usage: expression_values.py DIALECT FILE VALUE...

FILE has one expression per line. Prints, for each, its values where `v(in)` has each VALUE, the parameter p is
0.25, the time 0.5 ns and the temperature 27.

Sources of the definitions: Xyce Reference Guide, tables of operators and functions; Spectre Circuit Simulator
Reference, "Expressions".
"""

import math
import re
import sys


def signed(x, y):
    return math.copysign(abs(x) ** y, x) if x else 0.0


COMMON = {name: getattr(math, name) for name in (
    "exp sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh floor ceil log10 pow").split()}
COMMON.update(abs=abs, min=min, max=max, p=0.25, temp=27.0)

MEANINGS = {
    "xyce": {
        "ln": math.log, "log": math.log10, "time": 0.5e-9, "choose": lambda c, a, b: a if c else b,
        "stp": lambda x: 1.0 if x > 0 else 0.0, "uramp": lambda x: x if x > 0 else 0.0,
        "sgn": lambda x: (x > 0) - (x < 0), "pwrs": signed,
    },
    "spectre": {"log": math.log, "time": 0.5e-9},
}


def with_python_choices(text):
    """`(c?a:b)` as Python writes it, in all parentheses."""
    depth, start, parts, marks = 0, 0, "", {}
    for index, character in enumerate(text):
        if character == "(":
            if depth == 0:
                parts += text[start:index] + "("
                start = index + 1
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                parts += with_python_choices(text[start:index]) + ")"
                start = index + 1
        elif depth == 0 and character in "?:":
            parts += text[start:index]
            marks[character] = len(parts)
            start = index + 1
    parts += text[start:]
    if not marks:
        return parts
    asked, then, otherwise = parts[:marks["?"]], parts[marks["?"]:marks[":"]], parts[marks[":"]:]
    return "(%s) if (%s) else (%s)" % (then, asked, otherwise)


def python(text, dialect):
    text = text.replace("v(in)", "(x)")
    if dialect == "xyce":
        return re.sub(r"\bif\(", "choose(", text)
    text = text.replace("$time", "time").replace("&&", " and ").replace("||", " or ")
    return with_python_choices(re.sub(r"!(?!=)", " not ", text))


def main():
    dialect, path, values = sys.argv[1], sys.argv[2], [float(value) for value in sys.argv[3:]]
    with open(path) as file:
        for line in file:
            code = compile(python(line.strip(), dialect), line.strip(), "eval")
            print(*(repr(float(eval(code, dict(COMMON, **MEANINGS[dialect]), {"x": x}))) for x in values))


main()

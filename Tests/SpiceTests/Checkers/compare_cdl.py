"""Compares a CDL netlist with the flat circuit that ngspice makes of a deck, with klayout's comparer.

usage: compare_cdl.py CDL LISTING

CDL is read by klayout's own reader, its cells are opened except the empty ones. LISTING is what ngspice's
command `listing expand` prints: subcircuits opened, parameters evaluated. Prints `equal`, or `unequal` and what
differs.
"""

import re
import sys

import klayout.db as db

BOX = "BOX_"


class Fet(db.DeviceClass):
    """A junction field-effect transistor, which klayout has no class of its own for."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        for terminal in "DGS":
            definition = db.DeviceTerminalDefinition()
            definition.name = terminal
            self.add_terminal(definition)


class Classes:
    """The device classes of a netlist, by name."""

    kinds = {
        "r": lambda name: db.DeviceClassResistor(),
        "c": lambda name: db.DeviceClassCapacitor(),
        "l": lambda name: db.DeviceClassInductor(),
        "d": lambda name: db.DeviceClassDiode(),
        "m": lambda name: db.DeviceClassMOS4Transistor(),
        "q": lambda name: db.DeviceClassBJT3Transistor(),
        "j": Fet,
    }

    def __init__(self, netlist):
        self.netlist = netlist

    def of(self, kind, name):
        found = self.netlist.device_class_by_name(name.upper())
        if found is None:
            found = self.kinds[kind](name.upper())
            found.name = name.upper()
            self.netlist.add(found)
        return found


class Reader(db.NetlistSpiceReaderDelegate):
    """klayout's reader, with junction field-effect transistors."""

    def parse_element(self, text, letter):
        if letter != "J":
            return super().parse_element(text, letter)
        words = text.split()
        data = db.ParseElementData()
        data.net_names, data.model_name, data.value, data.parameters = words[:3], words[3].upper(), 0.0, {}
        return data

    def element(self, circuit, letter, name, model, value, nets, parameters):
        if letter != "J":
            return super().element(circuit, letter, name, model, value, nets, parameters)
        device = circuit.create_device(Classes(circuit.netlist()).of("j", model), name)
        for terminal, net in zip("DGS", nets):
            device.connect_terminal(terminal, net)
        return True


def read_cdl(path):
    """The netlist of a CDL file with every cell opened but the empty ones."""
    with open(path) as file:
        text = file.read().replace("*.GLOBAL", ".GLOBAL")
    with open(path + ".read", "w") as file:
        file.write(text)
    netlist = db.Netlist()
    netlist.read(path + ".read", db.NetlistSpiceReader(Reader()))
    top = netlist.top_circuits()[-1]
    for circuit in [c for c in netlist.each_circuit_bottom_up()]:
        if circuit.name != top.name and not circuit.name.startswith(BOX):
            netlist.flatten_circuit(circuit)
    boxes = dict(re.findall(r"^X(\w+?)_* .* (box_\w+)$", text.replace("\n+", ""), re.MULTILINE))
    return netlist, top.name, boxes


def listed(path):
    """The element lines of a listing, each as words."""
    elements = []
    with open(path) as file:
        for line in file:
            found = re.match(r"\s*(\d+) : (\w.*)$", line)
            # The first line is the title.
            if found and found.group(1) != "1":
                elements.append(re.sub(r"=\s+", "=", found.group(2).lower()).split())
    return elements


def parameters(words):
    return {k: float(v) for k, v in (w.split("=", 1) for w in words if "=" in w)}


def plain_model(name):
    """A model's own name: ngspice puts the path of its subcircuit in front."""
    return name.split(":")[-1]


def circuit_of(elements, top, boxes):
    """The flat netlist of listed elements."""
    netlist = db.Netlist()
    netlist.case_sensitive = False
    circuit = db.Circuit()
    circuit.name = top
    netlist.add(circuit)
    classes = Classes(netlist)
    nets = {}

    def net(name):
        if name not in nets:
            nets[name] = circuit.create_net(name.upper())
        return nets[name]

    pins = []
    for words in elements:
        if words[0][0] in "vi":
            pins += [node for node in words[1:3] if node not in pins]
    for node in pins:
        circuit.connect_pin(circuit.create_pin(node.upper()), net(node))
    sources = {words[0]: words[1:3] for words in elements if words[0][0] in "vi"}

    def device(kind, model, name, terminals, nodes, values):
        made = circuit.create_device(classes.of(kind, model), name.upper())
        for terminal, node in zip(terminals, nodes):
            made.connect_terminal(terminal, net(node))
        for key, value in values.items():
            made.set_parameter(key, value)

    def box(name, nodes):
        cell = boxes[name].upper()
        inner = netlist.circuit_by_name(cell)
        if inner is None:
            inner = db.Circuit()
            inner.name = cell
            netlist.add(inner)
            for index in range(len(nodes)):
                pin = inner.create_pin("P%d" % (index + 1))
                inner.connect_pin(pin, inner.create_net(pin.name()))
        call = circuit.create_subcircuit(inner, "X" + name.upper())
        for index, node in enumerate(nodes):
            call.connect_pin(index, net(node))

    for words in elements:
        name, kind = words[0], words[0][0]
        rest = parameters(words) if kind in "rcldmq" else {}
        times = rest.get("m", 1.0)
        if kind == "r":
            device(kind, "RES", name, "AB", words[1:3], {"R": float(words[3]) / times})
        elif kind == "c":
            device(kind, "CAP", name, "AB", words[1:3], {"C": float(words[3]) * times})
        elif kind == "l":
            device(kind, "IND", name, "AB", words[1:3], {"L": float(words[3]) / times})
        elif kind == "d":
            device(kind, plain_model(words[3]), name, "AC", words[1:3], {})
        elif kind == "q":
            device(kind, plain_model(words[4]), name, "CBE", words[1:4], {})
        elif kind == "j":
            device(kind, plain_model(words[4]), name, "DGS", words[1:4], {})
        elif kind == "m":
            size = {"W": rest["w"] * times * 1e6, "L": rest["l"] * 1e6}
            device(kind, plain_model(words[5]), name, "DGSB", words[1:5], size)
        elif kind in "vi":
            continue
        else:
            text = " ".join(words[3:])
            nodes = words[1:3] if kind in "bfhw" else words[1:5]
            sensed = [n for pair in re.findall(r"\bv\(([^)]*)\)", text) for n in pair.split(",")]
            controls = re.findall(r"\bi\(([^)]*)\)", text) + ([words[3]] if kind in "fhw" else [])
            for control in controls:
                sensed += sources[control]
            for node in sensed:
                if node != "0" and node not in nodes:
                    nodes = nodes + [node]
            box(name, nodes)
    return netlist


class Log(db.GenericNetlistCompareLogger):
    """What the comparer finds to differ."""

    def __init__(self):
        super().__init__()
        self.found = []

    def add(self, what, a, b):
        names = [x.expanded_name() if x is not None else "nothing" for x in (a, b)]
        self.found.append("%s: %s in the CDL, %s in the deck" % (what, *names))

    def net_mismatch(self, a, b, *message):
        self.add("net", a, b)

    def device_mismatch(self, a, b, *message):
        self.add("device", a, b)

    def match_devices_with_different_parameters(self, a, b, *message):
        self.add("parameters of device", a, b)

    def match_devices_with_different_device_classes(self, a, b, *message):
        self.add("model of device", a, b)

    def subcircuit_mismatch(self, a, b, *message):
        self.add("cell", a, b)

    def circuit_mismatch(self, a, b, *message):
        self.found.append("circuits differ")


def main():
    cdl, top, boxes = read_cdl(sys.argv[1])
    deck = circuit_of(listed(sys.argv[2]), top, boxes)
    log = Log()
    comparer = db.NetlistComparer(log)
    comparer.max_depth, comparer.max_branch_complexity = 50, 1000
    comparer.dont_consider_net_names = False
    if comparer.compare(cdl, deck):
        print("equal", sum(1 for _ in cdl.circuit_by_name(top).each_device()), "devices")
    else:
        print("unequal")
        for line in log.found[:20]:
            print(line)


main()

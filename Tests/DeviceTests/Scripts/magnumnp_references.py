"""References of the validation cases by magnum.np 2.2.0, whose demagnetising tensor is Newell's as well.

Prints the mean magnetisations of standard problem 4 (relaxed, and 1 ns after each field) and of the film under
Slonczewski's torque. A few minutes on one core. Usage: pip install magnumnp==2.2.0; python magnumnp_references.py
"""

import math

import torch
from magnumnp import DemagField, ExchangeField, ExternalField, LLGSolver, Mesh, SpinTorqueSlonczewski, State
from magnumnp.common import constants

torch.set_default_dtype(torch.float64)
torch._dynamo.config.disable = True
mu0 = float(constants.mu_0)
constants.gamma = 1.7595e11 * mu0
tolerance = {"atol": 1e-7, "rtol": 1e-7}


def begin(cells, edges, direction, material):
    state = State(Mesh(cells, edges))
    state.material = material
    m = torch.tensor(direction).expand(cells + (3,)).clone()
    state.m = m / torch.linalg.norm(m, dim=-1, keepdim=True)
    return state


def show(name, state):
    print(name, *(f"{float(part):.7f}" for part in state.m.mean(dim=(0, 1, 2))), flush=True)


for tesla in ((-24.6e-3, 4.3e-3, 0.0), (-35.5e-3, -6.3e-3, 0.0)):
    film = begin(
        (128, 32, 1), (500e-9 / 128, 125e-9 / 32, 3e-9), [1.0, 0.1, 0.0], {"Ms": 8e5, "A": 13e-12, "alpha": 0.02})
    own = [DemagField(), ExchangeField()]
    relaxing = LLGSolver(own, **tolerance)
    for _ in range(160):
        film.t, film.m = relaxing._solver.step(film.t, film.m, 5e-11, state=film, alpha=1.0)
        film.m = film.m / torch.linalg.norm(film.m, dim=-1, keepdim=True)
    show("relaxed", film)
    solver = LLGSolver(own + [ExternalField([part / mu0 for part in tesla])], **tolerance)
    for _ in range(100):
        solver.step(film, 1e-11)
    show(f"field {tesla}", film)

cells = (64, 32, 1)
film = begin(
    cells, (2.5e-9, 2.5e-9, 5e-9), [1.0, 0.0, 0.0],
    {
        "Ms": 8e5, "A": 13e-12, "alpha": 0.01, "P": 0.5669, "Lambda": 2.0, "epsilon_prime": 0.0, "d": 5e-9,
        "J": -6e-3 / (160e-9 * 80e-9),
    })
angle = math.pi / 9
film.material["mp"] = torch.tensor([math.cos(angle), math.sin(angle), 0.0]).expand(cells + (3,)).clone()
solver = LLGSolver([DemagField(), ExchangeField(), SpinTorqueSlonczewski()], **tolerance)
for _ in range(50):
    solver.step(film, 1e-11)
show("slonczewski", film)

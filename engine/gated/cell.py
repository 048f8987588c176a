"""What a gated cell is, and what both cells have alike: the output above them, the sweep, the sums over time.

    Wq (H, K)  Uq (H, H)  bq (H, 1)  of gate q     x[t] (K, B) input        a[t] (K, B) scores, a = V h + by
    V  (K, H)  by (K, 1)  of the output            h[t] (H, B) hidden       yhat[t] softmax of a[t]     E[t] loss
    e[k] = yhat[k] − y[k]     gh[k] (H, B) ∂E/∂h_k      delta_q[k] (H, B) ∂E/∂(net input of gate q)

Columns are the examples of a batch. A cell says how its own states pass from one timestep to the next, and how their
gradients come back; `forward` and `sweep` do the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.activations import softmax
from engine.check import Objective
from engine.device import Array
from engine.losses import cross_entropy
from engine.step import Path, Step, Walk, drain

Theta = Mapping[str, Array]
"""Parameters, and gradients, by symbol."""
Made = Mapping[str, Array]
"""What one timestep made, by family: "h", "c", "i", …; or what the way back left there."""


class Cell(NamedTuple):
    """A kind of cell. `gates` are letters; `states` pass from step to step; `more` are parameters beside W, U, b.

    `step(xp, theta, x, before, t, at)` makes a timestep from the states before it; `back(xp, theta, now, before, gh,
    later, k, at)` gives the deltas of timestep k, and what else the one before it needs, from gh[k] and from what
    timestep k + 1 left (nothing at the last). `steps` and `backs` are how many steps they take. `carried(theta, later)`
    is what timestep k + 1 hands back to h_k.
    """

    name: str
    gates: str
    states: tuple[str, ...]
    more: tuple[str, ...]
    rules: Mapping[str, str]
    steps: int
    backs: int
    step: Callable[..., Walk[Made]]
    back: Callable[..., Walk[Made]]
    carried: Callable[[Theta, Made], Array]
    road: str
    """The gate that scales the road."""
    terms: Callable[[Made, Made], Mapping[str, tuple[Array, Array | None]]]
    """The (error, input) pairs of timestep k whose products are its part of the gradient; no input for a bias."""

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters, in order."""
        return (*(f"{p}{q}" for q in self.gates for p in "WUb"), *self.more, "V", "by")

    def shapes(self, H: int, K: int) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter, vectors flat."""
        of = {"W": (H, K), "U": (H, H), "b": (H,)}
        found = {name: of[name[0]] for name in self.names if name not in ("V", "by")}
        return {**found, "V": (K, H), "by": (K,)}


class Inputs(NamedTuple):
    """One sequence, or a batch: x and y are T one-hot arrays (K, B); `start` has the states (H, B) before the first."""

    x: Sequence[Array]
    y: Sequence[Array]
    start: Made


class Run(NamedTuple):
    """What a forward pass leaves: for every timestep all it made, and the losses."""

    made: tuple[Made, ...]
    E: tuple[Array, ...]


OUTPUT_RULES = {
    "a": "a[t] = V @ h[t] + by",
    "yhat": "yhat[t] = softmax(a[t])",
    "E": "E[t] = -sum(y[t] * log_softmax(a[t]))",
    "e": "e[k] = yhat[k] - y[k]",
    "dV": "dV = dV + e[k] @ h[k].T",
    "dby": "dby = dby + batch(e[k])",
}


def rules(cell: Cell) -> dict[str, str]:
    """The rule of every op of `forward` and `sweep`."""
    found = {**OUTPUT_RULES, **cell.rules}

    for q in cell.gates:
        found.setdefault(f"dW{q}", f"dW{q} = dW{q} + delta_{q}[k] @ x[k].T")
        found.setdefault(f"dU{q}", f"dU{q} = dU{q} + delta_{q}[k] @ h[k-1].T")
        found.setdefault(f"db{q}", f"db{q} = db{q} + batch(delta_{q}[k])")
    for p in cell.names:
        found[f"d{p}_0"] = f"d{p} = 0 * {p}"
    return found


def before(inputs: Inputs, run: Run, k: int) -> Made:
    """The states before timestep k."""
    return run.made[k - 1] if k else inputs.start


def forward(xp: Any, cell: Cell, theta: Theta, inputs: Inputs, at: Path = ()) -> Walk[Run]:
    """Every timestep: the cell, then scores, probabilities and loss as in the simple recurrent network."""
    states, made, losses = inputs.start, [], []
    for t, (x, y) in enumerate(zip(inputs.x, inputs.y, strict=True)):
        here = (*at, ("t", t))
        now = dict((yield from cell.step(xp, theta, x, states, t, here)))
        a = theta["V"] @ now["h"] + theta["by"]
        yield Step((*here, ("output", -1)), "a", {f"a[{t}]": a})
        yhat = softmax(xp, a)
        yield Step((*here, ("output", -1)), "yhat", {f"yhat[{t}]": yhat})
        E = cross_entropy(xp, a, y)
        yield Step((*here, ("output", -1)), "E", {f"E[{t}]": E})
        states = {**now, "x": x, "a": a, "yhat": yhat}
        made.append(states)
        losses.append(E)
    return Run(tuple(made), tuple(losses))


def sweep(xp: Any, cell: Cell, theta: Theta, inputs: Inputs, run: Run, at: Path = ()) -> Walk[Theta]:
    """∂E/∂θ in one sweep from right to left: at every timestep the error from above and what comes back from later."""
    last, total = len(inputs.x) - 1, {}
    for p in cell.names:
        total[p] = xp.zeros_like(theta[p])
        yield Step((*at, ("k", last)), f"d{p}_0", {f"d{p}": total[p]})
    later: Made = {}
    for k in range(last, -1, -1):
        here, now, earlier = (*at, ("k", k)), run.made[k], before(inputs, run, k)
        e = now["yhat"] - inputs.y[k]
        yield Step((*here, ("error", -1)), "e", {f"e[{k}]": e})
        if later:
            gh = theta["V"].T @ e + cell.carried(theta, later)
            yield Step((*here, ("error", -1)), "gh", {f"gh[{k}]": gh})
        else:
            gh = theta["V"].T @ e
            yield Step((*here, ("error", -1)), "gh_last", {f"gh[{k}]": gh})
        left = dict((yield from cell.back(xp, theta, now, earlier, gh, later, k, here)))
        terms = {**cell.terms({**now, **left}, earlier), "V": (e, now["h"]), "by": (e, None)}
        for p, (error, factor) in terms.items():
            part = xp.sum(error, axis=1, keepdims=True) if factor is None else error @ factor.T
            total[p] = total[p] + part
            yield Step((*here, ("sum", -1)), f"d{p}", {f"d{p}": total[p]})
        later = {**now, **left, "gh": gh}
    return total


def road(xp: Any, cell: Cell, run: Run, at: Path = ()) -> Walk[list[Array]]:
    """∂(last state)/∂(state k) along the road, every gate held: the product of the gates between, from the right."""
    T = len(run.made)
    product = run.made[-1][cell.road] ** 0
    yield Step((*at, ("k", T - 1)), "road_last", {f"road[{T - 1}]": product})
    found = [product]
    for k in range(T - 2, -1, -1):
        product = product * run.made[k + 1][cell.road]
        yield Step((*at, ("k", k)), "road", {f"road[{k}]": product})
        found.append(product)
    return found[::-1]


def lengths(cell: Cell, T: int) -> tuple[int, int]:
    """How many steps `forward` and `sweep` take."""
    return T * (cell.steps + 3), len(cell.names) + T * (2 + cell.backs + len(cell.names))


def objective(xp: Any, cell: Cell, theta: Theta, inputs: Inputs) -> Objective:
    """E as a function of the parameters, and its gradient."""

    def E(**moved: Array) -> Array:
        return sum(drain(forward(xp, cell, {**theta, **moved}, inputs)).E)

    return Objective(theta, E, drain(sweep(xp, cell, theta, inputs, drain(forward(xp, cell, theta, inputs)))))


def only_last(xp: Any, cell: Cell, theta: Theta, inputs: Inputs, run: Run, t: int) -> list[Made]:
    """What the way back leaves at k = 0 … t where E_t alone counts: gh[k], the deltas, for an LSTM gc[k]."""
    later: Made = {}
    found: list[Made] = []
    for k in range(t, -1, -1):
        now = run.made[k]
        gh = cell.carried(theta, later) if later else theta["V"].T @ (now["yhat"] - inputs.y[k])
        left = dict(drain(cell.back(xp, theta, now, before(inputs, run, k), gh, later, k)))
        later = {**now, **left, "gh": gh}
        found.append(later)
    return found[::-1]

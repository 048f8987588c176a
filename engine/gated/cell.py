"""Recurrent cells, and what is the same for all: layers, the output, the forward pass, back-propagation through time.

    Uq (H, I)  Wq (H, H)  bq (H, 1)  of gate q     x[t] (I, B) input        a[t] (K, B) scores, a = V h + by
    V  (K, H)  by (K, 1)  of the output            h[t] (H, B) hidden       yhat[t] softmax of a[t]     E[t] loss
    e[k] = (yhat[k] − y[k]) / B     gh[k] (H, B) ∂E/∂h_k      delta_q[k] (H, B) ∂E/∂(net input of gate q)

Columns are the examples of a batch. A cell defines one timestep of one layer, forward and backward; `forward` and
`sweep` do the rest. The symbols of the second layer end in 2 (Uq2, h2[t], delta_q2[k]); its input is h[t] in place of
x[t]. The road is the path through time along which a state is only scaled by a gate, and added to: c in an LSTM, h
in a GRU.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import softmax
from engine.maths.losses import cross_entropy
from engine.walks.gradient_check import Objective
from engine.walks.step import Path, Step, Walk, drain

Theta = Mapping[str, Array]
"""Parameters, and gradients, by symbol."""
Made = Mapping[str, Array]
"""The values of one timestep by family: "h", "c", "i", …; in the backward pass also its gradients, "gh", "delta_i"."""


class Cell(NamedTuple):
    """A kind of cell. `gates` are letters; `states` pass from step to step; `more` are parameters beside U, W, b.

    `step(xp, theta, x, before, t, at, level)` walks through timestep t, from the states `before` it. `back(xp, theta,
    now, before, gh, later, k, at, level)` walks back through timestep k, from gh[k] and the gradients of timestep k + 1
    (`later`, empty at the last), and returns the deltas and what else timestep k − 1 needs. `steps` and `backs` are how
    many steps they take. `carried(theta, later)` is the part of gh[k] that comes from timestep k + 1. All of these take
    one layer, whose symbols have no number; they append `level` to the symbols of their steps.
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
    """The gate that scales the state on the road; "" in a cell without a road."""
    terms: Callable[[Made, Made], Mapping[str, tuple[Array, Array | None]]]
    """The (error, input) pairs of timestep k whose products are its part of the gradient; no input for a bias."""
    layers: int = 1

    @property
    def levels(self) -> tuple[str, ...]:
        """What the symbols of each layer end in, from the lowest: "", "2", …"""
        return tuple(str(n) if n > 1 else "" for n in range(1, self.layers + 1))

    @property
    def top(self) -> str:
        """The state that the output is computed from: h of the top layer."""
        return f"h{self.levels[-1]}"

    @property
    def lasting(self) -> str:
        """The state on the road of the top layer: c, or h in a cell without c."""
        return f"{self.states[-1]}{self.levels[-1]}"

    @property
    def own(self) -> tuple[str, ...]:
        """The parameters of one layer, without its number."""
        return (*(f"{p}{q}" for q in self.gates for p in "UWb"), *self.more)

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters, in order."""
        return (*(name + level for level in self.levels for name in self.own), "V", "by")

    @property
    def carry(self) -> tuple[str, ...]:
        """The states of all layers."""
        return tuple(state + level for level in self.levels for state in self.states)

    def shapes(self, H: int, K: int, inputs: int | None = None) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter, vectors flat: H units a layer, K outputs, K inputs where no number is given."""
        shapes: dict[str, tuple[int, ...]] = {}
        for level in self.levels:
            of = {"U": (H, H if level else inputs or K), "W": (H, H), "b": (H,)}
            shapes |= {name + level: of[name[0]] for name in self.own}
        return {**shapes, "V": (K, H), "by": (K,)}


def layer(held: Mapping[str, Array], level: str) -> dict[str, Array]:
    """The entries of one layer, under their names without its number."""
    return {
        key[: len(key) - len(level)]: value for key, value in held.items() if key.rstrip("0123456789") + level == key
    }


class Inputs(NamedTuple):
    """One sequence, or a batch: x and y are T arrays (I, B) and one-hot (K, B); None in y: no target there.

    `start` has the states (H, B) before the first timestep. The loss is the mean over `B` examples; with 1 their sum.
    Where examples are of unlike lengths `mask` has T arrays (1, B), 1 where an example has a target, else 0; its column
    of y is 0 then.
    """

    x: Sequence[Array]
    y: Sequence[Array | None]
    start: Made
    B: int = 1
    mask: Sequence[Array] | None = None


class Forward(NamedTuple):
    """The result of a forward pass: the values of every timestep, and the losses of those with a target."""

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
MASKED_ERROR = "e[k] = mask[k] * (yhat[k] - y[k]) / B"
"""The rule of the output's error in a batch of examples of unlike lengths."""
MEAN_RULES = {"E": "E[t] = -sum(y[t] * log_softmax(a[t])) / B", "e": "e[k] = (yhat[k] - y[k]) / B"}
FROM_ABOVE = "V.T @ e[k]"
SYMBOL = re.compile(r"(?<![A-Za-z_.])(?!(?:x|e|t|k|tanh|sigmoid|maximum|minimum|abs|batch)\b)[A-Za-z_]+")
"""A name in a rule to which the number of the layer is appended."""
INPUT = re.compile(r"(?<![A-Za-z_])x(?=\[)")


def rules(cell: Cell, mean: bool = False, masked: bool = False) -> dict[str, str]:
    """The rule of every op of `forward` and `sweep`; `mean` where the loss is the mean over B examples.

    `masked` where they are of unlike lengths too.
    """
    by_op = {**OUTPUT_RULES, **(MEAN_RULES if mean else {}), **({"e": MASKED_ERROR} if masked else {})}
    for op in ("a", "dV"):
        by_op[op] = by_op[op].replace("h[", f"{cell.top}[")
    one = dict(cell.rules)
    for q in cell.gates:
        one.setdefault(f"dU{q}", f"dU{q} = dU{q} + delta_{q}[k] @ x[k].T")
        one.setdefault(f"dW{q}", f"dW{q} = dW{q} + delta_{q}[k] @ h[k-1].T")
        one.setdefault(f"db{q}", f"db{q} = db{q} + batch(delta_{q}[k])")
    for below, level in zip(("x", *(f"h{level}" for level in cell.levels)), cell.levels, strict=False):
        above = str(int(level or 1) + 1)
        sent = FROM_ABOVE
        if above in cell.levels:
            sent = " + ".join(f"U{q}{above}.T @ delta_{q}{above}[k]" for q in cell.gates)
        for op, rule in one.items():
            parts = [INPUT.sub(below, SYMBOL.sub(rf"\g<0>{level}", part)) for part in rule.split(FROM_ABOVE)]
            by_op[op + level] = sent.join(parts)
    by_op[f"gh_kept{level}"] = by_op[f"gh{level}"].replace(f"{FROM_ABOVE} + ", "")
    for p in cell.names:
        by_op[f"d{p}_0"] = f"d{p} = 0 * {p}"
    return by_op


def before(inputs: Inputs, run: Forward, k: int) -> Made:
    """The states before timestep k."""
    return run.made[k - 1] if k else inputs.start


def place(cell: Cell, at: Path, level: str) -> Path:
    """The path of a layer's steps: with ("layer", n) where there are several."""
    return (*at, ("layer", int(level or 1))) if cell.layers > 1 else at


def timestep(xp: Any, cell: Cell, theta: Theta, x: Array, states: Made, t: int, at: Path = ()) -> Walk[Made]:
    """One timestep of every layer, from the lowest, whose input is x; that of the others is the h of the one below."""
    now, below = {"x": x}, x
    for level in cell.levels:
        spot = place(cell, at, level)
        made = yield from cell.step(xp, layer(theta, level), below, layer(states, level), t, spot, level)
        now |= {name + level: value for name, value in made.items()}
        below = made["h"]
    return now


def forward(xp: Any, cell: Cell, theta: Theta, inputs: Inputs, at: Path = ()) -> Walk[Forward]:
    """Every timestep: all layers, then scores, probabilities and loss as in the simple recurrent network."""
    states, made, losses = inputs.start, [], []
    for t, (x, y) in enumerate(zip(inputs.x, inputs.y, strict=True)):
        here = (*at, ("t", t))
        now = yield from timestep(xp, cell, theta, x, states, t, here)
        if y is not None:
            a = theta["V"] @ now[cell.top] + theta["by"]
            yield Step((*here, ("output", -1)), "a", {f"a[{t}]": a})
            yhat = softmax(xp, a)
            yield Step((*here, ("output", -1)), "yhat", {f"yhat[{t}]": yhat})
            E = cross_entropy(xp, a, y) / inputs.B
            yield Step((*here, ("output", -1)), "E", {f"E[{t}]": E})
            now = {**now, "a": a, "yhat": yhat}
            losses.append(E)
        states = now
        made.append(now)
    return Forward(tuple(made), tuple(losses))


def sweep(xp: Any, cell: Cell, theta: Theta, inputs: Inputs, run: Forward, at: Path = ()) -> Walk[Theta]:
    """∂E/∂θ in one sweep from the last timestep to the first: gh[k] is the error from above plus that from k + 1."""
    total, _ = yield from swept(xp, cell, theta, inputs, run, at)
    return total


def swept(xp: Any, cell: Cell, theta: Theta, inputs: Inputs, run: Forward, at: Path = ()) -> Walk[tuple[Theta, Made]]:
    """As `sweep`: ∂E/∂θ, and the values of timestep 0 with their gradients, which those of the start states need."""
    last, total = len(inputs.x) - 1, {}
    for p in cell.names:
        total[p] = xp.zeros_like(theta[p])
        yield Step((*at, ("k", last)), f"d{p}_0", {f"d{p}": total[p]})
    later: Made = {}
    for k in range(last, -1, -1):
        here, now, earlier = (*at, ("k", k)), run.made[k], before(inputs, run, k)
        left: dict[str, Array] = {}
        terms: dict[str, tuple[Array, Array | None]] = {}
        sent = None
        y = inputs.y[k]
        if y is not None:
            if inputs.mask is None:
                e = (now["yhat"] - y) / inputs.B
                yield Step((*here, ("error", -1)), "e", {f"e[{k}]": e})
            else:
                e = inputs.mask[k] * (now["yhat"] - y) / inputs.B
                yield Step((*here, ("error", -1)), "e", {f"e[{k}]": e})
            sent, terms = theta["V"].T @ e, {"V": (e, now[cell.top]), "by": (e, None)}
        for level, below in zip(cell.levels[::-1], (*(f"h{level}" for level in cell.levels[-2::-1]), "x"), strict=True):
            spot, mine, after = place(cell, here, level), layer(theta, level), layer(later, level)
            if sent is None:
                gh = cell.carried(mine, after)
                yield Step((*spot, ("error", -1)), f"gh_kept{level}", {f"gh{level}[{k}]": gh})
            elif after:
                gh = sent + cell.carried(mine, after)
                yield Step((*spot, ("error", -1)), f"gh{level}", {f"gh{level}[{k}]": gh})
            else:
                gh = sent
                yield Step((*spot, ("error", -1)), f"gh_last{level}", {f"gh{level}[{k}]": gh})
            held, states = {**layer(now, level), "x": now[below]}, layer(earlier, level)
            handed = yield from cell.back(xp, mine, held, states, gh, after, k, spot, level)
            made = {**held, **handed, "gh": gh}
            terms |= {p + level: pair for p, pair in cell.terms(made, states).items()}
            left |= {name + level: value for name, value in made.items()}
            sent = sum(mine[f"U{q}"].T @ made[f"delta_{q}"] for q in cell.gates)
        for p, (error, factor) in terms.items():
            part = xp.sum(error, axis=1, keepdims=True) if factor is None else error @ factor.T
            total[p] = total[p] + part
            yield Step((*here, ("sum", -1)), f"d{p}", {f"d{p}": total[p]})
        later = left
    return total, later


def road(xp: Any, cell: Cell, run: Forward, at: Path = ()) -> Walk[list[Array]]:
    """∂(last state)/∂(state k) along the road, the gates taken as constants: the product of the gates after k."""
    T = len(run.made)
    product = run.made[-1][cell.road] ** 0
    yield Step((*at, ("k", T - 1)), "road_last", {f"road[{T - 1}]": product})
    products = [product]
    for k in range(T - 2, -1, -1):
        product = product * run.made[k + 1][cell.road]
        yield Step((*at, ("k", k)), "road", {f"road[{k}]": product})
        products.append(product)
    return products[::-1]


def lengths(cell: Cell, T: int, targets: int | None = None) -> tuple[int, int]:
    """How many steps `forward` and `sweep` take; `targets` is how many timesteps have a target, by default all."""
    targets, inner = T if targets is None else targets, len(cell.names) - 2
    return T * cell.layers * cell.steps + 3 * targets, inner + 2 + T * (
        cell.layers * (1 + cell.backs) + inner
    ) + 3 * targets


def objective(xp: Any, cell: Cell, theta: Theta, inputs: Inputs) -> Objective:
    """E as a function of the parameters, and its gradient."""

    def E(**moved: Array) -> Array:
        return sum(drain(forward(xp, cell, {**theta, **moved}, inputs)).E)

    return Objective(theta, E, drain(sweep(xp, cell, theta, inputs, drain(forward(xp, cell, theta, inputs)))))

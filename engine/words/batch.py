"""One batch of a text, example by example: scores, errors, every gradient, the moves (slides 44-46, 48).

Example n has input words and targets: in skip-gram with negatives a token, and its neighbours and noise; in CBOW the
neighbours, whose mean is h, and the token and noise; with a tree the targets are the nodes on a word's Huffman path.
Inputs c and targets j of an example are counted from 0, words and nodes w by their codes:

share[n,c]  the weight of an input in h             back[n,c]  the factor of dh[n] in its gradient
m[n,j]  the weight of a target         t[n,j]  its label: 1 did occur (bit 0), 0 did not
v[w]  u[w]  (D, 1)  input and output vector of word w (theta[w]: of node w)     dv[w] du[w]  their gradients
h[n]  (D, 1)  hidden layer      a[n,j] = u·h    p = σ(a)    q = m (p − t), the error     dh[n] = ∂L/∂h

All gradients are taken at the vectors before the batch; then every word moves once, at most by `bound` for its gradient
as a word and by `bound` for that as noise: a batch is many steps at once, and would throw a frequent word far away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import log_sigmoid, sigmoid
from engine.walks.step import Path, Step, Walk

RULES = {
    "h_0": "h[n] = 0 * v[w]",
    "h": "h[n] = h[n] + share[n,c] * v[w]",
    "p": "p[n,j] = sigmoid(a[n,j])",
    "q": "q[n,j] = m[n,j] * (p[n,j] - t[n,j])",
    "L": "L = L - m[n,j] * log_sigmoid((2 * t[n,j] - 1) * a[n,j])",
    "dh_0": "dh[n] = 0 * h[n]",
    "dv_0": "dv[w] = 0 * v[w]",
    "dv": "dv[w] = dv[w] + back[n,c] * dh[n]",
    "v": "v[w] = v[w] - rate * cut_dv[w] * dv[w]",
    "dnoise_0": "dnoise[w] = 0 * u[w]",
    "dnoise": "dnoise[w] = dnoise[w] + q[n,j] * h[n]",
    "u_noise": "u[w] = u[w] - rate * cut_dnoise[w] * dnoise[w]",
    **{
        name: rule
        for of in ("u", "theta")
        for name, rule in (
            (f"a_{of}", f"a[n,j] = {of}[w].T @ h[n]"),
            (f"dh_{of}", f"dh[n] = dh[n] + q[n,j] * {of}[w]"),
            (f"d{of}_0", f"d{of}[w] = 0 * {of}[w]"),
            (f"d{of}", f"d{of}[w] = d{of}[w] + q[n,j] * h[n]"),
            (of, f"{of}[w] = {of}[w] - rate * cut_d{of}[w] * d{of}[w]"),
        )
    },
    **{
        f"cut_{of}": f"cut_{of}[w] = bound / maximum(bound, rate * sqrt({of}[w].T @ {of}[w]))"
        for of in ("dv", "du", "dnoise", "dtheta")
    },
}
"""The rule of every op below."""


class Input(NamedTuple):
    """An input word: its weight in h, and the factor of ∂L/∂h in its gradient; both (1, 1)."""

    word: int
    share: Array
    back: Array


class Target(NamedTuple):
    """A target word or node: its weight m and label t (1 did occur, 0 did not), both (1, 1); whether it is noise."""

    word: int
    m: Array
    t: Array
    noise: bool = False


class Example(NamedTuple):
    """The inputs of one h, and all its targets."""

    inputs: Sequence[Input]
    targets: Sequence[Target]


Table = Mapping[str, Array]
"""Vectors by symbol: "v[3]", "u[3]" or "theta[3]", each (D, 1). Gradients likewise: "dv[3]"."""


def learn(
    xp: Any, example: Example, table: Table, grads: Table, L: Array, of: str, at: Path
) -> Walk[tuple[Table, Any]]:
    """One example: h, the error of every target, all gradients, added to `grads`. Returns (gradients, L).

    `of` is "u" or "theta"; `at` ends with ("n", n).
    """
    n = at[-1][1]
    first = example.inputs[0].word
    h = 0 * table[f"v[{first}]"]
    yield Step((*at, ("say", -1), ("w", first)), "h_0", {f"h[{n}]": h})
    for c, (w, share, _) in enumerate(example.inputs):
        h = h + share * table[f"v[{w}]"]
        yield Step((*at, ("say", -1), ("c", c), ("w", w)), "h", {f"h[{n}]": h})
    grads = dict(grads)
    dh = 0 * h
    yield Step((*at, ("hear", -1)), "dh_0", {f"dh[{n}]": dh})
    for j, (w, m, t, noise) in enumerate(example.targets):
        here, u = (*at, ("hear", -1), ("j", j), ("w", w)), table[f"{of}[{w}]"]
        a = u.T @ h
        yield Step(here, f"a_{of}", {f"a[{n},{j}]": a})
        p = sigmoid(xp, a)
        yield Step(here, "p", {f"p[{n},{j}]": p})
        q = m * (p - t)
        yield Step(here, "q", {f"q[{n},{j}]": q})
        L = L - m * log_sigmoid(xp, (2 * t - 1) * a)
        yield Step(here, "L", {"L": L})
        dh = dh + q * u
        yield Step(here, f"dh_{of}", {f"dh[{n}]": dh})
        kind = "dnoise" if noise else f"d{of}"
        if (name := f"{kind}[{w}]") not in grads:
            grads[name] = 0 * u
            yield Step(here, f"{kind}_0", {name: grads[name]})
        grads[name] = grads[name] + q * h
        yield Step(here, kind, {name: grads[name]})
    for c, (w, _, back) in enumerate(example.inputs):
        here = (*at, ("back", -1), ("c", c), ("w", w))
        if (name := f"dv[{w}]") not in grads:
            grads[name] = 0 * table[f"v[{w}]"]
            yield Step(here, "dv_0", {name: grads[name]})
        grads[name] = grads[name] + back * dh
        yield Step(here, "dv", {name: grads[name]})
    return grads, L


def move(xp: Any, table: Table, grads: Table, rate: Array, bound: Array, at: Path) -> Walk[Table]:
    """One step of gradient descent for every vector, no longer than `bound`. Returns the table."""
    table = dict(table)
    for name, grad in grads.items():
        kind, w = name[:-1].split("[")
        here = (*at, ("w", int(w)))
        factor = bound / xp.maximum(bound, rate * xp.sqrt(grad.T @ grad))
        yield Step(here, f"cut_{kind}", {f"cut_{name}": factor})
        of = "u" if kind == "dnoise" else kind[1:]
        table[f"{of}[{w}]"] = table[f"{of}[{w}]"] - rate * factor * grad
        yield Step(here, "u_noise" if kind == "dnoise" else of, {f"{of}[{w}]": table[f"{of}[{w}]"]})
    return table

"""One centre and its targets: scores, labels, every gradient, the step (slides 44-46).

v[c]  (D, 1)  input vectors: the centre's (skip-gram), or those of C context words (CBOW)
h     (D, 1)  the hidden layer: v, or the mean of them
u[j]  (D, 1)  output vectors of the targets: those in the window (t = 1), and those drawn at random (t = 0)
a[j] = u·h    p[j] = σ(a)    q[j] = p − t, the error     L = −Σ ln σ(uⱼ·h) over t = 1 − Σ ln σ(−uⱼ·h) over t = 0
P_pos = Π p[j] over t = 1 and P_neg = Π (1 − p[j]) over t = 0, the two likelihoods: L = −ln (P_pos P_neg)
theta[j], d[j]  the same for hierarchical softmax: vectors of the nodes on the path to the word, and its bits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import log_sigmoid, sigmoid
from engine.walks.gradient_check import Objective
from engine.walks.step import Path, Step, Walk, drain

RULES = {
    "h_copy": "h = v[0]",
    "h_0": "h = 0 * v[0]",
    "h_add": "h = h + v[c]",
    "h_mean": "h = h / C",
    "L_0": "L = 0 * h.T @ h",
    "p": "p[j] = sigmoid(a[j])",
    "q": "q[j] = p[j] - t[j]",
    "L": "L = L - log_sigmoid((2 * t[j] - 1) * a[j])",
    "P_0": "P = 1 + 0 * h.T @ h",
    "s": "s[j] = sigmoid((1 - 2 * d[j]) * a[j])",
    "P": "P = P * s[j]",
    "q_node": "q[j] = sigmoid(a[j]) - (1 - d[j])",
    "L_node": "L = L - log_sigmoid((1 - 2 * d[j]) * a[j])",
    "dh_0": "dh = 0 * h",
    "dv": "dv[c] = dh",
    "dv_mean": "dv[c] = dh / C",
    "v": "v[c] = v[c] - rate * dv[c]",
    **{
        name: rule
        for of in ("u", "theta")
        for name, rule in (
            (f"a_{of}", f"a[j] = {of}[j].T @ h"),
            (f"dh_{of}", f"dh = dh + q[j] * {of}[j]"),
            (f"d{of}", f"d{of}[j] = q[j] * h"),
            (of, f"{of}[j] = {of}[j] - rate * d{of}[j]"),
        )
    },
}
"""The rule of every op below but those of `likelihoods`."""
LIKELIHOODS = {
    "pos_0": "P_pos = 1 + 0 * L",
    "neg_0": "P_neg = 1 + 0 * L",
    "pos": "P_pos = P_pos * p[j]",
    "neg": "P_neg = P_neg * (1 - p[j])",
}
"""The rule of every op of `likelihoods`."""


class Scored(NamedTuple):
    """The errors of all targets, the loss, and the probabilities that were given."""

    q: list[Array]
    L: Array
    p: list[Array]


def hidden(v: Sequence[Array], mean: bool = True, at: Path = ()) -> Walk[Array]:
    """The hidden layer h: the one vector itself (skip-gram), or the sum or mean of several (CBOW)."""
    if len(v) == 1:
        h = v[0] + 0
        yield Step(at, "h_copy", {"h": h})
        return h
    h = 0 * v[0]
    yield Step(at, "h_0", {"h": h})
    for c, vector in enumerate(v):
        h = h + vector
        yield Step((*at, ("c", c)), "h_add", {"h": h})
    if mean:
        h = h / len(v)
        yield Step(at, "h_mean", {"h": h})
    return h


def scores(xp: Any, h: Array, u: Sequence[Array], t: Sequence[Array], at: Path = ()) -> Walk[Scored]:
    """Binary logistic regression on every target: σ(u·h) should be t (slide 45)."""
    L, errors, given = 0 * h.T @ h, [], []
    yield Step(at, "L_0", {"L": L})
    for j, target in enumerate(u):
        here = (*at, ("j", j))
        a = target.T @ h
        yield Step(here, "a_u", {f"a[{j}]": a})
        p = sigmoid(xp, a)
        yield Step(here, "p", {f"p[{j}]": p})
        q = p - t[j]
        yield Step(here, "q", {f"q[{j}]": q})
        errors.append(q)
        given.append(p)
        L = L - log_sigmoid(xp, (2 * t[j] - 1) * a)
        yield Step(here, "L", {"L": L})
    return Scored(errors, L, given)


def likelihoods(walk: Walk[Scored], positive: int, at: Path = ()) -> Walk[tuple[Array, Array]]:
    """A walk that ends in scores; then (P_pos, P_neg), at the address "likelihood" (slide 45).

    P_pos is the likelihood of the first `positive` targets, Π σ, and P_neg that of the others, Π (1 − σ).
    """
    _, L, p = yield from walk
    P_pos, P_neg, at = 1 + 0 * L, 1 + 0 * L, (*at, ("likelihood", -1))
    yield Step(at, "pos_0", {"P_pos": P_pos})
    yield Step(at, "neg_0", {"P_neg": P_neg})
    for j, probability in enumerate(p):
        here = (*at, ("j", j))
        if j < positive:
            P_pos = P_pos * probability
            yield Step(here, "pos", {"P_pos": P_pos})
        else:
            P_neg = P_neg * (1 - probability)
            yield Step(here, "neg", {"P_neg": P_neg})
    return P_pos, P_neg


def gradients(
    h: Array, out: Sequence[Array], q: Sequence[Array], inputs: int, exact: bool, of: str = "u", at: Path = ()
) -> Walk[tuple[list[Array], list[Array]]]:
    """∂L/∂u_j = q_j h, and ∂L/∂h = Σ q_j u_j, from which ∂L/∂v of every input (slide 46).

    `of` is "theta" for nodes of a tree. `exact` divides by C where h is a mean; word2vec.c and gensim do not.
    Returns (dout, dv).
    """
    dout: list[Array] = []
    dv: list[Array] = []
    dh = 0 * h
    yield Step(at, "dh_0", {"dh": dh})
    for j, error in enumerate(q):
        here = (*at, ("j", j))
        dh = dh + error * out[j]
        yield Step(here, f"dh_{of}", {"dh": dh})
        grad = error * h
        yield Step(here, f"d{of}", {f"d{of}[{j}]": grad})
        dout.append(grad)
    for c in range(inputs):
        mean = exact and inputs > 1
        grad = dh / inputs if mean else dh + 0
        yield Step((*at, ("c", c)), "dv_mean" if mean else "dv", {f"dv[{c}]": grad})
        dv.append(grad)
    return dout, dv


def step(
    v: Sequence[Array],
    out: Sequence[Array],
    dv: Sequence[Array],
    dout: Sequence[Array],
    rate: float,
    of: str = "u",
    at: Path = (),
) -> Walk[tuple[list[Array], list[Array]]]:
    """One step of gradient descent for every vector. Returns (v, out)."""
    targets, inputs = [], []
    for j, (target, grad) in enumerate(zip(out, dout, strict=True)):
        moved = target - rate * grad
        yield Step((*at, ("j", j)), of, {f"{of}[{j}]": moved})
        targets.append(moved)
    for c, (vector, grad) in enumerate(zip(v, dv, strict=True)):
        moved = vector - rate * grad
        yield Step((*at, ("c", c)), "v", {f"v[{c}]": moved})
        inputs.append(moved)
    return inputs, targets


def tree_scores(xp: Any, h: Array, theta: Sequence[Array], d: Sequence[Array], at: Path = ()) -> Walk[Scored]:
    """p(w) = Π σ((1 − 2d) θ·h): a question at each node on the path to the word (slide 43)."""
    L, P, errors, given = 0 * h.T @ h, 1 + 0 * h.T @ h, [], []
    yield Step(at, "L_0", {"L": L})
    yield Step(at, "P_0", {"P": P})
    for j, node in enumerate(theta):
        here = (*at, ("j", j))
        a = node.T @ h
        yield Step(here, "a_theta", {f"a[{j}]": a})
        s = sigmoid(xp, (1 - 2 * d[j]) * a)
        yield Step(here, "s", {f"s[{j}]": s})
        P = P * s
        yield Step(here, "P", {"P": P})
        q = sigmoid(xp, a) - (1 - d[j])
        yield Step(here, "q_node", {f"q[{j}]": q})
        errors.append(q)
        given.append(s)
        L = L - log_sigmoid(xp, (1 - 2 * d[j]) * a)
        yield Step(here, "L_node", {"L": L})
    return Scored(errors, L, given)


def forward(
    xp: Any,
    v: Sequence[Array],
    out: Sequence[Array],
    label: Sequence[Array],
    tree: bool = False,
    at: Path = (),
    phases: bool = False,
) -> Walk[Scored]:
    """h, and the score of every target; with `tree` of the nodes on the path to the word, `label` being its bits.

    With `phases` the two stand at addresses of their own, "said" and "scores".
    """
    first, second = ((*at, ("said", -1)), (*at, ("scores", -1))) if phases else (at, at)
    h = yield from hidden(v, True, first)
    scored = yield from (tree_scores if tree else scores)(xp, h, out, label, second)
    return scored


def step_and_forward(
    xp: Any,
    v: Sequence[Array],
    out: Sequence[Array],
    label: Sequence[Array],
    rate: float,
    tree: bool = False,
    at: Path = (),
) -> Walk[Scored]:
    """One step of gradient descent for every vector, and the scores after it."""
    name = "theta" if tree else "u"
    h = drain(hidden(v))
    before = drain((tree_scores if tree else scores)(xp, h, out, label))
    dout, dv = drain(gradients(h, out, before.q, len(v), True, name))
    inputs, targets = yield from step(v, out, dv, dout, rate, name, (*at, ("move", -1)))
    after = yield from forward(xp, inputs, targets, label, tree, (*at, ("after", -1)))
    return after


def objective(
    xp: Any, v: Sequence[Array], out: Sequence[Array], label: Sequence[Array], tree: bool, mean: bool = True
) -> Objective:
    """L as a function of v0, v1, … and u0, u1, … (theta0, … with `tree`), and its gradient."""
    name = "theta" if tree else "u"
    theta = {f"v{c}": each for c, each in enumerate(v)} | {f"{name}{j}": each for j, each in enumerate(out)}
    score = tree_scores if tree else scores

    def L(**moved: Array) -> Array:
        held = {**theta, **moved}
        h = drain(hidden([held[f"v{c}"] for c in range(len(v))], mean))
        return xp.sum(drain(score(xp, h, [held[f"{name}{j}"] for j in range(len(out))], label)).L)

    h = drain(hidden(v, mean))
    found = drain(score(xp, h, out, label))
    dout, dv = drain(gradients(h, out, found.q, len(v), mean, name))
    grads = {f"v{c}": g for c, g in enumerate(dv)} | {f"{name}{j}": g for j, g in enumerate(dout)}
    return Objective(theta, L, grads)

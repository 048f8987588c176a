"""Rosenblatt's perceptron: one example at a time, and two proofs about it (slide 9; Rosenblatt 1957, Novikoff 1962).

    w  (M, 1)  weights       x[i]  (M, 1)  example i = 1 … N    u[i]  (1, 1)  wᵀx + b
    b  (1, 1)  bias          t[i]  (1, 1)  its class, ±1        m[i]  (1, 1)  t u: on the right side if > 0

The deck's output is 1 if u > 0, else 0, and its rule moves w where that is not the class y, 0 or 1. The rule with
t = ±1, `signs` below, counts u = 0 as a mistake for both classes. Elsewhere both are one: then t = y − yhat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray
from engine.walks.far import Sliced
from engine.walks.gradient_check import Objective
from engine.walks.step import Path, Step, Walk

RULES = {
    "u": "u[i] = w.T @ x[i] + b",
    "m": "m[i] = t[i] * u[i]",
    "w": "w = w + eta * t[i] * x[i]",
    "b": "b = b + eta * t[i]",
    "yhat": "yhat[i] = (u[i] > 0)",
    "w_error": "w = w + eta * (y[i] - yhat[i]) * x[i]",
    "b_error": "b = b + eta * (y[i] - yhat[i])",
    "R": "R = maximum(R, sqrt(sum(x[i]**2) + 1))",
    "g": "g[i] = t[i] * (w.T @ x[i] + b) / maximum(sqrt(sum(w**2) + sum(b**2)), 1e-300)",
    "gamma": "gamma = minimum(gamma, g[i])",
    "bound": "bound = (R / maximum(gamma, 0))**2",
    "gap": "gap = sum(abs(w - w_then)) + sum(abs(b - b_then))",
}
"""The rule of every op below."""


ROUNDING, PLACES = 1e-12, 1e4


class Theta(NamedTuple):
    """Weights and bias: with the example, all that the next visit depends on."""

    w: Array
    b: Array


class Examples(NamedTuple):
    """Examples x[i] (M, 1) and their classes t[i] (1, 1), ±1."""

    x: Sequence[Array]
    t: Sequence[Array]


class Visit(NamedTuple):
    """One visit on the host: epoch and example (from 1), u, m = t·u, whether it was a mistake, w and b after it.

    `right` is how many examples are on the right side then.
    """

    epoch: int
    i: int
    u: float
    m: float
    mistake: bool
    w: HostArray
    b: float
    right: int


class Outcome(NamedTuple):
    """A run: its visits, its mistakes, and how it ended: with an epoch without mistakes, in a cycle, or at the limit.

    `cycle` is two numbers of visits after which w, b and the next example are the same.
    """

    visits: list[Visit]
    mistakes: int
    converged: bool
    cycle: tuple[int, int] | None


def visit(
    device: Device, theta: Theta, examples: Examples, i: int, eta: float, at: Path = (), *, signs: bool = True
) -> Walk[Theta]:
    """u = w·x + b; then w += η (y − ŷ) x and b += η (y − ŷ) (slide 9); with `signs` by η t x and η t if t·u ≤ 0."""
    (w, b), x, t, here, get = theta, examples.x[i - 1], examples.t[i - 1], (*at, ("i", i)), device.get
    u = w.T @ x + b
    above = not is_mistake(get(u), get(w), get(x), get(b))
    if not (signs or above):
        u = device.xp.minimum(u, 0 * u)  # what is above 0 by rounding alone
    yield Step(here, "u", {f"u[{i}]": u})
    if signs:
        m = t * u
        yield Step(here, "m", {f"m[{i}]": m})
        by, wrong, ops = t, is_mistake(get(m), get(w), get(x), get(b)), ("w", "b")
    else:
        yhat = device.xp.where(u > 0, device.xp.ones_like(u), device.xp.zeros_like(u))
        yield Step(here, "yhat", {f"yhat[{i}]": yhat})
        by, wrong, ops = (t + 1) / 2 - yhat, above != (get(t).sum() > 0), ("w_error", "b_error")
    if wrong:
        w = settled(device.xp, w + eta * by * x, eta)
        yield Step(here, ops[0], {"w": w})
        b = settled(device.xp, b + eta * by, eta)
        yield Step(here, ops[1], {"b": b})
    return Theta(w, b)


def is_mistake(m: HostArray, w: HostArray, x: HostArray, b: HostArray) -> bool:
    """Whether t·u ≤ 0, up to rounding: .1 + .2 − .3 counts as 0."""
    return not float(m.sum()) > ROUNDING * float(abs(w).sum() * abs(x).sum() + abs(b).sum())


def settled(xp: Any, v: Array, eta: float) -> Array:
    """v, rounded to a multiple of η / `PLACES` if it is one up to rounding: a state that recurs is then equal."""
    near = xp.round(v / eta * PLACES) / PLACES * eta + 0.0
    return xp.where(xp.abs(near - v) <= ROUNDING * (xp.abs(v) + eta) / 10, near, v)


def epoch(
    device: Device, theta: Theta, examples: Examples, eta: float, at: Path = (), *, signs: bool = True
) -> Walk[Theta]:
    """Every example once, in order."""
    for i in range(1, len(examples.x) + 1):
        theta = yield from visit(device, theta, examples, i, eta, at, signs=signs)
    return theta


def run(w: HostArray, b: float, x: HostArray, t: HostArray, eta: float, epochs: int, *, signs: bool = True) -> Outcome:
    """The rule at full speed on the host: w (M,), x (N, M), t (N,). Ends at an epoch without mistakes or in a cycle."""
    return running(w, b, x, t, eta, epochs, signs=signs).reach()


def running(
    w: HostArray, b: float, x: HostArray, t: HostArray, eta: float, epochs: int, *, signs: bool = True
) -> Sliced[Outcome]:
    """What `run` computes, an epoch a slice."""
    going = _Going(w, b, x, t, eta, signs)
    return Sliced(going.outcome, lambda n, _: going.epoch(n + 1), epochs)


class _Going:
    """A run that is under way. What depends on w and b alone is computed anew only after a mistake."""

    def __init__(self, w: HostArray, b: float, x: HostArray, t: HostArray, eta: float, signs: bool) -> None:
        self.w, self.b, self.x, self.eta, self.signs = w + 0.0, b + 0.0, x, eta, signs
        self.outcome, self.ended = Outcome([], 0, False, None), False
        self._points = list(zip(x, t.tolist(), abs(x).sum(axis=1).tolist(), strict=True))
        self._above = t > 0
        self._seen = {(0, w.tobytes(), b): 0}
        self._weigh()

    def _weigh(self) -> None:
        """What follows from w and b: how many examples are right, |w₁| + … + |w_M|, w as a key."""
        self._right = int(((self.x @ self.w + self.b > 0) == self._above).sum())
        self._size, self._key = float(abs(self.w).sum()), self.w.tobytes()

    def epoch(self, e: int) -> Outcome:
        """Every example once, in order, until the state comes back; nothing where the run has ended."""
        (visits, mistakes, *_), before = self.outcome, self.outcome.mistakes
        if self.ended:
            return self.outcome
        for i, (x, t, size) in enumerate(self._points, 1):
            u = float(self.w @ x + self.b)
            m = t * u + 0.0
            rounding = ROUNDING * (self._size * size + abs(self.b))
            wrong = not m > rounding if self.signs or t > 0 else u > rounding
            if wrong:
                moved = settled(HOST.xp, HOST.xp.append(self.w + self.eta * t * x, self.b + self.eta * t), self.eta)
                self.w, self.b, mistakes = moved[:-1], float(moved[-1]), mistakes + 1
                self._weigh()
            visits.append(Visit(e, i, u, m, wrong, self.w, self.b, self._right))
            state = (i % len(self.x), self._key, self.b)
            if mistakes > before and state in self._seen:
                self.outcome, self.ended = Outcome(visits, mistakes, False, (self._seen[state], len(visits))), True
                return self.outcome
            self._seen.setdefault(state, len(visits))
        self.ended = mistakes == before
        self.outcome = Outcome(visits, mistakes, self.ended, None)
        return self.outcome


def bound(device: Device, theta: Theta, examples: Examples, at: Path = ()) -> Walk[Array]:
    """(R/γ)²: no separable set makes more mistakes from a start at 0 (Novikoff 1962). γ is the margin of `theta`."""
    xp, (w, b) = device.xp, theta
    R, gamma = xp.zeros_like(b), xp.ones_like(b) * float("inf")
    for i, (x, t) in enumerate(zip(examples.x, examples.t, strict=True), 1):
        here = (*at, ("i", i))
        R = xp.maximum(R, xp.sqrt(xp.sum(x**2) + 1))
        yield Step(here, "R", {"R": R})
        g = t * (w.T @ x + b) / xp.maximum(xp.sqrt(xp.sum(w**2) + xp.sum(b**2)), 1e-300 * xp.ones_like(b[0, 0]))
        yield Step(here, "g", {f"g[{i}]": g})
        gamma = xp.minimum(gamma, g)
        yield Step(here, "gamma", {"gamma": gamma})
    most = (R / xp.maximum(gamma, xp.zeros_like(gamma))) ** 2
    yield Step(at, "bound", {"bound": most})
    return most


def came_back(xp: Any, theta: Theta, then: Theta, at: Path = ()) -> Walk[Array]:
    """The distance to an earlier state. 0 proves a cycle: from an equal state the rule takes the same steps again."""
    gap = xp.sum(xp.abs(theta.w - then.w)) + xp.sum(xp.abs(theta.b - then.b))
    yield Step(at, "gap", {"gap": gap})
    return gap


def criterion(device: Device, theta: Theta, examples: Examples, *, signs: bool = True) -> Objective:
    """E = −Σ t·u over the examples that are mistakes at `theta`: the rule is a step against its gradient.

    They stay the same where the parameters are moved: the sum is linear in w and b.
    """
    xp, (w, b) = device.xp, theta
    pairs = zip(examples.x, examples.t, strict=True)
    measured = ((x, t, float(device.get(t * (w.T @ x + b)).sum()), float(device.get(t).sum())) for x, t in pairs)
    wrong = [(x, t) for x, t, m, sign in measured if not m > 0 and (signs or m < 0 or sign > 0)]

    def E(**moved: Array) -> Array:
        w, b = Theta(**{**theta._asdict(), **moved})
        return xp.sum(0 * b) - sum((xp.sum(t * (w.T @ x + b)) for x, t in wrong), 0.0)

    slopes = {"w": sum((-t * x for x, t in wrong), 0 * w), "b": sum((-t for _, t in wrong), 0 * b)}
    return Objective(theta._asdict(), E, slopes)


def most_right(x: HostArray, y: HostArray) -> int:
    """The most of the points x (N, 2) that any line puts on the side of their class y (N,), 0 or 1.

    Lines of 72 directions are tried, on either side of every point.
    """
    best, xp = 0, HOST.xp
    for angle in xp.linspace(0, 2 * xp.pi, 73)[:-1]:
        heights = x @ xp.array([xp.cos(angle), xp.sin(angle)])
        for cut in xp.concatenate([heights - 0.01, heights + 0.01]):
            best = max(best, int(((heights > cut) == (y > 0)).sum()))
    return best

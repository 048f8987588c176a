"""The support-vector machine at full speed: kernels on the device, the steps of `margin` on the host.

A state is kept now and then, so that any step can be opened without running all before it again.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from itertools import combinations
from typing import NamedTuple

from engine.device import HOST, Device, HostArray, finite, quiet
from engine.maths.selecting import TIE
from engine.shallow.margin import LEAST, Kernel, State, kernel_matrix
from engine.walks.far import Far

KEPT = 64
"""Steps between two states that are kept."""
xp = HOST.xp


class Solved(NamedTuple):
    """A run on N points: a (N,), v = −y G (N,) and the bias at its end, the steps it took, the gap that was left.

    `states` are (a, v) before step 0, KEPT, 2 KEPT, …; `gaps` are those before each step.
    """

    a: HostArray
    v: HostArray
    b: float
    steps: int
    gap: float
    states: list[tuple[HostArray, HostArray]]
    gaps: list[float]


def solve(
    K: HostArray, y: HostArray, C: float, tol: float, most: int, begun: tuple[HostArray, HostArray] | None = None
) -> Solved:
    """Step until the gap is below `tol`, at most `most` times: K (N, N), classes y (N,) ±1; from a = 0, or (a, −y G).

    It stops too where numbers overflow, which makes no noise; the gap is then not finite.
    """
    return Solver(K, y, C, tol, most, begun).reach()


class Solver:
    """A run of `solve` that can be made in slices."""

    def __init__(
        self, K: HostArray, y: HostArray, C: float, tol: float, most: int,
        begun: tuple[HostArray, HostArray] | None = None,
    ) -> None:  # fmt: skip
        self._run, self._most, self._steps = _solve(K, y, C, tol, most, begun), most, 0
        self._found: Solved | None = None

    def reach(self, seconds: float = float("inf")) -> Solved:
        """The run as it ends. Raises Far where that takes longer than so many seconds."""
        end = time.monotonic() + seconds
        with quiet():
            while self._found is None:
                try:
                    self._steps = next(self._run)
                except StopIteration as stop:
                    self._found = stop.value
                else:
                    if time.monotonic() > end:
                        raise Far(self._steps, self._most, self.reach)
        return self._found


def _solve(
    K: HostArray, y: HostArray, C: float, tol: float, most: int, begun: tuple[HostArray, HostArray] | None
) -> Generator[int, None, Solved]:
    """The steps; it stops at each state that is kept, and returns what it found."""
    a, v = (0.0 * y, 1.0 * y) if begun is None else (each.copy() for each in begun)
    diagonal, room = K.diagonal(), LEAST * C
    up, low = (xp.where(side, 0.0, end) for side, end in zip(_free(a, y, C), (-xp.inf, xp.inf), strict=True))
    states, gaps, n = list[tuple[HostArray, HostArray]](), list[float](), 0
    while True:
        if n % KEPT == 0:
            states.append((a.copy(), v.copy()))
            yield n
        rising, falling = v + up, v + low
        i = int(xp.argmax(rising >= rising.max() - TIE))
        j = int(xp.argmax(falling <= falling.min() + TIE))
        gap = float(v[i] - v[j])
        gaps.append(gap)
        if gap < tol or n >= most or not finite(gap):
            break
        eta = max(diagonal[i] + diagonal[j] - 2 * K[i, j], LEAST)
        rise, fall = _rise(a[i], y[i], C), C - _rise(a[j], y[j], C)
        d = min(gap / eta, rise, fall)
        a[i] = min(max(a[i] + y[i] * d, 0.0), C)
        a[j] = min(max(a[j] - y[j] * d, 0.0), C)
        v -= (K[i] - K[j]) * d
        for one in (i, j):
            rise = _rise(a[one], y[one], C)
            up[one] = 0.0 if rise > room else -xp.inf
            low[one] = 0.0 if C - rise > room else xp.inf
        n += 1
    free = (up == 0) & (low == 0)
    b = float(v[free].mean()) if free.any() else float(v[i] + v[j]) / 2
    return Solved(a, v, b, n, gap, states, gaps)


def _rise(a: float, y: float, C: float) -> float:
    return C - a if y > 0 else a


def _free(a: HostArray, y: HostArray, C: float) -> tuple[HostArray, HostArray]:
    """Where y a can rise, and where it can fall."""
    rise = xp.where(y > 0, C - a, a)
    return rise > LEAST * C, C - rise > LEAST * C


class Machine(NamedTuple):
    """A solved problem: points x (N, M), classes y (N,) ±1, the kernel, C, and the run on its matrix K (N, N)."""

    x: HostArray
    y: HostArray
    kernel: Kernel
    C: float
    K: HostArray
    run: Solved

    @property
    def support(self) -> HostArray:
        """(N,): which points are support vectors."""
        found: HostArray = self.run.a > LEAST * self.C
        return found

    def without(self, points: Sequence[int], tol: float, most: int) -> Machine:
        """The same problem less some points, solved anew."""
        x, y = (xp.delete(each, list(points), axis=0) for each in (self.x, self.y))
        return machine(HOST, x, y, self.kernel, self.C, tol, most)

    def after(self, n: int) -> Solved:
        """The run as it was after n steps: as far as it got, if n is more."""
        first = min(n, self.run.steps) // KEPT
        return solve(self.K, self.y, self.C, -xp.inf, min(n, self.run.steps) - first * KEPT, self.run.states[first])

    def state(self, device: Device, n: int) -> State:
        """The state after n steps, on the device."""
        there = self.after(n)
        return State(device.put(there.a[:, None]), device.put((-self.y * there.v)[:, None]))

    def decide(self, q: HostArray, run: Solved | None = None) -> HostArray:
        """f (Q,) of points q (Q, M), at the end of the run or of another."""
        run = run or self.run
        with quiet():
            f: HostArray = kernel_matrix(xp, self.kernel, q, self.x) @ (run.a * self.y) + run.b
        return f


def machine(device: Device, x: HostArray, y: HostArray, kernel: Kernel, C: float, tol: float, most: int) -> Machine:
    """Two classes ±1, solved to `tol` or with `most` steps."""
    K = kernels(device, x, kernel)
    return Machine(x, y, kernel, C, K, solve(K, y, C, tol, most))


def kernels(device: Device, x: HostArray, kernel: Kernel) -> HostArray:
    """The kernel (N, N) of every two of the points, computed on the device."""
    points = device.put(x)
    with quiet():
        return device.get(kernel_matrix(device.xp, kernel, points, points))


class Machines(NamedTuple):
    """Several classes, one against one: points x (N, M), and for each pair a column of `weights`, its a y.

    `weights` is (N, P), `b` (P,) the biases; `steps` are all that were taken, `gap` is the largest that was left.
    """

    x: HostArray
    kernel: Kernel
    pairs: list[tuple[int, int]]
    weights: HostArray
    b: HostArray
    steps: int
    gap: float


def machines(
    device: Device, x: HostArray, classes: HostArray, kernel: Kernel, C: float, tol: float, most: int
) -> Machines:
    """One machine for each two of the classes (N,), each with at most `most` steps."""
    points = device.put(x)
    K = device.get(kernel_matrix(device.xp, kernel, points, points))
    pairs = list(combinations(xp.unique(classes).tolist(), 2))
    weights, runs = xp.zeros((len(x), len(pairs))), []
    for column, (first, second) in enumerate(pairs):
        some = xp.flatnonzero((classes == first) | (classes == second))
        y = xp.where(classes[some] == first, 1.0, -1.0)
        runs.append(solve(K[xp.ix_(some, some)], y, C, tol, most))
        weights[some, column] = runs[-1].a * y
    b = xp.asarray([run.b for run in runs])
    return Machines(x, kernel, pairs, weights, b, sum(run.steps for run in runs), max(run.gap for run in runs))


def classify(device: Device, many: Machines, q: HostArray) -> HostArray:
    """(Q,): the class with most votes of the pairs, for each of q (Q, M); of equally many the first."""
    near, far, weights = (device.put(each) for each in (q, many.x, many.weights))
    f = device.get(kernel_matrix(device.xp, many.kernel, near, far) @ weights) + many.b
    votes = xp.zeros((len(q), max(max(pair) for pair in many.pairs) + 1))
    for column, (first, second) in enumerate(many.pairs):
        votes[:, first] += f[:, column] > 0
        votes[:, second] += f[:, column] <= 0
    found: HostArray = xp.argmax(votes, axis=1)
    return found

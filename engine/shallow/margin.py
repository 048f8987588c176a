"""A support-vector machine, solved for two points at a time (SMO; slide 4; Cortes and Vapnik 1995, Platt 1998).

    max  Σ a − ½ aᵀ Q a,  Q_ij = y_i y_j K_ij,   with  0 ≤ a ≤ C  and  Σ a y = 0

    x  (N, M)  points     y  (N, 1)  their classes, ±1     K  (N, N)  kernel of every two     row  (N, 1)  0 … N − 1
    a     (N, 1)  how much each point counts; above 0 it is a support vector      G  (N, 1)  slope of the minimised dual
    v     (N, 1)  −y G    rise, fall  (N, 1)  how far y a can grow and shrink within 0 … C
    i, j  (1, 1)  the pair that violates the optimum most: the largest v that can rise, the least that can fall
    gap   (1, 1)  v_i − v_j: below the tolerance it is solved    eta  (1, 1)  curvature along the pair    d  its step
    b  (1, 1)  bias       f  (N, 1)  Σ a y K + b at every point    of q (M, 1): k (N, 1) its kernels, o (1, 1) its f,
    slope (M, 1) of o by q

The pair is that of LIBSVM's first order rule (Keerthi et al. 2001; Fan, Chen and Lin 2005): no chance in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.device import Array, Device
from engine.maths import selecting
from engine.walks.step import Path, Step, Walk

LEAST = 1e-12
"""What counts as no room, beside C; and the least curvature of a pair, where two points are one."""


class Kernel(NamedTuple):
    """Which kernel, and its numbers: "linear" xᵀz, "poly" (γ xᵀz + 1)^degree, "rbf" exp(−γ |x − z|²)."""

    kind: str = "rbf"
    gamma: float = 0.5
    degree: int = 3


class Problem(NamedTuple):
    """What is solved on the device: points, classes, the numbers of the points, and how."""

    x: Array
    y: Array
    row: Array
    kernel: Kernel
    C: float


KERNELS: Mapping[str, Mapping[str, str]] = {
    "linear": {"K": "K = x @ x.T", "k": "k = x @ q", "slope": "slope = x.T @ (a * y)"},
    "poly": {
        "K": "K = (gamma * (x @ x.T) + 1)**degree",
        "k": "k = (gamma * (x @ q) + 1)**degree",
        "slope": "slope = x.T @ (a * y * degree * gamma * (gamma * (x @ q) + 1)**(degree - 1))",
    },
    "rbf": {
        "K": "K = exp(-gamma * maximum(norms + norms.T - 2 * (x @ x.T), 0))",
        "k": "k = exp(-gamma * row_sum((x - q.T)**2))",
        "slope": "slope = (x - q.T).T @ (a * y * k) * 2 * gamma",
    },
}
"""The rules of what depends on the kernel."""


def rules(kernel: str) -> dict[str, str]:
    """The rule of every op below."""
    norms = {"norms": "norms = row_sum(x**2)"} if kernel == "rbf" else {}
    return {
        **norms,
        **KERNELS[kernel],
        "a_0": "a = 0 * y",
        "G_0": "G = 0 * y - 1",
        "v": "v = -y * G",
        "rise": "rise = (y > 0) * (C - a) + (y < 0) * a",
        "fall": "fall = C - rise",
        "i": "i = argmax(v, rise > 1e-12 * C)",
        "j": "j = argmin(v, fall > 1e-12 * C)",
        "gap": "gap = at(v, i) - at(v, j)",
        "eta": "eta = maximum(at(K, i, i) + at(K, j, j) - 2 * at(K, i, j), 1e-12)",
        "move": "d = minimum(gap / eta, minimum(at(rise, i), at(fall, j)))",
        "a": "a = minimum(maximum(a + y * d * (1 * (row == i) - (row == j)), 0), C)",
        "gradient": "G = G + y * (K @ (1 * (row == i) - (row == j))) * d",
        "b": "b = sum(v * free) / sum(free)",
        "b_middle": "b = (at(v, i) + at(v, j)) / 2",
        "free": "free = (rise > 1e-12 * C) * (fall > 1e-12 * C)",
        "f": "f = y * (G + 1) + b",
        "dual": "dual = (sum(a) - sum(a * G)) / 2",
        "primal": "primal = (sum(a) + sum(a * G)) / 2 + C * sum(maximum(1 - y * f, 0))",
        "o": "o = sum(a * y * k) + b",
    }


def kernel_matrix(xp: Any, kernel: Kernel, x: Array, z: Array) -> Array:
    """The kernel (N, Q) of every point of x (N, M) with every one of z (Q, M)."""
    product = x @ z.T
    if kernel.kind == "linear":
        return product
    if kernel.kind == "poly":
        return (kernel.gamma * product + 1) ** kernel.degree
    norms, others = (xp.sum(points**2, axis=1, keepdims=True) for points in (x, z))
    apart = norms + others.T - 2 * product
    return xp.exp(-kernel.gamma * xp.where(apart > 0, apart, 0 * apart))


class State(NamedTuple):
    """Where the solver is: a and G, (N, 1) both."""

    a: Array
    G: Array


def begin(device: Device, problem: Problem, at: Path = ()) -> Walk[tuple[Array, State]]:
    """The kernel of every two points, and nothing counts yet. Returns (K, the first state)."""
    xp, x, y = device.xp, problem.x, problem.y
    if problem.kernel.kind == "rbf":
        norms = xp.sum(x**2, axis=1, keepdims=True)
        yield Step(at, "norms", {"norms": norms})
    K = kernel_matrix(xp, problem.kernel, x, x)
    yield Step(at, "K", {"K": K})
    a = 0 * y
    yield Step(at, "a_0", {"a": a})
    G = 0 * y - 1
    yield Step(at, "G_0", {"G": G})
    return K, State(a, G)


class Pair(NamedTuple):
    """The pair that violates most, and by how much."""

    i: int
    j: int
    gap: float


def violators(device: Device, problem: Problem, state: State, at: Path = ()) -> Walk[tuple[Pair, Mapping[str, Array]]]:
    """Which pair violates most. Returns it, and v, rise, fall and gap."""
    (a, G), y, C = state, problem.y, problem.C
    v = -y * G
    yield Step(at, "v", {"v": v})
    positive, negative = (device.xp.astype(side, a.dtype) for side in (y > 0, y < 0))
    rise = positive * (C - a) + negative * a
    yield Step(at, "rise", {"rise": rise})
    fall = C - rise
    yield Step(at, "fall", {"fall": fall})
    host, room = device.get(v), LEAST * C
    i = selecting.argmax(host, device.get(rise) > room)
    yield Step(at, "i", {"i": device.put([[i]])})
    j = selecting.argmin(host, device.get(fall) > room)
    yield Step(at, "j", {"j": device.put([[j]])})
    gap = v[i : i + 1, :] - v[j : j + 1, :]
    yield Step(at, "gap", {"gap": gap})
    return Pair(i, j, float(device.get(gap)[0, 0])), {"v": v, "rise": rise, "fall": fall, "gap": gap}


def step(device: Device, problem: Problem, K: Array, state: State, tol: float, at: Path = ()) -> Walk[State | None]:
    """Solve for the pair that violates most; None where its gap is below `tol`: the problem is solved."""
    xp, y, (a, G) = device.xp, problem.y, state
    (i, j, size), made = yield from violators(device, problem, state, at)
    if size < tol:
        return None
    first, second, both = K[i : i + 1, i : i + 1], K[j : j + 1, j : j + 1], K[i : i + 1, j : j + 1]
    eta = xp.maximum(first + second - 2 * both, LEAST + 0 * made["gap"])
    yield Step(at, "eta", {"eta": eta})
    d = xp.minimum(made["gap"] / eta, xp.minimum(made["rise"][i : i + 1, :], made["fall"][j : j + 1, :]))
    yield Step(at, "move", {"d": d})
    pair = xp.astype(problem.row == i, a.dtype) - xp.astype(problem.row == j, a.dtype)
    a = clipped(xp, a + y * d * pair, problem.C)
    yield Step(at, "a", {"a": a})
    G = G + y * (K[:, i : i + 1] - K[:, j : j + 1]) * d
    yield Step(at, "gradient", {"G": G})
    return State(a, G)


def clipped(xp: Any, a: Array, C: float) -> Array:
    """Within 0 and C, where rounding has left a little less or more."""
    return xp.minimum(xp.maximum(a, 0 * a), C + 0 * a)


class Solution(NamedTuple):
    """What the state says: the bias, f at every point, the two objectives, and whether no pair is left to be solved."""

    b: Array
    f: Array
    dual: Array
    primal: Array


def border(device: Device, problem: Problem, state: State, q: Array, at: Path = ()) -> Walk[Solution]:
    """The bias, both objectives, and what is said of the point q, with its slope."""
    xp, y, C, (a, G) = device.xp, problem.y, problem.C, state
    (i, j, _), made = yield from violators(device, problem, state, at)
    v, room = made["v"], LEAST * C
    free = xp.astype((made["rise"] > room) & (made["fall"] > room), a.dtype)
    yield Step(at, "free", {"free": free})
    if device.get(xp.any(free > 0)):
        b = xp.sum(v * free, keepdims=True) / xp.sum(free)
        yield Step(at, "b", {"b": b})
    else:
        b = (v[i : i + 1, :] + v[j : j + 1, :]) / 2
        yield Step(at, "b_middle", {"b": b})
    f = y * (G + 1) + b
    yield Step(at, "f", {"f": f})
    dual = (xp.sum(a, keepdims=True) - xp.sum(a * G)) / 2
    yield Step(at, "dual", {"dual": dual})
    short = 1 - y * f
    primal = (xp.sum(a, keepdims=True) + xp.sum(a * G)) / 2 + C * xp.sum(xp.where(short > 0, short, 0 * short))
    yield Step(at, "primal", {"primal": primal})
    k = kernel_matrix(xp, problem.kernel, problem.x, q.T)
    if problem.kernel.kind == "rbf":
        k = xp.exp(-problem.kernel.gamma * xp.sum((problem.x - q.T) ** 2, axis=1, keepdims=True))
    yield Step(at, "k", {"k": k})
    o = xp.sum(a * y * k, keepdims=True) + b
    yield Step(at, "o", {"o": o})
    slope = slope_of(problem, a, q, k)
    yield Step(at, "slope", {"slope": slope})
    return Solution(b, f, dual, primal)


def slope_of(problem: Problem, a: Array, q: Array, k: Array) -> Array:
    """∂f/∂q (M, 1) at q (M, 1), whose kernels are k (N, 1)."""
    (kind, gamma, degree), x, y = problem.kernel, problem.x, problem.y
    if kind == "linear":
        return x.T @ (a * y)
    if kind == "poly":
        return x.T @ (a * y * degree * gamma * (gamma * (x @ q) + 1) ** (degree - 1))
    return (x - q.T).T @ (a * y * k) * 2 * gamma

"""What a small restricted Boltzmann machine says exactly: Z, ln p(v) and its gradient, by enumeration (slide 4).

    p(v) = exp(−F(v)) / Z    ln Z = ln Σ_s exp(−F(s))    ∂(−ln p)/∂W = E[v hᵀ] − ⟨v hᵀ⟩ of the data

The sum runs over all states s of the smaller side, at most 2^20 of them; the other side is summed in closed form.
States are taken 2^10 at a time, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device
from engine.images.rbm import NAMES, Theta, free_energy, hidden_chance
from engine.maths.activations import log_sigmoid, sigmoid
from engine.walks.gradient_check import Objective
from engine.walks.step import Path, Step, Walk

MOST = 20
"""Units of the smaller side up to which all states are enumerated."""
INNER = 10
"""Units whose states are enumerated at once."""
ROUNDED, SMALLEST = 1e-9, 2.0**-52
"""How exact a probability is at least, and the rounding of a number in the exponents of Z, as a share of it."""
LARGE = 600.0
"""ln of a product that float64 certainly holds."""


class TooLargeError(ValueError):
    """Both sides have more than `MOST` units."""


class Expected(NamedTuple):
    """E[v hᵀ] (V, H), E[v] (V, 1) and E[h] (H, 1) of the model, and ln Z (1, 1)."""

    vh: Array
    v: Array
    h: Array
    lnZ: Array


class Sides(NamedTuple):
    """The enumerated side and the other one: states s cost −bias·s − Σ_i ln(1 + exp(offset_i + (w s)_i))."""

    w: Array
    offset: Array
    bias: Array
    visible: bool


def enumerable(V: int, H: int) -> bool:
    """Whether the smaller side is small enough."""
    return min(V, H) <= MOST


def summable(device: Device, theta: Theta) -> bool:
    """Whether Z can be summed, and probabilities are then exact to `ROUNDED`; not where a parameter is not finite.

    exp(−F(v) − ln Z) is a difference of numbers as large as all parameters together, which are rounded.
    """
    size = sum(float(abs(device.get(theta[p])).sum()) for p in NAMES)
    return enumerable(*theta["W"].shape) and size * SMALLEST < ROUNDED


def sides(theta: Theta) -> Sides:
    """The smaller side is the one enumerated. Raises TooLargeError."""
    W, a, b = (theta[p] for p in NAMES)
    if not enumerable(*W.shape):
        raise TooLargeError(f"{min(W.shape)} units a side: at most {MOST} can be enumerated")
    return Sides(W.T, b, a, True) if W.shape[0] <= W.shape[1] else Sides(W, a, b, False)


def columns(xp: Any, first: Array, w: Array) -> Array:
    """first + w s for all states s of the columns of w, (M, 2^n): bit j of a column's number is unit j."""
    found = first
    for j in range(w.shape[1]):
        found = xp.concat([found, found + w[:, j : j + 1]], axis=1)
    return found


def chunks(device: Device, of: Sides) -> Iterator[tuple[Array, Array]]:
    """(offset + w s, bias·s) for every state s of the units beyond the first `INNER`; once, where there are none."""
    n = of.w.shape[1]
    first, lift = of.offset, 0 * of.bias[:1, :]
    for number in range(1 << max(n - INNER, 0)):
        if n > INNER:
            outer = device.put([[float(number >> j & 1)] for j in range(n - INNER)])
            yield first + of.w[:, INNER:] @ outer, of.bias[INNER:, :].T @ outer
        else:
            yield first, lift


def inside(xp: Any, of: Sides) -> tuple[Array, Array]:
    """(w s, bias·s) for every state s of the first `INNER` units: (M, 2^n) and (1, 2^n)."""
    inner = min(of.w.shape[1], INNER)
    return columns(xp, 0 * of.offset, of.w[:, :inner]), columns(xp, 0 * of.bias[:1, :], of.bias[:inner, :].T)


def grouped(device: Device, of: Sides) -> list[slice]:
    """Rows such that the product of 1 + exp(x_i) over a group is finite in every state, and no factor of it is 0."""
    host, w, offset = HOST.xp, device.get(of.w), device.get(of.offset)[:, 0]
    high, low = (offset + host.sum(bound(w, 0), axis=1) for bound in (host.maximum, host.minimum))
    small = (low > -LARGE) & (abs(w).sum(axis=1) < LARGE)
    most = host.where(small, host.log1p(host.exp(host.minimum(high, LARGE))), LARGE)
    groups, begin, load = [], 0, 0.0
    for row, each in enumerate(most):
        if row > begin and not load + each < LARGE:
            groups.append(slice(begin, row))
            begin, load = row, 0.0
        load += each
    return [*groups, slice(begin, len(most))]


def log_partition(device: Device, theta: Theta) -> Array:
    """ln Z, (1, 1). Raises TooLargeError.

    Rows of one group are multiplied before the logarithm is taken, and a sum in the exponent becomes a product: one
    logarithm a state and group instead of an exponential and a logarithm for every unit.
    """
    xp, of = device.xp, sides(theta)
    (sums, bias), groups, parts = inside(xp, of), grouped(device, of), []
    grown = [xp.exp(sums[rows, :]) if rows.stop - rows.start > 1 else None for rows in groups]
    for first, lift in chunks(device, of):
        total = lift + bias
        for rows, e in zip(groups, grown, strict=True):
            if e is None:
                total = total - log_sigmoid(xp, -first[rows, :] - sums[rows, :])
            else:
                total = total + xp.log(xp.prod(1 + xp.exp(first[rows, :]) * e, axis=0, keepdims=True))
        parts.append(_log_sum(xp, total))
    return _log_sum(xp, xp.concat(parts, axis=1))


def _log_sum(xp: Any, x: Array) -> Array:
    top = xp.max(x, axis=1, keepdims=True)
    return top + xp.log(xp.sum(xp.exp(x - top), axis=1, keepdims=True))


def expected(device: Device, theta: Theta) -> Expected:
    """The expectations under the model. Raises TooLargeError."""
    xp, of, lnZ = device.xp, sides(theta), log_partition(device, theta)
    n, inner, (sums, bias) = of.w.shape[1], min(of.w.shape[1], INNER), inside(xp, of)
    nothing = device.put([[0.0]] * inner)
    low = columns(xp, nothing, device.put([[float(i == j) for j in range(inner)] for i in range(inner)]))
    both: Array = 0.0
    one, other = 0.0, 0.0
    for number, (first, lift) in enumerate(chunks(device, of)):
        net = first + sums
        p = xp.exp(lift + bias - xp.sum(log_sigmoid(xp, -net), axis=0, keepdims=True) - lnZ)
        high = [xp.ones_like(p) * float(number >> j & 1) for j in range(n - inner)]
        s = xp.concat([low, *high], axis=0) * p
        chance = sigmoid(xp, net)
        both = both + s @ chance.T
        one = one + xp.sum(s, axis=1, keepdims=True)
        other = other + xp.sum(chance * p, axis=1, keepdims=True)
    return Expected(both, one, other, lnZ) if of.visible else Expected(both.T, other, one, lnZ)


def log_likelihood(device: Device, theta: Theta, v: Array) -> Array:
    """ln p(v), the mean over examples (V, B); a number on the device."""
    xp = device.xp
    return -xp.sum(free_energy(xp, theta, v)) / v.shape[1] - xp.sum(log_partition(device, theta))


def probabilities(device: Device, theta: Theta, v: Array) -> Array:
    """p(v) of every example, (1, B)."""
    return device.xp.exp(-free_energy(device.xp, theta, v) - log_partition(device, theta))


def objective(device: Device, theta: Theta, v: Array) -> Objective:
    """E = −ln p(v), the mean over examples, as a function of the parameters, and its exact gradient.

    Where Z is not `summable`, E = F(v): the part of it that the data gives.
    """
    xp, p, B = device.xp, hidden_chance(device.xp, theta, v), v.shape[1]
    sums = {"W": v @ p.T, "a": xp.sum(v, axis=1, keepdims=True), "b": xp.sum(p, axis=1, keepdims=True)}
    if not summable(device, theta):
        grad = {name: -each / B for name, each in sums.items()}
        return Objective(theta, lambda **moved: xp.sum(free_energy(xp, {**theta, **moved}, v)) / B, grad)
    model = expected(device, theta)
    parts = {"W": model.vh, "a": model.v, "b": model.h}
    grad = {name: parts[name] - each / B for name, each in sums.items()}
    return Objective(theta, lambda **moved: -log_likelihood(device, {**theta, **moved}, v), grad)


def rules() -> dict[str, str]:
    """The rule of every op of the walks below; ln Z and the expectations E_vh, E_v and E_h are given to them."""
    return {
        "F": "F[n] = column_sum(log_sigmoid(-(W.T @ x[n] + b))) - a.T @ x[n]",
        "P": "P[n] = exp(-F[n] - lnZ)",
        "E_zero": "E = 0 * lnZ",
        "E": "E = E + (F[n] + lnZ) / M",
        "Q": "Q = sigmoid(W.T @ X + b)",
        "exact_dW": "dW = E_vh - X @ Q.T / M",
        "exact_da": "da = E_v - batch(X) / M",
        "exact_db": "db = E_h - batch(Q) / M",
    }


def weigh(device: Device, theta: Theta, x: Sequence[Array], lnZ: Array, at: Path = ()) -> Walk[list[Array]]:
    """p(x[n]) of M patterns (V, 1) one after the other, and E = −ln p, their mean. Returns the probabilities."""
    E = 0 * lnZ
    yield Step((*at, ("n", 1)), "E_zero", {"E": E})
    found = []
    for n, pattern in enumerate(x, 1):
        here = (*at, ("n", n))
        F = free_energy(device.xp, theta, pattern)
        yield Step(here, "F", {f"F[{n}]": F})
        found.append(device.xp.exp(-F - lnZ))
        yield Step(here, "P", {f"P[{n}]": found[-1]})
        E = E + (F + lnZ) / len(x)
        yield Step(here, "E", {"E": E})
    return found


def exact(xp: Any, theta: Theta, v: Array, model: Expected, at: Path = ()) -> Walk[dict[str, Array]]:
    """The exact gradient of −ln p: the expectation of v hᵀ under the model less that of the M patterns v (V, M)."""
    M = v.shape[1]
    p = hidden_chance(xp, theta, v)
    yield Step(at, "Q", {"Q": p})
    dW = model.vh - v @ p.T / M
    yield Step(at, "exact_dW", {"dW": dW})
    da = model.v - xp.sum(v, axis=1, keepdims=True) / M
    yield Step(at, "exact_da", {"da": da})
    db = model.h - xp.sum(p, axis=1, keepdims=True) / M
    yield Step(at, "exact_db", {"db": db})
    return {"W": dW, "a": da, "b": db}

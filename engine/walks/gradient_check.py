"""Gradient checking: nudge one weight both ways, run forward again, and compare (E₊ − E₋)/2h with the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from engine.device import Array, Device, HostArray, Rng, quiet
from engine.walks.step import Path, Step, Walk

H = 1e-5
"""The step h: near the cube root of float64's precision, where truncation and rounding errors balance."""
Loss = Callable[[str, Array], Array]
"""The loss with the parameter of this name put in place of the net's own."""


class Checked(NamedTuple):
    """One cell: its gradient, the central difference of `plus` and `minus`, and how far the two are apart."""

    name: str
    cell: tuple[int, int]
    gradient: float
    numeric: float
    plus: float
    minus: float

    @property
    def gap(self) -> float:
        return abs(self.gradient - self.numeric)


class Objective(NamedTuple):
    """A scalar E of the parameters: `loss(W=…)` is E with some replaced, `gradient` the ∂E/∂θ to be checked.

    `h` is the step of the central difference; take a smaller one where E curves strongly, as in a deep composition.
    """

    theta: Mapping[str, Array]
    loss: Callable[..., Array]
    gradient: Mapping[str, Array]
    h: float = H


def cells(rows: int, cols: int, most: int) -> Iterator[tuple[int, int]]:
    """All cells of a (rows, cols) matrix, or `most` of them evenly spread where there are more."""
    size = rows * cols
    count = min(size, most)
    for i in range(count):
        yield divmod(i * size // count, cols)


def unit(device: Device, like: Array, cell: tuple[int, int]) -> Array:
    """1 at one cell, 0 elsewhere, in the shape of `like`."""
    host = device.get(device.xp.zeros_like(like))
    host[cell] = 1.0
    return device.put(host)


def check(
    device: Device, loss: Loss, theta: Mapping[str, Array], grad: Mapping[str, Array], most: int, at: Path = ()
) -> Walk[list[Checked]]:
    """Central differences for up to `most` cells of every parameter, one cell after the other."""
    checked = []
    for name, value in theta.items():
        for i, cell in enumerate(cells(value.shape[0], value.shape[1], most)):
            here = (*at, (name, -1), ("cell", i))
            way = unit(device, value, cell)
            nudge = H * way
            plus = loss(name, value + nudge)
            yield Step(here, f"plus_{name}", {f"E_plus_{name}[{i}]": plus})
            minus = loss(name, value - nudge)
            yield Step(here, f"minus_{name}", {f"E_minus_{name}[{i}]": minus})
            numeric = (plus - minus) / (2 * H)
            yield Step(here, f"numeric_{name}", {f"numeric_{name}[{i}]": numeric})
            gap = device.xp.abs(device.xp.sum(grad[name] * way) - numeric)
            yield Step(here, f"gap_{name}", {f"gap_{name}[{i}]": gap})
            both = float(device.get(plus)), float(device.get(minus))
            checked.append(Checked(name, cell, float(device.get(grad[name])[cell]), float(device.get(numeric)), *both))
    return checked


def rules(names: tuple[str, ...]) -> dict[str, str]:
    """The rules of `check`: E_W(…) is the loss with W replaced, unit_W[cell] is 1 at the cell."""
    by_op = {}
    for p in names:
        by_op[f"plus_{p}"] = f"E_plus_{p}[cell] = E_{p}({p} + h * unit_{p}[cell])"
        by_op[f"minus_{p}"] = f"E_minus_{p}[cell] = E_{p}({p} - h * unit_{p}[cell])"
        by_op[f"numeric_{p}"] = f"numeric_{p}[cell] = (E_plus_{p}[cell] - E_minus_{p}[cell]) / (2 * h)"
        by_op[f"gap_{p}"] = f"gap_{p}[cell] = abs(sum(d{p} * unit_{p}[cell]) - numeric_{p}[cell])"
    return by_op


def length(shapes: Mapping[str, tuple[int, int]], most: int) -> int:
    """How many steps `check` takes."""
    return 4 * sum(min(rows * cols, most) for rows, cols in shapes.values())


def checked(device: Device, of: Objective, name: str, most: int) -> list[Checked]:
    """Gradient and central difference of up to `most` cells of parameter `name`."""
    value, grad = of.theta[name], device.get(of.gradient[name])
    pairs = []
    for cell in cells(value.shape[0], value.shape[1], most):
        nudge = of.h * unit(device, value, cell)
        with quiet():
            plus, minus = (float(device.get(of.loss(**{name: value + s * nudge}))) for s in (1, -1))
        pairs.append(Checked(name, cell, float(grad[cell]), (plus - minus) / (2 * of.h), plus, minus))
    return pairs


def along(device: Device, of: Objective, rng: Rng) -> tuple[float, float]:
    """(gradient, central difference) of E along one random direction in the space of all parameters.

    Two evaluations of E check every entry of the gradient at once.
    """
    way: dict[str, HostArray] = {name: rng.normal(size=value.shape) for name, value in of.theta.items()}

    def moved(by: float) -> float:
        shifted = {name: value + by * device.put(way[name]) for name, value in of.theta.items()}
        return float(device.get(of.loss(**shifted)))

    with quiet():
        exact = sum(float((device.get(of.gradient[name]) * way[name]).sum()) for name in of.theta)
        return exact, (moved(of.h) - moved(-of.h)) / (2 * of.h)

"""`Defaults`, what every lesson does alike; and how a parameter is put on a device, edited, and read from a state."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from engine.device import Array, Device, HostArray, quiet, rng
from engine.maths.activations import ACTIVATIONS, Activation
from engine.maths.optimisers import OPTIMISERS
from engine.walks.gradient_check import Checked, Objective, along, checked
from engine.walks.history import State, Track
from engine.walks.training import Recipe
from lessons.contract.card import Lead
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start, View

CHECKED = 64
"""Cells of a parameter that `g` checks at most."""
NUDGE = 0.1
"""How far `[` and `]` move a number."""


class Defaults:
    """What every lesson does alike: knobs as they are, training, the gradient check."""

    second_views: frozenset[str] = frozenset()
    """Where the stage has a second view, as `View.phase` names it: "dW", "train", "train/backward"."""

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        """What `g` checks: a scalar as a function of the parameters, and its gradient."""
        raise NotImplementedError

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        return dict(knobs)

    def prepare(self, knobs: Knobs, seed: int | None, start: Start | None, seconds: float) -> None:
        """Nothing takes long."""

    def at(self, start: Start, state: State, device: Device) -> Start:
        return learned(start, state, device)

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        return None

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        return ()

    def has_second_view(self, view: View) -> bool:
        return view.phase in self.second_views

    def lead(self, view: View) -> Lead | None:
        return None

    def shown(self, view: View) -> Objective:
        """The objective of what is on the screen; most lessons have one only."""
        return self.objective(view.device, view.knobs, view.start)

    def check(self, view: View, symbol: str) -> Sequence[Checked]:
        with quiet():
            return checked(view.device, self.shown(view), symbol, CHECKED)

    def along(self, view: View) -> tuple[float, float]:
        with quiet():
            return along(view.device, self.shown(view), rng(0, 1))


def learned(start: Start, state: State, device: Device) -> Start:
    """The start with the parameters that training has reached."""
    return moved(start, named(state.data.theta), device)


def moved(start: Start, theta: Mapping[str, Array], device: Device) -> Start:
    """The start with some of its parameters as they are on the device."""
    params = dict(start.params)
    for name, value in theta.items():
        host = device.get(value)
        params[name] = host if start.params[name].ndim == 2 else host[:, 0]
    return Start(params, start.inputs)


def named(theta: Any) -> Mapping[str, Array]:
    """Parameters by symbol, from a NamedTuple or a mapping."""
    return theta if isinstance(theta, Mapping) else theta._asdict()


def same(one: Mapping[str, HostArray], other: Mapping[str, HostArray]) -> bool:
    """Whether all parameters of `other` are equal in `one`."""
    return all(np.array_equal(value, one[p]) for p, value in other.items())


def column(device: Device, value: HostArray) -> Array:
    """A parameter on the device: a vector as a column."""
    return device.put(value if value.ndim == 2 else value[:, None])


def on_device(device: Device, params: Mapping[str, HostArray]) -> dict[str, Array]:
    """Parameters on the device, vectors as columns."""
    return {name: column(device, value) for name, value in params.items()}


def function(knobs: Knobs) -> Activation:
    """The activation function that the knobs choose."""
    return ACTIVATIONS[str(knobs["activation"])]


def recipe(knobs: Knobs) -> Recipe:
    """How the knobs have a net trained."""
    return Recipe(OPTIMISERS[str(knobs["optimiser"])], float(knobs["rate"]), float(knobs["clip"]))


def number_of(raw: str) -> float:
    """A number that was typed. Raises Refused where it is none, or not finite."""
    try:
        number = float(raw.strip().replace("−", "-"))
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise Refused("edit_number", value=raw.strip() or "–")
    return number


def put_in(start: Start, name: str, at: tuple[int, ...], raw: str) -> Start:
    """The start with one entry of a parameter or an input put in by hand. Raises Refused where it is no number."""
    if name in start.params:
        return Start({**start.params, name: with_entry(start.params[name], at, raw)}, start.inputs)
    value = with_entry(np.array(start.inputs[name], dtype=float), at, raw)
    return Start(start.params, {**start.inputs, name: value.tolist()})


def entry_of(held: Any, at: tuple[int, ...], symbol: str, index: tuple[int, ...]) -> float:
    """One entry of what is held, which a symbol shows at an index. Raises Refused where there is none."""
    try:
        return float(np.array(held, dtype=float)[at])
    except (IndexError, TypeError):
        raise Refused("edit_entry", symbol=symbol, index=", ".join(map(str, index))) from None


def with_entry(value: HostArray, index: tuple[int, ...], raw: str) -> HostArray:
    """A copy with one entry put in by hand."""
    copy = np.array(value)
    copy[index] = number_of(raw)
    return copy


def read_params(
    file: str, lesson: str, given: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], optional: frozenset[str]
) -> dict[str, HostArray]:
    """Every parameter of a state, its shape and numbers checked; those that may be left out are zeros then."""
    unknown = next((name for name in given if name not in shapes), None)
    if unknown is not None:
        raise Refused("symbol", file=file, symbol=unknown, lesson=lesson, symbols=", ".join(shapes))
    return {
        name: np.zeros(shape) if name in optional and name not in given else read_array(file, name, given, shape)
        for name, shape in shapes.items()
    }


def read_array(file: str, name: str, given: Mapping[str, Any], shape: tuple[int, ...]) -> HostArray:
    """One parameter of a state. Raises Refused: missing, no numbers, another shape, not finite."""
    if given.get(name) is None:
        raise Refused("missing", file=file, symbol=name, wanted=shape)
    try:
        value: HostArray = np.array(given[name], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise Refused("shape_text", file=file, symbol=name, wanted=shape) from None
    if value.ndim < len(shape):
        key = "shape_flat" if value.ndim else "shape_text"
        raise Refused(key, file=file, symbol=name, found=value.shape, wanted=shape)
    if value.shape != shape:
        raise Refused("shape", file=file, symbol=name, found=value.shape, wanted=shape)
    if not np.isfinite(value).all():
        raise Refused("finite", file=file, symbol=name)
    return value


def sizes_of_layers(params: Mapping[str, Any], most: int) -> str:
    """The sizes of hidden layers as the weights W1, W2, … of a state have them, "4,2"; "" where they do not say."""
    names = takewhile(lambda name: isinstance(params.get(name), list), (f"W{n}" for n in range(1, most + 1)))
    weights = [params[name] for name in names]
    if not all(isinstance(row, list) and not any(isinstance(w, list) for w in row) for W in weights for row in W):
        return ""  # one that is no matrix says nothing of the sizes
    *hidden, last = [len(W) for W in weights] or [0]
    if last == 0 or any(not 1 <= size <= 8 for size in hidden):
        return ""
    return ",".join(map(str, hidden)) or "0"

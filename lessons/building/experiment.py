"""What most lessons do alike, so that a lesson is its experiment, its stage and its text: see `Experiment`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from engine.device import Array, Device, HostArray, quiet, rng
from engine.maths.activations import ACTIVATIONS, Activation
from engine.walks.gradient_check import Checked, Objective, along, checked
from engine.walks.history import State, Track
from engine.walks.reel import Grains
from lessons.contract.card import Card
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.view import Knobs, Start, View

CHECKED = 64
"""Cells of a parameter that `g` checks at most."""
NUDGE = 0.1
"""How far `[` and `]` move a number."""


class Defaults:
    """What every lesson does alike, declared or not: knobs as they are, training, the gradient check."""

    second_views: frozenset[str] = frozenset()
    """Where the stage has a second view, as `View.phase` names it: "dW", "train", "train/backward"."""

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        """What `g` checks: a scalar as a function of the parameters, and its gradient."""
        raise NotImplementedError

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        return dict(knobs)

    def at(self, start: Start, state: State, device: Device) -> Start:
        return learned(start, state, device)

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        return None

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        return ()

    def has_second_view(self, view: View) -> bool:
        return view.phase in self.second_views

    def shown(self, view: View) -> Objective:
        """The objective of what is on the screen; most lessons have one only."""
        return self.objective(view.device, view.knobs, view.start)

    def check(self, view: View, symbol: str) -> Sequence[Checked]:
        with quiet():
            return checked(view.device, self.shown(view), symbol, CHECKED)

    def along(self, view: View) -> tuple[float, float]:
        with quiet():
            return along(view.device, self.shown(view), rng(0, 1))


class Experiment(Defaults):
    """A lesson by default (`contract.lesson.Lesson`): parameters are edited, stored, read back and checked by symbol.

    A lesson adds `start`, `reel`, `rule`, `panels`, `says`, `result`; and for what stands here `shapes`, `objective`.
    """

    grains: Grains
    grain = "op"
    asks: tuple[Ask, ...] = ()
    columns: frozenset[str] = frozenset()
    explains: tuple[str, ...] = ()
    draws: frozenset[str] = frozenset()
    example = True
    rebuilds: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    """Parameters that a state may leave out: they are zeros then."""
    given: frozenset[str] = frozenset()
    """Inputs that are numbers, which may be edited too."""

    def __init__(self, card: Card) -> None:
        self.card = card

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        """The shape of every parameter, by symbol, in order; a vector's has one number."""
        raise NotImplementedError

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        raise NotImplementedError

    # states and edits

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        """The inputs of a state, checked; without a method of its own a lesson takes those of its knobs."""
        return self.start(knobs, 0).inputs

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        """The knobs as the sizes of a state's parameters and inputs make them."""
        return dict(knobs)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        given = state.get("inputs", {})
        if not isinstance(given, Mapping):
            raise Refused("inputs_object", file=file)
        inputs = self.inputs(file, given, knobs)
        params = state["params"]
        fitted = self.sized(file, params, inputs, knobs)
        shapes = self.shapes(fitted, inputs)
        return fitted, Start(read_params(file, self.card.id, params, shapes, self.optional), inputs)

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        """Where a shown entry is kept: the parameter or input, and the index in it."""
        return symbol, index

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        self.entry(start, symbol, index)
        return put_in(start, *self.home(symbol, index), raw)

    def entry(self, start: Start, symbol: str, index: tuple[int, ...]) -> float:
        """One entry of what may be edited. Raises Refused where there is none."""
        name, at = self.home(symbol, index)
        held = start.params.get(name, start.inputs.get(name) if name in self.given else None)
        if held is None:
            raise Refused("edit_what", symbol=symbol)
        return entry_of(held, at, symbol, index)

    def nudged(self, start: Start, symbol: str, index: tuple[int, ...], by: int) -> str:
        """What an entry becomes, as typed, when it is moved by hand one notch up or down."""
        if not self.editable(symbol):
            raise Refused("edit_what", symbol=symbol)
        return f"{self.entry(start, symbol, index) + by * NUDGE:.10g}"

    def editable(self, symbol: str) -> bool:
        name, _ = self.home(symbol, ())
        return name in self.given or name in self.shapes(self.defaults, self.start(self.defaults, None).inputs)

    @property
    def defaults(self) -> dict[str, Value]:
        """The knobs as the lesson opens."""
        return {knob.id: knob.default for knob in self.card.knobs}

    def weights(self, start: Start) -> tuple[str, ...]:
        """The parameters that have a gradient."""
        return tuple(start.params)


def learned(start: Start, state: State, device: Device) -> Start:
    """The start with the parameters that training has reached."""
    params = dict(start.params)
    for name, value in named(state.data.theta).items():
        host = device.get(value)
        params[name] = host if start.params[name].ndim == 2 else host[:, 0]
    return Start(params, start.inputs)


def named(theta: Any) -> Mapping[str, Array]:
    """Parameters by symbol, from a NamedTuple or a mapping."""
    return theta if isinstance(theta, Mapping) else theta._asdict()


def column(device: Device, value: HostArray) -> Array:
    """A parameter on the device: a vector as a column."""
    return device.put(value if value.ndim == 2 else value[:, None])


def function(knobs: Knobs) -> Activation:
    """The activation function that the knobs choose."""
    return ACTIVATIONS[str(knobs["activation"])]


def counted(values: Sequence[Array]) -> Callable[[int], Array | None]:
    """A family of symbols that counts from 1."""
    return lambda i: values[i - 1] if 1 <= i <= len(values) else None


def indexed(values: Sequence[Array]) -> Callable[[int], Array | None]:
    """A family of symbols that counts from 0."""
    return lambda i: values[i] if 0 <= i < len(values) else None


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
    found = np.array(value)
    found[index] = number_of(raw)
    return found


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

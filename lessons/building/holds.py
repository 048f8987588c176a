"""What a lesson holds, declared: sizes, parameters, inputs; and the check of a state that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.device import Array, Device, HostArray
from lessons.contract.knobs import Refused, Value
from lessons.contract.phrases import Words
from lessons.contract.view import Knobs

Lengths = Mapping[str, int]
"""How long each axis is that shapes name by a letter."""
Axes = str | int | tuple[str | int, ...]
"""A shape: a letter or a number for each axis."""
Span = tuple[int, int]
"""The least and the most."""


@dataclass(frozen=True)
class Size:
    """A length that shapes name by a letter: what a knob says, and a state's own within the knob's range.

    Without a knob it is `fixed`; a state may bring another from `low` to `high` where they are given. It is `more` than
    the knob says, where the knob does not count all.
    """

    letter: str
    knob: str = ""
    fixed: int = 0
    low: int = 0
    high: int = 0
    more: int = 0


@dataclass(frozen=True)
class Held:
    """Numbers that a lesson holds; use `Parameter` or `Input`.

    With `first`, the symbol counts along the first axis from there: x[1], x[2], …; the rest is a column. With `each`, a
    letter, there are so many of them, W1, W2, …, whose shapes may be a function of the number and the lengths.
    `symbol` is what the engine's rules call it, where that is another name; `also` are single symbols that it is read,
    shown and edited by too, as "h[0]". `rows` is a family that counts its rows from 0, each a vector that is read,
    shown and edited: "out" makes out[2] of row 2. `among` are the only values allowed; `most` is how large one may be.
    """

    name: str
    axes: Axes | Callable[[int, Lengths], tuple[int, ...]]
    first: int | None = None
    each: str = ""
    optional: bool = False
    """A state may leave it out: zeros then."""
    edited: bool = True
    """Its entries may be put in by hand."""
    learned: bool = True
    """A parameter that has a gradient; a start state, for one, has none."""
    needed: bool = False
    """An input that a state with inputs of its own must have."""
    among: tuple[float, ...] = ()
    most: float = np.inf
    symbol: str = ""
    also: tuple[str, ...] = ()
    rows: str = ""

    @property
    def letters(self) -> tuple[str | int, ...]:
        """The axes as a tuple; none where a function gives them."""
        if callable(self.axes):
            return ()
        return self.axes if isinstance(self.axes, tuple) else (self.axes,)

    def rank(self, family: str = "") -> int:
        """How many axes there are beside the one that its symbol counts along."""
        axes = self.axes(1, _Any()) if callable(self.axes) else self.letters
        return len(axes) - (self.first is not None)

    def kept(self, family: str) -> str:
        """The name that a family of its symbols is kept under."""
        return self.name + family[len(self.called) :] if self.each else self.name

    def may_lack(self, name: str) -> bool:
        """Whether a state may leave this one out."""
        return self.optional

    @property
    def called(self) -> str:
        """Its family of symbols."""
        return self.symbol or self.name

    def is_called(self, family: str) -> bool:
        """Whether a family of symbols is this, or one of these."""
        if self.each:
            return family.startswith(self.called) and family[len(self.called) :].isdecimal()
        return family == self.called

    def entries(self, lengths: Lengths, knobs: Knobs) -> Iterator[tuple[str, tuple[int, ...]]]:
        """(name, shape) of each of them."""
        for n in range(1, lengths[self.each] + 1) if self.each else (0,):
            given = self.axes(n, lengths) if callable(self.axes) else self.letters
            yield f"{self.name}{n or ''}", tuple(lengths[a] if isinstance(a, str) else a for a in given)

    def read(self, file: str, raw: Any, spans: Sequence[Span]) -> HostArray:
        """Its numbers in a state, each axis as long as `spans` allow. Raises Refused."""
        value = numbers(raw)
        fits = value is not None and value.ndim == len(spans) and (not self.among or np.isin(value, self.among).all())
        if value is None or not fits or any(not a <= n <= b for n, (a, b) in zip(value.shape, spans, strict=True)):
            raise Refused("inputs_shape", file=file, name=self.name, wanted=lambda words: self.wanted(words, spans))
        return value

    def wanted(self, words: Words, spans: Sequence[Span]) -> str:
        """What it should have been: "5 to 400 rows of 1 to 6 finite numbers"."""
        sizes = [str(low) if low == high else words("refused.span", low=low, high=high) for low, high in spans]
        values = ", ".join(f"{value:g}" for value in self.among)
        kind = words("refused.among", values=values) if self.among else words("refused.finite_numbers")
        return words(f"refused.shape_{len(sizes)}", **dict(zip("ab", sizes, strict=False)), numbers=kind)


class Parameter(Held):
    """A parameter: a state must give it unless it is optional."""


@dataclass(frozen=True)
class Net(Parameter):
    """All parameters of a net, whose names and shapes the engine gives; `name` and `axes` are the one that tells them.

    `names` are all that there may be, whatever the knobs say; `vectors` have one axis, `lacking` may be left out.
    """

    shapes: Callable[[Knobs, Lengths], Mapping[str, tuple[int, ...]]] = lambda knobs, lengths: {}
    names: frozenset[str] = frozenset()
    vectors: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()

    def is_called(self, family: str) -> bool:
        return family in self.names

    def rank(self, family: str = "") -> int:
        return 1 if family in self.vectors else 2

    def kept(self, family: str) -> str:
        return family

    def may_lack(self, name: str) -> bool:
        return name in self.lacking

    def entries(self, lengths: Lengths, knobs: Knobs) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield from self.shapes(knobs, lengths).items()


class Input(Held):
    """An input that is numbers; where a state leaves it out it is that of the knobs."""


class Source:
    """Inputs that are no array of numbers, a text for example: one object knows all about them.

    `families` are the symbols that they are edited by.
    """

    families: tuple[str, ...] = ()

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        """The inputs that the knobs ask for."""
        raise NotImplementedError

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        """Those of a state. Raises Refused."""
        raise NotImplementedError

    def knobs(self, inputs: Mapping[str, Any]) -> dict[str, Value]:
        """What the knobs must be for such inputs."""
        return {}

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        """The lengths that they bring."""
        return {}

    def put(self, device: Device, inputs: Mapping[str, Any]) -> dict[str, dict[int, Array]]:
        """What they are on the device, where rules read them: by family, by index."""
        return {}

    def edited(self, inputs: Mapping[str, Any], at: int, raw: str) -> dict[str, Any]:
        """The inputs with one entry put in by hand. Raises Refused."""
        raise NotImplementedError

    def nudged(self, inputs: Mapping[str, Any], at: int, by: int) -> str:
        """What an entry becomes, as typed, one notch up or down."""
        raise NotImplementedError


class Fixed(Source):
    """Inputs that are always the same, and stand in a state for whoever reads it."""

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        self._inputs = dict(inputs)

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        return dict(self._inputs)

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        for name, value in self._inputs.items():
            if given.get(name, value) != value:
                raise Refused("inputs_codes", file=file, name=name, wanted=value)
        return dict(self._inputs)


class Whole(Source):
    """Inputs that are whole numbers from 0 up, each with its `most`: at first what the knob of that name says, or 0.

    `refused` is the phrase that says so of any other.
    """

    def __init__(self, refused: str, **most: float) -> None:
        self._refused, self._most = refused, most

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        return {name: int(knobs.get(name, 0)) for name in self._most}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        own = {**self.begin(knobs), **given}
        for name, most in self._most.items():
            value = own[name]
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
                raise Refused(self._refused, file=file, name=name, wanted="0, 1, 2 …")
        return {name: own[name] for name in self._most}


class Seed(Whole):
    """The seed that all is drawn from, where nothing else is an input."""

    def __init__(self) -> None:
        super().__init__("inputs_shape", seed=np.inf)


class _Any(dict[str, int]):
    """Lengths where only the number of axes matters."""

    def __missing__(self, letter: str) -> int:
        return 2


def numbers(raw: Any) -> HostArray | None:
    """Nested lists as finite numbers, or None."""
    try:
        array: HostArray = np.array(raw)
        array = array.astype(float) if array.dtype.kind in "biuf" else np.array(np.nan)
    except (ValueError, OverflowError):
        return None
    return array if np.isfinite(array).all() else None

"""All that a lesson holds: lengths, shapes, the first state, the check of a state file, where an entry is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from engine.device import Rng, rng
from engine.walks.step import split
from lessons.building.defaults import number_of, read_params
from lessons.building.holds import Held, Input, Lengths, Parameter, Size, Source, Span, numbers
from lessons.contract.card import Card
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start


class Holdings:
    """`holds` by symbol, `sizes` by letter, and a `source` of inputs that are no arrays of numbers."""

    def __init__(self, card: Card, holds: tuple[Held, ...], sizes: tuple[Size, ...], source: Source | None) -> None:
        self.card, self.holds, self.sizes, self.source = card, holds, sizes, source

    def held(self, family: str) -> Held | None:
        """What is held under a family of symbols."""
        return next((each for each in self.holds if each.is_called(family)), None)

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> dict[str, int]:
        """How long every axis is: as the inputs have it, else as the knobs say."""
        lengths = {size.letter: int(knobs[size.knob]) + size.more if size.knob else size.fixed for size in self.sizes}
        for each in self.holds:
            if isinstance(each, Input) and inputs is not None and each.name in inputs:
                rows = inputs[each.name]
                for letter in each.letters:
                    lengths |= {letter: len(rows)} if isinstance(letter, str) else {}
                    rows = rows[0] if rows else ()
        if self.source is not None:
            lengths |= self.source.lengths(self.source.begin(knobs) if inputs is None else inputs)
        return lengths

    def shapes(self, kind: type[Held], lengths: Lengths, knobs: Knobs) -> dict[str, tuple[int, ...]]:
        """Shapes by name, in order; those there are `each` of side by side: W1, b1, W2, b2, …"""
        held = [each for each in self.holds if isinstance(each, kind)]
        alone = [entry for each in held if not each.each for entry in each.entries(lengths, knobs)]
        many = [list(each.entries(lengths, knobs)) for each in held if each.each]
        return dict([*alone, *(entry for layer in zip(*many, strict=True) for entry in layer)])

    def begin(
        self, knobs: Knobs, seed: int | None, lecture: Mapping[str, Any], drawn: Callable[[Rng], Mapping[str, Any]]
    ) -> Start:
        """The first state: the lecture's numbers where they fit and no seed is given, else what is drawn, else 0."""
        source, lengths = {} if self.source is None else self.source.begin(knobs), self.lengths(knobs)
        params, inputs = (self.shapes(kind, lengths, knobs) for kind in (Parameter, Input))
        shapes = {**params, **inputs}
        fits = seed is None and lecture and all(np.shape(v) == shapes[name] for name, v in lecture.items())
        given = lecture if fits else drawn(rng(seed or 0))
        arrays = {name: np.array(given.get(name, np.zeros(shape)), dtype=float) for name, shape in shapes.items()}
        return Start({name: arrays[name] for name in params}, source | {name: arrays[name].tolist() for name in inputs})

    def read(
        self, file: str, state: Mapping[str, Any], knobs: Knobs, begun: Mapping[str, Any]
    ) -> tuple[dict[str, Value], Start]:
        """Knobs and start from a state; inputs that it leaves out are those `begun` with. Raises Refused."""
        given, params = state.get("inputs", {}), state["params"]
        if not isinstance(given, Mapping):
            raise Refused("inputs_object", file=file)
        inputs, lengths, fitted = dict[str, Any](), dict[str, int](), dict(knobs)
        for each in self.holds:
            if isinstance(each, Input):
                spans = [(lengths[a], lengths[a]) if a in lengths else self._span(a) for a in each.letters]
                default = None if each.needed and given else begun[each.name]
                value = each.read(file, given.get(each.name, default), spans)
                lengths |= {a: n for a, n in zip(each.letters, value.shape, strict=True) if isinstance(a, str)}
                inputs[each.name] = value.tolist()
        if self.source is not None:
            own = self.source.read(file, given, knobs)
            inputs, fitted = inputs | own, fitted | self.source.knobs(own)
            lengths |= self.source.lengths(own)
        lengths = self._brought(file, params, lengths) | lengths
        told = [size for size in self.sizes if size.knob and size.letter in lengths]
        fitted |= {size.knob: lengths[size.letter] - size.more for size in told}
        shapes = self.shapes(Parameter, self.lengths(fitted, inputs), fitted)
        optional = frozenset(n for n in shapes if any(h.is_called(n) and h.may_lack(n) for h in self.holds))
        found = read_params(file, self.card.id, params, shapes, optional)
        for name, value in found.items():
            most = next(h.most for h in self.holds if h.is_called(name))
            if (abs(value) > most).any():
                raise Refused("too_large", file=file, symbol=name, most=f"{most:,g}")
        return fitted, Start(found, inputs)

    def _span(self, axis: str | int) -> Span:
        """How long an axis may be."""
        if isinstance(axis, int):
            return axis, axis
        size = next((size for size in self.sizes if size.letter == axis), Size(axis))
        knob = next((knob for knob in self.card.knobs if knob.id == size.knob), None)
        if knob is not None:
            return int(knob.low) + size.more, int(knob.high) + size.more
        return size.low or size.fixed, size.high or size.fixed

    def _brought(self, file: str, params: Mapping[str, Any], known: Lengths) -> dict[str, int]:
        """The lengths that a state's parameters bring: how many there are of each, and how long their axes are.

        Raises Refused where one is longer or shorter than the lesson takes; `known` are those of the inputs.
        """
        lengths: dict[str, int] = {}
        for held in self.holds:
            if held.each:
                lengths[held.each] = max(lengths.get(held.each, 0), sum(map(held.is_called, params)))
                continue
            value = numbers(params.get(held.name)) if isinstance(held, Parameter) else None
            if value is not None and value.ndim == len(held.letters):
                axes = zip(held.letters, value.shape, strict=True)
                lengths = {a: n for a, n in axes if isinstance(a, str)} | lengths  # the first that says it
        spans = {size.letter: self._span(size.letter) for size in self.sizes if size.letter in lengths}
        for letter, (low, high) in spans.items():
            if not low <= lengths[letter] <= high and letter not in known:
                self._out_of_range(file, params, letter, known)
        return {letter: lengths[letter] for letter, (low, high) in spans.items() if low <= lengths[letter] <= high}

    def _out_of_range(self, file: str, params: Mapping[str, Any], letter: str, known: Lengths) -> None:
        """Raises Refused, naming the first parameter that a letter is an axis of, and what the lesson takes."""
        for held in self.holds:
            value = numbers(params.get(held.name))
            if letter in held.letters and isinstance(held, Parameter) and value is not None:
                letters = [a if isinstance(a, str) else "" for a in held.letters]
                spans = [
                    (known[a], known[a]) if a in known else self._span(b)
                    for a, b in zip(letters, held.letters, strict=True)
                ]
                wanted = ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in spans)
                raise Refused("shape", file=file, symbol=held.name, found=value.shape, wanted=f"({wanted})")

    def kept(self, symbol: str) -> tuple[Held, tuple[int, ...]] | None:
        """What an entry of a symbol is kept in, and where its index begins; None where it is computed."""
        family, at = split(symbol)
        for each in self.holds:
            if symbol in each.also:
                return each, ()
            if at and family == each.rows:
                return each, at
            first = each.first or 0
            if each.is_called(family) and (not at or (each.first is not None and at[0] >= first)):
                return each, tuple(i - first for i in at)
        return None

    def allow(self, symbol: str, raw: str, among: Collection[float]) -> None:
        """Raises Refused where a value that was typed is none of those `among`, or larger than a symbol may be."""
        if among and number_of(raw) not in among:
            raise Refused("edit_among", value=raw.strip(), values=", ".join(f"{value:g}" for value in among))
        kept = self.kept(symbol)
        if kept is not None and abs(number_of(raw)) > kept[0].most:
            raise Refused("edit_large", value=raw.strip(), most=f"{kept[0].most:,g}")

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        """Where a shown entry is kept: the parameter or input, and the index in it."""
        kept = self.kept(symbol)
        if kept is None:
            return symbol, index
        held, at = kept
        family = split(symbol)[0]
        name = held.name if symbol in held.also or family == held.rows else held.kept(family)
        return name, (*at, *(index[: held.rank()] if at else index))

    def sourced(self, symbol: str) -> tuple[Source, int] | None:
        """The source that a symbol is edited in, and at which index."""
        family, at = split(symbol)
        return (self.source, at[0]) if self.source is not None and at and family in self.source.families else None

"""What a chosen cell is: its formula with the numbers in it, where these came from, and who uses it. For any lesson."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from engine.device import quiet
from engine.walks import rules as ruling
from engine.walks.step import Path, split
from lessons.contract.view import View
from lessons.explaining.explain import explain
from lessons.explaining.figures import cells, counts, eight, figures, folded, whole
from lessons.explaining.formulas import law, sign
from lessons.explaining.numbering import shift
from lessons.explaining.typeset import entry, scoring

USERS = 3
"""At most so many symbols that were made from a cell are named."""


@dataclass(frozen=True)
class Inspection:
    """One entry of a symbol explained: its name and value, and the rule that made it, in symbols and in numbers.

    `rule`, `symbols`, `numbers` and `parts` are empty for what was given; the last three are those of `explain.Cell`.
    `sources` are the symbols that the rule read, `users` some that were made from this one, `position` the one just
    after it was written; None where that was in an earlier section.
    """

    symbol: str
    index: tuple[int, ...]
    label: str
    value: float | None
    rule: str = ""
    symbols: str = ""
    numbers: str = ""
    parts: str = ""
    sources: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    position: int | None = None
    counted: bool = False
    sign: str = "="
    shift: int = 0

    @property
    def shown(self) -> str:
        """The value in eight figures."""
        return "·" if self.value is None else eight(self.value + self.shift)

    @property
    def full(self) -> str:
        """The value in all its figures, for copying."""
        return "" if self.value is None else whole(self.value + self.shift)

    def lines(self, width: int = 80) -> tuple[str, ...]:
        """The formula in symbols, and under its = or ← the numbers, worked out; a third line where it is long."""
        head = f"{self.label}  {self.sign}  "
        if not self.symbols:
            return (f"{self.label}  =  {self.shown}",)
        if self.symbols == self.numbers:  # a sum begins with 0
            return (head + self.numbers,)
        return (*folded(head, self.symbols, width), *self._worked_out(_under(head), width))

    def short(self, width: int = 80) -> tuple[str, ...]:
        """The same without the symbols, where `lines` are more than two."""
        lines = self.lines(width)
        return self._worked_out(f"{self.label}  =  ", width) if len(lines) > 2 else lines

    def _worked_out(self, head: str, width: int) -> tuple[str, ...]:
        """The numbers behind `head`, and what they come to."""
        parts = f"{self.parts}  =  " if self.parts and self.parts != self.numbers else ""
        worth = "·" if self.value is None else figures(self.value + self.shift, self.counted)
        if self.numbers == worth:
            return (head + self.numbers,)
        whole = f"{head}{self.numbers}  =  {parts}{worth}"
        if cells(whole) <= width:
            return (whole,)
        return (*folded(head, self.numbers, width), *folded(_under(head), parts + worth, width))


def _under(head: str) -> str:
    """What a line begins with that stands under another with `head`: the same =."""
    return " " * (cells(head) - 3) + "=  "


def inspect(view: View, symbol: str, index: tuple[int, ...]) -> Inspection:
    """Explain one entry by the rule that last wrote it; a given one (a weight, an input) has no rule.

    `index` may be longer than the symbol has axes: what is over is dropped. Where a picture is shown whose entries are
    symbols of their own, as h[1,0,2] of the map h[1], it is that symbol.
    """
    with scoring("galpha" in view.rules):
        return _inspect(view, symbol, index)


def _inspect(view: View, symbol: str, index: tuple[int, ...]) -> Inspection:
    held, own = view.get(symbol), f"{symbol[:-1]},{','.join(map(str, index))}]"
    if held is None and index and symbol.endswith("]") and view.get(own) is not None:
        return _inspect(view, own, (0, 0))
    at = index[: held.ndim] if held is not None else index
    value = None if held is None or len(at) < held.ndim else float(held[at] if held.ndim else held)
    label = entry(symbol, at if held is None or held.size > 1 else ())
    writer = view.writer(symbol) or view.origin(symbol)
    if writer is None:
        return Inspection(symbol, at, label, value, shift=shift(symbol))
    rule, path, position = writer
    lookup = view.lookup(position) if position is not None else view.held
    with quiet():
        cell, whole = explain(rule, path, at, lookup), summed(rule, path, lookup)
    return Inspection(
        symbol=symbol,
        index=at,
        label=label,
        value=value,
        rule=law(whole, ruling.bindings(path)),
        symbols=cell.symbols,
        numbers=cell.numbers,
        parts=cell.parts,
        sources=ruling.reads(rule, path),
        users=tuple(view.users(symbol, USERS + 1)),
        position=position,
        counted=cell.counted or counts(symbol),
        sign=sign(rule),
        shift=shift(symbol),
    )


def summed(rule: str, path: Path, lookup: ruling.Lookup) -> str:
    """The rule as a learner reads it: `batch`, a sum over examples, is a Σ where there are several, else nothing."""
    calls = (node for node in ast.walk(ruling.parse(rule).value) if isinstance(node, ast.Call))
    inner = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "batch"]
    several = any(ruling.value(each, ruling.bindings(path), lookup).shape[1] > 1 for each in inner)
    return rule.replace("batch(", "sum(") if several else rule


def focus(view: View, shown: Collection[str], explains: tuple[str, ...] = ()) -> tuple[str, tuple[int, ...]] | None:
    """The cell that is explained when none is chosen, as (symbol, index); None before the first step.

    Of what was just written and is shown, it is of the first family in `explains` (its names may be beginnings of
    names), else of what was written first; of that family it is what was written last, as the address says.
    """
    step = view.step
    if step is None:
        return None
    names = [name for name in view.written if not _is_zero(view, name)] or list(step.values)
    order = {name: rank for name in names for rank, family in enumerate(explains) if split(name)[0].startswith(family)}
    made_at = {name: (view.writer(name) or ("", (), 0))[2] for name in names}
    in_sight = [name for name in names if name in shown]
    if order:
        pool = [name for name in in_sight if name in order] or list(order)
        name = min(pool, key=lambda name: (order[name], made_at[name]))
    else:
        pool = in_sight or names
        name = min(in_sight, key=made_at.__getitem__) if in_sight else max(names, key=made_at.__getitem__)
    family = split(name)[0]
    name = max((each for each in pool if split(each)[0] == family), key=made_at.__getitem__)
    held = view.get(name)
    return name, (0,) * (0 if held is None else held.ndim)


def _is_zero(view: View, name: str) -> bool:
    """Whether a symbol was just begun as a sum that has no term yet."""
    writer = view.writer(name)
    return writer is not None and "= 0 *" in writer[0]

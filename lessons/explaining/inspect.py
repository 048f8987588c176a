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
from lessons.explaining.typeset import entry, law, sign

USERS = 3
"""What was made from a cell: so many are named."""


@dataclass(frozen=True)
class Inspection:
    """A cell explained: what it is called, its value, the rule, and the rule's cell in symbols and in numbers."""

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

    @property
    def shown(self) -> str:
        """The value in eight figures."""
        return "·" if self.value is None else eight(self.value)

    @property
    def full(self) -> str:
        """The value in all its figures, for copying."""
        return "" if self.value is None else whole(self.value)

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
        worth = "·" if self.value is None else figures(self.value, self.counted)
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
    """Explain one cell by its last writer; a given one (a weight, an input) is just named."""
    held = view.get(symbol)
    full = index[: held.ndim] if held is not None else index
    value = None if held is None or len(full) < held.ndim else float(held[full] if held.ndim else held)
    label = entry(symbol, full if held is None or held.size > 1 else ())
    found = view.writer(symbol) or view.origin(symbol)
    if found is None:
        return Inspection(symbol, full, label, value)
    rule, path, position = found
    lookup = view.lookup(position) if position is not None else view.held
    with quiet():
        cell, said = explain(rule, path, full, lookup), summed(rule, path, lookup)
    return Inspection(
        symbol,
        full,
        label,
        value,
        law(said, ruling.bindings(path)),
        cell.symbols,
        cell.numbers,
        cell.parts,
        ruling.reads(rule, path),
        tuple(view.users(symbol, USERS + 1)),
        position,
        cell.counted or counts(symbol),
        sign(rule),
    )


def summed(rule: str, path: Path, lookup: ruling.Lookup) -> str:
    """The rule as it is said of a batch: with a Σ where several examples are added up; of one there is no sum."""
    calls = (node for node in ast.walk(ruling.parse(rule).value) if isinstance(node, ast.Call))
    inner = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "batch"]
    several = any(ruling.value(each, ruling.bindings(path), lookup).shape[1] > 1 for each in inner)
    return rule.replace("batch(", "sum(") if several else rule


def focus(view: View, shown: Collection[str], explains: tuple[str, ...] = ()) -> tuple[str, tuple[int, ...]] | None:
    """The cell that is explained when none is chosen: of what was written and is shown, what a lesson would have told.

    Where the lesson names nothing, what came first. Of a family that was written several times it is the last one, as
    the address says.
    """
    step = view.step
    if step is None:
        return None
    order = [name for name in view.written if not _is_zero(view, name)] or list(step.values)
    told = {name: rank for name in order for rank, of in enumerate(explains) if split(name)[0].startswith(of)}
    place = {name: (view.writer(name) or ("", (), 0))[2] for name in order}
    seen = [name for name in order if name in shown]
    if told:
        pool = [name for name in seen if name in told] or list(told)
        name = min(pool, key=lambda name: (told[name], place[name]))
    else:
        pool = seen or order
        name = min(seen, key=place.__getitem__) if seen else max(order, key=place.__getitem__)
    family = split(name)[0]
    name = max((each for each in pool if split(each)[0] == family), key=place.__getitem__)
    held = view.get(name)
    return name, (0,) * (0 if held is None else held.ndim)


def _is_zero(view: View, name: str) -> bool:
    found = view.writer(name)
    return found is not None and "= 0 *" in found[0]

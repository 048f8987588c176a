"""What stages are made of: the blocks and rows that every lesson shows of a position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.device import HostArray
from lessons.contract.panels import Axis, Block, Heat, Item, Label, Laws, Matrix, Panel, Row, Series, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.formulas import law
from lessons.explaining.typeset import subscript

Rules = Mapping[str, str]
WIDE = 10
"""Ledgers of more timesteps than this are drawn as heat."""
AROUND = 4
"""So many rows of a ledger, or of the scores of a softmax, are in sight however scarce room is."""


class Parts:
    """Builds the panels of one position. Nothing here knows how wide the screen is."""

    def __init__(self, view: View, text: Text) -> None:
        self.view, self.text = view, text

    def say(self, key: str, **fields: Any) -> str:
        """A label in the learner's language."""
        phrase = self.text.phrase("labels", key)
        return phrase.format(**fields) if fields else phrase

    def known(self, name: str) -> bool:
        return self.view.get(name) is not None

    def flags(self, name: str) -> dict[str, Any]:
        """Whether the last steps wrote a symbol, or read it."""
        return {"written": name in self.view.written, "read": name in self.view.read}

    def number(self, name: str) -> float | None:
        """A symbol that holds one number."""
        value = self.view.get(name)
        return None if value is None else float(value.reshape(-1)[0])

    def scalar(self, name: str, title: str = "") -> Block:
        """A symbol that holds one number, as a cell."""
        value = self.view.get(name)
        shown = None if value is None else value.reshape(1, 1)
        return Block(name, shown, (1, 1), "row", title=title, **self.flags(name))

    def standing(self, name: str, *made_from: str) -> bool:
        """Whether a symbol still goes with what it was made from: none of that was written after it."""
        at, *after = (writer[2] if (writer := self.view.writer(each)) else 0 for each in (name, *made_from))
        return at >= max(after)

    def score(self, name: str, made_from: Sequence[str], title: str = "") -> Block:
        """A number as a cell, as long as it goes with the vectors beside it; then nothing, until it is made anew."""
        shown = self.scalar(name, title=title)
        return shown if self.standing(name, *made_from) else replace(shown, values=None)

    def vector(self, name: str, size: int, lie: str = "row", title: str = "") -> Block:
        """A vector symbol as one line of cells, or one column."""
        value = self.view.get(name)
        shape = (1, size) if lie == "row" else (size, 1)
        shown = None if value is None else value.reshape(shape)
        return Block(name, shown, shape, lie, title=title, **self.flags(name))


def subscripted(name: str, t: int) -> str:
    return name + subscript(str(t))


def corner(parts: Parts, name: str, part: int, title: str = "", vector: bool = False) -> Block:
    """The first rows and columns of a matrix, or the first entries of a vector in a line: `part` of them at most."""
    value, shape = parts.view.get(name), (1 if vector else part, part)
    if value is not None:
        value = value.reshape(1, -1)[:, :part] if vector else np.atleast_2d(value)[:part, :part]
        shape = value.shape
    return Block(name, value, shape, "row" if vector else "matrix", title=title, **parts.flags(name))


def flow(id: str, items: Mapping[int, Item], priority: int, label: str = "", title: str = "") -> Matrix:
    """Blocks side by side."""
    return Matrix(id=id, priority=priority, title=title, rows=[Row(label, items)])


def growing(id: str, heads: Sequence[str], rows: Sequence[Sequence[str]], priority: int = 5) -> Table:
    """A table that grows at its end: the last row is lit."""
    return Table(id=id, priority=priority, heads=heads, rows=rows, lit=len(rows) - 1 if rows else None)


def laws(rules: Rules, *ops: str, right: str = "") -> Laws:
    """The act's formulas, from the rules that compute it."""
    return lawful(*(rules[op] for op in ops), right=right)


def lawful(*rules: str, right: str = "") -> Laws:
    """Rules in symbols, in the line at the top of a stage."""
    return Laws(id="law", priority=9, laws=list(map(law, rules)), right=right)


def with_law(stage: Stage, view: View) -> Stage:
    """The stage, with a law of what the step did: the last one, before the others, where the act has none of them."""
    if not view.done:
        return stage
    at = next((i for i, panel in enumerate(stage) if isinstance(panel, Laws)), None)
    if at is None:
        return [Laws(id="law", priority=6, laws=[law(view.done[-1])]), *stage]
    panel = stage[at]
    assert isinstance(panel, Laws)
    if any(law(rule) in panel.laws for rule in reversed(view.done)):
        return stage
    return [*stage[:at], replace(panel, laws=[law(view.done[-1]), *panel.laws]), *stage[at + 1 :]]


def with_now(stage: Stage, view: View) -> Stage:
    """The stage, its laws saying which of them the last step went by."""
    done = [law(rule) for rule in reversed(view.done)]
    return [
        replace(panel, now=next((each for each in done if each in panel.laws), ""))
        if isinstance(panel, Laws)
        else panel
        for panel in stage
    ]


def around(count: int, at: int, most: int) -> range:
    """At most so many rows of `count`, with row `at` in their middle."""
    first = max(0, min(at - most // 2, count - most))
    return range(first, min(count, first + most))


def cut_off(rows: Sequence[Row], shown: range, count: int) -> list[Row]:
    """Rows of `count`, those in the range `shown`; the first and the last say how many are above and below them."""
    found, above, below = list(rows), shown.start, count - shown.stop
    if above:
        found[0] = replace(found[0], tail=f"{found[0].tail}  ▲ {above}".strip())
    if below:
        found[-1] = replace(found[-1], tail=f"{found[-1].tail}  ▼ {below}".strip())
    return found


def ledger(
    title: str, values: HostArray, axis: Axis, at: tuple[int | None, int | None], written: tuple[int, int] | None,
    symbol: str, tails: Mapping[int, str], tail: str, priority: int = 6,
) -> Panel:  # fmt: skip
    """One number for every t and k ≤ t, NaN where it is not known yet; `at` is where the walk is, `tails` by t.

    Up to WIDE timesteps in digits, where room is scarce those around the one at work; more of them as heat.
    """
    T, (t, k) = len(values), at
    if T > WIDE:
        return Heat(
            id="ledger",
            priority=priority,
            title=title,
            block=Block(symbol, values, values.shape),
            focus=(t or 0, k or 0),
        )
    rows = []
    for row in range(T):
        shown = ["·" if np.isnan(value) else five(float(value)) for value in values[row, : row + 1]]
        items: dict[int, Item] = {
            col: Label(each, written=(row, col) == written, role="dim" if each in "·0" else "")
            for col, each in enumerate(shown)
        }
        rows.append(Row(subscripted("E", row), items, tail=tails.get(row, ""), mark=row == t))
    return Matrix(id="ledger", priority=priority, title=title, rows=rows, axis=axis, tail=tail, least=AROUND)


def measured(name: str, held: Sequence[float], first: int, dotted: bool) -> Series:
    """A loss that was measured now and then, and held in between: straight lines from one measurement to the next.

    held[i] is what was known after update first + i; it ends with the last measurement.
    """
    y = np.asarray(held, dtype=float)
    if not y.size:
        return Series(name, [], first, dotted)
    at = np.flatnonzero(np.diff(y) != 0) + 1
    return Series(name, np.concatenate([y[:1], y[at]]), first, dotted, first + np.concatenate([[0], at + 1]))

"""What stages of an encoder and a decoder share: words, the first units of states, corners of parameters.

Of a batch the first pair is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.device import HostArray
from engine.gated.cell import Cell
from engine.sequences.net import Seq2seq
from lessons.building.stage_parts import flow
from lessons.building.staging import Lengths, LessonStage
from lessons.contract.panels import Axis, Block, Label, Matrix, Panel, Row
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.typeset import name as typeset
from lessons.recurrent.gated import columns

UNITS, CORNER, SHOWN = 2, 4, 6
"""Units of a state, rows and columns of a parameter, and places on either side that are shown."""
VECTORS = columns("_e", "_d") | {
    "w", "d", "q", "k", "j", "alpha", "htilde", "delta_a", "delta_htilde", "galpha", "gd", "gq", "gk", "ge", "gx",
    "gx_d", "x_d", "p", "F", "va", "dva", "G_va", "m_va", "v_va", "words", "end", "force", "d_init", "gd_init",
    "gc_d_init",
}  # fmt: skip
"""The families that are vectors for one sentence."""


class SidesStage(LessonStage):
    """A position in an encoder, whose cell is `reads`, and a decoder, whose cell is `writes`."""

    reads: Cell
    writes: Cell
    net: Seq2seq
    words: Sequence[str]
    """The words of translations."""
    target: Sequence[str]
    """The words that are wanted, with the end."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.t = view.loop("t") or 0
        self.phases = {name for name, index in view.path if index < 0}
        self.op = view.step.op if view.step is not None else ""

    # words

    def first(self, symbol: str) -> HostArray | None:
        """A vector; of a batch that of its first pair."""
        value = self.view.get(symbol)
        return value if value is None or value.ndim == 1 else value[:, 0]

    def word(self, symbol: str, words: Sequence[str]) -> str:
        """The word that a one-hot column stands for; a dot where it stands for none."""
        column = self.first(symbol)
        return "·" if column is None or not column.any() else words[int(column.argmax())]

    def heard(self, family: str, words: Sequence[str]) -> list[str]:
        """The words of a batch's first pair."""
        found: list[str] = []
        while self.known(f"{family}[{len(found)}]"):
            found.append(self.word(f"{family}[{len(found)}]", words))
        return found

    # blocks

    def part(self, name: str, most: int = UNITS, title: str = "", at: int | None = None) -> Block:
        """The first entries of a vector in a line, or its entry `at`."""
        value, lie = self.view.get(name), "row"
        if at is not None:
            shown = None if value is None else value.reshape(len(value), -1)[at : at + 1, :1]
            return Block(name, shown, (1, 1), "at", at, title=title, **self.flags(name))
        if value is not None:
            lie, most = "slice" if value.ndim == 2 else "row", min(most, len(value))
        shown = None if value is None else value.reshape(len(value), -1)[:most, 0][None]
        return Block(name, shown, (1, most), lie, title=title, **self.flags(name))

    def corner(self, name: str) -> Block:
        """The first rows and columns of a parameter, or of what belongs to one."""
        value = self.view.get(name)
        if value is None:
            return self.scalar(name, typeset(name))
        lie, whole = ("column" if value.ndim == 1 else "matrix"), value.reshape(len(value), -1)
        shown = whole[:CORNER, :CORNER]
        more = "" if shown.shape == whole.shape else f" {shown.shape[0]}×{shown.shape[1]}/{len(whole)}×{whole.shape[1]}"
        return Block(name, shown, shown.shape, lie, title=typeset(name) + more, **self.flags(name))

    def corners(self, *names: str, id: str = "part", priority: int = 5) -> Matrix:
        """Corners side by side, of those that there are."""
        items = [self.corner(name) for name in names if self.known(name)]
        return flow(id, dict(enumerate(items)), priority)

    # rows under the places of the source, or under the words of the translation

    def over(self, loop: str, words: Sequence[str], side: str, back: bool = False, priority: int = 10) -> Matrix:
        """Gates and states of a side under every place or word; `back` their gradients."""
        cell, state = (self.reads, "h") if side == "e" else (self.writes, "d")
        gates, more = [f"{q}_{side}" for q in cell.gates if q != "h"], [f"{s}_{side}" for s in cell.states[1:]]
        made = [*gates, *more, state]
        if back:
            deltas = [f"delta_{gate}" for gate in gates or [f"h_{side}"]]
            made = [f"g{state}", *(f"g{each}" for each in more), *deltas]
        at, H = self.view.loop(loop) or 0, self.lengths["H"]
        near = [n for n in range(len(words)) if abs(n - at) <= SHOWN]
        labels = tuple(f"{loop}={n}" for n in range(len(words)))
        rows = [Row("", {n: Label(each[n], role=role) for n in near}) for each, role in ((labels, "dim"), (words, ""))]
        rows += [Row(typeset(each), {n: self.part(f"{each}[{n}]") for n in near}) for each in made]
        title, axis = self.say("units", last=min(UNITS, H), H=H), Axis(labels, at, UNITS)
        return Matrix(id=f"over_{loop}", priority=priority, title=title, axis=axis, rows=rows)

    # laws and parameters at work

    def laws(self, *ops: str) -> Panel:
        """The law of the step, then others."""
        return self.law(*dict.fromkeys(op for op in (self.op, *ops) if op in self.view.rules))

    def gate(self, side: str) -> Matrix:
        """Corners of the parameters of the gate at work."""
        gates = [name.removeprefix("gate_") for name in self.phases if name.startswith("gate_")]
        gate = f"{gates[0] if gates else self.reads.gates[-1]}_{side}"
        return self.corners(f"W{gate}", f"U{gate}", f"b{gate}")

"""What declared lessons show: the parts of a position, and a stage by default, which is made of the rules alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine.walks import rules as ruling
from engine.walks.step import split
from lessons.building.stage_parts import Parts, flow, laws
from lessons.contract.panels import Axis, Block, Label, Laws, Matrix, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, View
from lessons.explaining.figures import five
from lessons.explaining.typeset import name as typeset


class Editable(Protocol):
    """What a stage reads of its lesson."""

    def editable(self, symbol: str) -> bool:
        """Whether a symbol's entries may be put in by hand."""

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> Mapping[str, int]:
        """How long every axis is."""


class LessonStage(Parts):
    """A position of a declared lesson: its parts know which cells may be edited, and how long a loop is."""

    def __init__(self, lesson: Editable, view: View, text: Text) -> None:
        super().__init__(view, text)
        self.lesson, self.knobs, self.act = lesson, view.knobs, view.act
        self.params, self.inputs = view.start.params, view.start.inputs
        self.lengths = lesson.lengths(view.knobs, view.start.inputs)

    def law(self, *ops: str) -> Laws:
        """The rules of some ops, in the line at the top."""
        return laws(self.view.rules, *ops)

    def shown(self, name: str, title: str = "") -> Block:
        """A symbol as it is held or was written: a number as a cell, a vector as a column, a matrix."""
        value, editable = self.view.get(name), self.lesson.editable(name)
        if value is None or value.size == 1:
            return self.scalar(name, editable, title)
        if value.ndim == 1:
            return self.vector(name, len(value), "column", editable, title)
        return Block(name, value, value.shape, title=title, editable=editable, **self.flags(name))

    def along(self, loop: str, count: int, families: Mapping[str, str], id: str = "along", first: int = 1) -> Matrix:
        """One column for each turn of a loop, one row for each family, by what it is called."""
        axis = Axis(tuple(f"{loop}={n + first}" for n in range(count)), (self.view.loop(loop) or first) - first, 1)
        rows = [Row("", {n: Label(label, role="dim") for n, label in enumerate(axis.labels)})]
        for family, label in families.items():
            items = {n: self.scalar(f"{family}[{n + first}]", self.editable(family, n + first)) for n in range(count)}
            rows.append(Row(label, items))
        return Matrix(id=id, priority=10, axis=axis, rows=rows)

    def editable(self, family: str, index: int) -> bool:
        return self.lesson.editable(f"{family}[{index}]")

    def side_by_side(self, names: Mapping[str, str], id: str = "made", priority: int = 10) -> Matrix:
        """Symbols side by side, each under its title."""
        return flow(id, {n: self.shown(name, title) for n, (name, title) in enumerate(names.items())}, priority)

    def figure(self, name: str) -> str:
        """A number as it stands in a text; a dot where it is not known."""
        value = self.number(name)
        return "·" if value is None else five(value)

    def stage(self) -> Stage:
        """The panels: see `default_stage`."""
        return default_stage(self)

    def fields(self) -> dict[str, Any]:
        """The fields that the text may use."""
        return {}


def default_stage(shown: LessonStage) -> Stage:
    """What this turn of the loop does: its laws; the numbers that count along the loop; what else is read and made."""
    view, steps = shown.view, shown.view.steps()
    here = view.path if view.path in {step.path for step in steps} else steps[0].path
    *outer, (loop, index) = here
    turn = [step for step in steps if step.path == here]
    turns = sorted({step.path[-1][1] for step in steps if step.path[:-1] == tuple(outer) and step.path[-1][0] == loop})
    counted, single = dict[str, str](), dict[str, str]()
    for step in turn:
        for symbol in (*ruling.reads(view.rules[step.op], step.path), *step.values):
            family, at = split(symbol)
            value = view.get(symbol)
            if at == (index,) and (value is None or value.size == 1):
                counted[family] = typeset(family)
            else:
                single[symbol] = typeset(symbol)
    stage: Stage = [shown.law(*dict.fromkeys(step.op for step in turn))]
    if counted:
        stage.append(shown.along(loop, len(turns), counted, first=turns[0]))
    return [*stage, shown.side_by_side(single)] if single else stage

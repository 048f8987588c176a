"""What a declared lesson shows of a position: parts that know the lesson, and a stage made of the rules alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from engine.walks import rules as ruling
from engine.walks.step import split
from lessons.building.stage_parts import Parts, flow, laws
from lessons.contract.panels import Axis, Block, Item, Label, Laws, Matrix, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, View
from lessons.explaining.figures import five
from lessons.explaining.typeset import name as typeset


class Lengths(Protocol):
    """What a stage reads of its lesson."""

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> Mapping[str, int]:
        """How long every axis is, by its letter."""


class LessonStage(Parts):
    """The panels and the text's fields at one position.

    A lesson's own class has a method `show_<act>` for each act that is shown otherwise than by `default_stage`, and
    `fields` where its text has some.
    """

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(view, text)
        self.knobs, self.act = view.knobs, view.act
        self.params, self.inputs = view.start.params, view.start.inputs
        self.lengths = lesson.lengths(view.knobs, view.start.inputs)

    def stage(self) -> Stage:
        """The panels of this act."""
        show = getattr(self, f"show_{self.act}", None)
        panels: Stage = default_stage(self) if show is None else show()
        return panels

    def fields(self) -> dict[str, Any]:
        """The fields that the text may use."""
        return {}

    # parts

    def law(self, *ops: str, right: str = "") -> Laws:
        """The rules of some ops, in the line at the top."""
        return laws(self.view.rules, *ops, right=right)

    def shown(self, name: str, title: str = "") -> Block:
        """A symbol as it is held or was written: a number as a cell, a vector as a column, a matrix."""
        value = self.view.get(name)
        if value is None or value.size == 1:
            return self.scalar(name, title=title)
        if value.ndim == 1:
            return self.vector(name, len(value), "column", title=title)
        return Block(name, value, value.shape, title=title, **self.flags(name))

    def row(self, label: str, family: str, indices: Iterable[int]) -> Row:
        """The entries of a family, each in the column of its place among the indices."""
        return Row(label, {n: self.shown(f"{family}[{i}]") for n, i in enumerate(indices)})

    def along(self, loop: str, count: int, families: Mapping[str, str], id: str = "along", first: int = 1) -> Matrix:
        """One column for each turn of a loop, one row for each family, by what it is called."""
        turns = range(first, count + first)
        axis = Axis(tuple(f"{loop}={n}" for n in turns), (self.view.loop(loop) or first) - first, 1)
        heads = Row("", {n: Label(label, role="dim") for n, label in enumerate(axis.labels)})
        rows = [self.row(label, family, turns) for family, label in families.items()]
        return Matrix(id=id, priority=10, axis=axis, rows=[heads, *rows])

    def side_by_side(self, names: Mapping[str, str], id: str = "made", priority: int = 10) -> Matrix:
        """Symbols side by side, each under its title."""
        blocks: dict[int, Item] = {n: self.shown(name, title) for n, (name, title) in enumerate(names.items())}
        return flow(id, blocks, priority)

    def figure(self, name: str) -> str:
        """A number as it stands in a text; a dot where it is not known."""
        value = self.number(name)
        return "·" if value is None else five(value)

    def figures(self, *names: str, **others: str) -> dict[str, str]:
        """Numbers as fields of the text: a symbol under its own name, or field=symbol."""
        return {
            name: self.figure(symbol) for name, symbol in {**dict(zip(names, names, strict=True)), **others}.items()
        }


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

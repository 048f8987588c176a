"""What is shown alike of nets that read and write letters: gates and states under the letters, and how one is drawn."""

from __future__ import annotations

from functools import cached_property

from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths
from lessons.contract.panels import Label, Matrix, Panel, Picture, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import cells, five
from lessons.recurrent.cell_position import CellPosition, Families
from lessons.recurrent.corner import UNITS, Corners
from lessons.recurrent.in_time import TimeStage, guesses, letter
from lessons.recurrent.letter_net import LetterNet

NAME, BAR = 10, 14
"""Cells of what stands before a text, and of a bar."""
EXPECTED = 5
"""Likely letters that are shown."""


class LayerPosition(CellPosition):
    """A position in a layer: the gate on the road is marked throughout, and while sums over time grow."""

    between = " "
    unlit = ()

    @property
    def gate(self) -> str:
        return super().gate if self.phase != "sum" else self.cell.road or self.cell.gates


class LetterStage(TimeStage):
    """A position in a net that reads, writes or learns a text: `read` are the codes of what it reads here.

    `written` is how many letters it writes step by step.
    """

    written = 24

    def __init__(self, lesson: Lengths, view: View, text: Text, net: LetterNet) -> None:
        super().__init__(lesson, view, text)
        self.net, self.at = net, LayerPosition(self, net.cell)
        self.corners, self.units = Corners(self.at), min(UNITS, self.H)
        self.writes = "write" in self.at.phases
        self.read = [int(code) for code in self.reads()]
        self.T = self.written if self.writes else len(self.read)

    def reads(self) -> list[int]:
        """The codes that are read here: of an update the first stretch of its window."""
        if self.view.training is not None and not self.writes:
            return list(self.net.streams.window(self.view.training.n).x[:, 0])
        return list(self.net.text.codes[: self.T])

    @cached_property
    def vocabulary(self) -> list[str]:
        return [letter(each) for each in self.inputs["letters"]]

    @property
    def told(self) -> str:
        """What has been written so far after the first letter."""
        picks = [self.number(f"pick[{t}]") for t in range(self.T)]
        return "".join(self.inputs["letters"][int(pick)] for pick in picks if pick is not None)

    def under_time(self, families: Families, *below: Row) -> Matrix:
        """The letters that are read, and families and rows under them."""

        def shown(t: int) -> Label:
            if not self.writes:
                return Label(self.vocabulary[self.read[t]])
            x = self.view.get(f"x[{t}]")
            return Label("·" if x is None else self.vocabulary[int(x.argmax())], **self.flags(f"x[{t}]"))

        letters = Row(self.say("input"), {t: shown(t) for t in self.near})
        return self.corners.under_time(letters, families, *below)


def forward(stage: LetterStage) -> Stage:
    """Gates and states of the layer at work, and what is guessed."""
    states = stage.under_time(stage.at.gates_and_states(), guesses(stage).rows[0])
    return [stage.at.law_forward(), states, weights(stage)]


def backward(stage: LetterStage) -> Stage:
    """What comes back to states and gates of the layer at work."""
    return [stage.at.law_back(), stage.under_time(stage.at.errors()), weights(stage)]


def writing(stage: LetterStage, *written: Panel) -> Stage:
    """Letters drawn one after the other; under the law stands what is `written`, by default in a line."""
    law = stage.law("F", "pick") if stage.at.phase == "draw" else stage.at.law_forward(output=("a", "q"))
    names = ("u", "pick")
    numbers = {i: stage.corners.number(f"{name}[{stage.t or 0}]", name) for i, name in enumerate(names)}
    states, shown = stage.under_time(stage.at.gates_and_states()), written or (in_a_line(stage),)
    return [law, *shown, drawing(stage), flow("chance", numbers, 8), states]


def opened(stage: LetterStage) -> Stage:
    """An update from within."""
    if stage.at.stepping:
        return [stage.at.end_of_update()]
    return backward(stage) if stage.at.back else forward(stage)


def weights(stage: LetterStage) -> Matrix:
    """A corner of the parameters of the gate at work; on the way back of their gradient."""
    output = stage.at.phase == "output"
    items = stage.corners.at_work(output)
    if output and stage.t is not None and not stage.writes:
        items[2] = stage.corners.number(f"E[{stage.t}]", subscripted("E", stage.t))
    return flow("weights", items, 5)


def in_a_line(stage: LetterStage) -> Picture:
    """What has been written so far after the first letter, white space made visible."""
    first, text = stage.vocabulary[stage.read[0]], "".join(map(letter, stage.told))
    label = (0, 0, stage.say("wrote"), "label")
    return Picture(
        id="wrote", priority=10, marks=[label, (0, NAME, first, "dim"), (0, NAME + cells(first), text, "written")]
    )


def drawing(stage: LetterStage) -> Table:
    """The likeliest letters, and between which numbers u draws each."""
    q, F = (stage.view.get(f"{name}[{stage.t or 0}]") for name in "qF")
    u, pick = (stage.number(f"{name}[{stage.t or 0}]") for name in ("u", "pick"))
    heads = (stage.say("letter"), "q", "", stage.say("between", u="" if u is None else five(u).strip()))
    if q is None:
        return Table(id="draw", priority=9, heads=heads, rows=[])
    likeliest = sorted(range(len(q)), key=lambda i: -q[i])[: EXPECTED + 1]
    chosen = None if pick is None else int(pick)
    if chosen is not None and chosen not in likeliest:
        likeliest[-1] = chosen
    likeliest.sort()
    rows = []
    for i in likeliest:
        span = "·" if F is None else f"{five(float(F[i - 1]) if i else 0.0).strip()} – {five(float(F[i])).strip()}"
        rows.append((stage.vocabulary[i], *chance(float(q[i])), span))
    lit = None if chosen is None else likeliest.index(chosen)
    return Table(id="draw", priority=9, heads=heads, rows=rows, lit=lit)


def chance(p: float) -> tuple[str, str]:
    """A probability in figures, and as a bar."""
    return five(p).strip(), ("█" * round(BAR * p)).ljust(BAR)

"""What a net in training has come to, on the stage: its samples; and what it expects of a text, letter by letter."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from engine.device import HOST, HostArray
from engine.gated.cell import Cell
from engine.walks.history import State
from engine.walks.step import split
from lessons.building.defaults import on_device
from lessons.building.latest import latest
from lessons.building.stage_parts import growing
from lessons.building.training_panel import training_of
from lessons.contract.panels import Axis, Block, Item, Label, Matrix, Picture, Row, Table
from lessons.explaining.figures import cells, cut, ending, five, number
from lessons.recurrent.generate import learning
from lessons.recurrent.in_time import TimeStage, letter
from lessons.recurrent.letter_net import likeliest
from lessons.recurrent.letter_stage import EXPECTED, NAME, chance

WIDE = 62
"""Cells of the text under which the net is watched."""
SAMPLES, BEST = 7, 2
"""Samples, and units that follow something, as many as are shown."""
BEFORE, AROUND = 48, 10
"""Letters of the text before ▲ that may be in sight; cells on either side of it."""
CHANCES = ((0.05, " "), (0.2, "░"), (0.5, "▒"), (2.0, "▓"))
"""How likely the next letter was held to be, by the first bound that it is under."""
UP, DOWN = " ░▒▓", " -=≡"
"""How active a unit is, above and below 0."""
SHARES = (0.1, 0.4, 0.7)


@latest
def expecting(state: State, stage: TimeStage, cell: Cell, codes: HostArray) -> tuple[list[HostArray], list[HostArray]]:
    """ŷ and the top layer's states at every letter of a text."""
    made = learning.net_of(stage.knobs).over(HOST, on_device(HOST, stage.params), codes).run.made
    yhat, h = ([each[name][:, 0] for each in made] for name in ("yhat", cell.top))
    return yhat, h


class Watched:
    """The net of the update in focus, and the text that it is watched on."""

    def __init__(self, stage: TimeStage, cell: Cell) -> None:
        self.stage = stage
        state = training_of(stage.view).state
        assert state is not None
        self.reading: learning.Reading = state.data.reading
        self.codes = learning.under(stage.knobs)
        self.yhat, self.h = expecting(state, stage, cell, self.codes)
        self.letters = [stage.vocabulary[code] for code in self.codes]

    @cached_property
    def spot(self) -> int:
        """The letter that is looked at, ▲ is at the next: the cursor's, else the one that surprised most."""
        if self.stage.view.cursor is not None:
            _, at = split(self.stage.view.cursor[0])
            if at and at[0] < len(self.yhat):
                return int(at[0])
        return int(np.argmin([self.chance(t) for t in range(len(self.yhat))]))

    def chance(self, t: int) -> float:
        """How likely the letter after letter t was held to be."""
        return float(self.yhat[t][self.codes[t + 1]])

    def samples(self) -> Table:
        """The latest samples."""
        say, latest = self.stage.say, self.reading.samples[-SAMPLES:]
        texts = [cut(each.text.replace("\n", "⏎").replace("\t", "⇥"), learning.LONG) for each in latest]
        wide = max(map(cells, texts), default=0)
        rows = [
            (number(each.n), f"{each.bits:.2f}", text + " " * (wide - cells(text)))
            for each, text in zip(latest, texts, strict=True)
        ]
        taus = " → ".join(dict.fromkeys(f"{each.tau:g}" for each in latest))
        heads = (say("update"), say("bits"), say("sample", tau=taus))
        return growing("samples", heads, rows, 10)

    def under(self) -> Picture:
        """The text, how likely each of its letters was held to be, and the units that follow something best."""
        say = self.stage.say
        best = sorted(self.reading.follows, key=lambda each: -abs(each.correlation))[:BEST]
        labels = [say("text"), say("p_of_it"), *(say("unit", n=each.unit) for each in best)]
        marks = [(y, 0, cut(label, NAME - 1) if y else label, "label") for y, label in enumerate(labels)]
        x = NAME
        for t in range(max(0, self.spot - BEFORE), len(self.codes)):
            text, at_spot = self.letters[t], t == self.spot + 1
            wide = cells(text)
            if x + wide > NAME + WIDE:
                break
            marks.append((0, x, text, "head" if at_spot else ""))
            if t:
                sign = next(sign for bound, sign in CHANCES if self.chance(t - 1) < bound)
                marks.append((1, x, sign * wide, "forward"))
            if t < len(self.h):
                units = enumerate((float(self.h[t][each.unit]) for each in best), 2)
                marks += [(y, x, shade(value) * wide, "curve2") for y, value in units]
            if at_spot:
                marks.append((len(labels), x, "▲", "head"))
            x += wide
        return Picture(id="under", priority=9, title=say("under"), marks=marks)

    def expected(self) -> Table:
        """What the net expects at ▲."""
        found = likeliest(self.yhat[self.spot], self.stage.inputs["letters"], EXPECTED)
        heads = (self.stage.say("expected", before=ending("".join(self.letters[: self.spot + 1]), 4)), "p", "")
        rows = [(letter(each), *chance(p)) for each, p in found]
        return Table(id="expected", priority=8, heads=heads, rows=rows)

    def losses(self) -> Matrix:
        """The loss at the letters around ▲, in cells that the cursor can go to."""
        heads, losses = dict[int, Item](), dict[int, Item]()
        for t in range(max(0, self.spot - AROUND), min(len(self.yhat), self.spot + AROUND + 1)):
            E = -np.log(max(self.chance(t), 1e-300))
            heads[t], losses[t] = Label(self.letters[t + 1]), Block(f"E[{t}]", np.array([[E]]), (1, 1), "row")
        axis = Axis(tuple(self.letters[1:]), self.spot, 1, close=True)
        rows = [Row("", heads), Row("E", losses)]
        return Matrix(id="cells", priority=9, title=self.stage.say("losses"), rows=rows, axis=axis)

    def follows(self) -> Table:
        """What single units followed when the last sample was written."""
        say, reading = self.stage.say, self.reading
        rows = [(say(f"trait_{each.what}"), str(each.unit), five(each.correlation).strip()) for each in reading.follows]
        heads = (say("follows", n=number(reading.samples[-1].n)), say("of_unit"), say("correlation"))
        return Table(id="follows", priority=6, heads=heads, rows=rows)


def shade(value: float) -> str:
    """How active a unit is, as one character."""
    level = sum(abs(value) >= share for share in SHARES)
    return (UP if value >= 0 else DOWN)[level]

"""The stages of `music`: a tune on its stave while it is read or written; the tunes of a net that learns, judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from engine.sequences import abc
from engine.sequences.judging import Tally
from lessons.building.staging import Lengths
from lessons.building.training_panel import known, training_curve, training_of
from lessons.contract.panels import Axis, Block, Label, Matrix, Picture, Row, Stage, Stave, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.data.tunes import TUNES
from lessons.explaining.figures import ending, number
from lessons.recurrent.letter_stage import LetterStage, forward, in_a_line, opened, writing
from lessons.recurrent.music import learning, score

BIASES = 12
"""Letters whose biases are shown."""


class MusicStage(LetterStage):
    """A position in a net that reads, writes or learns tunes."""

    written = learning.WRITTEN

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text, learning.net_of(view.knobs))
        self.tunes = learning.tunes(view.knobs)
        self.seed = int(self.inputs["seed"])

    def show_read(self) -> Stage:
        """The letters read so far as a tune, gates and states, and what is guessed."""
        law, *rest = forward(self)
        seen = 0 if self.t is None else self.t + 1
        text = "".join(self.inputs["letters"][code] for code in self.read[:seen])
        return [law, stave(self, text, lambda at: (f"x[{at}]", (self.read[at],)), focus=True), *rest]

    def show_write(self) -> Stage:
        """Letters drawn one after the other, as a tune."""
        text = self.inputs["letters"][self.read[0]] + self.told
        tune = stave(self, text, lambda at: (f"pick[{at - 1}]", (0,)) if at else ("x[0]", (self.read[0],)), focus=True)
        return writing(self, tune, in_a_line(self))

    def show_train(self) -> Stage:
        """Training from outside: a tune, how the bars are judged, the curve, what was written; or an update."""
        training = training_of(self.view)
        if training.open or self.at.stepping:
            return self.show_write() if self.writes else opened(self)
        assert training.state is not None
        data, kinds = training.state.data, (self.knobs, learning.beside(self.knobs))
        reading: learning.Reading = data.net.reading
        nets = [(str(each["cell"]).upper(), run.reading.tally) for each, run in zip(kinds, data, strict=True)]
        title = self.say("curve", bits=f"{reading.bits:.2f}")
        curves = [
            (f"{name} {nets[i][0]}".strip(), y, first) for i in (0, 1) for name, y, first in known(training.also[i])
        ]
        return [
            Picture(id="recipe", priority=4, marks=[(0, 0, self.say("recipe", **self.fields()), "")]),
            *([stave(self, abc.first_tune(reading.written[0]))] if reading.written else []),
            judged(self, [*nets, *tables(self)]),
            training_curve(
                self,
                title,
                curves,
                now_and_then=True,
                priority=7,
                mark=number(training.n),
                reach=300,
                top=1.0,
                ends=True,
            ),
            biases(self),
        ]

    def fields(self) -> dict[str, Any]:
        knobs, name, last = self.knobs, str(self.knobs["tunes"]), tables(self)[-1][1]
        return {
            "cell": str(knobs["cell"]).upper(), "beside": str(learning.beside(knobs)["cell"]).upper(), "H": self.H,
            "K": self.K, "T": self.lengths["T"], "B": self.net.streams.B, "optimiser": knobs["optimiser"],
            "rate": f"{float(knobs['rate']):g}", "tau": f"{self.net.tau:g}", "even": f"{np.log2(self.K):.2f}",
            "source": self.say(f"set_{name}") if name in TUNES else ending(name, 24), "tunes": len(self.tunes.tunes),
            "letters": number(len(self.net.text.codes)), "left": self.tunes.left,
            "title": self.tunes.tunes[0].header.get("T", "?"), "copied": percent(last, "right", "bars"),
            "anew": percent(last, "new", "bars"), "composed": percent(last, "new_right", "new"),
        }  # fmt: skip


Judged = tuple[str, Tally]


def stave(stage: MusicStage, text: str, cell: Any = None, focus: bool = False) -> Stave:
    """Letters as a tune that can be saved and heard; with `focus` the last bar stays in sight, else the first."""
    state = stage.tunes.state
    bars = score.measures(text, state, stage.tunes.bars, cell, stage.view.written)
    return Stave(
        id="stave", priority=11, title=stage.say("stave"), bars=bars, numbered=stage.say("numbered") == "yes",
        focus=len(bars) - 1 if focus else 0, abc=abc.as_file(text, state, stage.say("tune_title")),
    )  # fmt: skip


def tables(stage: MusicStage) -> list[Judged]:
    """How the tables of counts are judged."""
    found = learning.counted(str(stage.knobs["tunes"]), stage.seed)
    return [(stage.say("order", n=each.order), each.tally) for each in found]


def judged(stage: MusicStage, rows: Iterable[Judged]) -> Table:
    """Of each writer's bars how many add up; how many are new, and how many of these add up."""
    heads = [stage.say(f"judged_{name}") for name in ("who", "bars", "right", "new", "new_right")]
    parts = (("right", "bars"), ("new", "bars"), ("new_right", "new"))
    lines = [(who, f"{of.bars:,}", *(percent(of, *part) for part in parts)) for who, of in rows]
    return Table(id="judged", priority=9, heads=heads, rows=lines)


def percent(of: Tally, what: str, among: str) -> str:
    """A share in percent; a dot where there is nothing to have a share of."""
    return f"{100 * of.share(what, among):.0f} %" if getattr(of, among) else "·"


def biases(stage: MusicStage) -> Matrix:
    """The biases of the likeliest letters: how often each is written whatever came before."""
    count = min(len(stage.vocabulary), BIASES)
    heads = Row("", {i: Label(stage.vocabulary[i], role="dim") for i in range(count)})
    entries = Row("by", {i: Block("by", stage.params["by"][i : i + 1, None], (1, 1), "at", i) for i in range(count)})
    axis = Axis(tuple(stage.vocabulary[:count]), 0, 1, close=True)
    return Matrix(id="biases", priority=8, rows=[heads, entries], axis=axis)

"""The stages of `shapes`: the slide's five drawings, the net unrolled in the chosen one, right answers in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from lessons.building.stage_parts import flow
from lessons.building.staging import Lengths
from lessons.building.training_panel import training_curve, training_of
from lessons.contract import panels
from lessons.contract.panels import Axis, Block, Graph, Item, Matrix, Row, Stage, Tile
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.data.pictures.digits import SIDE
from lessons.data.sequences.sentences import GROUPS
from lessons.data.sequences.task import AGES, SHAPES
from lessons.recurrent.cell_position import CellPosition
from lessons.recurrent.corner import Corners
from lessons.recurrent.in_time import TimeStage, guesses, norm_bars
from lessons.recurrent.on_curve import looked_at, tried
from lessons.recurrent.shapes import experiment as exp
from lessons.recurrent.unrolled import Moment, chance, unrolled, way

DRAWN = {
    "one_to_one": ("▣", "■", "▢"), "one_to_many": ("▣ ▣ ▣", "■→■→■", "▢"), "many_to_one": ("    ▣", "■→■→■", "▢ ▢ ▢"),
    "many_to_many": ("    ▣ ▣ ▣", "■→■→■→■→■", "▢ ▢ ▢"), "in_step": ("▣ ▣ ▣", "■→■→■", "▢ ▢ ▢"),
}  # fmt: skip
"""The slide's five drawings, from the top: losses, the cell at every timestep, inputs."""
SHOWN = {
    "one_to_one": ("all",), "one_to_many": ("all", "whole"), "many_to_one": ("all", *GROUPS, "shuffled"),
    "many_to_many": ("all", "whole"), "in_step": ("all", "still0", "still8", "changed0", "changed8"),
}  # fmt: skip
"""The shares of right answers in the table, by shape."""


class ShapesStage(TimeStage):
    """A position. Of the states the first unit is shown; of a batch the first example."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.cell, self.shape = exp.cell_of(view.knobs), str(view.knobs["shape"])
        self.task = exp.task_of(view.knobs, int(self.inputs["seed"]))
        self.batch = view.training is not None and view.training.open
        self.on_curve = view.training is not None and not self.batch
        if self.batch:  # of an open update all is about its batch, of which the first example is shown
            self.T = self.task.x.shape[1]
        self.at, self.units = CellPosition(self, self.cell), 1
        self.corners = Corners(self.at)

    @cached_property
    def axis(self) -> Axis:
        """One column a timestep; a loss that is the only one stays in sight."""
        return replace(super().axis, own=tuple(self.losses) if len(self.losses) == 1 else super().axis.own)

    @property
    def losses(self) -> list[int]:
        """The timesteps that have a loss."""
        return [t for t, y in enumerate(self.wanted) if y is not None]

    @cached_property
    def vocabulary(self) -> list[str]:
        """The outputs by name."""
        return list(self.inputs["classes"])

    @cached_property
    def read(self) -> list[Any]:
        """What is read at every timestep: a word, a list of pixels, or None."""
        if not self.batch:
            return list(self.inputs["x"])
        columns = [self.view.get(f"x[{t}]") for t in range(self.T)]
        first = [np.zeros(self.lengths["I"]) if x is None else x.reshape(len(x), -1)[:, 0] for x in columns]
        return self.task.tokens(np.array(first))

    @cached_property
    def wanted(self) -> list[int | None]:
        """The code of what is wanted at every timestep; None where there is no loss."""
        if not self.batch:
            return [None if each is None else self.vocabulary.index(each) for each in self.inputs["y"]]
        return [None if (y := self.example(f"y[{t}]")) is None else int(np.argmax(y)) for t in range(self.T)]

    # acts

    def show_forward(self) -> Stage:
        """The cell at every timestep, an input where there is one, a loss where there is one."""
        rows = self.at.rows(self.at.gates_and_states(), self.corners.state)
        gates = Matrix(id="gates", priority=6, title=self.say("one_unit", H=self.H), rows=rows, axis=self.axis)
        drawing = [five(self), self.at.law_forward(), *pictures(self), self.unrolled(), *unknown(self)]
        return [*drawing, self.answers(), gates, weights(self)]

    def show_backward(self) -> Stage:
        """The same; and where errors enter, and what comes back of them."""
        return [five(self), self.at.law_back(), *pictures(self), self.unrolled(), errors(self), weights(self)]

    def show_train(self) -> Stage:
        """Right answers beside others', over the updates; or an update opened."""
        if self.at.stepping:
            return [self.at.end_of_update()]
        if self.batch:
            return (self.show_backward if self.at.back else self.show_forward)()[1:]
        right = training_of(self.view).also[0]
        curve = training_curve(self, self.say("curve"), right, now_and_then=True, least_top=1.0, top=1.0, ends=True)
        return [five(self), *results(self), curve, *pictures(self), self.unrolled(), self.answers()]

    def unrolled(self) -> Graph:
        """The net in time: a box for an input and for a loss only where there is one."""
        start = Block("h_init", np.zeros((1, self.units)), (1, self.units), "row", **self.flags("h_init"))
        moments = {t: self.moment(t) for t in self.near}
        return unrolled(self, "h", moments, looked_at(start, self.tried.get("h_init")))

    def moment(self, t: int) -> Moment:
        """What is drawn of a timestep."""
        y, written, yhat = self.wanted[t], self.view.written, self.example(f"yhat[{t}]")
        known, back = self.known(f"h[{t}]") or self.on_curve, self.at.back and self.known(f"gh[{t}]")
        return Moment(
            looked_at(self.corners.state(f"h[{t}]"), self.tried.get(f"h[{t}]")), word(self, t),
            None if y is None else self.vocabulary[y], None if y is None else chance(yhat, y), way(known, False),
            way(known, back), way(yhat is not None, self.at.error_sent(t)),
            *(f"{name}[{t}]" in written for name in ("h", "yhat", "e")),
        )  # fmt: skip

    @cached_property
    def tried(self) -> Mapping[str, Any]:
        """On the curve what the example makes, by symbol, not what the last minibatch made."""
        return tried(self.view, self.cell, self.wanted) if self.on_curve else {}

    def example(self, name: str) -> Any:
        return self.tried[name] if name in self.tried else super().example(name)

    def number(self, name: str) -> float | None:
        return self.tried[name] if name in self.tried else super().number(name)

    def answers(self) -> Matrix:
        """The likeliest answers under each loss."""
        return guesses(self, most=2, at=self.losses)

    def fields(self) -> dict[str, Any]:
        x, y = ([each for each in self.inputs[name] if each is not None] for name in "xy")
        own = {name: self.say(f"{name}_{self.shape}").replace("`", "") for name in ("task", "where", "train", "found")}
        return own | {
            "T": len(self.inputs["x"]), "last": len(self.inputs["x"]) - 1, "inputs": len(x), "losses": len(y),
            "batch": int(self.knobs["batch"]), "rate": f"{float(self.knobs['rate']):g}",
            "optimiser": self.knobs["optimiser"], "count": f"{len(self.task.x):,}", "tests": len(self.task.test_x),
            "model": self.say(f"model_{self.knobs['model']}"),
        }  # fmt: skip


def five(stage: ShapesStage) -> panels.Picture:
    """The slide's drawings side by side, the chosen one lit."""
    marks, x = list[tuple[int, int, str, str]](), 1
    for shape in SHAPES:
        name, ink = stage.say(shape), "written" if shape == stage.shape else "dim"
        marks += [(y, x, line, ink) for y, line in enumerate((name, *DRAWN[shape]))]
        x += max(len(name.encode("gbk", "replace")), len(DRAWN[shape][1])) + 3  # a Chinese character is two wide
    return panels.Picture(id="five", priority=4, marks=marks)


def pictures(stage: ShapesStage) -> Stage:
    """The pictures that are read, in order."""
    tiles = list[Tile]()
    for t, each in enumerate(stage.read):
        if each is not None and not isinstance(each, str):
            pixels = np.array(each).reshape(SIDE, SIDE)
            lit = t == stage.at.t and stage.act != "train"
            tiles.append(Tile(Block("x", pixels, (SIDE, SIDE)), f"t={t}", lit=lit))
    return [panels.Tiles(id="pictures", priority=6, tiles=tiles, most=1.0)] if tiles else []


def unknown(stage: ShapesStage) -> Stage:
    """Words that are not in the vocabulary, and how they are read."""
    odd = [x for x in stage.read if isinstance(x, str) and x not in stage.inputs["vocabulary"]]
    said = stage.say("unknown", words=", ".join(odd))
    return [panels.Note(id="unknown", priority=8, level="warn", text=said)] if odd else []


def errors(stage: ShapesStage) -> Matrix:
    """What comes back: the part of ∂E/∂h that enters here from a loss, and all of it, on one scale; the gates' δ."""
    T, V = stage.T, stage.view.get("V")
    known = {t: e for t in stage.losses if (e := stage.example(f"e[{t}]")) is not None and stage.at.back}
    sent = {T + t: V.T @ known[t] if t in known and V is not None else None for t in stage.near if t in stage.losses}
    bars = norm_bars({t: stage.example(f"gh[{t}]") for t in stage.near} | sent)
    enters = Row("‖Vᵀe‖", {t - T: bars[t] for t in sent})
    rows = [enters, Row("‖∂E/∂h‖", {t: bars[t] for t in stage.near})]
    rows += stage.at.rows(stage.at.errors(), stage.corners.state)
    return Matrix(id="errors", priority=8, rows=rows, axis=stage.axis)


def weights(stage: ShapesStage) -> Matrix:
    """A corner of the parameters at work."""
    output = stage.at.phase == "output" or (stage.at.phase == "sum" and stage.at.back and "V" in stage.at.op)
    items = stage.corners.at_work(output, "b")
    return flow("weights", {n: column_read(stage, item) for n, item in items.items()}, 7)


def column_read(stage: ShapesStage, item: Item) -> Item:
    """Of weights that read a word the one column that it picks, as a line; all else as it is."""
    word, known = stage.read[stage.at.t or 0], stage.inputs["vocabulary"]
    if not isinstance(item, Block) or item.symbol[0] != stage.cell.own[0][0] or word not in known:
        return item
    value, code, rows = stage.view.get(item.symbol), known.index(word), item.shape[0]
    shown = None if value is None else value[:rows, code][None]
    title = f"{item.symbol} · {word}  {rows}/{stage.H}"
    return Block(item.symbol, shown, (1, rows), "slice", code, title=title, **stage.flags(item.symbol))


def results(stage: ShapesStage) -> Stage:
    """Right answers on the test: of the net, and of those that it is compared with."""
    state = training_of(stage.view).state
    assert state is not None
    scores: Mapping[str, float] = state.data.reading
    names = [name for name in SHOWN[stage.shape] if name in scores]
    every = [*exp.rivals(*exp.chosen(stage.knobs, stage.inputs["seed"])).items(), (str(stage.knobs["model"]), scores)]
    rows = [(stage.say(f"model_{who}"), *(f"{100 * found[name]:.0f} %" for name in names)) for who, found in every]
    heads = ["", *(stage.say(f"score_{name}") for name in names)]
    table = panels.Table(
        id="results", priority=9, title=stage.say("results"), heads=heads, rows=rows, lit=len(rows) - 1
    )
    if stage.shape != "in_step":
        return [table]
    at = np.array(AGES, dtype=float)
    lines = [
        panels.Line(stage.say(f"model_{who}"), at, np.array([found[f"changed{n}"] for n in AGES]), dotted=n < 2)
        for n, (who, found) in enumerate(every)
    ]
    ages = panels.Plot(id="ages", priority=8, title=stage.say("ages"), x=(0.0, at[-1]), y=(0.0, 1.0), lines=lines)
    return [table, ages]


def word(stage: ShapesStage, t: int) -> str | None:
    """What is read at a timestep, with ? where it is a word that is not in the vocabulary."""
    x = stage.read[t]
    if not isinstance(x, str):
        return None if x is None else stage.say("picture")
    return x if x in stage.inputs["vocabulary"] else f"{x}?"

"""The stages of `caption`: the picture beside what is made of it, the words over time, where it looks, the training."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from engine.device import HOST
from engine.sequences import caption
from engine.sequences.caption_training import EVERY, Reading
from engine.sequences.one_picture import from_start
from lessons.building import picture_parts as pictures
from lessons.building.defaults import on_device
from lessons.building.stage_parts import flow
from lessons.building.staging import Lengths
from lessons.building.training_panel import known_at, training_curve, training_of
from lessons.contract.panels import Axis, Beside, Curve, Matrix, Stage, Table, Tile, Tiles
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.data.pictures.album import said
from lessons.data.pictures.cards import SIDE
from lessons.explaining.figures import cells, number
from lessons.recurrent import in_words
from lessons.recurrent.caption import experiment as exp
from lessons.recurrent.cell_position import CellPosition, Families
from lessons.recurrent.corner import UNITS, Corners
from lessons.recurrent.in_time import TimeStage

ROWS, MAPS, DEEP = 5, 2, 12
"""Rows of D and maps that are shown; held-out pictures that are listed."""
FRAME = (SIDE, SIDE)


class CaptionStage(TimeStage):
    """A position. Of states the first units are shown, of a batch the first example."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.net, self.sets = exp.net_of(view.knobs), exp.sets_of(view.knobs, int(self.inputs["seed"]))
        self.vocabulary = [self.say("start"), self.say("end"), *self.sets.album.vocabulary]
        self.at = CellPosition(self, self.net.cell)
        self.corners, self.units, self.writes = Corners(self.at), min(UNITS, self.H), self.act == "write"
        self.T = self.sets.album.longest if self.writes or view.training is not None else self.T
        self.picture = pictures.pixels(self, "I", self.say("picture"), FRAME)

    @cached_property
    def axis(self) -> Axis:
        own = () if self.t is None else (self.t,)
        return Axis(tuple(f"t={t}" for t in range(self.T)), min(self.focus, self.T - 1), self.units, own=own)

    def under_words(self, families: Families) -> Matrix:
        """Gates and states, or their errors, under the words."""
        title = self.say("units", count=self.units, H=self.H) if self.H > 1 else self.say("one_unit")
        return Matrix(
            id="over", priority=7, title=title, rows=self.at.rows(families, self.corners.state), axis=self.axis
        )

    def show_look(self) -> Stage:
        """The picture, its features, the start state; rows of D."""
        law = self.law(self.at.op) if "layer" in dict(self.view.path) else self.law("netD", "h_init")
        start = pictures.pixels(self, "h_init", self.say("h_init"), pictures.square(self.H))
        return [
            law,
            pictures.each_in_its_scale([self.picture, *features(self), start], SIDE),
            *rows_of_D(self, "D", "h_init"),
        ]

    def show_write(self) -> Stage:
        """Word by word: what is read and written, p beside it, the likeliest words."""
        law = self.law("yhat", "word") if self.at.op in ("a", "yhat", "word", "read") else self.at.law_forward()
        left = [Tiles(id="picture", priority=10, large=True, tiles=[self.picture])]
        beside = Beside(id="beside", priority=9, stacks=[left, [in_words.candidates(self)]], shares=(SIDE + 1.0, 30.0))
        return [law, in_words.over_time(self, True), beside, self.under_words(self.at.gates_and_states())]

    def show_back(self) -> Stage:
        """The right words; then through them into the start state, to D and to the pixels."""
        if not self.at.back and self.t is None:
            return self.show_look()
        if self.at.back and {"start", "layer"} & {name for name, _ in self.view.path}:
            delta = pictures.pixels(self, "delta_init", self.say("delta_init"), pictures.square(self.H))
            tiles = [self.picture, delta, pictures.pixels(self, "by_I", self.say("by_I"), FRAME)]
            return [self.law(self.at.op), pictures.each_in_its_scale(tiles, SIDE), *rows_of_D(self, "dD", "delta_init")]
        law = self.at.law_back() if self.at.back else self.at.law_forward()
        families = self.at.errors() if self.at.back else self.at.gates_and_states()
        output = self.at.phase == "output" or (self.at.phase == "sum" and "V" in self.at.op)
        weights = flow("weights", self.corners.at_work(output), 5)
        return [law, in_words.over_time(self, False), self.under_words(families), weights]

    def show_train(self) -> Stage:
        """Whole captions that are right, of every net and of the classifier; what the net writes now; or an update."""
        if self.at.stepping:
            return pictures.made_whole(self, self.say("op_weights"))
        if training_of(self.view).open:
            return self.show_back()
        biases = in_words.biases(self, "by", self.vocabulary, str(self.knobs["word"]))
        return [standings(self), curve(self), listed(self), biases, *rows_of_D(self, "D", "h_init")]

    def fields(self) -> dict[str, Any]:
        knobs, held = self.knobs, int(self.knobs["example"]) - 1 in self.sets.out
        return {
            "caption": said(self.inputs["caption"]), "H": self.H, "pixels": exp.PIXELS, "word": knobs["word"],
            "trained": number(int(knobs["trained"])), "seen": self.say("was_held" if held else "was_seen"),
            "train": len(self.sets.train.captions), "out": len(self.sets.out), "every": EVERY,
            "eye": self.say(f"eye_{knobs['eye']}"), "batch": int(knobs["batch"]), "rate": f"{float(knobs['rate']):g}",
            "optimiser": knobs["optimiser"], "ahead": number(exp.AHEAD), "zero": from_zero(self),
        }  # fmt: skip


def features(stage: CaptionStage) -> list[Tile]:
    """What is made of the picture before the start state: units, or the first maps."""
    eye = stage.net.eye
    if eye.net is None:
        return [pictures.pixels(stage, "h1", "h₁", pictures.square(eye.hidden))] if eye.hidden else []
    return pictures.maps_of_batch(stage, "h1", "h₁", FRAME, MAPS)


def rows_of_D(stage: CaptionStage, name: str, by: str) -> Stage:
    """Rows of D or ∂E/∂D as pictures, of the units with the largest |by| or at the cursor; none of other features."""
    if stage.net.eye.features != "I":
        return []
    cursor = stage.view.cursor
    first = [cursor[1][0]] if cursor is not None and cursor[0] in ("h_init", "netD", "delta_init", "gh_init") else []
    rows = [*first, *(j for j in pictures.largest(stage, by, stage.H) if j not in first)][:ROWS]
    title = f"rows_{name}" if stage.known(by) else "rows_first"
    return [pictures.rows_as_pictures(stage, name, FRAME, rows, stage.say(title))]


def run_name(stage: CaptionStage, n: int) -> str:
    """A run, and what computes its features."""
    training = training_of(stage.view)
    return f"{training.curves[n][0]} {training.runs[n]['eye'] if n < len(training.runs) else ''}".strip()


def standings(stage: CaptionStage) -> Table:
    """The shares of right captions of every net and of the classifier, as last counted."""
    training, some = training_of(stage.view), stage.sets
    assert training.state is not None
    data, rows = training.state.data, []
    for n, (held, _, seen) in enumerate(zip(*training.also, strict=True)):
        known = [known_at(training, each) for each in (seen, held)]
        both = data.net.reading if n == training.current else Reading(*(np.nan if k is None else k for k in known))
        rows.append((run_name(stage, n), *shares(both)))
    rows.append((stage.say("classifier", n=len(set(some.train.captions))), *shares(data.classed)))
    heads = (stage.say("net"), stage.say("on_train", n=len(some.train.captions)), stage.say("on_held", n=len(some.out)))
    return Table(id="standings", priority=9, heads=heads, rows=rows, lit=training.current)


def shares(reading: Reading) -> list[str]:
    """Shares of right captions in percent."""
    return [f"{100 * share:.0f} %" if np.isfinite(share) else "–" for share in reading]


def curve(stage: CaptionStage) -> Curve:
    """Right captions held out: of every run, and of the classifier."""
    nets, classifiers, *_ = training_of(stage.view).also
    names = [*(run_name(stage, n) for n in range(len(nets))), stage.say("classifier_short")]
    lines = [(name, *each[1:]) for name, each in zip(names, (*nets, classifiers[0]), strict=True)]
    return training_curve(
        stage, stage.say("curve"), lines, now_and_then=True, priority=8, least_top=1.0, top=1.0, ends=True, reach=600
    )


def listed(stage: CaptionStage) -> Table:
    """Pictures that are held out, first the one that always is: what they are, and what the net writes now."""
    some, words = stage.sets, stage.vocabulary
    spread = np.linspace(0, max(len(some.out) - 1, 0), DEEP).astype(int).tolist() if some.out else []
    first = [some.out.index(some.album.always)] if some.album.always in some.out else []
    picked = list(dict.fromkeys([*first, *spread]))[:DEEP]
    theta, image = on_device(HOST, stage.params), some.held.image[:, picked]
    found = caption.written(HOST, stage.net, theta, image, some.album.longest) if picked else []
    told = [said([words[c] for c in some.held.captions[n]]) for n in picked]
    both = list(zip(told, (said([words[c] for c in codes]) for codes in found), strict=True))
    wide = max((cells(now) for _, now in both), default=0)
    rows = [(wanted, now + " " * (wide - cells(now)), "✓" if wanted == now else "✗") for wanted, now in both]
    return Table(id="listed", priority=8, heads=(stage.say("held_out"), stage.say("written_now"), ""), rows=rows)


def from_zero(stage: CaptionStage) -> str:
    """What the net writes from a start state of 0."""
    theta, most = on_device(HOST, stage.params), stage.sets.album.longest
    codes = from_start(HOST, stage.net, theta, np.zeros((stage.H, 1)), most)
    return said([stage.vocabulary[code] for code in codes]) or stage.say("nothing")

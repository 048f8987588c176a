"""The stages of `translate`: the encoder's states, where the decoder looks, what it writes; back; an update opened."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.sequences.pairs import END
from lessons.building.shades import shades
from lessons.building.stage_parts import flow
from lessons.building.staging import Lengths
from lessons.building.training_panel import training_of
from lessons.contract.panels import Axis, Item, Label, Matrix, Note, Picture, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.typeset import name as typeset
from lessons.recurrent import written
from lessons.recurrent.sides import SidesStage
from lessons.recurrent.translate import experiment as exp
from lessons.recurrent.translate import training_view

LIKELY = 3
"""Words of a guess."""


class TranslateStage(SidesStage):
    """A position; of a batch the first pair is shown, of states the first units."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.words = self.inputs["translations"]
        self.net = exp.net_of(self.knobs, len(self.inputs["words"]), len(self.words))
        self.reads, self.writes = self.net.encoder, self.net.decoder
        self.source, self.target = [*self.inputs["source"]], [*self.inputs["target"], self.words[END]]
        if view.training is not None and view.training.open:
            self.source = self.heard("x", self.inputs["words"])
            self.target = self.heard("y", self.words)

    def weights(self, *families: str) -> Matrix:
        """Numbers with one for each place of the source, at word t, under the source."""
        names = [f"{family}[{self.t}]" for family in families]
        rows = [Row("", {s: Label(word, role="dim") for s, word in enumerate(self.source)})]
        rows += [Row(typeset(n), {s: self.part(n, at=s) for s in range(len(self.source))}) for n in names]
        axis = Axis(tuple(self.source), self.view.loop("s") or 0, 1, close=True)
        return Matrix(id="weights", priority=9, title=self.say("places"), axis=axis, rows=rows)

    def output(self) -> Matrix:
        """What is made of word t: context, attentional state, the loss, the likeliest words."""
        t, yhat = self.t, self.first(f"yhat[{self.t}]")
        names = [f"c[{t}]", f"htilde[{t}]"] if self.net.looks else [f"htilde[{t}]"]
        items: dict[int, Item] = {n: self.part(name, title=typeset(name)) for n, name in enumerate(names)}
        items[2] = self.scalar(f"E[{t}]", typeset(f"E[{t}]"))
        if yhat is not None:
            best = np.argsort(-yhat, kind="stable")[:LIKELY]
            shown = "  ".join(f"{self.words[i]} {100 * yhat[i]:.0f}" for i in best)
            items[3] = Label(f"ŷ %  {shown}", **self.flags(f"yhat[{t}]"))
        return flow("output", items, 8)

    # acts

    def show_encode(self) -> Stage:
        """The encoder, word by word."""
        stage: Stage = [self.laws("h"), self.over("s", self.source, "e"), self.gate("e")]
        said = self.fields()["unknown"] if self.view.training is None else ""
        return [*stage, Note(id="unknown", priority=8, level="warn", text=said)] if said else stage

    def show_attend(self) -> Stage:
        """The decoder with every word read as it should be: scores, weights, context, output."""
        read = [self.word(f"w[{t}]", self.words) for t in range(len(self.target))]
        states = self.over("t", read, "d", priority=7)
        if not self.net.looks:
            return [self.laws("d", "htilde"), states, self.output(), self.gate("d")]
        return [self.laws("e", "c"), self.weights("e", "alpha"), self.output(), who(self), states]

    def show_decode(self) -> Stage:
        """Writing: greedily, where teacher forcing can be switched at each word; drawn; or by a beam."""
        how = str(self.knobs["decoding"])
        made = {"greedy": written.switches, "sample": written.drawing, "beam": written.beam}[how](self)
        looked = [self.weights("e", "alpha")] if self.net.looks and how != "beam" else []
        return [self.laws(), *made, *looked, self.output(), *([who(self)] if looked and how == "greedy" else [])]

    def show_backward(self) -> Stage:
        """Back through the decoder, at its start into the encoder; the gradient that the step added to."""
        side = "e" if "encoder" in self.phases else "d"
        p = self.op.removesuffix("_0")[1:]
        p = p if p in self.params else f"U{self.net.encoder.gates[0]}_{side}"
        summed = self.corners(p, f"d{p}", id="summed", priority=6)
        if side == "e":
            return [self.laws(), self.over("s", self.source, "e", True), summed]
        looked = [self.weights("alpha", "galpha", "ge")] if self.net.looks else []
        return [self.laws(), *looked, self.over("t", self.target, "d", True, 8), summed]

    def show_train(self) -> Stage:
        """Both nets; or an update opened."""
        if not training_of(self.view).open:
            return training_view.show(self)
        if self.phases & {"clip", "step"}:
            p = next((name for name, _ in reversed(self.view.path) if name in self.params), "V")
            slots = [f"{slot}_{p}" for slot in "Gmv"]
            return [self.laws(), self.corners(p, f"d{p}", *slots, id="step", priority=9)]
        ahead = self.show_encode if "encoder" in self.phases else self.show_attend
        return self.show_backward() if "backward" in self.phases else ahead()

    # the text's fields

    def fields(self) -> dict[str, Any]:
        knobs, alpha, S = self.knobs, self.first("alpha[0]"), self.lengths["S"]
        unknown = " ".join(dict.fromkeys(word for word in self.inputs["source"] if word not in self.inputs["words"]))
        return {
            **{name: knobs[name] for name in ("batch", "optimiser", "beam")},
            "pairs": f"{knobs['pairs']:,}", "every": exp.EVERY,
            "source": "".join(self.inputs["source"]), "target": " ".join(self.inputs["target"]),
            "unknown": self.say("unknown", words=unknown) if unknown else "", "S": S, "last_s": S - 1,
            "H": self.lengths["H"], "cell": str(knobs["cell"]).upper(),
            "kind": self.say(f"kind_{knobs['attention']}"), "even": five(1 / S).strip(), "ahead": exp.AHEAD,
            "largest": "·" if alpha is None else five(float(alpha.max())).strip(),
            "rate": f"{float(knobs['rate']):g}", "tau": f"{float(knobs['temperature']):g}",
        }  # fmt: skip


def who(stage: TranslateStage) -> Picture:
    """Who looked where: a line for each word so far."""
    found = [alpha for t in range(len(stage.target)) if (alpha := stage.first(f"alpha[{t}]")) is not None]
    wrote = [stage.first(f"a[{t}]") for t in range(len(found))] if stage.act == "decode" else []
    words = ["·" if a is None else stage.words[int(a.argmax())] for a in wrote] or stage.target
    return shades(stage.say("who"), stage.source, words, found)

"""The stages of `boltzmann`: the chain as pictures, one unit in numbers, probabilities as bars, and training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.images import rbm_exact
from lessons.building.defaults import on_device
from lessons.building.picture_parts import log_bars, square
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths, LessonStage, default_stage
from lessons.building.training_panel import known, training_curve, training_of
from lessons.contract import panels as ui
from lessons.contract.panels import Block, Panel, Stage, Tile, Tiles
from lessons.contract.text import Text
from lessons.contract.view import Curve as Measured
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.typeset import name as typeset
from lessons.history.boltzmann import machine as exp

OPS = {
    "chain": ("q", "h", "p", "v"), "gradient": ("vh_data", "vh_model", "dW"), "step": ("step_W", "step_a", "step_b"),
}  # fmt: skip
"""The formulas of each phase of an update."""
BESIDE = 40
"""Visible units up to which the statistics are shown as tiles."""


class BoltzmannStage(LessonStage):
    """A position of a chain, of what is learned from it, of the exact probabilities, or of training."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.V, self.H = self.params["W"].shape
        self.k, self.seed = int(self.knobs["sweeps" if view.act == "fill" else "k"]), int(self.inputs["seed"])
        self.n = view.loop("n") or 0

    # parts

    def side(self, name: str, title: str = "", lit: bool = False) -> Tile:
        """The units of one side as a picture; of a batch its first example."""
        value = self.view.get(name)
        column = None if value is None else value.reshape(len(value), -1)[:, 0]
        size = self.V if name[0] in "vp" or name == "da" else self.H
        shape = square(size if column is None else len(column))
        shown = None if column is None else column.reshape(shape)
        lie = "square" if value is None or value.ndim == 1 else "slice_square"
        block = Block(name, shown, shape, lie, **self.flags(name))
        return Tile(block, title or typeset(name), lit=lit)

    def chain(self) -> Tiles:
        """v₀ → h₀ → v₁ → …, as far as it has come; in training with the probabilities, of the first example."""
        trained = self.view.training is not None
        filling = self.act == "fill"
        families = "vqh" if trained else "v" if filling else "vh"
        names = [f"{family}[{n}]" for n in range(self.k + 1) for family in families]
        names += [f"h[{self.n - (self.view.loop('i') is not None)}]"] if filling and self.known("h[0]") else []
        tiles = [self.side(name) for name in names if not trained or self.known(name)]
        title = self.say("first_example" if trained else "filled" if filling else "chain")
        return Tiles(id="chain", priority=9, title=title, tiles=tiles, most=1.0, large=not trained)

    def hidden(self, priority: int = 6) -> Tiles:
        """The weights of every hidden unit, where the pixels are."""
        W = self.view.get("W") if self.view.training is None or self.view.training.open else None
        W = self.params["W"] if W is None else W
        shape, lit = square(len(W)), self.view.loop("j")
        tiles = [
            Tile(
                Block("W", W[:, j].reshape(shape), shape, "slice_square", j, **self.flags(f"W_h[{j + 1}]")),
                f"h{j + 1}", lit=lit == j + 1,
            )
            for j in range(W.shape[1])
        ]  # fmt: skip
        return Tiles(id="weights", priority=priority, title=self.say("weights"), tiles=tiles)

    def bars(self, p: Sequence[float | None], lit: int | None = None) -> list[Panel]:
        """The probability of every picture that is shown, and what they come to together."""
        known = [each for each in p if each is not None]
        found: list[Panel] = [log_bars(self.say("bars", M=len(p), fair=five(1 / len(p)).strip()), p, lit)]
        if len(known) == len(p):
            figures = {"mass": sum(known), "least": min(known), "most": max(known)}
            said = self.say("together", **{name: five(value).strip() for name, value in figures.items()})
            found.append(ui.Note(id="together", priority=7, text=said))
        return found

    # the acts

    def show_gibbs(self) -> Stage:
        """The chain unit by unit."""
        i, j, n = self.view.loop("i"), self.view.loop("j") or 1, self.n
        names = ("net_v", "p", "r", "v", i) if i else ("net_h", "q", "u", "h", j)
        net, chance, number, bit, at = names
        size = self.V if i else self.H
        made = self.view.get(f"{bit}[{n}]")
        done = made is not None and self.view.step is not None and self.view.step.op in ("h_unit", "v_unit")
        cell = None if made is None or not done else made[at - 1 : at].reshape(1, 1)
        items: dict[int, ui.Item] = {
            0: ui.Label(self.say("unit_v" if i else "unit_h", at=at, of=size)),
            1: self.scalar(f"{net}[{n},{at}]", self.say("net")),
            2: self.scalar(f"{chance}[{n},{at}]", self.say("chance")),
            3: self.scalar(f"{number}[{n},{at}]", self.say("number")),
            4: Block(f"{bit}[{n}]", cell, (1, 1), "at", at - 1, title=self.say("bit"), **self.flags(f"{bit}[{n}]")),
        }
        ops: tuple[str, ...] = ("net_v", "p_unit", "v_unit") if i else ("net_h", "q_unit", "h_unit")
        if self.act == "fill":
            ops = ("cover", "F_x", "F_v") if i and not n else ("v_hold", *ops[1:], "F_v") if i else ops
            if i and not n:
                items[0] = ui.Label(self.say("covered", half=self.say(str(self.knobs["covered"]))))
        law = self.law(*ops, right=self.say("machine", V=self.V, H=self.H))
        free = {"F_x": self.say("whole"), **{f"F_v[{n}]": f"F(v{n})" for n in range(self.k + 1)}}
        extra = [self.side_by_side(free, "free", 8)] if self.act == "fill" else []
        return [law, self.chain(), flow("unit", items, 10), *extra, self.hidden(7)]

    show_fill = show_gibbs

    def show_learn(self) -> Stage:
        """A chain, ⟨v hᵀ⟩ at its end less that at the data, and the step."""
        phase = next((name for name, _ in self.view.path if name in OPS), "gradient")
        shown = {"vh_data": self.say("at_data"), "vh_model": self.say("at_model"), "dW": "∂E/∂W"}
        return [self.law(*OPS[phase]), self.chain(), *self.matrices(shown), self.biases(), self.hidden(4)]

    def biases(self) -> Panel:
        """The gradients of a and b as pictures."""
        tiles = [self.side("da", "∂E/∂a"), self.side("db", "∂E/∂b")]
        return Tiles(id="biases", priority=5, tiles=tiles)

    def matrices(self, shown: dict[str, str]) -> list[Panel]:
        """Matrices as tiles side by side; large ones as heat, that which was made last."""
        blocks = {name: replace(self.shown(name), shape=(self.V, self.H)) for name in shown}
        if self.V <= BESIDE:
            tiles = [Tile(block, shown[name]) for name, block in blocks.items()]
            return [Tiles(id="statistics", priority=8, title=self.say("statistics"), tiles=tiles)]
        last = [name for name, block in blocks.items() if block.written] or ["dW"]
        return [ui.Heat(id="statistics", priority=8, title=shown[last[-1]], block=blocks[last[-1]])]

    def show_likelihood(self) -> Stage:
        """The probability of one picture after the other; then the exact gradient."""
        X, m = exp.shown(self.knobs, self.seed), self.n
        p = [self.number(f"P[{i}]") for i in range(1, X.shape[1] + 1)]
        if self.view.step is not None and ("exact", -1) in self.view.step.path:
            shown = {"E_vh": "E[v hᵀ]", "dW": self.say("exact")}
            return [self.law("exact_dW", "exact_da", "exact_db"), *self.matrices(shown), self.biases()]
        shape = square(self.V)
        at = max(m, 1)
        picture = Tile(Block(f"x[{at}]", X[:, at - 1].reshape(shape), shape, "square"), subscripted("x", at))
        items: dict[int, ui.Item] = {
            0: self.scalar(f"F[{at}]", "F"),
            1: self.scalar("lnZ", "ln Z"),
            2: self.scalar(f"P[{at}]", "p"),
            3: self.scalar("E", self.say("loss")),
        }
        pictures = Tiles(id="picture", priority=9, tiles=[picture], most=1.0, large=True)
        return [self.law("F", "P", "E"), pictures, flow("numbers", items, 10), *self.bars(p, lit=m - 1), self.hidden(5)]

    # training

    def show_train(self) -> Stage:
        """Training of a machine or of a deep net; or an update opened."""
        if training_of(self.view).open:
            return self.show_learn() if self.known("v[0]") else default_stage(self)
        return deep(self) if self.knobs["net"] == "dbn" else alone(self)

    def fields(self) -> dict[str, Any]:
        knobs, M = self.knobs, exp.shown(self.knobs, self.seed).shape[1]
        p = [self.number(f"P[{m}]") for m in range(1, M + 1)]
        h, known = self.view.get("h[0]"), [each for each in p if each is not None]
        again = exp.filled_again(knobs, self.view.start).T if self.act == "fill" else None
        return {name: knobs[name] for name in ("k", "trained", "layers", "labels")} | {
            "V": self.V, "H": self.H, "M": M, "rate": f"{float(knobs['rate']):g}", "all": f"{2**self.V:,}",
            "states": f"{2 ** min(self.V, self.H):,}", "fair": five(float(np.log(M))).strip(),
            "on": "·" if h is None or h.ndim != 1 else int(h.sum()),
            "mass": five(sum(known)).strip() if len(known) == M else "·",
            "sweeps": knobs["sweeps"], "half": self.say(str(knobs["covered"])), "times": exp.TIMES,
            "kinds": "·" if again is None else len(np.unique(again, axis=0)),
            "same": "·" if again is None else int((again == np.array(self.inputs["v"])).all(axis=1).sum()),
        }  # fmt: skip


def alone(stage: BoltzmannStage) -> Stage:
    """One machine: −ln p beside the reconstruction error, the probabilities, the weights."""
    training = training_of(stage.view)
    branch, several = training.current, len(training.curves) > 1
    (train, test), error = training.also, training.curves
    lines: list[Measured] = [
        (f"{name} −ln p" if several else "−ln p", (-np.asarray(ys)).tolist(), first) for name, ys, first in train
    ]
    lines.append((stage.say("reconstruction"), *error[branch][1:]))
    if stage.knobs["data"] == "digits" and not several:
        lines.append((stage.say("on_test"), (-np.asarray(test[0][1])).tolist(), test[0][2]))
    own = np.asarray(train[branch][1], dtype=float)
    notes = []
    if np.isfinite(own).any():
        at = int(np.nanargmax(own))
        notes.append(stage.say("best", n=train[branch][2] + at + 1, p=five(float(own[at])).strip()))
    curve = training_curve(
        stage, stage.say("curve"), known(lines), now_and_then=True, priority=10, notes=notes, least_top=1.0, ends=True,
        mark=str(training.n),
    )  # fmt: skip
    device, X = stage.view.device, exp.shown(stage.knobs, stage.seed)
    theta = on_device(device, stage.view.start.params)
    if not rbm_exact.summable(device, theta):
        large = rbm_exact.enumerable(stage.V, stage.H)
        return [
            curve,
            *([ui.Note(id="large", priority=9, text=stage.say("large"), level="warn")] * large),
            stage.hidden(),
        ]
    p = rbm_exact.probabilities(device, theta, device.put(X))
    return [curve, *stage.bars(device.get(p)[0].tolist()), stage.hidden()]


def deep(stage: BoltzmannStage) -> Stage:
    """A deep net and its rivals: what each is doing, and how many test pictures it gets wrong."""
    training = training_of(stage.view)
    reconstruction, loss, wrong = training.also
    rows = []
    for knobs, (name, before, first), (_, own, _), (_, share, _) in zip(
        training.runs, reconstruction, loss, wrong, strict=True
    ):
        at, begun = training.n - 1 - first, exp.prepared(knobs) * exp.PER_LAYER
        made = 0 <= at < min(len(before), len(own), len(share))
        layer, tuned = stage.say("layer", l=training.n // exp.PER_LAYER + 1), stage.say("tuned", n=training.n - begun)
        said = (layer if training.n < begun else tuned) if made or not training.n else "·"
        figures = [five(float(ys[at])).strip() if made and np.isfinite(ys[at]) else "·" for ys in (own, share)]
        rows.append((f"{name} {stage.say(str(knobs['begin']))}", said, *figures))
    heads = ("", stage.say("doing"), stage.say("net_loss"), stage.say("wrong"))
    table = ui.Table(id="nets", priority=10, heads=heads, rows=rows, lit=training.current)
    title, lines, top = stage.say("errors"), known(wrong), 1.0
    if not lines:  # before there are errors, how well the layers reconstruct
        title, lines, top = stage.say("reconstructions"), known(reconstruction), 0.0
    curve = training_curve(
        stage, title, lines, now_and_then=True, priority=9, least_top=1.0, top=top, ends=True, mark=str(training.n)
    )
    return [table, curve, stage.hidden(5)]

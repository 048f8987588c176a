"""The stages of `tree`: the tree with what is known at its nodes, the numbers of the node at work, sums over nodes."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from engine.device import HOST
from engine.trees.beside_cells import APART, shares
from engine.trees.training import EVERY, chosen
from engine.trees.tree import Forest, Leaf, balanced, leaning, parents, together
from engine.walks.step import split
from lessons.building.defaults import function
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths, LessonStage
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Axis, Block, Branch, Heat, Item, Label, Matrix, Note, Panel, Row, Stage, Table
from lessons.contract.panels import Tree as Drawing
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.data.treebank import nodes_of, typed
from lessons.data.trees import leaves
from lessons.explaining.figures import five
from lessons.explaining.typeset import name as typeset
from lessons.recurrent.in_time import norm_bars
from lessons.recurrent.tree import experiment as exp

WIDE = 4
"""Units up to which W is shown in digits."""
DIGITS = 7
"""Nodes of a tree whose vectors are all shown in digits."""
SIZES = (2, 4, 8, 16, 32)
"""Words of the trees whose reach is compared."""


def digits(value: Any) -> str:
    """Numbers in a line."""
    return "  ".join(five(float(x)).strip() for x in np.ravel(value))


class TreeStage(LessonStage):
    """A position: in the acts the typed tree or the chain, in training the trees of the update."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.classes, self.chained = self.inputs["classes"], self.act == "chain"
        self.n = view.loop("n") or 1
        self.focus = view.loop("i") or view.loop("j") or self.n
        phases = {name for name, index in view.path if index < 0}
        self.phase = next((name for name in ("ledger", "errors", "forward") if name in phases), self.act)
        self.bank, self.hell = exp.bank(view.knobs, view.start), exp.hell(HOST, function(view.knobs))
        self.texts = leaves(typed(self.inputs["tree"], self.inputs["data"]))

    @cached_property
    def nodes(self) -> Forest:
        """The nodes on the stage, in an update those of all its trees."""
        if self.chained:
            return self.hell.inputs.nodes
        if self.view.training is None:
            return nodes_of(self.inputs)
        some, n, batch = self.bank.train.trees, self.view.training.n, int(self.knobs["batch"])
        return together([some[i] for i in chosen(self.inputs["seed"], n, len(some), batch)])

    @cached_property
    def span(self) -> range:
        """The nodes of the tree that the node at work belongs to."""
        roots = [n for n, above in enumerate(parents(self.nodes), 1) if not above]
        root = next(root for root in roots if root >= self.n)
        return range(max((each for each in roots if each < root), default=0) + 1, root + 1)

    def name(self, n: int) -> str:
        """A leaf's word, or pₙ; in the chain a letter, or sₜ."""
        node, T = self.nodes[n - 1], len(exp.HELLO) - 1
        if self.chained:
            return "s₋₁" if n == 1 else exp.HELLO[n - 2] if n < T + 2 else subscripted("s", n - T - 2)
        if node.inner:
            return subscripted("p", n)
        return self.texts[n - 1] if self.view.training is None else self.inputs["words"][node.word]

    def said(self, n: int) -> str:
        """What stands at a node: its label, and what is known of it in this act."""
        node, name = self.nodes[n - 1], self.name(n)
        terms = "met_W" if node.inner else "met_L"
        kind = {"ledger": terms, "errors": "by_p", "backward": "by_p"}.get(self.phase, "yhat")
        if node.label >= 0 and kind != terms:
            name = f"{name}={(exp.LETTERS if self.chained else self.classes)[node.label]}"
        value = self.view.get(f"{kind}[{n}]")
        size = "" if value is None else digits(value[node.label] if kind == "yhat" else np.linalg.norm(value))
        return f"{name} {size}".strip()

    def tree(self) -> Drawing:
        """The tree of the node at work, the root on top."""
        above, order, waiting = parents(self.nodes), list[Branch](), [self.span[-1]]
        written = {at[0] for family, at in map(split, self.view.written) if at}
        while waiting:
            n = waiting.pop()
            node, parent = self.nodes[n - 1], above[n - 1]
            order.append(Branch(str(n), self.said(n), str(parent), written=n in written, path=n == self.focus))
            waiting += [node.right, node.left] if node.inner else []
        return Drawing(id="tree", priority=9, title=self.say(f"tree_{self.phase}"), nodes=order)

    def matrix(self, name: str = "", id: str = "weights", title: str = "") -> Panel:
        """W, or a gradient of its shape: in digits where it is small."""
        name, title = (name, title) if name else ("WU", "[W U]") if self.chained else ("W", "W")
        W = self.hell.theta["W"] if self.chained else self.params["W"]
        block = Block(name, self.view.get(name), (W.shape[0], W.shape[1]), **self.flags("W" if name == "WU" else name))
        if len(W) > WIDE:
            return Heat(id=id, priority=7, title=title, block=block)
        return flow(id, {0: block}, 7, title)

    def columns(self, *families: tuple[str, str]) -> Matrix:
        """One column a node, one row a family, the nodes of this tree; in shades where they are too many for digits."""
        at, few = list(enumerate(self.span)), len(self.span) <= DIGITS
        axis = Axis(tuple(map(self.name, self.span)), self.focus - self.span.start, 1, close=True)
        heads: dict[int, Item] = {k: Label(self.name(n), role="head" if n == self.focus else "dim") for k, n in at}
        rows = [] if few else [Row("", heads)]
        for q, label in families:
            own = [(k, n) for k, n in at if q != "delta" or self.nodes[n - 1].inner]
            rows.append(Row(label, {k: self.shown(f"{q}[{n}]", self.name(n) if few else "") for k, n in own}))
        return Matrix(id="nodes", priority=8, axis=None if few else axis, rows=rows)

    def answer(self) -> Matrix:
        """Scores, probabilities and loss of the node at work, and E so far."""
        items, n = dict[int, Item](), self.focus
        if self.nodes[n - 1].label >= 0:
            items = {
                0: self.vector(f"z[{n}]", len(self.classes), title=subscripted("z", n)),
                1: self.vector(f"yhat[{n}]", len(self.classes), title=subscripted("ŷ", n)),
                2: self.scalar(f"E[{n}]", subscripted("E", n)),
            }
        return flow("answer", {**items, 3: self.scalar("E", "E")}, 7)

    def show_forward(self) -> Stage:
        """Bottom up, node by node; in the end the root, and that of the same words as a chain."""
        roots = zip(("typed", "leaning"), exp.both_roots(self.knobs, self.view.start), strict=True)
        shown = {k: Label(f"{self.say(name)} ({digits(p[:8])})") for k, (name, p) in enumerate(roots)}
        row = [flow("leaning", dict(shown), 4)] if self.known(f"p[{len(self.nodes)}]") else []
        unknown = [word for word in self.texts if word not in self.inputs["words"]]
        said = [self.say("unknown", words=", ".join(unknown))] if unknown else []
        said += [] if any(node.label >= 0 for node in self.nodes) else [self.say("unlabelled")]
        notes = [Note(id="unknown", priority=9, text=" · ".join(said))] if said else []
        stage = [self.law("leaf", "net", "p", "z"), *notes, self.tree()]
        return [*stage, self.columns(("p", "p")), self.matrix(), self.answer(), *row]

    def show_backward(self) -> Stage:
        """From the root down: at every inner node the error splits in two."""
        pair = self.view.get(f"x[{self.n}]")
        wide = 2 * self.lengths["H"] if pair is None or not self.nodes[self.n - 1].inner else len(pair)
        halves = flow("halves", {0: self.vector(f"by_x[{self.n}]", wide, title=self.say("halves"))}, 8, "Wᵀ δ")
        numbers = self.columns(("by_p", "∂E/∂p"), ("delta", "δ"))
        return [self.law("delta", "by_x", "by_left_e"), self.tree(), numbers, halves, self.matrix()]

    def show_ledger(self) -> Stage:
        """One term a node, and the sum so far."""
        return [self.law("W_met", "W_add", "L_met"), self.tree(), *self.sums()]

    def sums(self) -> list[Panel]:
        """‖term‖ of every inner node as a bar, the term of this node, ∂E/∂W so far."""
        inner = [n for n in self.span if self.nodes[n - 1].inner]
        bars = norm_bars({k: self.view.get(f"met_W[{n}]") for k, n in enumerate(inner)})
        heads = Row("", {k: Label(self.name(n), role="dim") for k, n in enumerate(inner)})
        axis = Axis(tuple(map(self.name, inner)), inner.index(self.n) if self.n in inner else 0, 2)
        rows, term = [heads, Row("‖δ xᵀ‖", bars)], [self.matrix(f"met_W[{self.n}]", "term", "δ xᵀ")]
        ledger = Matrix(id="ledger", priority=8, title=self.say("ledger"), axis=axis, rows=rows)
        return [ledger, *(term if self.n in inner else []), self.matrix("dW", "total", "∂E/∂W")]

    def show_chain(self) -> Stage:
        """The chain beside the states of the simple recurrent net; how far the leaves of a tree are."""
        ops = {"errors": ("delta", "by_x"), "ledger": ("W_met", "W_add")}.get(self.phase, ("x", "net", "p"))
        sums = self.sums() if self.phase == "ledger" else [self.matrix()]
        return [self.law(*ops), self.tree(), self.twins(), *sums, self.reach()]

    def twins(self) -> Table:
        """States and losses of the chain, and those of the recurrent net, timestep by timestep."""
        rows, T, run = list[tuple[str, ...]](), len(exp.HELLO) - 1, self.hell.run
        for t, letter in enumerate(exp.HELLO[:-1]):
            pairs = zip((f"p[{T + 2 + t}]", f"E[{T + 2 + t}]"), (run.s[t], run.E[t]), strict=True)
            values = [(self.view.get(name), other) for name, other in pairs]
            both = [("·", "·") if mine is None else (digits(mine), digits(other)) for mine, other in values]
            rows.append((f"t={t}", letter, *both[0], *both[1]))
        lit = self.focus - T - 2 if self.focus >= T + 2 else None
        heads = [self.say("time"), self.say("letter"), "p", self.say("srn"), "E", self.say("srn_E")]
        return Table(id="twins", priority=9, heads=heads, rows=rows, lit=lit)

    def reach(self) -> Table:
        """Over the number of words: how often the farthest error meets W, and how much of it arrives."""
        rows, words = list[tuple[str, ...]](), [Leaf(k % self.lengths["M"]) for k in range(max(SIZES))]
        for T in SIZES:
            both = exp.shaped(self.knobs, self.view.start, [shape(words[:T]) for shape in (balanced, leaning)])
            rows.append((str(T), *(each for _, far, norm in both for each in (str(far), digits(norm)))))
        heads = [self.say(key) for key in ("words", "far_balanced", "reach_balanced", "far_chain", "reach_chain")]
        return Table(id="reach", priority=6, heads=heads, rows=rows)

    def show_train(self) -> Stage:
        """Right answers by depth, of the tree and of two nets that read brackets; or an update opened."""
        training, names = training_of(self.view), [self.say(name) for name in ("tree", "gru", "srn_short")]
        if training.open:
            return self.opened()
        assert training.state is not None
        right = [[f"{100 * share:.1f}" for share in each] for each in shares(training.state)]
        rows = [(name, *each) for name, each in zip(names, right, strict=True)]
        sets = [each.name for each in self.bank.tests]
        heads = [self.say("standings"), *(name if name.isdecimal() else self.say(name) for name in sets)]
        table = Table(id="standings", priority=10, heads=heads, rows=rows)
        lines = [(name, *each[training.current][1:]) for name, each in zip(names, training.also, strict=True)]
        title = self.say("curve" if sets[-1].isdecimal() else "curve_kept", depth=sets[-1])
        curve = training_curve(self, title, lines, now_and_then=True, least_top=1.0, top=1.0, ends=True)
        return [curve, table, self.matrix()]

    def opened(self) -> Stage:
        """The tree of the node at work, and what the step made."""
        if (step := self.view.step) is None:
            return [self.law("net", "p")]
        block = self.shown(next(iter(step.values)))
        made: Panel = flow("made", {0: block}, 8, typeset(block.symbol))
        if max(block.shape) > 2 * WIDE:
            made = Heat(id="made", priority=8, title=typeset(block.symbol), block=block)
        if not self.view.loop("n"):
            return [self.law(step.op), made]
        families = {"forward": [("p", "p")], "errors": [("by_p", "∂E/∂p"), ("delta", "δ")]}.get(self.phase)
        return [self.law(step.op), self.tree(), *([self.columns(*families)] if families else []), made]

    def fields(self) -> dict[str, Any]:
        inner, labels = sum(node.inner for node in self.nodes), sum(node.label >= 0 for node in self.nodes)
        return {
            "tree": self.inputs["tree"], "leaves": len(self.nodes) - inner, "inner": inner, "labels": labels,
            "depth": int(self.knobs["depth"]), "batch": int(self.knobs["batch"]), "trees": len(self.bank.train.trees),
            "rate": f"{float(self.knobs['rate']):g}", "optimiser": self.knobs["optimiser"],
            "f": self.knobs["activation"], "every": EVERY, "apart": APART,
        }  # fmt: skip

"""The stages of `network`: the net in columns, layer by layer, and what each experiment compares."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import LessonStage
from lessons.contract.panels import Block, Item, Label, Layer, Matrix, Net, Note, Row, Stage, Table, Wires
from lessons.contract.text import Text
from lessons.contract.view import View


def table(bits: int) -> tuple[list[list[float]], list[int]]:
    """All inputs of so many bits, and whether an odd number of them is 1: XOR, and its like for more."""
    rows = [[float(v) for v in row] for row in product((0, 1), repeat=bits)]
    return rows, [int(sum(row)) % 2 for row in rows]


class NetworkStage(LessonStage):
    """A position of an M-L-N net."""

    def __init__(self, lesson: Any, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.M, self.L, self.N = (self.lengths[letter] for letter in "MLN")

    def fields(self) -> dict[str, Any]:
        M, L, N, bits = self.M, self.L, self.N, int(self.knobs["bits"])
        return {
            "M": M, "L": L, "N": N, "f": self.knobs["activation"], "rate": f"{float(self.knobs['rate']):g}",
            "weights": L * M + L + N * L + N, "bits": bits, "rows": 2**bits, "units": 2 ** (bits - 1),
            "E": self.figure("E"), "unit": subscripted("h", self.view.loop("n") or 1),
        }  # fmt: skip

    @property
    def unit(self) -> int | None:
        """The one unit at work, from 0; None where the last step took several."""
        nets = [name for name in self.view.written if name.startswith("net[")]
        j = self.view.loop("j")
        return None if j is None or len(nets) > 1 else j - 1

    def matrix(self, name: str, title: str) -> Block:
        shape = {"W1": (self.L, self.M), "W2": (self.N, self.L)}[name.removeprefix("d")]
        flags, row, n = self.flags(name), None, self.view.loop("n")
        if self.view.act == "forward" and name == f"W{n}":
            flags["read"], row = True, self.unit
        return Block(name, self.view.get(name), shape, title=title, row=row, **flags)

    def layer(self, name: str, size: int, title: str) -> Block:
        block = self.vector(name, size, "column", title=title)
        n = self.view.loop("n")
        if self.view.act == "forward" and name == f"b{n}":
            return replace(block, read=True, row=self.unit)
        return replace(block, row=self.unit) if block.written and name == f"h[{n}]" else block

    def weights(self, h0: str = "x", names: tuple[str, str] = ("h[1]", "h[2]")) -> list[Matrix]:
        """Both layers: what comes in, W, b, what goes out."""
        first: dict[int, Item] = {
            0: self.layer(h0, self.M, "x" if h0 == "x" else "x = h₀"), 1: self.matrix("W1", "W₁"),
            2: self.layer("b1", self.L, "b₁"), 3: self.layer(names[0], self.L, "h₁"),
        }  # fmt: skip
        second: dict[int, Item] = {
            0: self.layer(names[0], self.L, "h₁"), 1: self.matrix("W2", "W₂"),
            2: self.layer("b2", self.N, "b₂"), 3: self.layer(names[1], self.N, "o = h₂"),
        }  # fmt: skip
        return [flow("first", first, 10), flow("second", second, 9)]

    def show_forward(self) -> Stage:
        """Act 1: one unit after the other."""
        M, L, N = self.M, self.L, self.N
        count = self.say("count", M=M, L=L, N=N, weights=M * L + L * N, biases=L + N)
        return [self.law("net", "h"), *self.weights("h[0]"), self.graph(), flow("count", {0: Label(count)}, 6)]

    def graph(self) -> Net:
        """The units of all layers with what they answer, and every weight between them; the unit at work marked."""
        view, n, j = self.view, self.view.loop("n"), self.view.loop("j")
        layers = []
        heads = ("x", "h₁ = f(W₁x + b₁)", "o = f(W₂h₁ + b₂)")
        for layer, (size, head) in enumerate(zip((self.M, self.L, self.N), heads, strict=True)):
            answers = view.get(f"h[{layer}]")
            if answers is not None and layer == n and j is not None:  # later units of it are 0 so far
                answers = np.where(np.arange(size) < j, answers.reshape(-1), np.nan)
            at_work = frozenset({j - 1} if layer == n and j is not None else ())
            layers.append(Layer(head, size, None if answers is None else answers.reshape(-1), at_work))
        wires = [Wires(view.get(f"W{layer}"), layers[layer].lit) for layer in (1, 2)]
        return Net(id="graph", priority=5, layers=layers, wires=wires)

    def show_nonlinear(self) -> Stage:
        """Act 2: do answers add up?"""
        N = self.N
        put_in: dict[int, Item] = {0: self.layer("a", self.M, "a = x"), 1: self.layer("b", self.M, "b")}
        answers: dict[int, Item] = {
            i: self.layer(name, N, title)
            for i, (name, title) in enumerate(
                (("oa", "o(a)"), ("ob", "o(b)"), ("oab", "o(a + b)"), ("o0", "o(0)"), ("bent", self.say("bent")))
            )
        }
        found: Stage = [self.law("oab", "bent"), flow("in", put_in, 9), flow("answers", answers, 10)]
        if self.known("bent"):
            key = "is_bent" if left_over(self.view) else "not_bent"
            found.append(Note(id="verdict", priority=8, text=self.say(key), level="proof"))
        return found

    def show_parallel(self) -> Stage:
        """Act 3: the hidden layer, from its last unit to its first."""
        items: dict[int, Item] = {
            0: self.layer("h[0]", self.M, "x = h₀"), 1: self.matrix("W1", "W₁"),
            2: self.layer("h[1]", self.L, self.say("down")),
            3: self.layer("htilde", self.L, self.say("up")), 4: self.scalar("same", title=self.say("gap")),
        }  # fmt: skip
        found: Stage = [self.law("turned"), flow("layers", items, 10)]
        if self.known("same"):
            found.append(Note(id="verdict", priority=8, text=self.say("same"), level="proof"))
        return found

    def show_mapping(self) -> Stage:
        """Act 4: any table of 0 and 1."""
        q, wants = table(int(self.knobs["bits"]))
        r = self.view.loop("r")
        rows = []
        for n, (row, want) in enumerate(zip(q, wants, strict=True), 1):
            hit, answer = self.view.get(f"hit[{n}]"), self.number(f"answer[{n}]")
            fired = "·" if hit is None else " ".join("●" if v else "○" for v in hit)
            rows.append((" ".join(f"{v:g}" for v in row), fired, "·" if answer is None else f"{answer:g}", str(want)))
        heads = tuple(self.say(key) for key in ("row", "hidden", "answer", "wants"))
        units = len(self.view.get("T_b")) if self.known("T_b") else 0  # type: ignore[arg-type]
        bits = len(q[0])
        net: dict[int, Item] = {
            0: Block("T_W", self.view.get("T_W"), (units, bits), title="W", **self.flags("T_W")),
            1: self.layer("T_b", units, "b"),
            2: Block("T_V", self.view.get("T_V"), (1, units), title="V", **self.flags("T_V")),
            3: self.scalar("missed", title=self.say("missed")),
        }
        log = Table(id="table", priority=9, heads=heads, rows=rows, lit=None if r is None else r - 1)
        return [self.law("hit", "answer"), flow("net", net, 8), log]

    def show_adapt(self) -> Stage:
        """Act 5: one step against the gradient."""
        phase, written = dict(self.view.path), self.view.writer("E")
        ops = ("delta2", "delta1") if "backward" in phase else ("step_W1",) if "step" in phase else ("net1", "h1", "E")
        grads: dict[int, Item] = {
            0: self.matrix("dW1", "∂E/∂W₁"), 1: self.layer("db1", self.L, "∂E/∂b₁"),
            2: self.matrix("dW2", "∂E/∂W₂"), 3: self.layer("db2", self.N, "∂E/∂b₂"),
        }  # fmt: skip
        loss: dict[int, Item] = {
            0: self.layer("y", self.N, self.say("wants")), 1: self.layer("delta2", self.N, "δ₂"),
            2: self.layer("delta1", self.L, "δ₁"), 3: self.scalar("E", title="E"),
            4: Label(self.say("after" if "after" in dict(written[1]) else "before_step") if written else ""),
        }  # fmt: skip
        rows = [Row("", loss)]
        return [
            self.law(*ops),
            *self.weights("x", ("h1", "h2")),
            Matrix(id="loss", priority=10, rows=rows),
            flow("gradient", grads, 8),
        ]


def left_over(view: View) -> bool:
    """Whether the answers to a and to b fail to add up, rounding apart."""
    parts = [view.get(name) for name in ("bent", "oa", "ob", "oab", "o0")]
    bent, *answers = (np.abs(part).max() if part is not None else 0.0 for part in parts)
    return not bent <= 1e-9 * max(1e-300, *answers)

"""The stages of `srn`: the unrolled net with the cell at work in numbers; and one weight's doings over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.walks.step import symbol
from lessons.building.stage_parts import Rules, flow, laws, subscripted
from lessons.contract.panels import Bar, Item, Label, Matrix, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.typeset import name, subscript
from lessons.recurrent.bptt.parts import Parts, letter

BAR = 18


class Shown(Parts):
    """A position."""

    @property
    def now(self) -> int:
        return self.t or 0

    def inside(self) -> Matrix:
        """The cell at work: what comes in, what comes back, their sum, the state."""
        t, H = self.now, self.H
        low = subscript(str(t))
        before = name(symbol("s", t - 1))
        titles = {"in_": f"U x{low}", "rec": f"W {before}", "z": f"z{low}", "s": f"s{low}"}
        items: dict[int, Item] = {
            i: self.vector(symbol(of, t), H, "column", title=title) for i, (of, title) in enumerate(titles.items())
        }
        items[4] = Label(self.say("cell", t=t))
        return flow("inside", items, 10)

    def softmax(self) -> Matrix:
        """K scores, raised, and shared out: a bar for every letter."""
        t = self.now
        yhat, raised, o = (self.view.get(f"{name}[{t}]") for name in ("yhat", "raised", "o"))
        rows = []
        first = max(0, min(self.inputs["y"][t] - 5, self.K - 12))
        for i, each in list(enumerate(self.vocabulary))[first : first + 12]:
            items: dict[int, Item] = {
                0: Label(f"o {_at(o, i):>6}", **self.flags(f"o[{t}]")),
                1: Label(f"e^(o−max) {_at(raised, i):>6}", **self.flags(f"raised[{t}]")),
                2: Label(f"ŷ {_at(yhat, i):>5} {self._bar(yhat, i)}", **self.flags(f"yhat[{t}]")),
            }
            wanted = self.inputs["y"][t] == i
            rows.append(Row(f"{each}{'  ←' if wanted else ''}", items))
        return Matrix(id="softmax", priority=8, title=self.say("softmax", K=self.K), rows=rows)

    def _bar(self, yhat: Any, i: int) -> str:
        return "" if yhat is None else "█" * round(BAR * float(yhat[i]))

    def numbers(self) -> Matrix:
        """The same softmax in cells, which the inspector explains."""
        t, K = self.now, self.K
        items: dict[int, Item] = {
            0: self.vector(f"o[{t}]", K, "column", title=subscripted("o", t)),
            1: self.vector(f"raised[{t}]", K, "column", title="e^(o−max)"),
            2: self.scalar(f"Z[{t}]", title="Σ"),
            3: self.vector(f"yhat[{t}]", K, "column", title=subscripted("ŷ", t)),
        }
        return flow("numbers", items, 7)

    def weights(self) -> Matrix:
        """The weights, the same at every timestep."""
        H, K = self.H, self.K
        read = self.inputs["x"][self.now]
        items: dict[int, Item] = {
            0: self.matrix("U", (H, K), "U", True, "cols", read),
            1: self.matrix("W", (H, H), "W", True),
            2: self.vector("b", H, "column", True, "b"),
        }
        return flow("weights", items, 8)

    def output(self) -> Matrix:
        """The weights above the state."""
        items: dict[int, Item] = {
            0: self.matrix("V", (self.K, self.H), "V", True, "rows"),
            1: self.vector("c", self.K, "column", True, "c"),
        }
        return flow("output", items, 6)

    def moves(self) -> Matrix:
        """How far the one weight moves every state, and every loss."""
        row = self.row(self.say("move"), "move", self.H)
        sizes = {t: self.view.get(f"move[{t}]") for t in self.near}
        norms = {t: float(np.linalg.norm(m)) for t, m in sizes.items() if m is not None}
        most = max(norms.values(), default=0.0) or 1.0
        bars: dict[int, Item] = {
            t: Bar(norms[t], norms[t] / most) if t in norms else Label("·", role="dim") for t in self.near
        }
        losses = {t: self._number(f"dw[{t}]") for t in self.near}
        dE: dict[int, Item] = {
            t: Label(value, role="dim" if value == "·" else "", **self.flags(f"dw[{t}]")) for t, value in losses.items()
        }
        return Matrix(
            id="moves",
            priority=10,
            axis=self.axis,
            rows=[row, Row(self.say("size"), bars), Row("∂Eₜ/∂w", dE)],
        )

    def _number(self, name: str) -> str:
        value = self.number(name)
        return "·" if value is None else five(value).strip()

    def total(self) -> Matrix:
        """The sum so far, in a cell."""
        items: dict[int, Item] = {
            0: self.scalar("dw", title="Σ ∂Eₜ/∂w"),
            1: self.scalar(f"dw[{self.now}]", title="∂Eₜ/∂w"),
        }
        return flow("total", items, 9)


def _at(values: Any, i: int) -> str:
    """An entry in figures."""
    return "·" if values is None else five(float(values[i])).strip()


def panels(view: View, text: Text, rules: Rules) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text)
    if view.act == "shared":
        first = shown.now == 0
        return [
            laws(rules, "move_0" if first else "move", "dE"),
            *shown.strip(),
            shown.graph(),
            shown.moves(),
            shown.total(),
            shown.weights(),
        ]
    out = ("output", -1) in view.path
    ops = ("o", "raised", "Z", "yhat", "E") if out else ("in", "rec", "z", "s")
    lower = [shown.softmax(), shown.numbers(), shown.output()] if out else [shown.weights(), shown.softmax()]
    return [laws(rules, *ops), *shown.strip(), shown.graph(), shown.inside(), *lower]


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `srn` may use."""
    inputs, knobs = view.start.inputs, view.knobs
    T, said = len(inputs["x"]), inputs["text"]
    s, dw = view.get("s[0]"), view.get("dw") if view.loop("t") == T - 1 and "dw" in view.written else None
    row, column = int(knobs["row"]), int(knobs["column"])
    return {
        "T": T, "K": len(inputs["vocabulary"]), "H": int(view.start.params["W"].shape[0]), "f": knobs["activation"],
        "text": "".join(letter(c) for c in said[:16]) + ("…" if len(said) > 16 else ""),
        "s0": "·" if s is None else " ".join(five(float(v)).strip() for v in s[:4]),
        "dw": "·" if dw is None else five(float(dw.reshape(-1)[0])).strip(),
        "w": f"W{subscript(f'{row}{column}')}" if max(row, column) < 10 else f"W[{row},{column}]",
    }  # fmt: skip

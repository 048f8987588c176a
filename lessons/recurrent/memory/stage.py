"""The stages of `memory`: one sequence under its timesteps, how far its gradient reaches, and the race in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lessons.building.stage_parts import Rules, flow, laws
from lessons.contract.panels import (  # fmt: skip
    Bar,
    Curve,
    Item,
    Label,
    Line,
    Matrix,
    Note,
    Picture,
    Plot,
    Row,
    Series,
    Stage,
    Table,
)
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.recurrent.corner import Part
from lessons.recurrent.memory import race

FLOOR = -30.0
"""The least log₁₀ that is drawn."""
LEVELS = "▁▂▃▄▅▆▇█"
"""From guessing to knowing."""
WIDE, BAR, DEEP = 18, 12, 18.0


class Shown(Part):
    """A position. Of the states the first units are shown; of a batch the first example."""

    def __init__(self, view: View, text: Text) -> None:
        self.inputs = view.start.inputs
        super().__init__(view, text, race.CELLS[str(view.knobs["model"])], len(self.inputs["x"]), [])

    def x(self) -> Row:
        """What is read, under every timestep: the bit first."""
        return Row(self.say("input"), {t: self.number_of(f"x[{t}]", self.view.training is None) for t in self.near})

    def forward(self) -> Matrix:
        """What is read, the gates, the states."""
        families = [(f"{q}  {self.say(f'gate_{q}')}", q) for q in self.cell.gates if q != "h"]
        return self.under("over", [*families, *((s, s) for s in reversed(self.cell.states))])

    def backward(self) -> Matrix:
        """What comes back to states and gates; how long it is."""
        families = [*((f"∂E/∂{s}", f"g{s}") for s in reversed(self.cell.states)),
                    *((f"δ{q}", f"delta_{q}") for q in self.cell.gates)]  # fmt: skip
        return self.under("over", families)

    def under(self, id: str, families: Sequence[tuple[str, str]]) -> Matrix:
        """The input, and families under it."""
        rows = [self.head(), self.x(), *self.over_time(list(families), id).rows]
        return self.of_units(id, rows)

    def answer(self) -> Matrix:
        """The two scores, what the net holds likely, and the loss."""
        last, y, B = self.T - 1, self.view.get(f"y[{self.T - 1}]"), int(self.view.knobs["batch"])
        bit = self.inputs["bit"] if y is None else int(y.reshape(2, -1)[1, 0])
        share = f" / {B}" if self.view.training is not None and B > 1 else ""
        items: dict[int, Item] = {
            0: replace(self.vector(f"a[{last}]", 2, "column", title="a"), rows=("−1", "+1")),
            1: self.vector(f"yhat[{last}]", 2, "column", title="ŷ"),
            2: self.vector(f"e[{last}]", 2, "column", title=f"(ŷ − y){share}" if share else "e"),
            3: self.number_of(f"E[{last}]", False, self.say("mean_loss", B=B) if share else "E"),
            4: Label(self.say("wanted", bit="+1" if bit else "−1")),
        }
        return flow("answer", items, 8)

    def weights(self) -> Matrix:
        """The parameters of the gate at work; beside them, on the way back, their gradient."""
        q, H = self.gate, self.H
        if self.phase == "output" or (self.phase == "sum" and self.back and "V" in self.op):
            items: dict[int, Item] = {0: self.parameter("V", (2, H)), 1: self.parameter("by", (2, 1))}
            return flow("weights", items, 7)
        items = {
            0: self.parameter(f"W{q}", (H, 1)), 1: self.parameter(f"U{q}", (H, H)), 2: self.parameter(f"b{q}", (H, 1)),
        }  # fmt: skip
        if self.back:
            items = {0: self.parameter(f"U{q}", (H, H)), 1: self.parameter(f"dU{q}", (H, H), f"∂E/∂U{q}")}
        return flow("weights", items, 7)

    # the reach

    def reaches(self) -> Matrix:
        """The length of what comes back along the road over that at the end, as bars under the timesteps."""
        bars: dict[int, Item] = {}
        for k in self.near:
            value = self.number(f"reach[{k}]")
            if value is None:
                bars[k] = Label("·", role="dim")
            else:
                bars[k] = Bar(value, min(1.0, abs(value)), f"reach[{k}]" in self.view.written, symbol=f"reach[{k}]")
        rows = [
            self.head(),
            self.x(),
            *self.over_time([(f"∂E/∂{self.cell.lasting}", f"g{self.cell.lasting}")], "g").rows,
            Row(self.say("reach"), bars),
        ]
        return Matrix(id="over", priority=10, rows=rows, axis=self.axis)

    def how_far(self) -> Plot:
        """The reach over the distance, on a log axis, as far as it is known."""
        values = [self.number(f"reach[{k}]") for k in range(self.T - 1, -1, -1)]
        y = np.array([np.nan if v is None else max(v, 10.0**FLOOR) for v in values])
        known = y[np.isfinite(y)]
        low = 10.0 ** np.floor(np.log10(known.min())) if known.size else 0.1
        high = 10.0 ** np.ceil(np.log10(known.max())) if known.size else 1.0
        at = np.arange(self.T, dtype=float)
        return Plot(
            id="far", priority=8, title=self.say("far", s=self.cell.lasting, T=self.T - 1), log=True,
            x=(0.0, float(self.T - 1)), y=(float(low), float(max(high, 10 * low))),
            lines=[Line(race.name(self.view.knobs), at, y)],
        )  # fmt: skip


def panels(view: View, text: Text, rules: Rules) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text)
    if view.training is not None and not view.training.open:
        return table(shown)
    phases = [name for name, _ in view.path]
    if view.training is not None and ("clip" in phases or "step" in phases):
        return [shown.stepped()]
    if view.act == "reach":
        return [laws(rules, "reach"), shown.reaches(), shown.how_far()]
    if shown.back:
        return [shown.law_back(), shown.backward(), shown.answer(), shown.weights()]
    return [laws(rules, *forward_ops(shown)), shown.forward(), shown.weights(), shown.answer()]


def forward_ops(shown: Shown) -> tuple[str, ...]:
    """The operations whose rules are shown on the way forward."""
    if shown.phase == "output":
        return ("a", "yhat", "E")
    if shown.phase == "cell" and shown.cell.gates != "h":
        return tuple(reversed(shown.cell.states))
    return shown.makes_gate()


def table(shown: Shown) -> Stage:
    """The race: accuracy over the batches, seeds that solved it, how far the gradient reaches."""
    view, training = shown.view, shown.view.training
    assert training is not None
    n, rows, won = training.n, [], []
    seeds = int(view.knobs["seeds"])
    for knobs, (name, right, first), (_, solved, _), (_, reach, _) in zip(
        training.runs, training.also[0], training.also[1], training.also[2], strict=True
    ):
        at = n - 1 - first
        known = 0 <= at < min(len(right), len(solved), len(reach))
        label = f"{name} {race.name(knobs)}"
        far = float(reach[at]) if known else float("nan")
        rows.append((
            label, spark(right[: max(at + 1, 0)], WIDE),
            five(float(right[at])).strip() if known else "·",
            f"{int(solved[at])}/{seeds} {'✓' if solved[at] == seeds else '✗'}" if known else f"·/{seeds}",
            five(far).strip() if known else "·", bar(far),
        ))  # fmt: skip
        if known and solved[at] == seeds:
            won.append(label)
    heads = (
        shown.say("model"),
        shown.say("accuracy", n=n),
        shown.say("latest"),
        shown.say("solved"),
        shown.say("log_reach"),
        "",
    )
    said = shown.say("won", models=", ".join(won)) if won else shown.say("none", n=n)
    series = [Series(name, y, first, i > 0) for i, (name, y, first) in enumerate(training.also[0])]
    curve = Curve(
        id="curve", priority=6, title=shown.say("curve"), series=series, marks=[(n, "▲", str(n))], top=1.0,
        reach=max(100, training.latest),
    )  # fmt: skip
    return [
        Picture(id="task", priority=9, marks=[(0, 0, task(shown), "")]),
        Table(id="race", priority=10, heads=heads, rows=rows, lit=training.current),
        Note(id="verdict", priority=8, level="verdict", text=said),
        curve,
        shown.weights(),
    ]


def task(shown: Shown) -> str:
    """The task and how it is learned, in a line."""
    knobs = shown.view.knobs
    return shown.say(
        "task", T=knobs["length"], H=knobs["hidden"], B=knobs["batch"], noise=f"{float(knobs['noise']):g}",
        optimiser=knobs["optimiser"], rate=f"{float(knobs['rate']):g}", clip=f"{float(knobs['clip']):g}",
    )  # fmt: skip


def spark(values: Sequence[float], wide: int) -> str:
    """Shares from ½ (guessing) to 1 in a line of characters, the means of equal stretches."""
    y = np.asarray(values, dtype=float)
    if not y.size:
        return " " * wide
    parts = np.array_split(y, min(wide, len(y)))
    levels = [int(np.clip((float(np.mean(part)) - 0.45) / 0.55 * len(LEVELS), 0, len(LEVELS) - 1)) for part in parts]
    return "".join(LEVELS[level] for level in levels).ljust(wide)


def bar(log: float) -> str:
    """log₁₀ of the reach, from 10⁻¹⁸ up."""
    share = min(1.0, (log + DEEP) / DEEP) if log > -DEEP else 0.0
    return ("█" * round(BAR * share)).ljust(BAR)


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `memory` may use."""
    knobs, T = view.knobs, len(view.start.inputs["x"])
    first = view.get("reach[0]")
    bias = float(knobs["forget"])
    return {
        "T": T, "H": int(knobs["hidden"]), "last": T - 1, "noise": f"{float(knobs['noise']):g}",
        "bit": "+1" if view.start.inputs["bit"] else "−1", "model": race.name(knobs),
        "forget": f"{bias:g}".replace("-", "−"), "f": five(1 / (1 + np.exp(-bias))).strip(),
        "road": five((1 / (1 + np.exp(-bias))) ** (T - 1)).strip(),
        "one": five((1 / (1 + np.exp(-1.0))) ** (T - 1)).strip(),
        "s": race.CELLS[str(knobs["model"])].lasting,
        "reach": "·" if first is None else five(float(first.reshape(-1)[0])).strip(),
        "seeds": int(knobs["seeds"]), "batch": int(knobs["batch"]), "latest": race.LATEST,
        "goal": f"{100 * race.SOLVED:.0f}", "n": view.training.n if view.training else 0,
    }  # fmt: skip

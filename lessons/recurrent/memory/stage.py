"""The stages of `memory`: one sequence under its timesteps, how far its gradient reaches, and the race in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lessons.building.stage_parts import flow
from lessons.building.staging import Lengths
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Bar, Item, Label, Line, Matrix, Note, Picture, Plot, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.recurrent.cell_position import CellPosition, Families
from lessons.recurrent.corner import UNITS, Corners
from lessons.recurrent.in_time import TimeStage
from lessons.recurrent.memory import race

FLOOR = -30.0
"""The least log₁₀ that is drawn."""
LEVELS = "▁▂▃▄▅▆▇█"
"""From guessing to knowing."""
WIDE, BAR, DEEP = 18, 8, 18.0
"""Characters of the accuracy over the batches and of the longest bar of a reach; −log₁₀ of the shortest."""


class MemoryStage(TimeStage):
    """A position. Of the states the first units are shown; of a batch the first example."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.at = CellPosition(self, race.cell_of(view.knobs))
        self.corners, self.units = Corners(self.at), min(UNITS, self.H)

    def show_forward(self) -> Stage:
        """Gates and states, and what the net says in the end."""
        states = self.under_time(self.at.gates_and_states())
        return [self.at.law_forward(), states, self.weights(), self.answers()]

    def show_backward(self) -> Stage:
        """The error at the end, and what comes back of it to states and gates."""
        return [self.at.law_back(), self.under_time(self.at.errors()), self.answers(), self.weights()]

    def show_reach(self) -> Stage:
        """How much of the gradient at the end is left at each timestep."""
        return [self.law("reach"), self.reaches(), self.how_far()]

    def show_train(self) -> Stage:
        """The race; or an update opened."""
        training = training_of(self.view)
        if self.at.stepping:
            return [self.at.end_of_update()]
        if training.open:
            return self.show_backward() if self.at.back else self.show_forward()
        title, right = self.say("curve"), training.also[0]
        curve = training_curve(self, title, right, mark=str(training.n), least_top=1.0, top=1.0, ends=True)
        task = Picture(id="task", priority=9, marks=[(0, 0, self.task(), "")])
        return [task, *standings(self), curve, self.weights()]

    # one sequence, or a batch

    def under_time(self, families: Families, *below: Row) -> Matrix:
        """What is read, the bit first, and families and rows under it."""
        read = Row(self.say("input"), {t: self.corners.number(f"x[{t}]") for t in self.near})
        return self.corners.under_time(read, families, *below)

    def answers(self) -> Matrix:
        """The two scores, what the net holds likely, and the loss."""
        last, y, B = self.T - 1, self.view.get(f"y[{self.T - 1}]"), int(self.knobs["batch"])
        bit = self.inputs["bit"] if y is None else int(y.reshape(2, -1)[1, 0])
        share = f" / {B}" if self.view.training is not None and B > 1 else ""
        items: dict[int, Item] = {
            0: self.corners.vector(f"a[{last}]", 2, "a", rows=("−1", "+1")),
            1: self.corners.vector(f"yhat[{last}]", 2, "ŷ"),
            2: self.corners.vector(f"e[{last}]", 2, f"(ŷ − y){share}" if share else "e"),
            3: self.corners.number(f"E[{last}]", self.say("mean_loss", B=B) if share else "E"),
            4: Label(self.say("wanted", bit="+1" if bit else "−1")),
        }
        return flow("answer", items, 8)

    def weights(self) -> Matrix:
        """A corner of the parameters at work."""
        output = self.at.phase == "output" or (self.at.phase == "sum" and self.at.back and "V" in self.at.op)
        return flow("weights", self.corners.at_work(output, "b"), 7)

    # the reach

    def reaches(self) -> Matrix:
        """The length of what comes back along the road over that at the end, as bars under the timesteps."""
        bars: dict[int, Item] = {}
        for k in self.near:
            share, written = self.number(f"reach[{k}]"), f"reach[{k}]" in self.view.written
            bars[k] = Label("·", role="dim") if share is None else Bar(share, min(1.0, abs(share)), written)
        state = self.at.cell.lasting
        errors = self.under_time([(f"∂E/∂{state}", f"g{state}")], Row(self.say("reach"), bars))
        return replace(errors, title="")

    def how_far(self) -> Plot:
        """The reach over the distance, on a log axis, as far as it is known."""
        shares = [self.number(f"reach[{k}]") for k in range(self.T - 1, -1, -1)]
        y = np.array([np.nan if share is None else max(share, 10.0**FLOOR) for share in shares])
        known = y[np.isfinite(y)]
        low = 10.0 ** np.floor(np.log10(known.min())) if known.size else 0.1
        high = 10.0 ** np.ceil(np.log10(known.max())) if known.size else 1.0
        at = np.arange(self.T, dtype=float)
        return Plot(
            id="far", priority=8, title=self.say("far", s=self.at.cell.lasting, T=self.T - 1), log=True,
            x=(0.0, float(self.T - 1)), y=(float(low), float(max(high, 10 * low))),
            lines=[Line(race.name(self.knobs), at, y)],
        )  # fmt: skip

    # the race

    def task(self) -> str:
        """The task and how it is learned, in a line."""
        knobs = self.knobs
        plain = {"T": "length", "H": "hidden", "B": "batch", "optimiser": "optimiser"}
        numbers = {name: f"{float(knobs[name]):g}" for name in ("noise", "rate", "clip")}
        return self.say("task", **{field: knobs[name] for field, name in plain.items()}, **numbers)

    def fields(self) -> dict[str, Any]:
        knobs, bias = self.knobs, float(self.knobs["forget"])
        share, default = (1 / (1 + np.exp(-b)) for b in (bias, 1.0))  # what a gate lets through by its bias alone
        return {
            "T": self.T, "H": self.H, "last": self.T - 1, "noise": f"{float(knobs['noise']):g}",
            "bit": "+1" if self.inputs["bit"] else "−1", "model": race.name(knobs),
            "forget": f"{bias:g}".replace("-", "−"), "f": five(share).strip(),
            "road": five(share ** (self.T - 1)).strip(), "one": five(default ** (self.T - 1)).strip(),
            "half": five(0.5 ** (self.T - 1)).strip(),
            "s": self.at.cell.lasting, "reach": self.figure("reach[0]").strip() if self.view.reel else "·",
            "seeds": int(knobs["seeds"]), "batch": int(knobs["batch"]), "latest": race.LATEST,
            "goal": f"{100 * race.SOLVED:.0f}", "n": self.view.training.n if self.view.training else 0,
        }  # fmt: skip


def standings(stage: MemoryStage) -> Stage:
    """Every model: its accuracy over the batches, seeds that solved it, how far the gradient reaches; who won."""
    training, seeds = training_of(stage.view), int(stage.knobs["seeds"])
    n, rows, won = training.n, list[tuple[str, ...]](), list[str]()
    for knobs, (branch, right, first), (_, solved, _), (_, reach, _) in zip(training.runs, *training.also, strict=True):
        at, model = n - 1 - first, f"{branch} {race.name(knobs)}"
        figures = ("·", f"·/{seeds}", "·", bar(float("nan")))
        if 0 <= at < min(len(right), len(solved), len(reach)):
            far, all_solved = float(reach[at]), solved[at] == seeds
            count = f"{int(solved[at])}/{seeds} {'✓' if all_solved else '✗'}"
            figures = (five(float(right[at])).strip(), count, five(far).strip(), bar(far))
            won += [model] if all_solved else []
        rows.append((model, spark(right[: max(at + 1, 0)], WIDE), *figures))
    heads = [stage.say("model"), stage.say("accuracy", n=n), *map(stage.say, ("latest", "solved", "log_reach")), ""]
    verdict = stage.say("won", models=", ".join(won)) if won else stage.say("none", n=n)
    return [
        Table(id="race", priority=10, heads=tuple(heads), rows=rows, lit=training.current),
        Note(id="verdict", priority=8, level="verdict", text=verdict),
    ]


def spark(values: Sequence[float], wide: int) -> str:
    """Shares from ½ (guessing) to 1 in a line of characters, the means of equal stretches."""
    y = np.asarray(values, dtype=float)
    if not y.size:
        return " " * wide
    parts = np.array_split(y, min(wide, len(y)))
    levels = [int(np.clip((float(np.mean(part)) - 0.45) / 0.55 * len(LEVELS), 0, len(LEVELS) - 1)) for part in parts]
    return "".join(LEVELS[level] for level in levels).ljust(wide)


def bar(log: float) -> str:
    """log₁₀ of the reach, from 10⁻¹⁸ up; nothing where it is not known."""
    share = min(1.0, (log + DEEP) / DEEP) if log > -DEEP else 0.0
    return ("█" * round(BAR * share)).ljust(BAR)

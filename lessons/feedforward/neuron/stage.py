"""The stages of `neuron`: the cell and the unit in the same columns, one column an input under them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HOST
from lessons.building.defaults import function
from lessons.building.stage_parts import subscripted
from lessons.building.staging import LessonStage
from lessons.contract.panels import Line, Picture, Plot, Stage
from lessons.explaining.figures import five

LAWS = {"weigh": ("p", "net"), "fire": ("o",), "answer": ("do_w", "do_x")}
REACH = 4.0
"""How far the curve of f is drawn at least."""


class NeuronStage(LessonStage):
    """A position of one neuron."""

    def stage(self) -> Stage:
        answers = self.act == "answer"
        rows = {"x": "input", "w": "weight", "p": "product"} | ({"do_w": "by_w", "do_x": "by_x"} if answers else {})
        made = {"b": "b", "net": "net", "o": "o = f(net)"} | ({"slope": "f'(net)", "do_b": "∂o/∂b"} if answers else {})
        labels = {family: self.say(label) for family, label in rows.items()}
        found: Stage = [
            self.law(*LAWS[self.act]),
            self.cells(),
            self.along("i", self.lengths["M"], labels, id="inputs"),
            self.side_by_side(made, id="sum"),
        ]
        return found if self.act == "weigh" else [*found, self.curve()]

    def cells(self) -> Picture:
        """The cell of the biologist over the unit of the engineer: what stands in one column does one thing."""
        lit = {"weigh": 1, "fire": 2, "answer": 2}[self.act] if self.view.p else 0
        at = (0, 23, 41, 61)
        marks = [
            (0, at[0], "──•──╲", "dim"),
            (1, at[0], "──•──── " + self.say("dendrite"), "head" if lit == 1 else ""),
            (2, at[0], "──•──╱  " + self.say("synapse"), "head" if lit == 1 else ""),
            (0, at[1], "┌──────────┐", "dim"),
            (1, at[1], "│ " + self.say("body"), "head" if lit else ""),
            (1, at[1] + 11, "│", "dim"),
            (2, at[1], "└──────────┘", "dim"),
            (1, at[1] + 13, "═" * 3, "dim"),
            (1, at[2], self.say("axon"), "head" if lit == 2 else ""),
            (1, at[2] + 7, "═" * 10 + "►", "dim"),
            (0, at[3], "╱──", "dim"),
            (1, at[3], "─── " + self.say("terminals"), "head" if lit == 2 else ""),
            (2, at[3], "╲──", "dim"),
            (3, at[0], self.say("inputs"), "label"),
            (3, at[1] + 2, "Σ + b → f", "label"),
            (3, at[2], "o", "label"),
            (3, at[3] - 3, self.say("next"), "label"),
        ]
        return Picture(id="picture", priority=4, marks=marks)

    def curve(self) -> Plot:
        """f, and where this neuron stands on it; once the slope is known, its tangent."""
        f = function(self.knobs)
        net, o, slope = self.number("net"), self.number("o"), self.number("slope")
        reach = REACH if net is None or not np.isfinite(net) else max(REACH, float(np.ceil(abs(net) * 1.25)))
        x = np.linspace(-reach, reach, 241)
        y = f.f(HOST.xp, x)
        heights = {"linear": (-reach, reach), "relu": (-0.5, reach), "sigmoid": (-0.2, 1.2), "step": (-0.2, 1.2)}
        low, high = heights.get(f.name, (-1.2, 1.2))
        lines = [Line(f"o = {f.name}", x, y)]
        points: list[tuple[float, float, str]] = []
        if net is not None and o is not None:
            points.append((net, o, "●"))
            if slope is not None:
                near = np.array([max(-reach, net - 1.2), min(reach, net + 1.2)])
                lines.append(Line(f"{self.say('slope')} {five(slope)}", near, o + slope * (near - net), True))
        elif net is not None:
            points.append((net, max(low, 0.0), "▲"))
        return Plot(id="curve", priority=6, lines=lines, x=(-reach, reach), y=(low, high), points=points)

    def fields(self) -> dict[str, Any]:
        largest = int(np.argmax(np.abs(self.inputs["x"]))) + 1
        heaviest = int(np.argmax(np.abs(self.view.start.params["w"]))) + 1
        return self.figures("net", "o", "slope") | {
            "M": self.lengths["M"], "f": self.knobs["activation"], "i": self.view.loop("i") or 1,
            "largest": subscripted("x", largest), "heaviest": subscripted("w", heaviest),
            "felt": subscripted("w", largest),
        }  # fmt: skip

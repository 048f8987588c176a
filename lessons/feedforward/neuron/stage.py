"""The stages of `neuron`: the cell and the unit in the same columns, one column an input under them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HOST
from engine.maths.activations import Activation
from lessons.building.stage_parts import Parts, Rules, flow, laws, subscripted
from lessons.contract.panels import Axis, Item, Label, Line, Matrix, Picture, Plot, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five

LAWS = {"weigh": ("p", "net"), "fire": ("o",), "answer": ("do_w", "do_x")}
REACH = 4.0
"""How far the curve of f is drawn at least."""


def panels(view: View, text: Text, rules: Rules, f: Activation) -> Stage:
    """The panels of a position."""
    parts = Parts(view, text)
    M, i = len(view.start.inputs["x"]), view.loop("i")
    axis = Axis(tuple(f"i={n}" for n in range(1, M + 1)), (i or 1) - 1, 1)
    after: dict[int, Item] = {
        0: parts.vector("b", 1, editable=True, title="b"),
        1: parts.scalar("net", title="net"),
        2: parts.scalar("o", title="o = f(net)"),
    }
    if view.act == "answer":
        after |= {3: parts.scalar("slope", title="f'(net)"), 4: parts.scalar("do_b", title="∂o/∂b")}
    found: Stage = [
        laws(rules, *LAWS[view.act]),
        cells(parts),
        Matrix(id="inputs", priority=10, axis=axis, rows=_rows(parts, M)),
        flow("sum", after, 10),
    ]
    if view.act != "weigh":
        found.append(curve(parts, f))
    return found


def _rows(parts: Parts, M: int) -> list[Row]:
    heads = Row("", {n: Label(f"i={n + 1}", role="dim") for n in range(M)})
    shown = [("x", "input", True), ("w", "weight", True), ("p", "product", False)]
    if parts.view.act == "answer":
        shown += [("do_w", "by_w", False), ("do_x", "by_x", False)]
    return [
        heads,
        *(
            Row(parts.say(label), {n: parts.scalar(f"{family}[{n + 1}]", editable) for n in range(M)})
            for family, label, editable in shown
        ),
    ]


def cells(parts: Parts) -> Picture:
    """The cell of the biologist over the unit of the engineer: what stands in one column does one thing."""
    act = parts.view.act
    lit = {"weigh": 1, "fire": 2, "answer": 2}[act] if parts.view.p else 0
    at = (0, 23, 41, 61)
    marks = [
        (0, at[0], "──•──╲", "dim"),
        (1, at[0], "──•──── " + parts.say("dendrite"), "head" if lit == 1 else ""),
        (2, at[0], "──•──╱  " + parts.say("synapse"), "head" if lit == 1 else ""),
        (0, at[1], "┌──────────┐", "dim"),
        (1, at[1], "│ " + parts.say("body"), "head" if lit else ""),
        (1, at[1] + 11, "│", "dim"),
        (2, at[1], "└──────────┘", "dim"),
        (1, at[1] + 13, "═" * 3, "dim"),
        (1, at[2], parts.say("axon"), "head" if lit == 2 else ""),
        (1, at[2] + 7, "═" * 10 + "►", "dim"),
        (0, at[3], "╱──", "dim"),
        (1, at[3], "─── " + parts.say("terminals"), "head" if lit == 2 else ""),
        (2, at[3], "╲──", "dim"),
        (3, at[0], parts.say("inputs"), "label"),
        (3, at[1] + 2, "Σ + b → f", "label"),
        (3, at[2], "o", "label"),
        (3, at[3], parts.say("next"), "label"),
    ]
    return Picture(id="picture", priority=4, marks=marks)


def curve(parts: Parts, f: Activation) -> Plot:
    """f, and where this neuron stands on it; once the slope is known, its tangent."""
    net, o, slope = parts.number("net"), parts.number("o"), parts.number("slope")
    reach = REACH if net is None or not np.isfinite(net) else max(REACH, float(np.ceil(abs(net) * 1.25)))
    x = np.linspace(-reach, reach, 241)
    y = f.f(HOST.xp, x)
    low, high = (
        (-reach, reach)
        if f.name == "linear"
        else (-0.5, reach)
        if f.name == "relu"
        else (-0.2, 1.2)
        if f.name in ("sigmoid", "step")
        else (-1.2, 1.2)
    )
    lines = [Line(f"o = {f.name}", x, y)]
    points: list[tuple[float, float, str]] = []
    if net is not None and o is not None:
        points.append((net, o, "●"))
        if slope is not None:
            near = np.array([max(-reach, net - 1.2), min(reach, net + 1.2)])
            lines.append(Line(f"{parts.say('slope')} {five(slope)}", near, o + slope * (near - net), True))
    elif net is not None:
        points.append((net, max(low, 0.0), "▲"))
    return Plot(id="curve", priority=6, lines=lines, x=(-reach, reach), y=(low, high), points=points)


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `neuron` may use."""
    x, M = view.start.inputs["x"], len(view.start.inputs["x"])
    i = view.loop("i") or 1
    largest = int(np.argmax(np.abs(x))) + 1
    heaviest = int(np.argmax(np.abs(view.start.params["w"]))) + 1
    fields: dict[str, Any] = {
        "M": M, "f": view.knobs["activation"], "i": i, "largest": subscripted("x", largest),
        "heaviest": subscripted("w", heaviest), "felt": subscripted("w", largest),
    }  # fmt: skip
    for name in ("net", "o", "slope"):
        value = view.get(name)
        fields[name] = "·" if value is None else five(float(value[0]))
    return fields

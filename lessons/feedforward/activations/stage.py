"""The stages of `activations`: all functions at one point; a chain of layers in columns; scores in columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HOST
from engine.maths.activations import ACTIVATIONS
from lessons.building.stage_parts import Parts, Rules, flow, laws
from lessons.contract.panels import Axis, Item, Label, Line, Matrix, Plot, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five

REACH = 6.0


def panels(view: View, text: Text, rules: Rules) -> Stage:
    """The panels of a position."""
    parts = Parts(view, text)
    return {"curve": point, "layers": layers, "softmax": shares}[view.act](parts, rules)


def point(parts: Parts, rules: Rules) -> Stage:
    """Act 1: six functions at one z, one column each."""
    chosen = str(parts.view.knobs["activation"])
    i = parts.view.loop("i")
    lit = list(ACTIVATIONS)[i - 1] if i else chosen
    axis = Axis(tuple(ACTIVATIONS), (i or 1) - 1, 2, close=True)
    heads: dict[int, Item] = {
        n: Label(name, role="head" if name == lit else "dim") for n, name in enumerate(axis.labels)
    }
    rows = [
        Row("", heads),
        Row("f(z)", {n: parts.scalar(f"f_{name}") for n, name in enumerate(axis.labels)}),
        Row("f'(z)", {n: parts.scalar(f"df_{name}") for n, name in enumerate(axis.labels)}),
    ]
    return [
        laws(rules, f"f_{lit}", f"df_{lit}"),
        flow("point", {0: parts.vector("z", 1, editable=True, title="z")}, 10),
        Matrix(id="values", priority=9, axis=axis, rows=rows),
        curve(parts, lit),
    ]


def curve(parts: Parts, name: str) -> Plot:
    """One function and its slope, with z on both."""
    f, z = ACTIVATIONS[name], float(parts.view.start.params["z"][0])
    reach = max(REACH, float(np.ceil(abs(z))))
    x = np.linspace(-reach, reach, 481)
    y = f.f(HOST.xp, x) + 0
    slope = f.slope(HOST.xp, y)
    low, high = (-reach, reach) if name == "linear" else (-0.5, reach) if name == "relu" else (-1.2, 1.2)
    points = [
        (z, value, sign)
        for value, sign in ((parts.number(f"f_{name}"), "●"), (parts.number(f"df_{name}"), "◆"))
        if value is not None
    ]
    lines = [Line(name, x, y), Line(parts.say("slope"), x, slope, True)]
    return Plot(id="curve", priority=8, lines=lines, x=(-reach, reach), y=(low, high), points=points)


def layers(parts: Parts, rules: Rules) -> Stage:
    """Act 2: up through the layers, and the gradient down again."""
    view, depth = parts.view, int(parts.view.knobs["depth"])
    f = ACTIVATIONS[str(view.knobs["activation"])]
    axis = Axis(tuple(str(k) for k in range(depth + 1)), view.loop("k") or 0, 1, close=True)
    h: dict[int, Item] = {k: parts.scalar(f"h[{k}]") for k in range(1, depth + 1)}
    h[0] = parts.vector("z", 1, editable=True)
    slopes: dict[int, Item] = {}
    for k in range(1, depth + 1):
        out = view.get(f"h[{k}]") if parts.known(f"d[{k}]") else None
        slope = None if out is None else float(f.slope(HOST.xp, out)[0])
        slopes[k] = Label("·" if slope is None else five(slope), role="" if slope is not None else "dim")
    rows = [
        Row(parts.say("layer"), {k: Label(str(k), role="dim") for k in range(depth + 1)}),
        Row("h", dict(sorted(h.items()))),
        Row("f'", slopes),
        Row("g = ∂E/∂hₖ", {k: parts.scalar(f"g[{k}]") for k in range(depth + 1)}),
    ]
    weight: dict[int, Item] = {
        0: parts.vector("w", 1, editable=True, title="w"),
        1: parts.vector("dw", 1, title="∂E/∂w"),
        2: parts.vector("dz", 1, title="∂E/∂z"),
    }
    way = "down" if any(name == "down" for name, _ in view.path) else "up"
    return [
        laws(rules, "z", "h") if way == "up" else laws(rules, "d", "g"),
        Matrix(id="layers", priority=10, axis=axis, rows=rows),
        flow("weight", weight, 8),
        fading(parts, depth),
    ]


def fading(parts: Parts, depth: int) -> Plot:
    """|g| over the layers, on a log axis: a straight line down is a product of equal factors."""
    known = [(k, parts.number(f"g[{k}]")) for k in range(depth, -1, -1)]
    found = [(float(k), abs(g)) for k, g in known if g is not None and g != 0]
    lines = [Line("|g|", [k for k, _ in found][::-1], [g for _, g in found][::-1])] if len(found) > 1 else []
    points = [(k, g, "●") for k, g in found]
    least = min((g for _, g in found), default=1.0)
    low = 10.0 ** min(-2.0, 2 * np.floor(np.log10(max(least, 1e-300)) / 2))
    high = 10.0 ** max(0.0, np.ceil(np.log10(max((g for _, g in found), default=1.0))))
    title = parts.say("fading")
    return Plot(id="fading", priority=7, title=title, lines=lines, x=(0, depth), y=(low, high), points=points, log=True)


def shares(parts: Parts, rules: Rules) -> Stage:
    """Act 3: K scores and what becomes of them, one column each."""
    view, K = parts.view, len(parts.view.start.params["o"])
    axis = Axis(tuple(f"{i}" for i in range(1, K + 1)), (view.loop("i") or 1) - 1, 1, close=K > 4)
    names = dict(view.path)
    ops = ("top",) if "most" in names or not names else ("r", "Z") if "raise" in names else ("p",)
    ops = ("loss", "by_o") if "slope" in names else ops

    def cells(family: str, editable: bool = False) -> dict[int, Item]:
        return {i: parts.scalar(f"{family}[{i + 1}]", editable) for i in range(K)}

    rows = [
        Row("", {i: Label(f"{i + 1}", role="dim") for i in range(K)}),
        Row(parts.say("score"), cells("o", True)),
        Row("r", cells("r")),
        Row(parts.say("share"), cells("p")),
        Row("∂E/∂o", cells("by_o")),
    ]
    sums: dict[int, Item] = {
        0: parts.vector("top", 1, title="max o"),
        1: parts.vector("Z", 1, title="Z = Σ"),
        2: parts.vector("L", 1, title="−ln p₁"),
    }
    bars = [
        Row("", {i: Label(_bar(parts.number(f"p[{i + 1}]"), 5 if K > 4 else 12), role="forward") for i in range(K)})
    ]
    right = f"T = {float(view.knobs['temperature']):g}"
    return [
        laws(rules, *ops, right=right),
        Matrix(id="scores", priority=10, axis=axis, rows=rows),
        Matrix(id="bars", priority=5, axis=axis, rows=bars),
        flow("sums", sums, 8),
    ]


def _bar(share: float | None, most: int) -> str:
    return "" if share is None or not np.isfinite(share) else "█" * round(most * share) or "▏"


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `activations` may use."""
    params, depth = view.start.params, int(view.knobs["depth"])
    fields: dict[str, Any] = {
        "z": five(float(params["z"][0])), "w": five(float(params["w"][0])),
        "f": view.knobs["activation"], "depth": depth, "K": len(params["o"]),
        "T": f"{float(view.knobs['temperature']):g}",
        "quarter": five(0.25**depth),
    }  # fmt: skip
    for field, symbol in (("sigmoid", "df_sigmoid"), ("tanh", "df_tanh"), ("bottom", "dz"), ("first", "p[1]")):
        value = view.get(symbol)
        fields[field] = "·" if value is None else five(float(value.reshape(-1)[0]))
    return fields

"""The stages of `depth`: the layer at work, the log of all layers, and the gradient's size on a log axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.building.stage_parts import Parts, Rules, flow, laws, subscripted
from lessons.contract.panels import Block, Item, Line, Plot, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five


class Shown(Parts):
    """A position of a deep net."""

    def __init__(self, view: View, text: Text) -> None:
        super().__init__(view, text)
        self.D = int(view.knobs["depth"])
        self.n = view.loop("layer")

    def matrix(self, name: str, title: str, editable: bool = False) -> Block:
        value = self.view.get(name)
        shape = (1, 1) if value is None else value.shape if value.ndim == 2 else (value.shape[0], 1)
        if value is None and name.startswith(("h", "z", "delta")):
            n = int(name.lstrip("hzdelta"))
            shape = (self.view.start.params[f"W{n}"].shape[0], len(self.view.start.inputs["x"][0]))
        shown = None if value is None else value.reshape(shape)
        return Block(name, shown, (shape[0], shape[1]), title=title, editable=editable, **self.flags(name))

    def norm(self, name: str) -> str:
        value = self.view.get(name)
        return "·" if value is None else five(float(np.linalg.norm(value)))

    def log(self) -> Table:
        """Every layer: how large its weights, outputs, errors and gradient are."""
        heads = (self.say("layer"), "‖W‖", "‖h‖", "‖δ‖", "‖∂E/∂W‖")
        families = ("W", "h", "delta", "dW")
        rows = [(str(n), *(self.norm(f"{family}{n}") for family in families)) for n in range(1, self.D + 1)]
        return Table(id="log", priority=8, heads=heads, rows=rows, lit=None if self.n is None else self.n - 1)


def panels(view: View, text: Text, rules: Rules, kinds: tuple[str, ...]) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text)
    n = shown.n or 1
    if view.act == "compare":
        return comparing(shown, rules, kinds)
    if view.act == "measure":
        return [laws(rules, f"size{n}", f"taught{n}"), shown.log(), measured(shown)]
    below = f"h{n - 1}" if n > 1 else "x"
    W = subscripted("W", n)
    if view.act == "forward":
        layer: dict[int, Item] = {
            0: shown.matrix(f"W{n}", W, True),
            1: shown.matrix(below, "x" if n == 1 else subscripted("h", n - 1), n == 1),
        }
        made: dict[int, Item] = {
            0: shown.matrix(f"z{n}", subscripted("z", n)),
            1: shown.matrix(f"h{n}", subscripted("h", n)),
        }
        ops = (f"z{n}", f"h{n}")
    else:
        layer = {0: shown.matrix(f"W{n}", W, True), 1: shown.matrix(f"delta{n}", subscripted("δ", n))}
        made = {0: shown.matrix(f"dW{n}", f"∂E/∂{W}")}
        ops = (f"delta{n}", f"dW{n}")
    return [laws(rules, *ops), flow("layer", layer, 9), flow("made", made, 7), shown.log()]


def measured(shown: Shown) -> Plot:
    """‖δ_n‖ over the layers, as far as it is known, on a log axis."""
    known = [(n, shown.number(f"size[{n}]")) for n in range(1, shown.D + 1)]
    found = [(float(n), size) for n, size in known if size]
    lines = [Line("‖δ‖", [n for n, _ in found], [s for _, s in found])] if len(found) > 1 else []
    return _log_plot(shown, "sizes", lines, [(n, s, "●") for n, s in found])


def _log_plot(shown: Shown, id: str, lines: list[Line], points: list[tuple[float, float, str]]) -> Plot:
    every = [float(v) for line in lines for v in line.y] + [y for _, y, _ in points]
    every = [v for v in every if np.isfinite(v) and v > 0] or [1.0]
    low, high = 10.0 ** np.floor(np.log10(min(every))), 10.0 ** np.ceil(np.log10(max(every)) + 1e-9)
    if high / low < 100:
        low, high = low / 10, high * 10
    title = shown.say("sizes")
    return Plot(id=id, priority=9, title=title, lines=lines, x=(1, shown.D), y=(low, high), points=points, log=True)


def comparing(shown: Shown, rules: Rules, kinds: tuple[str, ...]) -> Stage:
    """Act 4: the same weights, three kinds of unit."""
    i = shown.view.loop("i") or 1
    lines = []
    for kind in kinds:
        sizes = shown.view.get(f"sizes_{kind}")
        if sizes is not None and shown.known(f"share_{kind}"):
            lines.append(Line(kind, np.arange(1, shown.D + 1), sizes[:, 0], dotted=kind != kinds[i - 1]))
    shares: dict[int, Item] = {
        n: shown.scalar(f"share_{kind}", title=f"{kind}: {shown.say('share')}") for n, kind in enumerate(kinds)
    }
    return [
        laws(rules, f"share_{kinds[i - 1]}"),
        flow("shares", shares, 10),
        _log_plot(shown, "compared", lines, []),
    ]


def says(view: View, text: Text, kinds: tuple[str, ...]) -> dict[str, Any]:
    """The fields that the text of `depth` may use."""
    fields: dict[str, Any] = {
        "D": int(view.knobs["depth"]), "hidden": int(view.knobs["depth"]) - 1,
        "L": int(view.knobs["width"]), "f": view.knobs["activation"],
        "initial": view.knobs["initial"], "B": len(view.start.inputs["x"][0]),
    }  # fmt: skip
    for kind in kinds:
        share = view.get(f"share_{kind}")
        fields[kind] = "·" if share is None else five(float(share.reshape(-1)[0]))
    return fields

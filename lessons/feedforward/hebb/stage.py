"""The stages of `hebb`: a weight vector and its length over the samples; patterns, the memory, and what it recalls."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HostArray
from lessons.building.stage_parts import Parts, Rules, flow, laws, subscripted
from lessons.contract.panels import Axis, Block, Field, Heat, Item, Line, Matrix, Multiples, Note, Plot, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five

SIDE = 5


def panels(view: View, text: Text, rules: Rules) -> Stage:
    """The panels of a position."""
    parts = Parts(view, text)
    return {"hebb": growing, "oja": growing, "store": storing, "recall": recalling}[view.act](parts, rules)


def growing(parts: Parts, rules: Rules) -> Stage:
    """Acts 1 and 2: one sample after the other, and how long w has become."""
    view, M = parts.view, len(parts.view.start.params["w"])
    n = view.loop("n") or 1
    items: dict[int, Item] = {
        0: parts.vector(f"x[{n}]", M, "column", True, subscripted("x", n)),
        1: parts.vector("w", M, "column", True, "w"),
        2: parts.scalar(f"y[{n}]", title=subscripted("y", n)),
        3: parts.scalar(f"size[{n}]", title="‖w‖"),
    }
    return [laws(rules, "y", view.act), flow("state", items, 10), length(parts), samples(parts)]


def length(parts: Parts) -> Plot:
    """‖w‖ after every sample so far; the axis grows by doubling."""
    view, N = parts.view, len(parts.view.start.inputs["x"])
    found = [(n, parts.number(f"size[{n}]")) for n in range(1, (view.loop("n") or 0) + 1)]
    known = [(float(n), size) for n, size in found if size is not None and np.isfinite(size)]
    w = view.start.params["w"]
    x, y = [0.0, *(n for n, _ in known)], [float(np.linalg.norm(w)), *(size for _, size in known)]
    top = 2.0
    while top < max(y):
        top *= 2
    lines = [Line("‖w‖", x, y), Line("1", [0, N], [1, 1], dotted=True)]
    title = parts.say("length")
    return Plot(id="length", priority=8, title=title, lines=lines, x=(0, N), y=(0, top), points=[(x[-1], y[-1], "●")])


def samples(parts: Parts) -> Matrix:
    """The samples around this one, a column each."""
    view = parts.view
    x, n = view.start.inputs["x"], view.loop("n") or 1
    axis = Axis(tuple(str(k) for k in range(1, len(x) + 1)), n - 1, 1, close=True)
    near = range(max(0, n - 17), min(len(x), n + 16))
    blocks: dict[int, Item] = {k: _cut(parts, k, len(x[0])) for k in near}
    return Matrix(id="samples", priority=5, axis=axis, rows=[Row("x", blocks)])


def _cut(parts: Parts, k: int, M: int) -> Block:
    return parts.vector(f"x[{k + 1}]", M, "column", True)


def picture(title: str, cells: HostArray, written: bool = False, lit: int | None = None) -> Field:
    """A pattern: two characters a cell."""
    values = np.repeat((cells.reshape(SIDE, SIDE) > 0).astype(float), 2, axis=1)
    if lit is not None:
        r, c = divmod(lit, SIDE)
        values[r, 2 * c : 2 * c + 2] = np.where(values[r, 2 * c : 2 * c + 2] > 0, 0.6, -0.3)
    return Field(id="picture", title=title, values=values, x=(0, 1), y=(0, 1), written=written)


def storing(parts: Parts, rules: Rules) -> Stage:
    """Act 3: the same rule, once for every pattern."""
    view = parts.view
    m = view.loop("m")
    patterns = [np.array(q) for q in view.start.inputs["patterns"]]
    shown = [picture(f"q{k}", q, written=k == m and "W" in view.written) for k, q in enumerate(patterns, 1)]
    return [
        laws(rules, "store"),
        Multiples(id="patterns", priority=9, title=parts.say("patterns"), fields=shown),
        memory(parts),
    ]


def memory(parts: Parts, focus: tuple[int, int] = (0, 1)) -> Heat:
    """W: who goes with whom."""
    value = parts.view.get("W")
    K = SIDE * SIDE
    block = Block("W", value, (K, K), **parts.flags("W"))
    return Heat(id="memory", priority=8, title=parts.say("memory"), block=block, focus=focus)


def recalling(parts: Parts, rules: Rules) -> Stage:
    """Act 4: from half of the first pattern, cell by cell."""
    view = parts.view
    i = view.loop("i")
    wanted, begun = np.array(view.start.inputs["patterns"][0]), np.array(view.start.inputs["shown"])
    now = view.get("s")
    s = begun if now is None else now
    lit = None if i is None else i - 1
    at = lit or 0
    fields = [
        picture(parts.say("shown"), begun),
        picture(parts.say("now"), s, "s" in view.written, lit),
        picture(parts.say("wanted"), wanted),
    ]
    items: dict[int, Item] = {
        0: parts.scalar(f"net[{i or 1}]", title=subscripted("net", i or 1)),
        1: Block("s", s[at : at + 1].reshape(1, 1), (1, 1), "at", at, title=f"s[{at}]", **parts.flags("s")),
    }
    wrong = int((s != wanted).sum())
    return [
        laws(rules, "net", "s"),
        Multiples(id="patterns", priority=10, fields=fields, arrows=True),
        flow("cell_now", items, 9),
        Note(id="wrong", priority=7, text=parts.say("wrong").format(n=wrong), level="proof" if not wrong else "say"),
        memory(parts, (at, 0)),
    ]


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `hebb` may use."""
    inputs, n = view.start.inputs, view.loop("n")
    size = view.get(f"size[{n}]") if n else None
    return {
        "N": len(inputs["x"]), "M": len(view.start.params["w"]), "P": len(inputs["patterns"]),
        "rate": f"{float(view.knobs['rate']):g}", "n": n or 0,
        "size": "·" if size is None else five(float(size)),
        "wrong": int((np.array(inputs["shown"]) != np.array(inputs["patterns"][0])).sum()),
    }  # fmt: skip

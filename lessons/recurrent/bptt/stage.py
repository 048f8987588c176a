"""The stages of `bptt`, one for each act: which panels stand there, and what the text may say of the position."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.walks.gradient_check import cells
from engine.walks.step import split
from lessons.building.stage_parts import Rules, flow, laws, subscripted
from lessons.contract.panels import Block, Curve, Item, Label, Matrix, Panel, Row, Series, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import eight, five
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import name, subscript
from lessons.recurrent.bptt.parts import Parts, guess, letter, window_of

LEARNED = 0.2
"""The loss under which a text counts as learned."""


def panels(view: View, text: Text, rules: Rules) -> Stage:
    """The panels of a position."""
    parts = Parts(view, text)
    if view.act == "train":
        return train(parts, rules)
    return {"forward": forward, "dV": by_V, "dW": by_W, "dU": by_U, "sum": summed, "check": checked}[view.act](
        parts, rules
    )


def forward(parts: Parts, rules: Rules) -> Stage:
    """Act 1: the same cell at every timestep."""
    t = parts.t or 0
    guess = Matrix(id="guess", priority=5, axis=parts.axis, rows=[_guesses(parts)])
    return [laws(rules, "z", "s", "o"), *parts.strip(), parts.graph(), guess, *weights(parts, t)]


def weights(parts: Parts, t: int | None) -> list[Matrix]:
    """All parameters; with t, what they make at that timestep beside them."""
    H, K = parts.H, parts.K
    read = parts.inputs["x"][t] if t is not None else None
    below: dict[int, Item] = {
        0: parts.matrix("U", (H, K), "U", True, "cols", read),
        1: parts.matrix("W", (H, H), "W", True),
        2: parts.vector("b", H, "column", True, "b"),
    }
    above: dict[int, Item] = {
        0: parts.matrix("V", (K, H), "V", True, "rows"),
        1: parts.vector("c", K, "column", True, "c"),
    }
    if t is not None:
        below |= {3: parts.vector(f"z[{t}]", H, "column", title=subscripted("z", t))}
        above |= {
            2: parts.vector(f"o[{t}]", K, "column", title=subscripted("o", t)),
            3: parts.vector(f"yhat[{t}]", K, "column", title=subscripted("ŷ", t)),
        }
    return [flow("weights", below, 7), flow("output", above, 6)]


def _guesses(parts: Parts) -> Row:
    """ŷ under every t: as many letters as a column holds, the likeliest first."""
    found: dict[int, Item] = {}
    for t in parts.near:
        yhat = parts.view.get(f"yhat[{t}]")
        if yhat is None:
            found[t] = Label("·", role="dim")
            continue
        order = np.argsort(-yhat, kind="stable")[:4] if parts.K > 4 else range(parts.K)
        shown = " ".join(guess(parts.vocabulary[i], float(yhat[i])) for i in order)
        found[t] = Label(shown, **parts.flags(f"yhat[{t}]"))
    return Row("ŷ %", found)


def by_V(parts: Parts, rules: Rules) -> Stage:
    """Act 2: ∂E_t/∂V, one product of two vectors the state already has."""
    H, K = parts.H, parts.K
    graph = parts.graph(parts.t, parts.t)
    error = parts.row("e = ŷ − y", "e", K, "column")
    blocks: dict[int, Item] = {t: parts.matrix(f"dV[{t}]", (K, H)) for t in parts.near}
    term = Row("∂Eₜ/∂V", blocks)
    return [
        laws(rules, "e", "dV_t"),
        *parts.strip(),
        graph,
        Matrix(
            id="error",
            priority=8,
            axis=parts.axis,
            rows=[error],
            title=parts.say("letters") + " " + " ".join(parts.vocabulary[:12]),
        ),
        Matrix(id="terms", priority=7, axis=parts.axis, rows=[term]),
    ]


def _counted(parts: Parts) -> str:
    """k = 3 2 [1] 0: where in the sum the walk is."""
    if parts.t is None:
        return ""
    lowest = max(0, parts.t + 1 - int(parts.view.knobs["window"]))
    ks = list(range(parts.t, lowest - 1, -1))
    if len(ks) > 12:
        return f"k = {parts.k} ({parts.t} … {lowest})"
    return "k = " + " ".join(f"[{k}]" if k == parts.k else str(k) for k in ks)


def by_W(parts: Parts, rules: Rules) -> Stage:
    """Act 3: ∂E_t/∂W, one term for every time W was met."""
    t, H = parts.t or 0, parts.H
    terms: dict[int, Item] = {k: parts.matrix(f"dW[{t},{k}]", (H, H)) for k in parts.near if k <= t}
    return [
        laws(rules, "W_term", "delta", right=_counted(parts)),
        *parts.strip(),
        parts.graph(parts.k, parts.t),
        Matrix(id="delta", priority=9, axis=parts.axis, rows=[parts.delta_row(t), parts.norm_row(t)]),
        Matrix(id="terms", priority=8, axis=parts.axis, rows=[Row(parts.say("term"), terms)]),
        parts.ledger("W"),
        so_far(parts, "W", (H, H)),
    ]


def so_far(parts: Parts, p: str, shape: tuple[int, int]) -> Matrix:
    """The running sum of the present row, and what is still to come."""
    t = parts.t or 0
    have = [k for k in range(t, -1, -1) if parts.view.get(f"d{p}[{t},{k}]") is not None]
    rest = [k for k in range(t, max(-1, t - window_of(parts.view, parts.T)), -1) if k not in have]
    said = _series(have, "0")
    if rest:
        said += parts.say("to_come") + " " + _series(rest, "", ", ")
    block = parts.matrix(f"d{p}[{t}]", shape, labels="cols" if p == "U" else "")
    label = f"∂E{subscript(str(t))}/∂{p}"
    items: dict[int, Item] = {0: block, 1: Label(f"= {said}")}
    return Matrix(id="so_far", priority=7, rows=[Row(f"{label}\n{parts.say('so_far')}", items)])


def _series(ks: list[int], none: str, between: str = " + ") -> str:
    shown = [f"k{k}" for k in ks]
    if len(shown) > 7:
        shown = [*shown[:5], "…", shown[-1]]
    return between.join(shown) or none


def by_U(parts: Parts, rules: Rules) -> Stage:
    """Act 4: ∂E_t/∂U: the same δ, put into the column of the letter that was read."""
    t, H, K = parts.t or 0, parts.H, parts.K
    terms: dict[int, Item] = {}
    where: dict[int, Item] = {}
    for k in parts.near:
        if k > t:
            continue
        code, symbol = parts.inputs["x"][k], f"dU[{t},{k}]"
        value = parts.view.get(symbol)
        shown = None if value is None else value[:, code].reshape(1, H)
        terms[k] = Block(symbol, shown, (1, H), "slice", code, **parts.flags(symbol))
        where[k] = Label(parts.say("column").format(letter=parts.vocabulary[code]), role="dim")
    return [
        laws(rules, "U_term", "delta", right=_counted(parts)),
        *parts.strip(),
        parts.graph(parts.k, parts.t),
        Matrix(id="delta", priority=9, axis=parts.axis, rows=[parts.delta_row(t), parts.norm_row(t)]),
        Matrix(id="terms", priority=8, axis=parts.axis, rows=[Row(parts.say("term"), terms), Row("", where)]),
        parts.ledger("U"),
        so_far(parts, "U", (H, K)),
    ]


def summed(parts: Parts, rules: Rules) -> Stage:
    """Act 5: the sum over t, down the columns, and the sweep that needs only their sums."""
    T, H = parts.T, parts.H
    rows = [parts.delta_row(t) for t in range(T)] if T <= 6 else []
    head = Row("", {k: Label(f"k={k}", role="dim") for k in parts.near})
    triangle = [Row(f"E{subscript(str(t))}", row.items) for t, row in enumerate(rows)]
    column = parts.row(parts.say("sum"), "column", H)
    sweep = parts.row(parts.say("sweep"), "a", H)
    met = Row("aₖ s[k-1]ᵀ", {k: parts.matrix(f"met_W[{k}]", (H, H)) for k in parts.near})
    grads: dict[int, Item] = {
        0: parts.matrix("dW", (H, H), "∂E/∂W = ΣₜΣₖ"),
        1: parts.matrix("sweep_W", (H, H), parts.say("sweep_W")),
        2: Label(_difference(parts)),
    }
    found: Stage = [
        laws(rules, "column", "a"),
        *parts.strip(),
        Matrix(id="triangle", priority=8, axis=parts.axis, rows=[head, *triangle]),
        Matrix(
            id="columns", priority=9, axis=parts.axis,
            rows=[Row(column.label, column.items, rule=True), sweep, met],
        ),
        Matrix(id="by_t", priority=6, axis=parts.axis, rows=[
            Row("", {t: Label(f"t={t}", role="dim") for t in parts.near}),
            Row("∂Eₜ/∂W", {t: parts.matrix(f"dW[{t}]", (H, H)) for t in parts.near}),
        ]),
        flow("gradients", grads, 10),
        cost(parts),
    ]  # fmt: skip
    return found


def _difference(parts: Parts) -> str:
    """How far the sweep is from the column sums, over the columns around here that both have."""
    gaps = []
    for k in parts.near:
        a, column = parts.view.get(f"a[{k}]"), parts.view.get(f"column[{k}]")
        if a is not None and column is not None:
            gaps.append(float(abs(a - column).max()))
    return parts.say("difference").format(gap=_tiny(max(gaps)) if gaps else "·")


def cost(parts: Parts) -> Table:
    """δ vectors that either way must make."""
    lengths = sorted({parts.T, 25, 100})
    heads = (parts.say("to_make"), *(f"T={n}" for n in lengths))
    rows = [
        (parts.say("double_sum"), *(str(n * (n + 1) // 2) for n in lengths)),
        (parts.say("sweep"), *(str(n) for n in lengths)),
    ]
    return Table(id="cost", priority=4, heads=heads, rows=rows)


def checked(parts: Parts, rules: Rules) -> Stage:
    """Act 6: every weight nudged both ways."""
    found: list[tuple[str, ...]] = []
    lit = None
    for p in ("U", "W", "V", "b", "c"):
        for i in range(12):
            numeric = parts.view.get(f"numeric_{p}[{i}]")
            if numeric is None:
                continue
            gap = parts.view.get(f"gap_{p}[{i}]")
            if f"numeric_{p}[{i}]" in parts.view.written or f"gap_{p}[{i}]" in parts.view.written:
                lit = len(found)
            grad = parts.view.get(f"d{p}")
            found.append(
                (
                    _cell(parts, p, i),
                    _entry(grad, i),
                    eight(float(numeric)),
                    "·" if gap is None else _tiny(float(gap)),
                )
            )
    heads = (parts.say("weight"), parts.say("lesson"), "(E₊−E₋)/2h", parts.say("gap"))
    p = next((place[0] for place in parts.view.path[1:] if place[1] < 0), "W")
    return [
        laws(rules, f"numeric_{p}", right="h = 1e-5"),
        *parts.strip(),
        parts.graph(),
        Table(id="checks", priority=9, heads=heads, rows=found, lit=lit),
    ]


def _cell(parts: Parts, p: str, i: int) -> str:
    shape = parts.view.start.params[p].shape
    r, c = list(cells(shape[0], shape[1] if len(shape) == 2 else 1, 12))[i]
    return f"∂E/∂{p}[{r},{c}]" if len(shape) == 2 else f"∂E/∂{p}[{r}]"


def _entry(grad: Any, i: int) -> str:
    if grad is None:
        return "·"
    rows, cols = grad.shape[0], grad.shape[1] if grad.ndim == 2 else 1
    r, c = list(cells(rows, cols, 12))[i]
    return eight(float(grad.reshape(rows, cols)[r, c]))


def _tiny(gap: float) -> str:
    return f"{gap:.0e}".replace("e-0", "e-") if gap else "0"


def train(parts: Parts, rules: Rules) -> Stage:
    """Act 7: the loss of every update; and one update opened, with all that the acts before have shown."""
    view, training = parts.view, parts.view.training
    assert training is not None
    series = [Series(label, curve, first, dotted=i > 0) for i, (label, curve, first) in enumerate(training.curves)]
    marks = [(training.n, "▲", parts.say("open" if training.open else "here").format(n=training.n))]
    current = training.curves[training.current][1]
    small = np.flatnonzero(np.asarray(current, dtype=float) < LEARNED)
    right = int(small[0]) if small.size else None
    if right is not None:
        marks.append((right, "✓", f"< {five(LEARNED)} · {right}"))
    loss = _loss_here(parts, current, training.n)
    top = loss if loss is not None and np.isfinite(loss) else 1.0
    curve = Curve(
        id="curve",
        priority=10,
        title=parts.say("curve"),
        series=series,
        marks=marks,
        notes=_losses(parts, current, loss),
        reach=max(100, training.latest),
        least_top=top,
    )
    if not training.open:
        guess = Matrix(id="guess", priority=7, axis=parts.axis, rows=[_guesses(parts)])
        return [curve, *parts.strip(), parts.graph(), guess, *weights(parts, None)]
    phase = view.path[1][0] if len(view.path) > 1 else "forward"
    opened: Stage = {"forward": forward, "output": by_V, "backward": by_W}.get(phase, stepped)(parts, rules)
    return [curve, *(panel for panel in opened if panel.id != "law")]


def _loss_here(parts: Parts, curve: Any, n: int) -> float | None:
    """The loss of the update in focus: known once it is made, and from its forward pass before."""
    if n < len(curve):
        return float(curve[n])
    here = [parts.view.get(f"E[{t}]") for t in range(parts.T)]
    known = [float(E) for E in here if E is not None]
    return sum(known) if len(known) == parts.T else None


def _losses(parts: Parts, curve: Any, loss: float | None) -> list[str]:
    """What stands beside the curve: the loss here, and the least so far."""
    shown = [parts.say("now").format(loss="·" if loss is None else loss_figures(loss))]
    known = np.append(np.asarray(curve, dtype=float), [] if loss is None else [loss])
    known = known[np.isfinite(known)]
    return [*shown, parts.say("least").format(loss=loss_figures(float(known.min())) if known.size else "·")]


def stepped(parts: Parts, rules: Rules) -> Stage:
    """The end of an update: the sum over t, the clipped gradient, and the step."""
    H, K = parts.H, parts.K
    shapes = {"W": (H, H), "U": (H, K), "V": (K, H)}
    p = next((place[0] for place in parts.view.path[2:] if place[0] in shapes), "W")
    found: list[Panel] = []
    items: dict[int, Item] = {
        0: parts.matrix(p, shapes[p], p),
        1: parts.matrix(f"d{p}", shapes[p], f"∂E/∂{p}"),
    }
    for slot in ("G", "m", "v"):
        if parts.view.get(f"{slot}_{p}") is not None:
            items[len(items)] = parts.matrix(f"{slot}_{p}", shapes[p], f"{slot}({p})")
    found.append(flow("step", items, 9))
    norm = parts.view.get("g_norm")
    if norm is not None:
        clip = parts.say("norm").format(norm=five(float(norm)), clip=five(float(parts.view.knobs["clip"])))
        found.append(Matrix(id="norm", priority=7, rows=[Row("‖g‖", {0: Label(clip, **parts.flags("g_norm"))})]))
    return found


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `bptt` may use."""
    inputs, knobs = view.start.inputs, view.knobs
    T, K = len(inputs["x"]), len(inputs["vocabulary"])
    t, k = view.loop("t"), view.loop("k")
    losses = [view.get(f"E[{i}]") for i in range(T)] if view.act == "forward" else []
    known = [float(E) for E in losses if E is not None]
    fields: dict[str, Any] = {
        "T": T, "K": K, "H": int(view.start.params["W"].shape[0]), "f": knobs["activation"],
        "text": _quoted(inputs["text"]), "lnK": five(float(np.log(K))),
        "mean": five(sum(known) / len(known)) if known else "·", "window": window_of(view, T),
        "ten": T * (T + 1) // 2, "last": subscript(str(T - 1)), "rate": f"{knobs['rate']:g}",
        "optimiser": knobs["optimiser"],
        "t": "" if t is None else subscript(str(t)), "k": "" if k is None else subscript(str(k)),
        "t_n": t if t is not None else 0, "k_n": k if k is not None else 0,
        "before": subscript(str((k if k is not None else t or 0) - 1)),
        "next": subscript(str((k or 0) + 1)), "joints": (t or 0) - (k or 0),
        "x": _letter_at(inputs, k if k is not None else t),
    }  # fmt: skip
    norms = view.get("norms_W") if view.act == "dW" else None
    for p, at in (("previous", 1), ("first", 0)):
        norm = norms[t, at] if norms is not None and t is not None and t >= at else None
        fields[p] = "·" if norm is None else five(float(norm))
    fields["wrote"] = ", ".join(name(s) for s in sorted(view.written, key=_order)[:3]) or "·"
    s = view.get(f"s[{min(2, T - 1)}]")
    fields["s2"] = "·" if s is None else five(float(s[0]))
    fields["s2_name"] = subscripted("s", min(2, T - 1))
    if view.training is not None:
        fields["n"], fields["latest"] = view.training.n, view.training.latest
    return fields


def _quoted(text: str) -> str:
    """The text in short."""
    shown = "".join(letter(c) for c in text[:16])
    return shown if len(text) <= 16 else f"{shown}…"


def _letter_at(inputs: Mapping[str, Any], at: int | None) -> str:
    return letter(inputs["text"][at]) if at is not None else ""


def _order(symbol: str) -> tuple[int, str]:
    family, indices = split(symbol)
    return (-len(indices), family)

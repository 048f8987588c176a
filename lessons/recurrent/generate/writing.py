"""Letters that a net writes, on the stage: the text so far, and how the next letter is drawn."""

from __future__ import annotations

from lessons.building.stage_parts import flow
from lessons.contract.panels import Matrix, Picture, Table
from lessons.explaining.figures import cells, five
from lessons.recurrent.corner import Corners
from lessons.recurrent.generate.watched import EXPECTED, NAME, chance
from lessons.recurrent.in_time import TimeStage


def written(stage: TimeStage, first: str) -> Picture:
    """What has been written so far after the first letter."""
    picks = [stage.number(f"pick[{t}]") for t in range(stage.T)]
    text = "".join(stage.vocabulary[int(pick)] for pick in picks if pick is not None)
    label = (0, 0, stage.say("wrote"), "label")
    return Picture(
        id="wrote", priority=10, marks=[label, (0, NAME, first, "dim"), (0, NAME + cells(first), text, "written")]
    )


def drawing(stage: TimeStage) -> Table:
    """The likeliest letters, and between which numbers u draws each."""
    q, F = (stage.view.get(f"{name}[{stage.t or 0}]") for name in "qF")
    u, pick = (stage.number(f"{name}[{stage.t or 0}]") for name in ("u", "pick"))
    heads = (stage.say("letter"), "q", "", stage.say("between", u="" if u is None else five(u).strip()))
    if q is None:
        return Table(id="draw", priority=9, heads=heads, rows=[])
    likeliest = sorted(range(len(q)), key=lambda i: -q[i])[: EXPECTED + 1]
    chosen = None if pick is None else int(pick)
    if chosen is not None and chosen not in likeliest:
        likeliest[-1] = chosen
    likeliest.sort()
    rows = []
    for i in likeliest:
        span = "·" if F is None else f"{five(float(F[i - 1]) if i else 0.0).strip()} – {five(float(F[i])).strip()}"
        rows.append((stage.vocabulary[i], *chance(float(q[i])), span))
    lit = None if chosen is None else likeliest.index(chosen)
    return Table(id="draw", priority=9, heads=heads, rows=rows, lit=lit)


def drawn_by(stage: TimeStage, corners: Corners) -> Matrix:
    """u, and what it picks, in cells."""
    return flow(
        "chance", {i: corners.number(f"{name}[{stage.t or 0}]", name) for i, name in enumerate(("u", "pick"))}, 8
    )

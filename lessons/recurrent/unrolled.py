"""A recurrent net unrolled over time: at each timestep the state, and an input and a loss where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.device import HostArray
from lessons.building.stage_parts import subscripted
from lessons.contract.panels import Block, Edge, Graph, Node
from lessons.explaining.figures import five
from lessons.explaining.figures import loss as loss_figures
from lessons.recurrent.in_time import TimeStage

WORD = 5
"""Letters from which on a target stands closer to its probability."""


class Moment(NamedTuple):
    """What is drawn of timestep t. `read` and `wanted` are None where there is no input and no loss.

    The ways are those of the edges: `forward` into the state, `along` from the state before it, `out` to the loss;
    "forward", "backward" or "" (see `panels.Edge`). `live`: this step made the state, `said`: the answer.
    """

    state: Block
    read: str | None
    wanted: str | None
    yhat: float | None
    forward: str
    along: str
    out: str
    live: bool
    said: bool
    here: bool = False
    """Whether the loss is the one that the step is about."""


def way(known: bool, back: bool) -> str:
    """How an edge is drawn: back once an error has passed it, forward once its end is known."""
    return "backward" if back else "forward" if known else ""


def unrolled(
    stage: TimeStage, s: str, moments: Mapping[int, Moment], start: Block, names: tuple[str, str, str] = ("U", "W", "V")
) -> Graph:
    """The net in time, its state called `s`; `names` stand at edges from the input, the state before, to the loss."""
    nodes, edges = [Node(f"{s}-1", "state", -1, f"{s}₋₁", start)], list[Edge]()
    for t, at in moments.items():
        nodes += boxes(stage, s, t, at)
        if at.read is not None:
            edges.append(Edge(f"x{t}", f"{s}{t}", names[0], at.forward, at.live))
        if at.wanted is not None:
            edges.append(Edge(f"{s}{t}", f"E{t}", names[2], at.out, at.said))
        if t == 0 or t - 1 in moments:
            edges.append(Edge(f"{s}{t - 1}", f"{s}{t}", names[1] if t else "", at.along, at.live))
    rows = {row: stage.say(row) for row in ("target", "loss", "state", "input")}
    return Graph(id="graph", priority=10, layout="time", rows=rows, nodes=nodes, edges=edges, axis=stage.axis)


def boxes(stage: TimeStage, s: str, t: int, at: Moment) -> list[Node]:
    """Target, loss, state and input of a timestep, from the top."""
    E, written, read = stage.number(f"E[{t}]"), stage.view.written, stage.view.read
    found = list[Node]()
    if at.wanted is not None:
        known = "" if at.yhat is None else f"  p={five(at.yhat)}" if len(at.wanted) < WORD else f" {five(at.yhat)}"
        loss = "·" if E is None else f"{subscripted('E', t)} {loss_figures(E)}"
        found.append(Node(f"y{t}", "target", t, at.wanted + known, written=f"yhat[{t}]" in written))
        found.append(Node(f"E{t}", "loss", t, loss, written=f"E[{t}]" in written or at.here))
    found.append(Node(f"{s}{t}", "state", t, subscripted(s, t), at.state))
    if at.read is not None:
        point = Block(f"x[{t}]", None, (1, 1), "row")
        found.append(Node(f"x{t}", "input", t, at.read, point, read=f"x[{t}]" in read))
    return found


def chance(yhat: HostArray | None, code: int) -> float | None:
    """ŷ of one output; None where ŷ is not known."""
    return None if yhat is None else float(yhat[code])

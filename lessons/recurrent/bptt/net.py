"""What the stages of `bptt` and `srn` share: a simple recurrent network, unrolled over time, and its parameters."""

from __future__ import annotations

from lessons.building.stage_parts import flow, subscripted
from lessons.contract.panels import Block, Edge, Graph, Matrix, Node
from lessons.explaining.figures import five
from lessons.explaining.figures import loss as loss_figures
from lessons.recurrent.in_time import TimeStage


def unrolled(stage: TimeStage, back_to: int | None = None, back_from: int | None = None) -> Graph:
    """The net in time. From back_from to back_to the gradient flows; elsewhere what ran points forward."""
    written = stage.view.written
    nodes = [Node("s-1", "state", -1, "s₋₁", stage.state("s_init"))]
    edges = []
    for t in stage.near:
        nodes += _column(stage, t)
        live = f"z[{t}]" in written or f"s[{t}]" in written
        forward = "forward" if live or stage.known(f"s[{t}]") else ""
        back = back_from is not None and back_to is not None and back_to <= t <= back_from
        edges.append(Edge(f"x{t}", f"s{t}", "U", forward, live))
        out = "backward" if back and t == back_from else "forward" if stage.known(f"E[{t}]") else ""
        edges.append(Edge(f"s{t}", f"E{t}", "V", out, f"o[{t}]" in written))
        if t == 0 or t - 1 in stage.near:
            way = "backward" if back and t != back_to else forward
            edges.append(Edge(f"s{t - 1}", f"s{t}", "W" if t else "", way, live))
    rows = {row: stage.say(row) for row in ("target", "loss", "state", "input")}
    return Graph(id="graph", priority=10, layout="time", rows=rows, nodes=nodes, edges=edges, axis=stage.axis)


def _column(stage: TimeStage, t: int) -> list[Node]:
    view, inputs = stage.view, stage.inputs
    x, y = (stage.vocabulary[inputs[name][t]] for name in "xy")
    yhat, E = view.get(f"yhat[{t}]"), view.get(f"E[{t}]")
    target = y if yhat is None else f"{y}  p={five(float(yhat[inputs['y'][t]]))}"
    losses = "·" if E is None else f"{subscripted('E', t)} {loss_figures(float(E))}"
    here = E is not None and stage.t == t and stage.act in ("dV", "dW", "dU", "train")
    return [
        Node(f"y{t}", "target", t, target, written=f"yhat[{t}]" in view.written),
        Node(f"E{t}", "loss", t, losses, written=f"E[{t}]" in view.written or here),
        Node(f"s{t}", "state", t, subscripted("s", t), stage.state(f"s[{t}]")),
        Node(f"x{t}", "input", t, x, Block(f"x[{t}]", None, (1, 1), "row"), read=f"x[{t}]" in view.read),
    ]


def weights(stage: TimeStage, t: int | None, *made: Block, priority: int = 7) -> Matrix:
    """U, of which the letter at t reads one column, W and b; beside them what they make."""
    H, K, read = stage.H, stage.K, None if t is None else stage.inputs["x"][t]
    held = (stage.matrix("U", (H, K), "U", "cols", read), stage.matrix("W", (H, H), "W"), stage.column("b", H, "b"))
    return flow("weights", dict(enumerate((*held, *made))), priority)


def output(stage: TimeStage, *made: Block) -> Matrix:
    """V and c, the weights above the state; beside them what they make."""
    held = stage.matrix("V", (stage.K, stage.H), "V", "rows"), stage.column("c", stage.K, "c")
    return flow("output", dict(enumerate((*held, *made))), 6)

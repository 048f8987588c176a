"""A gated cell unrolled over time, as a graph: the road from cell to cell, the output above it, x below."""

from __future__ import annotations

from lessons.building.stage_parts import subscripted
from lessons.contract.panels import Edge, Graph, Node
from lessons.explaining.figures import loss as loss_figures
from lessons.recurrent.cell_position import CellPosition


def unrolled(at: CellPosition) -> Graph:
    """States over time; in a GRU the road runs from state to state."""
    stage, states, written = at.stage, at.cell.states, at.view.written
    road = states[-1]
    nodes = [Node(f"{s}-1", s, -1, f"{s}₋₁", stage.vector(f"{s}_init", stage.H)) for s in states]
    edges = []
    for t in stage.near:
        E = at.view.get(f"E[{t}]")
        loss = "·" if E is None else f"{subscripted('E', t)} {loss_figures(float(E))}"
        nodes += [
            Node(f"E{t}", "loss", t, loss, written=f"E[{t}]" in written),
            *(Node(f"{s}{t}", s, t, subscripted(s, t), stage.vector(f"{s}[{t}]", stage.H)) for s in states),
            Node(f"x{t}", "input", t, stage.vocabulary[stage.inputs["x"][t]]),
        ]
        state, error = f"{road}[{t}]", at.symbol(f"g{road}", t)
        came = at.back and stage.known(error)
        way = "backward" if came else "forward" if stage.known(state) else ""
        edges.append(Edge(f"x{t}", f"{road}{t}", "U", way, state in written or error in written))
        if road != "h":
            out = "backward" if came else "forward" if stage.known(f"h[{t}]") else ""
            edges.append(Edge(f"c{t}", f"h{t}", "o", out))
        above = "backward" if at.error_sent(t) else "forward" if E is not None else ""
        edges.append(Edge(f"h{t}", f"E{t}", "V", above, f"a[{t}]" in written or f"e[{t}]" in written))
        if t == 0 or t - 1 in stage.near:
            edges.append(_joint(at, t))
    rows = {"loss": stage.say("loss"), **{s: stage.say(f"state_{s}") for s in states}, "input": stage.say("input")}
    return Graph(id="graph", priority=10, layout="time", rows=rows, nodes=nodes, edges=edges, axis=stage.axis)


def _joint(at: CellPosition, t: int) -> Edge:
    """The road into timestep t: an error has crossed it when it is known on both sides."""
    road = at.cell.states[-1]
    state, error, later = f"{road}[{t}]", at.symbol(f"g{road}", t - 1), at.symbol(f"g{road}", t)
    crossed = t > 0 and at.back and at.stage.known(error) and at.stage.known(later)
    way = "backward" if crossed else "forward" if at.stage.known(state) else ""
    live = (error if crossed else state) in at.view.written
    return Edge(f"{road}{t - 1}", f"{road}{t}", at.cell.road if t else "", way, live)

"""What the stages of `bptt` and `srn` share: a simple recurrent network, unrolled over time, and its parameters."""

from __future__ import annotations

from lessons.building.stage_parts import flow
from lessons.contract.panels import Block, Graph, Matrix
from lessons.recurrent import unrolled as time
from lessons.recurrent.in_time import TimeStage
from lessons.recurrent.unrolled import Moment, chance, way


def unrolled(stage: TimeStage, back_to: int | None = None, back_from: int | None = None) -> Graph:
    """The net in time. From back_from to back_to the gradient flows; elsewhere what ran points forward."""
    view, moments = stage.view, dict[int, Moment]()
    for t in stage.near:
        x, y = (stage.inputs[name][t] for name in "xy")
        live = f"net[{t}]" in view.written or f"s[{t}]" in view.written
        back = back_from is not None and back_to is not None and back_to <= t <= back_from
        known, answered = live or stage.known(f"s[{t}]"), stage.known(f"E[{t}]")
        moments[t] = Moment(
            stage.state(f"s[{t}]"), stage.vocabulary[x], stage.vocabulary[y], chance(view.get(f"yhat[{t}]"), y),
            way(known, False), way(known, back and t != back_to), way(answered, back and t == back_from), live,
            f"z[{t}]" in view.written, answered and stage.t == t and stage.act in ("dV", "dW", "dU", "train"),
        )  # fmt: skip
    return time.unrolled(stage, "s", moments, stage.state("s_init"))


def weights(stage: TimeStage, t: int | None, *made: Block, priority: int = 7) -> Matrix:
    """U, of which the letter at t reads one column, W and b; beside them what they make."""
    H, K, read = stage.H, stage.K, None if t is None else stage.inputs["x"][t]
    held = (stage.matrix("U", (H, K), "U", "cols", read), stage.matrix("W", (H, H), "W"), stage.column("b", H, "b"))
    return flow("weights", dict(enumerate((*held, *made))), priority)


def output(stage: TimeStage, *made: Block) -> Matrix:
    """V and c, the weights above the state; beside them what they make."""
    held = stage.matrix("V", (stage.K, stage.H), "V", "rows"), stage.column("c", stage.K, "c")
    return flow("output", dict(enumerate((*held, *made))), 6)

"""What `srn` and `bptt` share: a simple recurrent network on a text, with the weights of the lecture's example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.device import Rng, rng
from engine.maths.initial import normal
from engine.recurrent.srn import COLUMNS, PARAMETERS, Inputs, Params
from engine.recurrent.unrolled import Unrolled
from lessons.building.acts import Scope, Trial
from lessons.building.asks import Gradient
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Lengths, Parameter, Size
from lessons.contract.view import Knobs, Start
from lessons.recurrent.letters import Letters

# The lecture's example, "hell" → "ello" over h, e, l, o, without biases (slides 34-37).
EXAMPLE = {
    "U": [[0.5, -0.5, 0.25, 0.0], [-0.25, 0.5, 0.0, 0.5]],
    "W": [[0.5, -0.25], [0.25, 0.5]],
    "V": [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]],
}


# the net


def inputs(s: Scope) -> Inputs:
    return Inputs(s.x, s.y, s.s_init)


def net(s: Scope) -> Unrolled:
    """The unrolled net that everything below is taken from."""
    theta, window = Params(*(s.theta[p] for p in PARAMETERS)), int(s.knobs.get("window", s.T))
    return Unrolled(s.device, s.f, theta, inputs(s), window)


def losses(trial: Trial) -> dict[str, Any]:
    found = [float(trial.device.get(E)) for E in trial.first.net.run.E]
    return {"losses": found, "loss": sum(found)}


class SrnLesson(DeclaredLesson):
    """A simple recurrent network on a text: what `bptt` and `srn` hold, and how it is drawn."""

    source = Letters()
    sizes = (Size("H", "hidden"),)
    holds = (
        Parameter("U", ("H", "K")),
        Parameter("W", ("H", "H")),
        Parameter("V", ("K", "H")),
        Parameter("b", "H", optional=True),
        Parameter("c", "K", optional=True),
        Parameter("s_init", "H", optional=True, learned=False),
    )
    lecture = EXAMPLE
    gradient = Gradient(lambda s: s.net.loss(), lambda s: s.net.ledger.grad._asdict())
    draws = frozenset({"text", "hidden"})
    rebuilds = draws | {"start"}
    columns = COLUMNS | {"by_yhat", "by_s"} | {f"{slot}_{p}" for slot in "Gmv" for p in "bc"}

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        begun = super().start(knobs, seed)
        if knobs["start"] == "random" and seed is None:
            begun.params["s_init"][:] = normal(rng(0), int(knobs["hidden"]), 1, 0.5)[:, 0]
        return begun

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        """N(0, min(½, 1/√H)²), biases 0."""
        H, K = lengths["H"], lengths["K"]
        shapes = {"U": (H, K), "W": (H, H), "V": (K, H)}
        weights = {name: normal(draw, *shape, min(0.5, H**-0.5)) for name, shape in shapes.items()}
        return weights | ({"s_init": normal(draw, H, 1, 0.5)[:, 0]} if knobs["start"] == "random" else {})

"""The lesson `generate`: a window of the learner's text forward and back, a net that writes, and one that learns to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from engine.device import HOST, Device
from engine.gated import cell as cells
from engine.gated.cell import Theta
from engine.gated.net import Net
from engine.gated.run import writing
from engine.gated.run.files import CELLS
from engine.gated.run.streams import one_hot
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path
from lessons.building.experiment import Experiment, column
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.recurrent.generate import CELLS as KINDS
from lessons.recurrent.generate import learning
from lessons.recurrent.generate.stage import panels, says

GRAINS: Grains = {"act": 0, "update": 1, "phase": 2, "t": 3, "k": 3, "layer": 4, "op": 6}
WRITTEN = 24
"""Letters that are written step by step."""
AHEAD = 1000
"""Updates that a prediction looks ahead."""
REPLAYED = 200
"""Updates that may be made again to have one back."""


def at_first_loss(knobs: Knobs, start: Start) -> Path:
    return (("forward", -1), ("t", 0), ("output", -1))


def even(view: View) -> float:
    """Bits per letter of a net that holds every letter as likely."""
    return float(np.log2(len(view.start.inputs["letters"])))


def at_draw(knobs: Knobs, start: Start) -> Path:
    return (("write", -1), ("t", 0), ("draw", -1))


def sharper(view: View) -> str:
    """What half the temperature does to the likeliest letter: counted from the scores."""
    a = view.get("a[0]")
    assert a is not None
    tau = float(view.knobs["temperature"])

    def top(at: float) -> float:
        q = np.exp((a - a.max()) / at)
        return float((q / q.sum()).max())

    return "more" if top(tau / 2) > top(tau) * 1.001 else "less" if top(tau / 2) < top(tau) / 1.001 else "same"


def at_training(knobs: Knobs, start: Start) -> Path:
    return (("update", 0),)


def unsure(view: View) -> str:
    """Where a net is less sure after so many updates: at the first letters of words, or at their later ones."""
    knobs, start = view.knobs, view.start
    theta = {name: column(HOST, value) for name, value in start.params.items()}
    school = learning.school(HOST, knobs, int(start.inputs["seed"]))
    state = school.start(theta, learning.Reading(0.0))
    for _ in range(AHEAD):
        state = school.advance(state)
    text = learning.held(knobs)
    codes = text.codes[-400:]
    run = learning.run_over(HOST, learning.cell_of(knobs), state.data.theta, codes, len(text.letters))
    space = np.isin(np.array(list(text.letters))[codes], (" ", "\n"))
    E = np.array([float(each) for each in run.E])
    first, later = E[space[:-1] & ~space[1:]], E[~space[:-1] & ~space[1:]]
    if not first.size or not later.size:
        return "same"
    return "first" if first.mean() > 1.05 * later.mean() else "later" if later.mean() > 1.05 * first.mean() else "same"


class Generate(Experiment):
    """See `contract.lesson.Lesson`. What the second layer has bears a 2: Wi2, h2[t]."""

    grains = GRAINS
    grain = "t"
    example = False
    asks = (
        Ask("even", at_first_loss, "number", even, tolerance=0.1),
        Ask("sharper", at_draw, "choice", sharper),
        Ask("unsure", at_training, "choice", unsure, track="train"),
    )
    explains = ("pick", "q", "h2", "h", "c", "gc", "gh", "delta", "yhat")
    draws = frozenset({"corpus", "text", "cell", "layers", "hidden", "symbols", "case"})
    rebuilds = draws | {"window"}
    optional = frozenset({"by", "bm", "bm2"})
    columns = frozenset(
        {"x", "y", "a", "yhat", "e", "q", "F", "by", "dby", "G_by", "m_by", "v_by"}
        | {
            f"{family}{level}"
            for level in ("", "2")
            for family in (
                *("h", "c", "m", "gh", "gc", "h_init", "c_init", "bm", "dbm", "G_bm", "m_bm", "v_bm"),
                *(f"{p}{q}" for q in "ifogzrnh" for p in ("", "z", "delta_", "b", "db", "G_b", "m_b", "v_b")),
            )
        }
        | {"h2_init", "c2_init"}
    )

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        learning.held(knobs, look=True)
        if "rate" not in given and knobs["cell"] == "srn":
            return {**knobs, "rate": 0.03}  # an SRN leaps where a gated cell does not
        return dict(knobs)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        inputs = {**learning.as_read(knobs), "seed": seed or 0}
        return Start(learning.drawn(knobs, seed or 0), inputs)

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        return learning.cell_of(knobs).shapes(int(knobs["hidden"]), len(inputs["letters"]))

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        own = learning.as_read(knobs)
        if given.get("letters", own["letters"]) != own["letters"]:
            raise Refused("inputs_other_letters", file=file, letters=own["letters"][:20].replace("\n", "⏎"))
        seed = given.get("seed", 0)
        whole = isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0
        return {**own, "seed": seed if whole else 0}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        rows, K = params.get("V"), len(inputs["letters"])
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], list) or not 2 <= len(rows[0]) <= 512:
            raise Refused("shape_text", file=file, symbol="V", wanted=f"({K}, hidden 2–512)")
        cell = "lstm" if "Wf" in params else "gru" if "Wz" in params else "srn" if "Wh" in params else knobs["cell"]
        layers = 2 if any(name.endswith("2") for name in params) else 1
        return {**knobs, "cell": cell, "layers": layers, "hidden": len(rows[0])}

    def editable(self, symbol: str) -> bool:
        return any(symbol in CELLS[kind]._replace(layers=2).names for kind in KINDS)

    def theta(self, device: Device, start: Start) -> dict[str, Any]:
        """The parameters on the device."""
        return {name: column(device, value) for name, value in start.params.items()}

    def net(self, device: Device, knobs: Knobs, start: Start) -> Net:
        """The net on the first letters of the text, alone."""
        codes = learning.held(knobs).codes[: learning.streams(knobs).T + 1]
        cell, K, theta = learning.cell_of(knobs), len(learning.held(knobs).letters), self.theta(device, start)
        return Net(device, cell, theta, learning.inputs_over(device, cell, theta, codes, K))

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        net = self.net(device, knobs, start)
        written = self.written(device, knobs, lambda: net.theta, int(start.inputs["seed"]), (("write", -1),))
        return Reel([net.forward((("forward", -1),)), net.backward((("backward", -1),)), written], GRAINS)

    def written(self, device: Device, knobs: Knobs, theta: Any, n: int, at: Path) -> Section:
        """Some letters, written by the net that `theta` gives."""
        text, cell = learning.held(knobs), learning.cell_of(knobs)
        K, top, tau = len(text.letters), int(knobs["top"]), float(knobs["temperature"])
        zero = learning.zero(device, cell, int(knobs["hidden"]))
        first = one_hot(device, text.codes[:1], K)
        u = learning.chances(device, n, 1, WRITTEN)

        def env() -> Env:
            plain = {
                **theta(), **{f"{name}_init": value for name, value in zero.items()}, "tau": tau, "top": top,
                "letters": device.put([[float(code)] for code in range(K)]), "last": K - 1.0,
            }  # fmt: skip
            return Env(plain, {"x": lambda t: first if t == 0 else None, "u": lambda t: u[t] if t < len(u) else None})

        return Section(
            at,
            lambda: writing.write(device, cell, theta(), zero, first, u, tau, top, at),
            env,
            writing.length(cell, WRITTEN, top),
        )

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        seed, theta = int(start.inputs["seed"]), self.theta(device, start)
        school = learning.school(device, knobs, seed)
        state = learning.begin(device, knobs, theta, seed) if fork is None else school.fork(fork, theta)

        def inside(state: State) -> Reel:
            at: Path = (("update", state.n),)
            opened = school.inside(state, GRAINS)
            after = self.written(device, knobs, lambda: school.advance(state).data.theta, state.n, (*at, ("write", -1)))
            return Reel([self.reading(device, knobs, state.data.theta, (*at, ("read", -1))), *opened.sections, after],
                        GRAINS)  # fmt: skip

        return Track(
            "train", state, school.advance, inside, lambda state: float(state.data.loss), school.size(theta),
            (lambda state: state.data.reading.bits,), replays=REPLAYED,
        )  # fmt: skip

    def reading(self, device: Device, knobs: Knobs, theta: Theta, at: Path) -> Section:
        """The text that the net is watched on, read before an update."""
        codes, K = learning.under(knobs), len(learning.held(knobs).letters)
        cell = learning.cell_of(knobs)
        return Net(device, cell, theta, learning.inputs_over(device, cell, theta, codes, K)).forward(at)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        cell = learning.cell_of(knobs)
        return {
            **cells.rules(cell, mean=True), **writing.RULES,
            **descent.rules(OPTIMISERS[str(knobs["optimiser"])], cell.names),
        }  # fmt: skip

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        net = self.net(device, knobs, start)
        return cells.objective(device.xp, net.cell, net.theta, net.inputs)

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        """The loss of the first letters, bits per letter, the gradient, the states; and what the net writes."""
        net, get, seed = self.net(device, knobs, start), device.get, int(start.inputs["seed"])
        losses = [float(get(E)) for E in net.run.E]
        shapes = self.shapes(knobs, start.inputs)
        n = int(start.inputs.get("updates", 0))
        return {
            "losses": losses,
            "loss": sum(losses),
            "bits": sum(losses) / len(losses) / float(np.log(2)),
            "grad": {p: get(g) if len(shapes[p]) == 2 else get(g)[:, 0] for p, g in net.grad.items()},
            **{name: [get(made[name])[:, 0] for made in net.run.made] for name in net.cell.carry},
            "sample": learning.sample(device, knobs, net.cell, net.theta, n, seed),
        }

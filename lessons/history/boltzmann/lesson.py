"""The lesson `boltzmann`: a restricted Boltzmann machine, unit by unit and trained; a deep belief net made of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device
from engine.feedforward import mlp
from engine.images import dbn, rbm, rbm_exact, rbm_filling, rbm_opened
from engine.images.rbm import Chain
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track, advanced
from engine.walks.reel import member
from engine.walks.step import Path, Walk
from lessons.building.acts import Act, Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import column, moved, on_device
from lessons.building.holds import Input, Parameter, Seed, Size
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start, hides
from lessons.data.pictures.black_and_white import SIDES, half_known
from lessons.history.boltzmann import machine as exp
from lessons.history.boltzmann.stage import BoltzmannStage

SGD = OPTIMISERS["sgd"]
AHEAD, LATER = 3000, 8000
"""Updates that a prediction looks ahead: to where the likelihood has mostly had its best, and on."""
MOST = 1000.0
"""Size of a parameter in a state or put in by hand: up to here Z is summable, `rbm_exact`."""
AGAIN = 10
"""Times that a picture is shown again."""
EVERY = 250
"""Updates between its measurements."""
TUNED = 2000
"""Updates of back-propagation that another one looks ahead."""


def seed_of(s: Scope) -> int:
    return int(s.trial.start.inputs["seed"])


def summed(s: Scope) -> bool:
    """Whether Z can be summed."""
    return rbm_exact.summable(s.device, s.theta)


def chance(s: Scope, n: int, *unit: int) -> Array | None:
    """q[n] = p(h = 1 | v[n]), of all hidden units."""
    v = s.get(f"v[{n}]")
    return None if unit or v is None else rbm.hidden_chance(s.xp, s.theta, v)


def learn(s: Scope, at: Path) -> Walk[Any]:
    """The gradient that the chain of the act before estimates, and the step."""
    of, (v, h) = exp.rule_of(s.knobs), s.left("gibbs")
    run = Chain((s.get("v[0]"), s.get("q[0]")), (v, s.get(f"q[{of.k}]")), h)
    grad = yield from rbm.gradient(s.xp, s.theta, run, s.draws, of, (*at, ("gradient", -1)))
    return (yield from descent.walk_step(s.xp, SGD, s.theta, grad, {}, s.rate, 1, (*at, ("step", -1))))


def filling(s: Scope, at: Path) -> Walk[tuple[Array, Array]]:
    """The picture covered, and filled in by the knob's number of sweeps."""
    of = exp.rule_of(s.knobs)._replace(k=int(s.knobs["sweeps"]))
    return rbm_filling.fill(s.device, s.theta, s.get("v[0]"), s.c, s.draws, of, at)


def objective(s: Scope) -> Objective:
    """−ln p of the pictures that are shown; their free energy alone, where Z cannot be summed."""
    return rbm_exact.objective(s.device, {p: s.theta[p] for p in rbm.NAMES}, s.X)


def computed(trial: Trial) -> dict[str, Any]:
    """−ln p of the pictures and p of each, or, where Z cannot be summed, their free energy; one reconstruction."""
    s, get = trial.first, trial.device.get
    found: dict[str, Any] = {"loss" if summed(s) else "free_energy": float(get(objective(s).loss()))}
    if summed(s):
        found |= {"lnZ": float(get(s.lnZ)[0, 0]), "p": get(s.chances)[0].tolist()}
    v, _ = s.left("fill")
    return {**found, "reconstruction": get(s.left("gibbs")[0])[:, 0].tolist(), "filled": get(v)[:, 0].tolist()}


# predictions


def again(trial: Trial) -> str:
    """Whether the hidden units are the same each time that the same picture is shown, with other random numbers."""
    s = trial.first
    q, units = trial.device.get(s.get("q[0]")), tuple(s.theta["W"].shape)
    drawn = [exp.drawn(HOST, s.knobs, units, seed_of(s) + n).h[0] < q for n in range(1 + AGAIN)]
    return "same" if all((each == drawn[0]).all() for each in drawn) else "other"


def share(trial: Trial) -> str:
    """How much of all probability the pictures that are shown have together."""
    mass = float(trial.device.get(trial.first.chances).sum())
    return "all" if mass > 0.999 else "most" if mass > 0.5 else "part"


def falls(trial: Trial) -> str:
    """What goes on improving from one update ahead to another: the likelihood, the reconstruction, or both."""
    run = exp.machine(HOST, trial.knobs, int(trial.start.inputs["seed"]), EVERY)
    state, found = run.start(on_device(HOST, trial.start.params)), []
    for _ in range(LATER // EVERY):
        state = advanced(run.advance, state, EVERY)
        found.append(state.data.reading)
    early, late = (np.mean(found[m - 8 : m], axis=0) for m in (AHEAD // EVERY + 4, LATER // EVERY))
    better = late[0] > early[0], late[2] < early[2]
    return {(True, True): "both", (False, True): "error", (True, False): "likelihood"}.get(better, "none")


def starts(trial: Trial) -> str:
    """Whether the deep net of sigmoid units learns from a random start."""
    knobs = {**trial.knobs, "begin": "random"}
    start = exp.start(knobs, int(trial.start.inputs["seed"]))
    track = exp.training(HOST, knobs, start, None, {})
    state = advanced(track.advance, track.begin, TUNED)
    return "yes" if state.data.reading.wrong < 0.5 else "no"


def fills(trial: Trial) -> str:
    """What the covered half becomes: the same as it was, another one but always the same, or several."""
    found = exp.filled_again(trial.knobs, trial.start).T
    if (found != found[0]).any():
        return "several"
    return "same" if (found[0] == trial.start.inputs["v"]).all() else "one"


DERIVED = (
    Derived("families", lambda s: rbm.unit_families(s.device, s.theta, s.draws)),
    Derived("draws", lambda s: exp.drawn(s.device, s.knobs, tuple(s.theta["W"].shape), seed_of(s))),
    *(Derived(f, lambda s, *at, f=f: member(s.families[f], *at), indexed=True) for f in rbm.FAMILIES),
    Derived("q", chance, indexed=True),
    Derived("c", lambda s: s.device.put(half_known(int(s.V**0.5), str(s.knobs["covered"]))[:, None])),
    *(Derived(name, lambda s, name=name: float(s.knobs[name])) for name in ("rate", "decay")),
    *(Derived(name, lambda s: 1) for name in ("B", "C", "n")),
    Derived("X", lambda s: s.device.put(exp.shown(s.knobs, seed_of(s)))),
    Derived("M", lambda s: s.X.shape[1]),
    Derived("x", lambda s, m: s.X[:, m - 1 : m] if 1 <= m <= s.M else None, indexed=True),
    Derived("chances", lambda s: rbm_exact.probabilities(s.device, s.theta, s.X)),
    Derived("expected", lambda s: rbm_exact.expected(s.device, s.theta)),
    Derived("lnZ", lambda s: rbm_exact.log_partition(s.device, s.theta)),
    *(Derived(f"E_{name}", lambda s, name=name: getattr(s.expected, name)) for name in ("vh", "v", "h")),
)


class Boltzmann(DeclaredLesson):
    """W is (visible × hidden). A deep net is a track of its own, whose first layer is the machine of the acts."""

    source = Seed()
    sizes = (Size("V", fixed=16, low=9, high=64), Size("H", "hidden"))
    holds = (
        Parameter("W", ("V", "H"), most=MOST),
        Parameter("a", "V", optional=True, most=MOST),
        Parameter("b", "H", optional=True, most=MOST),
        Input("v", "V", also=("v[0]",), among=(0, 1)),
    )
    derived = DERIVED
    matrices = frozenset({"X", "Q", "vh_data", "vh_model", "E_vh"})
    acts = (
        Act("gibbs", lambda s, at: rbm.units(s.device, s.theta, s.get("v[0]"), s.draws, exp.rule_of(s.knobs), at),
            length=lambda s: rbm.unit_steps(s.theta["W"].shape, int(s.knobs["k"]))),
        Act("learn", learn, length=lambda s: 10),
        Sections("likelihood", lambda s, at: rbm_opened.sections(s.device, s.theta, s.X, s, at)),
        Act("fill", filling, after=(), length=lambda s: rbm_filling.steps(
            s.theta["W"].shape, len(rbm_filling.covered(s.device, s.c)), int(s.knobs["sweeps"]))),
    )  # fmt: skip
    gradient = Gradient(objective, name="−ln p")
    results = (computed,)
    questions = (
        Question("again", "gibbs/n=1", "choice", again),
        Question("share", "likelihood/n=1", "choice", share, until="likelihood/n={M}", hides=hides("P", "E"),
                 when=lambda s: summed(s) and s.knobs["data"] != "digits"),
        Question("fills", "fill/n=1", "choice", fills, hides=hides(fields=["same", "kinds"])),
        Question("falls", "update=0", "choice", falls, track="train",
                 when=lambda s: summed(s) and s.knobs["net"] == "rbm"),
        Question("starts", "update=0", "choice", starts, track="train", when=lambda s: s.knobs["net"] == "dbn"),
    )  # fmt: skip
    loops = ("update", "phase", ("n", "layer"), (), ("i", "j"))
    grain = "n"
    example = False
    explains = ("h", "v", "q", "p", "dW", "P", "E", "F_v")
    draws = frozenset({"net", "data", "hidden", "trained", "begin"})
    rebuilds = draws | {"batch", "layers", "labels", "picture"}
    shown_as = BoltzmannStage

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        """What was not given is as net and data ask for; one's own picture is a digit. Raises Refused: a deep net."""
        if knobs["net"] == "dbn" and "data" in given and knobs["data"] != "digits":
            raise Refused("deep_data", value=knobs["data"])
        if knobs["picture"] != "drawn" and "data" not in given:
            knobs = {**knobs, "data": "digits"}
        fits = exp.STACKED if knobs["net"] == "dbn" else exp.DIGITS if knobs["data"] == "digits" else {}
        return {**knobs, **{name: value for name, value in fits.items() if name not in given}}

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> dict[str, int]:
        V, M = exp.shown(knobs, 0).shape
        return {**super().lengths(knobs, inputs), "M": M, **({"V": V} if inputs is None else {})}

    def prepare(self, knobs: Knobs, seed: int | None, start: Start | None, seconds: float) -> None:
        if start is None:
            exp.weights(knobs, seed or 0, seconds)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return exp.start(knobs, seed or 0)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """The data set is the one whose pictures are as large as the one in the state."""
        fitted, start = super().read(file, state, knobs)
        V = len(start.inputs["v"])
        data = next((name for name, side in SIDES.items() if side * side == V), None)
        if data is None or (knobs["net"] == "dbn" and data != "digits"):
            raise Refused("inputs_shape", file=file, name="v", wanted="64" if data else "9, 16, 64")
        return {**fitted, "data": data}, start

    def at(self, start: Start, state: State, device: Device) -> Start:
        """Of a deep net its first layer; its a is known only until back-propagation begins."""
        return moved(start, dbn.first_machine(state.data.theta, column(device, start.params["a"])), device)

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track:
        return exp.training(device, knobs, start, fork, self.grains)

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        """Of a deep net, the other ways to begin."""
        beginnings = exp.BEGINNINGS if knobs["net"] == "dbn" else ()
        others = [{**knobs, "begin": name} for name in beginnings if name != knobs["begin"]]
        return [(str(other["begin"]), other, exp.start(other, int(start.inputs["seed"]))) for other in others]

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return rules(exp.rule_of(knobs), exp.net_of(knobs) if knobs["net"] == "dbn" else None)


@lru_cache(maxsize=8)
def rules(of: rbm.Rule, net: mlp.Net | None) -> Mapping[str, str]:
    """The rules of a machine, and of the deep net over it, by op."""
    found = {**rbm_filling.rules(of), **rbm.rules(of), **rbm_exact.rules(), **descent.rules(SGD, rbm.NAMES)}
    if net is None:
        return found
    return {**found, **mlp.rules(net), **descent.rules(SGD, mlp.names(net.depth))}

"""The lesson `mlp`: what it holds and its acts; the points and the net stand in `experiment`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from engine.device import Device
from engine.feedforward import mlp
from engine.feedforward.mlp_training import Examples, loss_on, step_and_forward, step_and_forward_length
from engine.maths.optimisers import OPTIMISERS, begin
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track
from engine.walks.reel import Reel
from engine.walks.step import drain
from lessons.building.acts import Act, Derived, Scope, Trial
from lessons.building.asks import Gradient
from lessons.building.declared import DeclaredLesson, like
from lessons.building.defaults import read_params, recipe, sizes_of_layers
from lessons.building.holds import Input, Lengths, Net, Size
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start, View
from lessons.feedforward.mlp import asks
from lessons.feedforward.mlp import experiment as exp
from lessons.feedforward.mlp.stage import MlpStage

LAYERS = range(1, 8)
WEIGHTS, BIASES = (frozenset(f"{kind}{n}" for n in LAYERS) for kind in "Wb")
SLOTS = tuple(f"{slot}_{p}" for slot in "Gmv" for p in (*WEIGHTS, *BIASES))


def shapes(knobs: Knobs, lengths: Lengths) -> dict[str, tuple[int, ...]]:
    """W1, b1, W2, b2, … for the layers that the knobs ask for."""
    units = exp.sizes(knobs)
    layers = ((f"W{n}", f"b{n}", units[n - 1], units[n]) for n in range(1, len(units)))
    return {name: shape for W, b, cols, rows in layers for name, shape in ((W, (rows, cols)), (b, (rows,)))}


def one(s: Scope) -> Examples:
    """The one example of the first acts, on the device."""
    return Examples(*(s.device.put(value) for value in exp.one(s.knobs, s.trial.start)))


def net(s: Scope) -> mlp.Net:
    return exp.net_of(s.knobs)


def objective(s: Scope, examples: Examples) -> Objective:
    return mlp.objective(s.xp, net(s), s.theta, *examples)


def whole(s: Scope) -> Objective:
    """E over all training examples."""
    return objective(s, Examples(*(s.device.put(value) for value in exp.examples(s.knobs, s.trial.start))))


@lru_cache(maxsize=8)
def rules(net: mlp.Net, optimiser: str) -> Mapping[str, str]:
    """The rules of a pass and of a step, by op."""
    return {**mlp.rules(net), **descent.rules(OPTIMISERS[optimiser], mlp.names(net.depth))}


def gradient_of(trial: Trial, of: Objective) -> dict[str, Any]:
    return {p: like(trial.start.params[p], trial.device.get(slope)) for p, slope in of.gradient.items()}


def outcome(trial: Trial) -> dict[str, Any]:
    """The loss on all training examples; both losses and accuracies; and the one example of the first acts."""
    s, get, inputs = trial.first, trial.device.get, trial.start.inputs
    of = objective(s, s.one)
    results: dict[str, Any] = {
        "loss": float(get(whole(s).loss())), "updates": inputs.get("updates", inputs.get("earlier", 0)),
    }  # fmt: skip
    for name, test in (("train", False), ("test", True)):
        some = exp.examples(trial.knobs, trial.start, test)
        if some.x.shape[1]:
            x, y = (trial.device.put(value) for value in some)
            results[f"{name}_loss"] = float(get(loss_on(s.xp, net(s), s.theta, Examples(x, y))))
            if inputs["classes"]:
                answers = get(drain(mlp.forward(s.xp, net(s), s.theta, x, y)).h[-1])
                results[f"{name}_accuracy"] = exp.right(trial.knobs, answers, some.y)
    example = {
        "index": int(trial.knobs["example"]), "x": get(s.x)[:, 0], "y": float(np.array(get(s.y))[0, 0]),
        "loss": float(get(of.loss())), "grad": gradient_of(trial, of),
    }  # fmt: skip
    return {**results, "example": example}


class Mlp(DeclaredLesson):
    """W_n is (out × in): the transpose of the lecture's w and v. The first acts are about one example."""

    sizes = (Size("N", low=1, high=1000),)
    holds = (
        Net("W1", (), shapes=shapes, names=WEIGHTS | BIASES, vectors=BIASES, lacking=BIASES),
        Input("x", ("N", 2), first=1, symbol="point"),
        Input("y", "N", first=1, symbol="target"),
    )
    derived = (
        Derived("one", one),
        Derived("x", lambda s: s.one.x),
        Derived("y", lambda s: s.one.y),
        Derived("recipe", lambda s: recipe(s.knobs)),
        Derived("memory", lambda s: begin(s.xp, s.recipe.optimiser, s.theta)),
        *(Derived(name, lambda s, name=name: s.memory.get(name)) for name in SLOTS),
        *(Derived(name, lambda s: 1) for name in ("B", "n")),
        *(Derived(name, lambda s, name=name: getattr(net(s), name)) for name in ("l1", "l2")),
        Derived("rate", lambda s: s.recipe.rate),
        Derived("theta", lambda s: s.recipe.clip),
    )
    matrices = frozenset(name for name in SLOTS if "_W" in name)
    acts = (
        Act(
            "forward",
            lambda s, at: mlp.forward(s.xp, net(s), s.theta, s.x, s.y, at),
            length=lambda s: mlp.steps(net(s))[0],
        ),
        Act(
            "backward",
            lambda s, at: mlp.backward(s.xp, net(s), s.theta, s.left("forward"), s.y, at),
            length=lambda s: mlp.steps(net(s))[1],
        ),
        Act(
            "step",
            lambda s, at: step_and_forward(s.xp, net(s), s.recipe, s.theta, s.left("backward"), s.memory, s.one, at),
            length=lambda s: step_and_forward_length(net(s), s.recipe),
        ),
    )
    gradient = Gradient(whole)
    results = (outcome,)
    questions = asks.GATE
    loops = ("update", "phase", "layer")
    explains = ("delta", "h", "net", "E", "dW")
    second_views = frozenset({"train"})
    draws = frozenset({"data", "layers", "features", "initial"})
    rebuilds = draws | {"weights", "points", "noise", "split", "loss", "problem"}
    shown_as = MlpStage
    rivals = exp.rivals

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        return exp.settled(knobs, given)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return exp.begin_at(knobs, seed)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        exp.one(knobs, start)  # refused at once where there is no such example
        return super().reel(device, knobs, start)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """Points checked as a whole; the knobs that drew a state's points cannot be others now."""
        return read_state(file, self.card.id, state, knobs)

    def among(self, start: Start, symbol: str) -> tuple[float, ...]:
        return tuple(start.inputs["classes"]) if symbol.startswith("target") else ()

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track:
        return exp.training(device, knobs, start, fork, self.grains)

    def at(self, start: Start, state: State, device: Device) -> Start:
        now = super().at(start, state, device)
        return Start(now.params, {**now.inputs, "updates": state.n + start.inputs.get("earlier", 0)})

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return rules(exp.net_of(knobs), str(knobs["optimiser"]))

    def shown(self, view: View) -> Objective:
        """E over what is on the screen: the one example, or the batch of the update in focus."""
        x, y = (view.device.put(view.held(name)) for name in "xy")
        return objective(Trial(self, view.device, view.knobs, view.start).first, Examples(x, y))


def read_state(file: str, lesson: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
    """Knobs and start from a state. Raises Refused."""
    given, params = state.get("inputs", {}), state["params"]
    if not isinstance(given, Mapping):
        raise Refused("inputs_object", file=file)
    inputs = exp.restored_inputs(file, given, knobs)
    fitted = {**knobs, "layers": sizes_of_layers(params, len(LAYERS)) or knobs["layers"]}
    start = Start(read_params(file, lesson, params, shapes(fitted, {}), BIASES), inputs)
    stored = state.get("knobs")
    if isinstance(stored, Mapping) and "x" in given:
        fitted |= {name: stored[name] for name in ("data", "points", "noise", "split") if name in stored}
    return fitted, start

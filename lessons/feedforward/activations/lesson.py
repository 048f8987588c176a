"""The lesson `activations`: functions at a point, through ten layers and back, and softmax with a temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device, rng
from engine.feedforward.activation_curves import Chain, at_point, chain, rules, soft
from engine.maths.activations import ACTIVATIONS, Activation, softmax
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain, split
from lessons.building.experiment import Experiment, counted, function
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.feedforward.activations.stage import panels, says

GRAINS: Grains = {"act": 0, "phase": 1, "k": 2, "i": 2, "op": 3}
SCORES = [2.0, 1.0, 0.1, -1.0]
START = {"z": 1.5, "w": 1.0}


def at_slopes(knobs: Knobs, start: Start) -> Path:
    return (("curve", -1), ("i", len(ACTIVATIONS)))


def steepest(view: View) -> str:
    """Which of sigmoid and tanh is steeper at z."""
    sigmoid, tanh = (view.get(f"df_{name}") for name in ("sigmoid", "tanh"))
    assert sigmoid is not None
    assert tanh is not None
    return "tanh" if tanh[0] > sigmoid[0] else "sigmoid"


def at_bottom(knobs: Knobs, start: Start) -> Path:
    return (("layers", -1), ("down", -1), ("k", int(knobs["depth"]) - 1))


def left_over(view: View) -> str:
    """How much of the gradient reaches z: the whole way down is run for the answer."""
    left = abs(float(drain(chain(HOST.xp, *_chain(view))).by_z[0, 0]))
    return "zero" if left == 0 else "tiny" if left < 1e-3 else "some" if left < 0.5 else "whole"


def _chain(view: View) -> tuple[Activation, Array, Array, int]:
    w, z = (HOST.put(view.start.params[name][:, None]) for name in "wz")
    return function(view.knobs), w, z, int(view.knobs["depth"])


def at_shares(knobs: Knobs, start: Start) -> Path:
    return (("softmax", -1), ("share", -1), ("i", 1))


def hotter(view: View) -> str:
    """What twice the temperature does to the largest probability."""
    o, T = view.start.params["o"][:, None], float(view.knobs["temperature"])
    now, then = (float(softmax(HOST.xp, o / t).max()) for t in (T, 2 * T))
    if o.min() == o.max():
        return "stays"
    return "falls" if then <= now else "rises"  # equal where both are 1 to the last figure


class Curves(Experiment):
    """See `contract.lesson.Lesson`. What `g` checks is E = h_K − ln p of the first score."""

    grains = GRAINS
    grain = "i"
    asks = (
        Ask("steeper", at_slopes, "choice", steepest),
        Ask("left", at_bottom, "choice", left_over),
        Ask("hotter", at_shares, "choice", hotter),
    )
    columns = frozenset({"z", "w", "o", "h", "d", "g", "dw", "dz", "r", "Z", "p", "L", "by_o", "top", "y"}) | {
        f"{d}f_{name}" for d in ("", "d") for name in ACTIVATIONS
    }
    rebuilds = frozenset({"scores"})

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        K, draw = int(knobs["scores"]), rng(seed or 0)
        o = np.array(SCORES) if seed is None and len(SCORES) == K else np.round(draw.normal(0, 1.5, K), 2)
        z, w = (START["z"], START["w"]) if seed is None else np.round(draw.normal(0, 1.2, 2), 2)
        return Start({"z": np.array([z]), "w": np.array([w]), "o": o}, {"truth": 1})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        return {"z": (1,), "w": (1,), "o": (int(knobs["scores"]),)}

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        if given.get("truth", 1) != 1:
            raise Refused("inputs_codes", file=file, name="truth", wanted=1)
        return {"truth": 1}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        o = params.get("o")
        return {**knobs, "scores": len(o) if isinstance(o, list) and 2 <= len(o) <= 8 else knobs["scores"]}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        return (family, (at[0] - 1,)) if family == "o" and at else (symbol, index)

    def pieces(self, device: Device, start: Start) -> tuple[Array, Array, list[Array]]:
        """z, w and the scores on the device, each (1, 1)."""
        z, w, o = (start.params[name] for name in ("z", "w", "o"))
        return device.put(z[:, None]), device.put(w[:, None]), [device.put([[v]]) for v in o]

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        (z, w, o), xp = self.pieces(device, start), device.xp
        f, depth, T = function(knobs), int(knobs["depth"]), float(knobs["temperature"])
        y = [device.put([[float(i == 1)]]) for i in range(1, len(o) + 1)]
        plain = {"z": z, "w": w, "T": T, "top": o[0]}
        families = {"o": counted(o), "y": counted(y), "h": lambda k: z if k == 0 else None}
        at: dict[str, Path] = {act: ((act, -1),) for act in self.card.acts}
        env = lambda: Env(plain, families)  # noqa: E731
        return Reel(
            [
                Section(at["curve"], lambda: at_point(xp, z, at["curve"]), env, 2 * len(ACTIVATIONS)),
                Section(at["layers"], lambda: chain(xp, f, w, z, depth, at["layers"]), env, 5 * depth + 3),
                Section(at["softmax"], lambda: soft(xp, o, T, 1, at["softmax"]), env, 5 * len(o) + 2),
            ],
            self.grains,
        )

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return rules(function(knobs))

    def run(self, device: Device, knobs: Knobs, start: Start) -> tuple[Chain, Mapping[str, Any]]:
        """The chain up and down, and softmax with its slope."""
        z, w, o = self.pieces(device, start)
        passed = drain(chain(device.xp, function(knobs), w, z, int(knobs["depth"])))
        return passed, drain(soft(device.xp, o, float(knobs["temperature"]), 1))

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        z, w, o = self.pieces(device, start)
        f, depth, T, xp = function(knobs), int(knobs["depth"]), float(knobs["temperature"]), device.xp
        theta = {"z": z, "w": w, "o": xp.concat(tuple(o), axis=0)}

        def E(**replaced: Array) -> Array:
            moved = {**theta, **replaced}
            scores = [moved["o"][i : i + 1, :] for i in range(len(o))]
            top = drain(chain(xp, f, moved["w"], moved["z"], depth)).h[-1]
            return xp.sum(top + drain(soft(xp, scores, T, 1))["loss"])

        passed, shares = self.run(device, knobs, start)
        return Objective(theta, E, {"z": passed.by_z, "w": passed.by_w, "o": xp.concat(tuple(shares["by_o"]), axis=0)})

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        passed, shares = self.run(device, knobs, start)

        def value(array: Array) -> float:
            return float(device.get(array)[0, 0])

        z = self.pieces(device, start)[0]
        points = drain(at_point(device.xp, z))
        return {
            "functions": {name: {"value": value(s), "slope": value(d)} for name, (s, d) in points.items()},
            "h": [value(h) for h in passed.h],
            "p": [value(p) for p in shares["p"]],
            "loss": value(passed.h[-1]) + value(shares["loss"]),
            "grad": {"z": [value(passed.by_z)], "w": [value(passed.by_w)], "o": [value(d) for d in shares["by_o"]]},
        }

"""The lesson `vanishing`: a net that only hears noise, its joints multiplied, rivals on the same noise, remedies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from engine.device import Array, Device, rng
from engine.recurrent import vanish
from engine.recurrent.vanish import Inputs, Variant, radius
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain
from lessons.building.experiment import Experiment, function
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.recurrent.vanishing.stage import panels, says

GRAINS: Grains = {"act": 0, "v": 1, "phase": 1, "t": 2, "k": 2, "op": 3}
RADII = (("tanh", 0.5), ("tanh", 0.9), ("tanh", 1.5), ("linear", 1.5))
"""Units and spectral radius of the rivals; a ReLU net that starts from the identity and a gate follow."""


def rivals(device: Device, knobs: Knobs, start: Start) -> list[Variant]:
    """The nets of act 3: the weights of act 1 scaled, then the identity, then a gate."""
    W = start.params["W"]
    unit = W / (radius(W) or 1.0)
    found = [Variant(units, device.put(r * unit)) for units, r in RADII]
    gate = 1 / (1 + np.exp(-float(knobs["gate"])))
    return [*found, Variant("relu", device.put(np.eye(len(W)))), Variant(vanish.GATE, device.put([[gate]]))]


def at_product(knobs: Knobs, start: Start) -> Path:
    return (("joints", -1),)


def fate(view: View) -> str:
    """What has become of the product after all joints, beside its length at the start."""
    last, first = view.get(f"reach[{int(view.knobs['steps']) - 1}]"), view.get("reach[0]")
    assert first is not None
    assert last is not None
    share = float(first.reshape(-1)[0]) / float(last.reshape(-1)[0])
    return "grown" if share > 10 else "same" if share > 0.1 else "small" if share > 1e-5 else "tiny"


def at_rival(v: int, knobs: Knobs, start: Start) -> Path:
    return (("compare", -1), ("v", v))


def explodes(v: int, view: View) -> str:
    """Whether a rival's product has grown tenfold by the end."""
    found = view.get(f"far[{v},{int(view.knobs['steps']) - 1}]")
    assert found is not None
    return "yes" if float(found.reshape(-1)[0]) > 10 * len(view.start.params["W"]) ** 0.5 else "no"


class Vanishing(Experiment):
    """See `contract.lesson.Lesson`. The noise is an input; W has the spectral radius of the knob."""

    grains = GRAINS
    grain = "k"
    example = False
    asks = (
        Ask("fate", at_product, "choice", fate),
        Ask("tanh", partial(at_rival, 2), "choice", partial(explodes, 2)),
        Ask("linear", partial(at_rival, 3), "choice", partial(explodes, 3)),
    )
    explains = ("reach", "far", "term", "g_norm", "s")
    draws = frozenset({"hidden", "steps", "noise", "radius"})
    rebuilds = draws
    optional = frozenset({"s_init"})
    columns = frozenset({"s", "z", "n", "delta", "s_init", "u", "reach", "far", "term"})

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        H, T, draw = int(knobs["hidden"]), int(knobs["steps"]), rng(seed or 0)
        W = draw.normal(size=(H, H)) / H**0.5
        W = W * (float(knobs["radius"]) / (radius(W) or 1.0))
        s_init = np.abs(draw.normal(0, 0.5, H))
        noise = float(knobs["noise"]) * draw.normal(size=(T, H))
        return Start({"W": W, "s_init": s_init}, {"noise": noise.tolist()})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        H = int(knobs["hidden"])
        return {"W": (H, H), "s_init": (H,)}

    def weights(self, start: Start) -> tuple[str, ...]:
        return ("W",)

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        if "noise" not in given:
            return self.start(knobs, 0).inputs
        try:
            noise = np.array(given["noise"], dtype=float)
        except (TypeError, ValueError, OverflowError):
            noise = np.zeros(0)
        fits = noise.ndim == 2 and 2 <= noise.shape[0] <= 100 and 1 <= noise.shape[1] <= 32
        if not fits or not np.isfinite(noise).all():
            raise Refused("inputs_noise", file=file)
        return {"noise": noise.tolist()}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        noise = inputs["noise"]
        return {**knobs, "hidden": len(noise[0]), "steps": len(noise)}

    def given_to(self, device: Device, start: Start) -> Inputs:
        """Noise and start on the device, as columns."""
        noise = [device.put(np.array(row)[:, None]) for row in start.inputs["noise"]]
        s_init = device.put(start.params["s_init"][:, None])
        return Inputs(noise, s_init, device.put(np.eye(len(start.params["s_init"]))))

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        xp, f, W, inputs = device.xp, function(knobs), device.put(start.params["W"]), self.given_to(device, start)
        T, window, clip = len(inputs.n), int(knobs["window"]), float(knobs["clip"])
        s = drain(vanish.run(xp, f, W, inputs))
        variants = rivals(device, knobs, start)
        plain = {"W": W, "s_init": inputs.s_init, "eye": inputs.eye, "theta": clip, "gate": variants[-1].M}
        noise = {"n": lambda t: inputs.n[t] if 0 <= t < T else None}
        ran = {**noise, "s": lambda t: s[t] if 0 <= t < T else None}
        here: dict[str, Path] = {act: ((act, -1),) for act in self.card.acts}

        def compared(v: int) -> Env:
            def before(of: Array) -> Any:
                return lambda w, t: of if (w, t) == (v, -1) else None

            done = [drain(vanish.variant(xp, w, variants[w], inputs)) for w in range(v)]
            families = {
                **ran,
                "u": before(inputs.s_init),
                "Q": before(inputs.eye),
                "M": lambda w: variants[w].M if 0 <= w < len(variants) else None,
                "far": lambda w, t: done[w][t] if 0 <= w < v and 0 <= t < T else None,
            }
            return Env(plain, families)

        def all_rivals() -> Env:
            done = [drain(vanish.variant(xp, w, each, inputs)) for w, each in enumerate(variants)]
            return Env(plain, {**ran, "far": lambda w, t: done[w][t] if 0 <= w < len(done) and 0 <= t < T else None})

        return Reel(
            [
                Section(
                    here["run"], lambda: vanish.run(xp, f, W, inputs, here["run"]), lambda: Env(plain, noise), 2 * T
                ),
                Section(
                    here["joints"],
                    lambda: vanish.joints(xp, f, W, inputs.eye, s, here["joints"]),
                    lambda: Env(plain, ran),
                    2 + 3 * (T - 1),
                ),
                *(
                    Section(
                        (*here["compare"], ("v", v)),
                        partial(vanish.variant, xp, v, each, inputs, (*here["compare"], ("v", v))),
                        partial(compared, v),
                        (2 if each.units == vanish.GATE else 3) * T,
                    )
                    for v, each in enumerate(variants)
                ),
                Section(
                    here["remedies"],
                    lambda: vanish.remedies(xp, f, W, inputs, s, window, clip, here["remedies"]),
                    all_rivals,
                    4 + 3 * T + min(T, window),
                ),
            ],
            self.grains,
        )

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return vanish.rules(function(knobs))

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        """½ ‖s_T‖² as a function of W."""
        xp, f, inputs = device.xp, function(knobs), self.given_to(device, start)
        W = device.put(start.params["W"])

        def E(W: Array = W) -> Array:
            return xp.sum(drain(vanish.run(xp, f, W, inputs))[-1] ** 2) / 2

        s = drain(vanish.run(xp, f, W, inputs))
        return Objective({"W": W}, E, {"W": drain(vanish.remedies(xp, f, W, inputs, s, len(s), 1e300))["W"]})

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        xp, f, W, inputs = device.xp, function(knobs), device.put(start.params["W"]), self.given_to(device, start)
        s = drain(vanish.run(xp, f, W, inputs))
        made = drain(vanish.remedies(xp, f, W, inputs, s, int(knobs["window"]), float(knobs["clip"])))
        lengths = [float(device.get(each)) for each in drain(vanish.joints(xp, f, W, inputs.eye, s))]
        names = [*(f"{units} {r:g}" for units, r in RADII), "relu identity", "gate"]
        far = {
            name: [float(device.get(each)) for each in drain(vanish.variant(xp, v, of, inputs))]
            for v, (name, of) in enumerate(zip(names, rivals(device, knobs, start), strict=True))
        }
        return {
            "loss": float(device.get(xp.sum(s[-1] ** 2) / 2)),
            "grad": {"W": device.get(made["W"])},
            "radius": radius(start.params["W"]),
            "reach": lengths,
            "far": far,
            "within_window": device.get(made["near"]),
            "clipped": device.get(made["clipped"]),
        }

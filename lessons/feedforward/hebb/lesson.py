"""The lesson `hebb`: one neuron under Hebb's rule and Oja's on the same samples; the same rule as a memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device, HostArray, rng
from engine.feedforward import hebb as engine
from engine.feedforward.hebb import RULES
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain, split
from lessons.building.experiment import Experiment, counted
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.feedforward.hebb.stage import panels, says

GRAINS: Grains = {"act": 0, "sweep": 1, "n": 2, "m": 2, "i": 2, "op": 3}
SIDE = 5
"""Patterns are SIDE × SIDE cells."""
SWEEPS = 2
LETTERS = (
    "1...11...111111 1...11...1", "111111....1....1....11111", "..1....1....1....1....1..",
    "1111.1...11111.1...11111.", "1...1.1.1...1...1.1.1...1", "11111..1....1....1....1..",
)  # fmt: skip
"""H, C, I, B, X, T, row by row."""


def pattern(letter: str) -> list[float]:
    """A letter as cells of ±1."""
    return [1.0 if c == "1" else -1.0 for c in letter.replace(" ", "")]


def halved(q: Sequence[float]) -> list[float]:
    """What is shown of a pattern: its upper half; the rest is blank, −1."""
    kept = SIDE * SIDE // 2
    return [*q[:kept], *([-1.0] * (len(q) - kept))]


def run(view: View, act: str) -> HostArray:
    """‖w‖ after every sample under Hebb's rule or Oja's."""
    walk = {"hebb": engine.hebb, "oja": engine.oja}[act]
    w = HOST.put(view.start.params["w"][:, None])
    x = [HOST.put(np.array(row)[:, None]) for row in view.start.inputs["x"]]
    sizes = [
        v for step in walk(HOST.xp, w, x, float(view.knobs["rate"])) for k, v in step.values.items() if "size" in k
    ]
    return np.array([float(size) for size in sizes])


def what_becomes(act: str) -> Callable[[View], str]:
    """Whether ‖w‖ goes on growing, settles near 1, or does something else."""

    def answer(view: View) -> str:
        sizes = run(view, act)
        late = sizes[len(sizes) // 2 :]
        steady = np.abs(late - 1).max() < 0.35 and abs(late[-1] - late[0]) < 0.1
        rising = bool((np.diff(sizes) >= -1e-12 * sizes[:-1]).all()) or not np.isfinite(sizes[-1])
        if act == "hebb":  # each step adds to ‖w‖², or leaves it
            return "grows" if rising and sizes[-1] != sizes[0] else "other"
        return "one" if steady else "grows" if rising else "other"

    return answer


def middle(act: str) -> Callable[[Knobs, Start], Path]:
    return lambda knobs, start: ((act, -1), ("n", max(2, len(start.inputs["x"]) // 4)))


def at_recall(knobs: Knobs, start: Start) -> Path:
    return (("recall", -1), ("sweep", 1), ("i", 1))


def wrong_cells(view: View) -> float:
    """Cells that are still wrong after recall."""
    q = [HOST.put(np.array(p)[:, None]) for p in view.start.inputs["patterns"]]
    s = HOST.put(np.array(view.start.inputs["shown"])[:, None])
    found = drain(engine.recall(HOST, drain(engine.store(HOST, q)), s, SWEEPS))
    return float((found != q[0]).sum())


class Hebb(Experiment):
    """See `contract.lesson.Lesson`. What `g` checks is E = ½ Σ y² at the first weights: Hebb's step climbs it."""

    grains = GRAINS
    grain = "n"
    asks = (
        Ask("growth", middle("hebb"), "choice", what_becomes("hebb")),
        Ask("tamed", middle("oja"), "choice", what_becomes("oja")),
        Ask("recalled", at_recall, "number", wrong_cells, 0.0),
    )
    explains = ("w", "net")
    columns = frozenset({"w", "x", "y", "q", "s", "e", "net", "size"})
    rebuilds = frozenset({"samples", "inputs", "correlation", "patterns"})
    given = frozenset({"x", "shown"})

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        M, N, draw = int(knobs["inputs"]), int(knobs["samples"]), rng(seed or 0)
        shared = draw.normal(0, 1, (N, 1))
        own, r = draw.normal(0, 1, (N, M)), float(knobs["correlation"])
        signs = np.where(np.arange(M) % 2 == 1, np.sign(r) or 1.0, 1.0)
        x = np.round(np.sqrt(abs(r)) * shared * signs + np.sqrt(1 - abs(r)) * own, 3)
        w = np.round(draw.uniform(0.1, 0.4, M), 2)
        patterns = [pattern(letter) for letter in LETTERS[: int(knobs["patterns"])]]
        return Start({"w": w}, {"x": x.tolist(), "patterns": patterns, "shown": halved(patterns[0])})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        return {"w": (int(knobs["inputs"]),)}

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        found = {**self.start(knobs, None).inputs, **given}
        x, patterns, shown = _numbers(found["x"]), _numbers(found["patterns"]), _numbers(found["shown"])
        K = SIDE * SIDE
        if x is None or x.ndim != 2 or not 5 <= len(x) <= 400 or not 1 <= x.shape[1] <= 6:
            raise Refused("inputs_samples", file=file)
        if patterns is None or shown is None or patterns.ndim != 2 or not 1 <= len(patterns) <= 6:
            raise Refused("inputs_patterns", file=file, cells=K)
        if patterns.shape[1:] != (K,) or shown.shape != (K,) or not np.isin([*patterns.ravel(), *shown], (-1, 1)).all():
            raise Refused("inputs_patterns", file=file, cells=K)
        return {"x": x.tolist(), "patterns": patterns.tolist(), "shown": shown.tolist()}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        x = inputs["x"]
        return {**knobs, "samples": len(x), "inputs": len(x[0]), "patterns": len(inputs["patterns"])}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        return (family, (at[0] - 1, *index)) if family == "x" and at else (symbol, index)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        xp, eta = device.xp, float(knobs["rate"])
        w = device.put(start.params["w"][:, None])
        x, q = ([device.put(np.array(row)[:, None]) for row in start.inputs[name]] for name in ("x", "patterns"))
        s = device.put(np.array(start.inputs["shown"])[:, None])
        K, N = SIDE * SIDE, len(x)
        W = drain(engine.store(device, q))
        at: dict[str, Path] = {act: ((act, -1),) for act in self.card.acts}
        families = {
            "x": counted(x), "q": counted(q), "W_": lambda i: W[i - 1 : i, :], "e": lambda i: engine.cell(device, K, i),
        }  # fmt: skip

        def env(**more: Array) -> Env:
            return Env({"eta": eta, "K": K, "I": engine.identity(device, K), **more}, families)

        return Reel(
            [
                Section(at["hebb"], lambda: engine.hebb(xp, w, x, eta, at["hebb"]), lambda: env(w=w), 3 * N),
                Section(at["oja"], lambda: engine.oja(xp, w, x, eta, at["oja"]), lambda: env(w=w), 3 * N),
                Section(
                    at["store"], lambda: engine.store(device, q, at["store"]), lambda: env(W=0 * W, s=s), 2 + len(q)
                ),
                Section(
                    at["recall"],
                    lambda: engine.recall(device, W, s, SWEEPS, at["recall"]),
                    lambda: env(W=W, s=s),
                    2 * K * SWEEPS,
                ),
            ],
            self.grains,
        )

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return RULES

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        w = device.put(start.params["w"][:, None])
        x = [device.put(np.array(row)[:, None]) for row in start.inputs["x"]]

        def E(**moved: Array) -> Array:
            now = {"w": w, **moved}["w"]
            return sum(device.xp.sum((now.T @ sample) ** 2) for sample in x) / 2

        return Objective({"w": w}, E, {"w": sum((w.T @ sample) * sample for sample in x)})

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, RULES)

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        xp, eta = device.xp, float(knobs["rate"])
        w = device.put(start.params["w"][:, None])
        x, q = ([device.put(np.array(row)[:, None]) for row in start.inputs[name]] for name in ("x", "patterns"))
        s = device.put(np.array(start.inputs["shown"])[:, None])
        by_hebb, by_oja = (drain(walk(xp, w, x, eta)) for walk in (engine.hebb, engine.oja))
        recalled = drain(engine.recall(device, drain(engine.store(device, q)), s, SWEEPS))
        found = device.get(recalled)[:, 0]
        return {
            "hebb": device.get(by_hebb)[:, 0], "oja": device.get(by_oja)[:, 0], "recalled": found,
            "wrong": int((found != np.array(start.inputs["patterns"][0])).sum()),
            "grad": {"w": device.get(self.objective(device, knobs, start).gradient["w"])[:, 0]},
        }  # fmt: skip


def _numbers(raw: Any) -> HostArray | None:
    """Nested lists as finite numbers, or None."""
    try:
        found = np.array(raw, dtype=float)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if np.isfinite(found).all() else None

"""The lesson `hebb`: one neuron under Hebb's rule and Oja's on the same samples; the same rule as a memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.device import Array, Rng
from engine.feedforward import hebb as engine
from engine.feedforward.hebb import RULES
from lessons.building.acts import Act, Derived, Scope, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Input, Lengths, Parameter, Size
from lessons.contract.view import Knobs, hides
from lessons.feedforward.hebb.stage import SIDE, HebbStage

SWEEPS = 2
LETTERS = (
    "1...11...111111 1...11...1", "111111....1....1....11111", "..1....1....1....1....1..",
    "1111.1...11111.1...11111.", "1...1.1.1...1...1.1.1...1", "11111..1....1....1....1..",
)  # fmt: skip
"""H, C, I, B, X, T, row by row."""


def pattern(letter: str) -> list[float]:
    """A letter as cells of ±1."""
    return [1.0 if c == "1" else -1.0 for c in letter.replace(" ", "")]


def what_becomes(act: str) -> Callable[[Trial], str]:
    """Whether ‖w‖ goes on growing, settles near 1, or does something else."""

    def answer(trial: Trial) -> str:
        sizes = np.array([float(trial.device.get(size)) for size in trial.after(act).w_norm])
        late = sizes[len(sizes) // 2 :]
        steady = np.abs(late - 1).max() < 0.35 and abs(late[-1] - late[0]) < 0.1
        rising = bool((np.diff(sizes) >= -1e-12 * sizes[:-1]).all()) or not np.isfinite(sizes[-1])
        if act == "hebb":  # each step adds to ‖w‖², or leaves it
            return "grows" if rising and sizes[-1] != sizes[0] else "other"
        return "one" if steady else "grows" if rising else "other"

    return answer


def middle(act: str) -> Callable[[Scope], str]:
    return lambda s: f"{act}/n={max(2, s.N // 4)}"


def wrong_cells(trial: Trial) -> int:
    """Cells that are still wrong after recall."""
    found = trial.device.get(trial.value("recall/s"))[:, 0]
    return int((found != np.array(trial.start.inputs["patterns"][0])).sum())


def wrong(trial: Trial) -> dict[str, int]:
    return {"wrong": wrong_cells(trial)}


def half_y_squared(s: Scope) -> Array:
    """E = ½ Σ y² at the first weights: Hebb's step climbs it."""
    return sum(s.xp.sum((s.w.T @ x) ** 2) for x in s.x) / 2


def its_slope(s: Scope) -> Mapping[str, Array]:
    return {"w": sum((s.w.T @ x) * x for x in s.x)}


class Hebb(DeclaredLesson):
    """Two rules on the same samples, then a memory: what one act wrote is nothing to the next, but for the memory."""

    sizes = (Size("N", "samples"), Size("M", "inputs"), Size("P", "patterns"), Size("K", fixed=SIDE * SIDE))
    holds = (
        Parameter("w", "M"),
        Input("x", ("N", "M"), first=1),
        Input("patterns", ("P", "K"), first=1, symbol="q", among=(-1, 1), edited=False),
        Input("shown", "K", symbol="s", among=(-1, 1), edited=False),
    )
    derived = (
        Derived("eta", lambda s: float(s.knobs["rate"])),
        Derived("I", lambda s: engine.identity(s.device, s.K)),
        Derived("W", lambda s: 0 * s.I),
        Derived("W_", lambda s, i: s.W[i - 1 : i, :], indexed=True),
        Derived("e", lambda s, i: engine.cell(s.device, s.K, i), indexed=True),
    )
    acts = (
        Act("hebb", lambda s, at: engine.hebb(s.xp, s.w, s.x, s.eta, at), length=lambda s: 3 * s.N),
        Act("oja", lambda s, at: engine.oja(s.xp, s.w, s.x, s.eta, at), after=(), length=lambda s: 3 * s.N),
        Act("store", lambda s, at: engine.store(s.device, s.q, at), after=()),
        Act("recall", lambda s, at: engine.recall(s.device, s.W, s.s, SWEEPS, at), after=("store",)),
    )
    gradient = Gradient(half_y_squared, its_slope, "½ Σ y²")
    results = (("hebb", "hebb/w"), ("oja", "oja/w"), ("recalled", "recall/s"), wrong)
    questions = (
        Question("growth", middle("hebb"), "choice", what_becomes("hebb")),
        Question("tamed", middle("oja"), "choice", what_becomes("oja"), hides=hides(marks=["balance"])),
        Question("recalled", "recall/sweep=1/i=1", "number", wrong_cells, 0.0),
    )
    loops = ("sweep", ("n", "m", "i"))
    grain = "n"
    explains = ("w", "net")
    rebuilds = frozenset({"samples", "inputs", "correlation", "patterns"})
    shown_as = HebbStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return RULES

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        """Samples that hang together as `correlation` says; of the first pattern the upper half is shown, then −1."""
        M, N = lengths["M"], lengths["N"]
        shared = draw.normal(0, 1, (N, 1))
        own, r = draw.normal(0, 1, (N, M)), float(knobs["correlation"])
        signs = np.where(np.arange(M) % 2 == 1, np.sign(r) or 1.0, 1.0)
        x = np.round(np.sqrt(abs(r)) * shared * signs + np.sqrt(1 - abs(r)) * own, 3)
        w = np.round(draw.uniform(0.1, 0.4, M), 2)
        patterns = np.array([pattern(letter) for letter in LETTERS[: lengths["P"]]])
        upper = np.arange(lengths["K"]) < lengths["K"] // 2
        return {"w": w, "x": x, "patterns": patterns, "shown": np.where(upper, patterns[0], -1.0)}

"""The lesson `bptt`: the gradient of an SRN on a text, term by term, and its training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from engine.device import Device
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.recurrent.srn import PARAMETERS, rules
from engine.recurrent.srn_chain import rules as chain_rules
from engine.recurrent.srn_training import SrnRun
from engine.walks.descent import rules as descent_rules
from engine.walks.gradient_check import rules as check_rules
from engine.walks.history import History, State, Track
from engine.walks.reel import Section
from engine.walks.step import Path
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Question
from lessons.building.defaults import learned, recipe
from lessons.building.stage_parts import WIDE
from lessons.contract.card import Lead, Place
from lessons.contract.view import Knobs, Start, View, hides
from lessons.recurrent.bptt.stage import BpttStage
from lessons.recurrent.simple_net import SrnLesson, inputs, losses, net

LATEST = 300
"""Updates looked ahead for the first right answer."""
MOST_NUMBERS = 10_000_000
"""`terms` holds up to so many numbers; beyond that the vectors they are made of are given instead."""


def rows(of: str) -> Callable[[Scope, Path], list[Section]]:
    """The rows of the ledger, each a section."""
    return lambda s, at: [s.net.section_row(at, t, of) for t in range(s.T)]


def three_ways(s: Scope, at: Path) -> list[Section]:
    """The sum over t, the columns of the ledger, one sweep."""
    over_t, columns, sweep = ((*at, (name, -1)) for name in ("over_t", "columns", "sweep"))
    return [s.net.section_sum(over_t), s.net.section_columns(columns), s.net.section_sweep(sweep)]


# results


def terms(trial: Trial) -> dict[str, Any]:
    """Every term of ∂E_t/∂W and ∂E_t/∂U, as plain data; where they are too many, what they are made of."""
    net, host, T = trial.first.net, trial.device.get, trial.lengths["T"]
    kept = [[host(d) for d in reversed(net.row(t))] for t in range(T)]
    deltas = [[np.zeros_like(row[0])] * (t + 1 - len(row)) + row for t, row in enumerate(kept)]
    if T * (T + 1) // 2 * (net.theta.W.size + net.theta.U.size) > MOST_NUMBERS:
        return {"delta": [[d[:, 0] for d in row] for row in deltas], "s": [host(s)[:, 0] for s in net.run.s]}
    factors = {"W": [host(net.before(k)) for k in range(T)], "U": [host(x) for x in net.inputs.x]}
    return {"terms": {p: [[d @ by[k].T for k, d in enumerate(row)] for row in deltas] for p, by in factors.items()}}


# predictions


def sign(trial: Trial) -> str:
    """The sign of the first entry of the state that was just written."""
    s = trial.device.get(trial.first.net.run.s[min(2, trial.lengths["T"] - 1)])[0, 0]
    return "plus" if s > 0 else "minus" if s < 0 else "zero"


def against_guessing(trial: Trial) -> str:
    """Whether the loss per letter is above ln K, that of guessing evenly."""
    return "above" if losses(trial)["loss"] / trial.lengths["T"] > math.log(trial.lengths["K"]) else "below"


def if_constant(trial: Trial) -> float:
    """Terms left if the state before counted as a constant: those of a window of 1."""
    return float(min(1, int(trial.knobs["window"])))


def first_term(trial: Trial) -> str:
    """How long the term of E₀ is beside its δ: the product of δ and the start state."""
    term = trial.device.get(trial.first.net.norms("W"))[0, 0]
    return "zero" if term == 0 else "larger" if np.linalg.norm(trial.start.params["s_init"]) > 1 else "smaller"


def vectors(trial: Trial) -> float:
    """δ vectors in the double sum for T = 25, without a window."""
    return sum(t + 1 for t in range(25))


def leaves_out(trial: Trial) -> str:
    """Whether the sweep differs from the column sum by more than rounding."""
    assert trial.view is not None
    a, column = (trial.view.held(f"{family}[{trial.lengths['T'] - 1}]") for family in ("delta", "column"))
    return "yes" if abs(a - column).max() > 1e-9 * max(1.0, abs(column).max()) else "no"


def first_right(trial: Trial) -> str:
    """The first update before which every letter's argmax is right."""
    device, begun, lesson = trial.device, trial.start, trial.lesson
    training = lesson.track(device, trial.knobs, begun)
    assert training is not None
    history = History(training)
    for n in range(LATEST):
        now = Trial(lesson, device, trial.knobs, learned(begun, history.grow(n), device)).first.net
        if [int(device.get(p).argmax()) for p in now.run.yhat] == begun.inputs["y"]:
            return "ten" if n < 10 else "fifty" if n < 50 else "later"
    return "never"


@lru_cache(maxsize=8)
def all_rules(activation: str, optimiser: str) -> Mapping[str, str]:
    """The rules of all acts."""
    moves = descent_rules(OPTIMISERS[optimiser], PARAMETERS)
    f = ACTIVATIONS[activation]
    return {**rules(f), **chain_rules(f), **check_rules(PARAMETERS), **moves}


class Bptt(SrnLesson):
    """See `building.declared`. The engine cuts the acts itself: the ledger's rows are too many to run them twice."""

    derived = (Derived("net", net),)
    acts = (
        Sections("forward", lambda s, at: [s.net.section_forward(at)]),
        Sections("chain", lambda s, at: [s.net.section_chain(at, s.T - 1)]),
        Sections("dV", lambda s, at: [s.net.section_output(at)]),
        Sections("dW", rows("W")),
        Sections("dU", rows("Ub")),
        Sections("sum", three_ways),
        Sections("check", lambda s, at: [s.net.section_check(at)]),
    )
    results = (losses, terms)
    questions = (
        Question("sign", lambda s: f"forward/t={min(2, s.T - 1)}", "choice", sign),
        Question("guessing", "forward/t=0", "choice", against_guessing, until=lambda s: f"forward/t={s.T - 1}"),
        Question(
            "constant", lambda s: f"dW/t={min(3, s.T - 1)}/k={min(3, s.T - 1)}", "number", if_constant, 0.0,
            when=lambda s: s.T > 1,
        ),
        Question("first_term", "dW/t=0/k=0", "choice", first_term),
        Question("vectors", "sum", "number", vectors, 0.0, hides=hides(panels=["cost"])),
        Question("leaves_out", lambda s: f"sum/sweep/k={s.T - 1}", "choice", leaves_out),
        Question("first_right", "update=0", "choice", first_right, track="train"),
    )  # fmt: skip
    loops = ("update", "phase", ("t", "cell"), "k")
    grain, from_zero = "k", frozenset({"cell"})
    explains = tuple(f"numeric_{p}" for p in "cbVWU")  # of all that were checked the last, as the address says
    second_views = frozenset({"dW", "dU", "train/backward"})
    shown_as = BpttStage

    def has_second_view(self, view: View) -> bool:
        """Where the ledger is in digits; heat has one view only."""
        return super().has_second_view(view) and self.lengths(view.knobs, view.start.inputs)["T"] <= WIDE

    def lead(self, view: View) -> Lead | None:
        """From the terms of ∂E/∂W to the same net as a tree, which has a term for each node."""
        return Lead("tree", Place("chain")) if view.act == "dW" else None

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track:
        """From a fork its memory goes on if it can."""
        scope = Trial(self, device, knobs, start).first
        run = SrnRun(device, scope.f, recipe(knobs), inputs(scope), int(knobs["window"]))
        weights = scope.net.theta._asdict()
        return run.track(run.start(weights) if fork is None else run.fork(fork, weights), self.grains)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return all_rules(str(knobs["activation"]), str(knobs["optimiser"]))

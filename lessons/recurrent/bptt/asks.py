"""The predictions of `bptt`: where each is asked, and how its truth is read from the run."""

from __future__ import annotations

import math

from engine.walks.history import History
from engine.walks.step import Path
from lessons.building.experiment import learned
from lessons.contract.lesson import Ask
from lessons.contract.view import Knobs, Start, View
from lessons.recurrent.bptt import experiment

LATEST = 300
"""Updates looked ahead for the first right answer."""


def steps(start: Start) -> int:
    return len(start.inputs["x"])


def at_state(knobs: Knobs, start: Start) -> Path:
    return (("forward", -1), ("t", min(2, steps(start) - 1)))


def sign(view: View) -> str:
    """The sign of the first entry of the state that was just written."""
    s = view.get(f"s[{view.loop('t')}]")
    assert s is not None
    return "plus" if s[0] > 0 else "minus" if s[0] < 0 else "zero"


def at_last_loss(knobs: Knobs, start: Start) -> Path:
    return (("forward", -1), ("t", steps(start) - 1))


def against_guessing(view: View) -> str:
    """Whether the loss per letter is above ln K, that of guessing evenly."""
    losses = [view.get(f"E[{t}]") for t in range(steps(view.start))]
    mean = sum(float(E) for E in losses if E is not None) / len(losses)
    K = len(view.start.inputs["vocabulary"])
    return "above" if mean > math.log(K) else "below"


def at_second_row(knobs: Knobs, start: Start) -> Path | None:
    return (("dW", -1), ("t", min(3, steps(start) - 1)), ("k", min(3, steps(start) - 1))) if steps(start) > 1 else None


def if_constant(view: View) -> float:
    """Terms left if the state before counted as a constant: those of a window of 1."""
    return float(min(1, int(view.knobs["window"])))


def at_first_term(knobs: Knobs, start: Start) -> Path | None:
    last = steps(start) - 1
    return (("dW", -1), ("t", last), ("k", 0)) if 0 < last < int(knobs["window"]) else None


def first_term(view: View) -> str:
    """How the term of k = 0 compares with that of k = 1."""
    t = view.loop("t")
    norms = view.get("norms_W")
    assert norms is not None
    now, before = norms[t, 0], norms[t, 1]
    return "zero" if now == 0 else "larger" if now > before else "smaller"


def at_columns(knobs: Knobs, start: Start) -> Path:
    return (("sum", -1), ("columns", -1), ("k", steps(start) - 1))


def vectors(view: View) -> float:
    """δ vectors in the double sum for T = 25, without a window."""
    return sum(t + 1 for t in range(25))


def at_sweep(knobs: Knobs, start: Start) -> Path:
    return (("sum", -1), ("sweep", -1), ("k", steps(start) - 1))


def leaves_out(view: View) -> str:
    """Whether the sweep differs from the column sum by more than rounding."""
    k = view.loop("k")
    a, column = view.get(f"a[{k}]"), view.get(f"column[{k}]")
    assert a is not None
    assert column is not None
    return "yes" if abs(a - column).max() > 1e-9 * max(1.0, abs(column).max()) else "no"


def at_training(knobs: Knobs, start: Start) -> Path:
    return (("update", 0),)


def first_right(view: View) -> str:
    """The first update before which every letter's argmax is right."""
    track = experiment.training(view.device, view.knobs, view.start, None)
    history, y = History(track), view.start.inputs["y"]
    for n in range(LATEST):
        begun = learned(view.start, history.grow(n), view.device)
        run = experiment.unrolled(view.device, view.knobs, begun).run
        if [int(view.device.get(p).argmax()) for p in run.yhat] == y:
            return "ten" if n < 10 else "fifty" if n < 50 else "later"
    return "never"


ASKS = (
    Ask("sign", at_state, "choice", sign),
    Ask("guessing", at_last_loss, "choice", against_guessing),
    Ask("constant", at_second_row, "number", if_constant, 0.0),
    Ask("first_term", at_first_term, "choice", first_term),
    Ask("vectors", at_columns, "number", vectors, 0.0),
    Ask("leaves_out", at_sweep, "choice", leaves_out),
    Ask("first_right", at_training, "choice", first_right, track="train"),
)

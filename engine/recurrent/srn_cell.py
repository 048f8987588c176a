"""One cell of the simple recurrent net in its smallest parts, and what moves when one weight moves (slides 31-33, 38).

    in_[t] (H, B) U x_t    rec[t] (H, B) W s_{t-1}     net[t] = in_ + rec + b    s[t] = f(net)     z[t] (K, B) = V s + c
    m[t] (1, B) the largest score     r[t] (K, B) e^(z − m)     Z[t] (1, B) their sum     yhat[t] = r / Z
    move[t] (H, B)  ∂s_t/∂w for the one weight w = W[0,0], which acts at every timestep and through all states after it
    dw[t]  ∂E_t/∂w, dw their sum

The second walk is forward-mode differentiation: no backward pass, but one such walk for every weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.device import Array
from engine.maths.activations import Activation
from engine.maths.losses import cross_entropy
from engine.recurrent.srn import Forward, Inputs, Params, before
from engine.walks.step import Path, Step, Walk

STEPS = 10
"""Steps of one timestep of `forward`."""


def rules(f: Activation) -> dict[str, str]:
    """The rule of every op below, for hidden units f."""
    return {
        "in": "in_[t] = U @ x[t]",
        "rec": "rec[t] = W @ s[t-1]",
        "net": "net[t] = in_[t] + rec[t] + b",
        "s": f"s[t] = {f.rule.format(z='net[t]')}",
        "z": "z[t] = V @ s[t] + c",
        "r": "r[t] = exp(z[t] - m[t])",
        "m": "m[t] = largest(z[t])",
        "Z": "Z[t] = column_sum(r[t])",
        "yhat": "yhat[t] = r[t] / Z[t]",
        "E": "E[t] = -sum(y[t] * log_softmax(z[t]))",
        "move_0": f"move[0] = (unit @ s[-1]) * {f.slope_rule.format(s='s[0]')}",
        "move": f"move[t] = (unit @ s[t-1] + W @ move[t-1]) * {f.slope_rule.format(s='s[t]')}",
        "dE": "dw[t] = sum((yhat[t] - y[t]) * (V @ move[t]))",
        "dw_0": "dw = dw[0]",
        "dw": "dw = dw + dw[t]",
    }


def forward(xp: Any, f: Activation, theta: Params, inputs: Inputs, at: Path = ()) -> Walk[Forward]:
    """The forward pass of `engine.recurrent.srn`, with the sums and the softmax taken apart; the same numbers."""
    U, W, V, b, c = theta
    s = inputs.s_init
    states, guesses, losses = [], [], []
    for t, (x, y) in enumerate(zip(inputs.x, inputs.y, strict=True)):
        cell, out = (*at, ("t", t), ("inside", -1)), (*at, ("t", t), ("output", -1))
        entered = U @ x
        yield Step(cell, "in", {f"in_[{t}]": entered})
        recurred = W @ s
        yield Step(cell, "rec", {f"rec[{t}]": recurred})
        net = entered + recurred + b
        yield Step(cell, "net", {f"net[{t}]": net})
        s = f.f(xp, net)
        yield Step(cell, "s", {f"s[{t}]": s})
        z = V @ s + c
        yield Step(out, "z", {f"z[{t}]": z})
        m = xp.max(z, axis=0, keepdims=True)
        yield Step(out, "m", {f"m[{t}]": m})
        r = xp.exp(z - m)
        yield Step(out, "r", {f"r[{t}]": r})
        Z = xp.sum(r, axis=0, keepdims=True)
        yield Step(out, "Z", {f"Z[{t}]": Z})
        yhat = r / Z
        yield Step(out, "yhat", {f"yhat[{t}]": yhat})
        E = cross_entropy(xp, z, y)
        yield Step(out, "E", {f"E[{t}]": E})
        states.append(s)
        guesses.append(yhat)
        losses.append(E)
    return Forward(tuple(states), tuple(guesses), tuple(losses))


def moved(
    xp: Any, f: Activation, theta: Params, inputs: Inputs, run: Forward, unit: Array, at: Path = ()
) -> Walk[tuple[Sequence[Array], Array]]:
    """∂s_t/∂w and ∂E_t/∂w for one weight w of W; `unit` (H, H) is 1 at it, else 0. Returns (all ∂s_t/∂w, ∂E/∂w)."""
    move: Array = None
    moves: list[Array] = []
    dw: Array = None
    for t, s in enumerate(run.s):
        here = (*at, ("t", t))
        met = unit @ before(inputs, run, t)
        if move is None:
            move = met * f.slope(xp, s)
            yield Step(here, "move_0", {f"move[{t}]": move})
        else:
            move = (met + theta.W @ move) * f.slope(xp, s)
            yield Step(here, "move", {f"move[{t}]": move})
        dE = xp.sum((run.yhat[t] - inputs.y[t]) * (theta.V @ move))
        yield Step(here, "dE", {f"dw[{t}]": dE})
        if dw is None:
            dw = dE
            yield Step(here, "dw_0", {"dw": dw})
        else:
            dw = dw + dE
            yield Step(here, "dw", {"dw": dw})
        moves.append(move)
    return moves, dw

"""Attention: where the decoder looks. Scores of all places of the source, weights that sum to 1, their weighted mean.

    general   e[t] = hs q[t], q[t] = Waᵀ d[t]                  (Luong et al. 2015)       dot   e[t] = hs d[t]
    additive  e[t] = j[t] va, j[t] = tanh(ks + q[t])       (Bahdanau et al. 2015), q[t] = Wa d[t−1], k[s] = Ua h[s]
    alpha[t] = softmax(e[t]) over the places (S, B)     c[t] = Σ_s alpha[t,s] h[s]  (H, B)

hs (S, H·B) and ks (S, A·B) hold h[s] and k[s] of all places as `maths.side_by_side` has them. Places that are padding
have weight 0. With Luong's forms d[t] does not depend on c[t]: all timesteps can be scored in one product. With the
additive form c[t] is part of the decoder's input. Backward, ghs and gks collect ∂E/∂h and ∂E/∂k of all places.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import softmax
from engine.maths.side_by_side import blended, flat, scored, spread, stacked
from engine.walks.step import Path, Step, Walk

KINDS = ("general", "dot", "additive", "none")
SHUT = 1e9
"""What is taken off the score of padding: its weight is exactly 0."""
Theta = Mapping[str, Array]
Made = Mapping[str, Array]


class Memory(NamedTuple):
    """What the decoder looks at: all h[s], all keys (additive only), and 1 where a place is a word, (S, B), or None."""

    hs: Array
    ks: Array | None = None
    mask: Array | None = None


def shapes(kind: str, H: int, A: int) -> dict[str, tuple[int, ...]]:
    """The parameters of the scores: A is how many units an additive score has. Dot products have none."""
    by_kind: dict[str, dict[str, tuple[int, ...]]] = {
        "general": {"Wa": (H, H)},
        "additive": {"Wa": (A, H), "Ua": (A, H), "va": (A,)},
    }
    return by_kind.get(kind, {})


def memory(xp: Any, made: list[dict[str, Array]], mask: Array | None) -> Memory:
    """What an encoder has left, from the values of its timesteps."""
    ks = stacked(xp, [now["k"] for now in made]) if "k" in made[0] else None
    return Memory(stacked(xp, [now["h"] for now in made]), ks, mask)


def rules(kind: str) -> dict[str, str]:
    """The rule of every op of `attend` and `back`."""
    asked = {"general": "q[t] = Wa.T @ d[t]", "additive": "q[t] = Wa @ d[t-1]"}
    q = "d[t]" if kind == "dot" else "q[t]"
    by_op = {
        **({"q": asked[kind]} if kind in asked else {}),
        "j": "j[t] = tanh(ks + flat(q[t]))",
        "e": "e[t] = scored(j[t], va)" if kind == "additive" else f"e[t] = scored(hs, {q})",
        "alpha": "alpha[t] = softmax(e[t])",
        "alpha_masked": "alpha[t] = softmax(e[t] - 1e9 * (1 - mask))",
        "c": "c[t] = blended(hs, alpha[t])",
        "galpha": "galpha[t] = scored(hs, gc[t])",
        "ge": "ge[t] = alpha[t] * (galpha[t] - column_sum(alpha[t] * galpha[t]))",
        "ghs_seen": "ghs = ghs + spread(alpha[t], gc[t])",
        "ghs_asked": f"ghs = ghs + spread(ge[t], {q})",
        "gj": "gj[t] = spread(ge[t], va) * (1 - j[t]**2)",
        "gks": "gks = gks + gj[t]",
        "dva": "dva = dva + batch(blended(j[t], ge[t]))",
        "gq": "gq[t] = blended(hs, ge[t])",
        "gq_summed": "gq[t] = blended(gj[t], ge[t]**0)",
        "dWa": "dWa = dWa + gq[t] @ d[t-1].T" if kind == "additive" else "dWa = dWa + d[t] @ gq[t].T",
        "ghs_0": "ghs = 0 * hs",
        "gks_0": "gks = 0 * ks",
    }
    additive_only = {"j", "gj", "gks", "gks_0", "dva", "gq_summed"}
    if kind == "none":
        return {}
    left_out = {"ghs_asked", "gq"} if kind == "additive" else additive_only
    if kind == "dot":
        left_out |= {"dWa"}
    return {op: rule for op, rule in by_op.items() if op not in left_out}


def attend(xp: Any, kind: str, theta: Theta, seen: Memory, d: Array, t: int, at: Path = ()) -> Walk[dict[str, Array]]:
    """Scores, weights and context of timestep t. d is d[t], or d[t−1] where scores are additive."""
    here, made = (*at, ("attention", -1)), dict[str, Array]()
    q = d
    if kind == "general":
        q = theta["Wa"].T @ d
        yield Step(here, "q", {f"q[{t}]": q})
    if kind == "additive":
        q = theta["Wa"] @ d
        yield Step(here, "q", {f"q[{t}]": q})
        j = xp.tanh(seen.ks + flat(xp, q))
        yield Step(here, "j", {f"j[{t}]": j})
        made["j"] = j
        e = scored(xp, j, theta["va"])
        yield Step(here, "e", {f"e[{t}]": e})
    else:
        e = scored(xp, seen.hs, q)
        yield Step(here, "e", {f"e[{t}]": e})
    if seen.mask is None:
        alpha = softmax(xp, e)
        yield Step(here, "alpha", {f"alpha[{t}]": alpha})
    else:
        alpha = softmax(xp, e - SHUT * (1 - seen.mask))
        yield Step(here, "alpha_masked", {f"alpha[{t}]": alpha})
    c = blended(xp, seen.hs, alpha)
    yield Step(here, "c", {f"c[{t}]": c})
    return {**made, "asked": d, "q": q, "e": e, "alpha": alpha, "c": c}


class Collected:
    """∂E/∂h and ∂E/∂k of all places, so far; and the gradients of the parameters, which `total` holds."""

    def __init__(self, total: dict[str, Array]) -> None:
        self.total = total
        self.ghs: Array | None = None
        self.gks: Array | None = None


def begin(xp: Any, seen: Memory, into: Collected, at: Path = ()) -> Walk[None]:
    """Zeros, before the first timestep that is gone back through."""
    into.ghs = xp.zeros_like(seen.hs)
    yield Step(at, "ghs_0", {"ghs": into.ghs})
    if seen.ks is not None:
        into.gks = xp.zeros_like(seen.ks)
        yield Step(at, "gks_0", {"gks": into.gks})


def back(
    xp: Any, kind: str, theta: Theta, seen: Memory, now: Made, gc: Array, t: int, into: Collected, at: Path = ()
) -> Walk[Array]:
    """From ∂E/∂c[t] through weights and scores; returns ∂E/∂q[t], which is that of d[t] where scores are dot products.

    d softmax: ∂E/∂e = alpha ∘ (∂E/∂alpha − Σ alpha ∘ ∂E/∂alpha).
    """
    here, alpha, q = (*at, ("attention", -1)), now["alpha"], now["q"]
    galpha = scored(xp, seen.hs, gc)
    yield Step(here, "galpha", {f"galpha[{t}]": galpha})
    ge = alpha * (galpha - xp.sum(alpha * galpha, axis=0, keepdims=True))
    yield Step(here, "ge", {f"ge[{t}]": ge})
    into.ghs = into.ghs + spread(xp, alpha, gc)
    yield Step(here, "ghs_seen", {"ghs": into.ghs})
    if kind == "additive":
        gj = spread(xp, ge, theta["va"]) * (1 - now["j"] ** 2)
        yield Step(here, "gj", {f"gj[{t}]": gj})
        into.gks = into.gks + gj
        yield Step(here, "gks", {"gks": into.gks})
        into.total["va"] = into.total["va"] + xp.sum(blended(xp, now["j"], ge), axis=1, keepdims=True)
        yield Step(here, "dva", {"dva": into.total["va"]})
        gq = blended(xp, gj, ge**0)
        yield Step(here, "gq_summed", {f"gq[{t}]": gq})
        into.total["Wa"] = into.total["Wa"] + gq @ now["asked"].T
        yield Step(here, "dWa", {"dWa": into.total["Wa"]})
        return gq
    into.ghs = into.ghs + spread(xp, ge, q)
    yield Step(here, "ghs_asked", {"ghs": into.ghs})
    gq = blended(xp, seen.hs, ge)
    yield Step(here, "gq", {f"gq[{t}]": gq})
    if kind == "general":
        into.total["Wa"] = into.total["Wa"] + now["asked"] @ gq.T
        yield Step(here, "dWa", {"dWa": into.total["Wa"]})
    return gq

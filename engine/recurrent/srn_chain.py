"""The gradient of one loss as the product of partial derivatives that slides 35-36 write, one factor after the other.

    by_yhat[t]  (K, 1)  ∂E_t/∂yhat_t = −y / yhat         dyhat_z[t]  (K, K)  ∂yhat_t/∂z_t = diag(yhat) − yhat yhatᵀ
    dyhat_s[t]  (K, H)  ∂yhat_t/∂s_t = ∂yhat_t/∂z_t V    J[k]        (H, H)  ∂s_k/∂s_{k-1} = diag(f') W
    ds[t,k]     (H, H)  ∂s_t/∂s_k, a product of J        by_s[t,k]   (H, 1)  ∂E_t/∂s_k
    delta[t,k]  (H, 1)  ∂E_t/∂net_k                      dW[t,k]     (H, H)  the term of ∂E_t/∂W through net_k

A Jacobian has the outputs as its rows, so an error, a column, is multiplied by its transpose. The batch is one example:
a matrix belongs to one. `engine.recurrent.srn.row` has the same terms with vectors alone; a test holds the two equal.
"""

from __future__ import annotations

from typing import Any

from engine.device import Array
from engine.maths.activations import Activation
from engine.recurrent.srn import Forward, Inputs, Params, before
from engine.walks.step import Path, Step, Walk


def rules(f: Activation) -> dict[str, str]:
    """The rule of every op of the walk that `engine.recurrent.srn` does not have, for hidden units f."""
    slope, later = (f.slope_rule.format(s=s) for s in ("s[k]", "s[k+1]"))
    return {
        "by_yhat": "by_yhat[t] = -(y[t] / yhat[t])",
        "dyhat_z": "dyhat_z[t] = diag(yhat[t]) - yhat[t] @ yhat[t].T",
        "by_z": "e[t] = dyhat_z[t].T @ by_yhat[t]",
        "dyhat_s": "dyhat_s[t] = dyhat_z[t] @ V",
        "by_s_t": "by_s[t,t] = dyhat_s[t].T @ by_yhat[t]",
        "ds_t": "ds[t,t] = eye",
        "J": f"J[k+1] = diag({later}) @ W" if "s" in later else f"J[k+1] = {later} * W",
        "norm_J": "norm_J[k+1] = sqrt(sum(J[k+1]**2))",
        "ds": "ds[t,k] = ds[t,k+1] @ J[k+1]",
        "norm_ds": "norm_ds[t,k] = sqrt(sum(ds[t,k]**2))",
        "by_s": "by_s[t,k] = ds[t,k].T @ by_s[t,t]",
        "delta_by_s": f"delta[t,k] = by_s[t,k] * {slope}",
    }


def steps(t: int) -> int:
    """Steps of the walk."""
    return 12 + 8 * t


def chain(
    xp: Any,
    f: Activation,
    theta: Params,
    inputs: Inputs,
    run: Forward,
    t: int,
    eyes: tuple[Array, Array],
    at: Path = (),
) -> Walk[Array]:
    """∂E_t/∂V = ∂E_t/∂yhat · ∂yhat/∂z · ∂z/∂V, and ∂E_t/∂W = Σ_k ∂E_t/∂yhat · ∂yhat/∂s_t · ∂s_t/∂s_k · ∂s_k/∂W.

    `eyes` are the identities (K, K) and (H, H). Where a probability is 0 to the last bit, −y / yhat is not finite, and
    yhat − y is found all the same. Returns ∂E_t/∂W.
    """
    here, yhat, s = (*at, ("output", -1), ("t", t)), run.yhat[t], run.s[t]
    by_yhat = -(inputs.y[t] / yhat)
    yield Step(here, "by_yhat", {f"by_yhat[{t}]": by_yhat})
    of_softmax = eyes[0] * yhat - yhat @ yhat.T
    yield Step(here, "dyhat_z", {f"dyhat_z[{t}]": of_softmax})
    yield Step(here, "by_z", {f"e[{t}]": of_softmax.T @ by_yhat})
    e = yhat - inputs.y[t]
    yield Step(here, "e", {f"e[{t}]": e})
    yield Step(here, "dV_t", {f"dV[{t}]": e @ s.T})
    of_output = of_softmax @ theta.V
    yield Step(here, "dyhat_s", {f"dyhat_s[{t}]": of_output})
    by_last = of_output.T @ by_yhat
    yield Step(here, "by_s_t", {f"by_s[{t},{t}]": by_last})
    total, into = xp.zeros_like(theta.W), (*at, ("state", -1), ("t", t))
    yield Step((*into, ("k", t)), "W_zero", {f"dW[{t}]": total})
    product = eyes[1]
    for k in range(t, -1, -1):
        here, by_s = (*into, ("k", k)), by_last
        if k < t:
            J = f.slope(xp, run.s[k + 1]) * theta.W
            yield Step(here, "J", {f"J[{k + 1}]": J})
            yield Step(here, "norm_J", {f"norm_J[{k + 1}]": xp.sqrt(xp.sum(J**2))})
            product = product @ J
            yield Step(here, "ds", {f"ds[{t},{k}]": product})
            yield Step(here, "norm_ds", {f"norm_ds[{t},{k}]": xp.sqrt(xp.sum(product**2))})
            by_s = product.T @ by_last
            yield Step(here, "by_s", {f"by_s[{t},{k}]": by_s})
        else:
            yield Step(here, "ds_t", {f"ds[{t},{t}]": product})
        delta = by_s * f.slope(xp, run.s[k])
        yield Step(here, "delta_by_s", {f"delta[{t},{k}]": delta})
        term = delta @ before(inputs, run, k).T
        yield Step(here, "W_term", {f"dW[{t},{k}]": term})
        total = total + term
        yield Step(here, "W_add", {f"dW[{t}]": total})
    return total

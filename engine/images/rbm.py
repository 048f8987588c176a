"""Restricted Boltzmann machines: Gibbs sampling and contrastive divergence (slide 4; Smolensky 1986, Hinton 2002).

    energy −aᵀv − bᵀh − vᵀWh    p(h_j=1|v) = σ(b_j + Σ_i v_i W_ij)    p(v_i=1|h) = σ(a_i + Σ_j W_ij h_j)

    W     (V, H)  weights    a (V, 1), b (H, 1)  biases of visible and hidden units
    v[n]  (V, B)  visible units after n steps of Gibbs sampling, one column an example; v[0] is the data
    h[n]  (H, B)  hidden units drawn from v[n]; with a persistent chain h[0] is where the last update left it
    p[n], q[n]   the probabilities of v[n] and h[n]
    r[n], u[n]   the uniform random numbers that decide: v is 1 where r < p, h is 1 where u < q

Contrastive divergence with k steps (CD-k) takes the difference of ⟨v hᵀ⟩ at the end of the chain and at the data for
the gradient of −ln p(v). A persistent chain is not begun again from the data (PCD; Tieleman 2008).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, Rng
from engine.maths.activations import log_sigmoid, sigmoid
from engine.maths.initial import normal
from engine.walks.step import Path, Step, Walk

NAMES = ("W", "a", "b")
Theta = Mapping[str, Array]
"""The parameters by symbol: W, a, b."""


class Sampling(NamedTuple):
    """Where a bit is drawn (true) and where the probability itself is taken (false).

    The hidden units that a reconstruction is made from; the reconstruction; the hidden units in ⟨v hᵀ⟩ of the data,
    and in that at the end of the chain. The default is Hinton's (2010), with a reconstruction in bits.
    """

    hidden: bool = True
    visible: bool = True
    data: bool = False
    model: bool = False


class Draws(NamedTuple):
    """Uniform random numbers of one chain: h[n] (H, B) for n = 0 … k, and v[n] (V, B), of which v[0] is not used."""

    h: Sequence[Array]
    v: Sequence[Array]


class Chain(NamedTuple):
    """The result of `chain`: v and q of the data and at the end, and what the hidden units were there."""

    first: tuple[Array, Array]
    last: tuple[Array, Array]
    h: Array


class Rule(NamedTuple):
    """How the gradient is estimated: k steps of Gibbs sampling, `how` bits are drawn, whether the chain is persistent,
    and the weight decay λ (½ λ ΣW² is added to the loss).
    """

    k: int = 1
    how: Sampling = Sampling()
    persistent: bool = False
    decay: float = 0.0


def initial(device: Device, rng: Rng, x: HostArray, hidden: int, scale: float, means: bool = False) -> dict[str, Array]:
    """W ~ N(0, scale²), biases 0; with `means` a = ln(m / (1 − m)) of each unit's mean m in x (V, N) (Hinton 2010).

    A unit that is nearly always on or off counts as so in all but one example.
    """
    xp, (units, count) = HOST.xp, x.shape
    m = xp.clip(x.mean(axis=1, keepdims=True), 1 / (count + 1), count / (count + 1))
    a = xp.log(m / (1 - m)) if means else xp.zeros((units, 1))
    W = normal(rng, units, hidden, scale)
    return {"W": device.put(W), "a": device.put(a), "b": device.put(xp.zeros((hidden, 1)))}


def numbers(units: tuple[int, int], k: int) -> int:
    """How many random numbers a chain of V and H units takes for each example."""
    V, H = units
    return H + k * (V + H)


def draws(put: Callable[[HostArray], Array], row: HostArray, units: tuple[int, int], k: int, B: int, C: int) -> Draws:
    """The random numbers of a chain from a row of them, which holds u[0], r[1], u[1], … for the largest batch.

    The first B columns of u[0] are used, C of all others.
    """
    V, H = units
    size = len(row) // numbers(units, k)
    h: list[Array] = []
    v: list[Array] = [None]
    at = 0
    for n in range(2 * k + 1):
        rows, into = (V, v) if n % 2 else (H, h)
        into.append(put(row[at : at + rows * size].reshape(rows, size)[:, : C if n else B]))
        at += rows * size
    return Draws(h, v)


def hidden_chance(xp: Any, theta: Theta, v: Array) -> Array:
    """p(h=1|v), (H, B)."""
    return sigmoid(xp, theta["W"].T @ v + theta["b"])


def visible_chance(xp: Any, theta: Theta, h: Array) -> Array:
    """p(v=1|h), (V, B)."""
    return sigmoid(xp, theta["W"] @ h + theta["a"])


def bits(xp: Any, u: Array, p: Array) -> Array:
    """1 where u < p, else 0; a NaN stays one."""
    return xp.where(u < p, xp.ones_like(p), 0 * p)


def free_energy(xp: Any, theta: Theta, v: Array) -> Array:
    """F(v) = −aᵀv − Σ_j ln(1 + exp(b_j + vᵀW_j)), (1, B); p(v) = exp(−F(v)) / Z."""
    net = theta["W"].T @ v + theta["b"]
    return xp.sum(log_sigmoid(xp, -net), axis=0, keepdims=True) - theta["a"].T @ v


def reconstruction_error(xp: Any, theta: Theta, v: Array, u: Array) -> Array:
    """−ln p(v|h), the mean over examples, with hidden units h drawn from v by u (H, B)."""
    z = theta["W"] @ bits(xp, u, hidden_chance(xp, theta, v)) + theta["a"]
    return -xp.sum(v * z + log_sigmoid(xp, -z)) / v.shape[1]


def rules(of: Rule) -> dict[str, str]:
    """The rule of every op of `chain` and `gradient`."""
    how, k = of.how, of.k
    fade = " + decay * W" if of.decay else ""
    return {
        "q": "q[n] = sigmoid(W.T @ v[n] + b)",
        "h": "h[n] = 1 * (u[n] < q[n])" if how.hidden else "h[n] = q[n]",
        "p": "p[n] = sigmoid(W @ h[n-1] + a)",
        "v": "v[n] = 1 * (r[n] < p[n])" if how.visible else "v[n] = p[n]",
        "h_data": "h_data = 1 * (u[0] < q[0])" if how.data else "h_data = q[0]",
        "h_model": f"h_model = 1 * (u[{k}] < q[{k}])" if how.model else f"h_model = q[{k}]",
        "vh_data": "vh_data = v[0] @ h_data.T / B",
        "vh_model": f"vh_model = v[{k}] @ h_model.T / C",
        "dW": f"dW = vh_model - vh_data{fade}",
        "da": f"da = batch(v[{k}]) / C - batch(v[0]) / B",
        "db": "db = batch(h_model) / C - batch(h_data) / B",
    }


def chain(
    xp: Any, theta: Theta, v: Array, u: Draws, of: Rule, carried: Array | None = None, at: Path = ()
) -> Walk[Chain]:
    """v[0] → h[0] → v[1] → … → h[k], layer by layer. `carried` is h[0] where a persistent chain goes on."""
    p = hidden_chance(xp, theta, v)
    yield Step((*at, ("n", 0)), "q", {"q[0]": p})
    first = v, p
    if carried is None:
        h = bits(xp, u.h[0], p) if of.how.hidden else p + 0
        yield Step((*at, ("n", 0)), "h", {"h[0]": h})
    else:
        h = carried
    for n in range(1, of.k + 1):
        here = (*at, ("n", n))
        p_v = visible_chance(xp, theta, h)
        yield Step(here, "p", {f"p[{n}]": p_v})
        v = bits(xp, u.v[n], p_v) if of.how.visible else p_v + 0
        yield Step(here, "v", {f"v[{n}]": v})
        p = hidden_chance(xp, theta, v)
        yield Step(here, "q", {f"q[{n}]": p})
        if n < of.k or of.persistent:
            h = bits(xp, u.h[n], p) if of.how.hidden else p + 0
            yield Step(here, "h", {f"h[{n}]": h})
    return Chain(first, (v, p), h)


def gradient(xp: Any, theta: Theta, run: Chain, u: Draws, of: Rule, at: Path = ()) -> Walk[dict[str, Array]]:
    """⟨v hᵀ⟩ at the end of the chain less that of the data: an estimate of ∂(−ln p)/∂W, and the same for a and b."""
    (v0, p0), (vk, pk), how = run.first, run.last, of.how
    B, C = v0.shape[1], vk.shape[1]
    h_data = bits(xp, u.h[0], p0) if how.data else p0 + 0
    yield Step(at, "h_data", {"h_data": h_data})
    h_model = bits(xp, u.h[of.k], pk) if how.model else pk + 0
    yield Step(at, "h_model", {"h_model": h_model})
    vh_data = v0 @ h_data.T / B
    yield Step(at, "vh_data", {"vh_data": vh_data})
    vh_model = vk @ h_model.T / C
    yield Step(at, "vh_model", {"vh_model": vh_model})
    dW = vh_model - vh_data + of.decay * theta["W"] if of.decay else vh_model - vh_data
    yield Step(at, "dW", {"dW": dW})
    da = xp.sum(vk, axis=1, keepdims=True) / C - xp.sum(v0, axis=1, keepdims=True) / B
    yield Step(at, "da", {"da": da})
    db = xp.sum(h_model, axis=1, keepdims=True) / C - xp.sum(h_data, axis=1, keepdims=True) / B
    yield Step(at, "db", {"db": db})
    return {"W": dW, "a": da, "b": db}


def steps(of: Rule, carried: bool) -> tuple[int, int]:
    """How many steps `chain` and `gradient` take."""
    return 1 + (not carried) + 4 * of.k - (not of.persistent), 7


def unit_rules(of: Rule) -> dict[str, str]:
    """The rule of every op of `units`: W_h[j] (V, 1) and W_v[i] (H, 1) are the weights of one unit."""
    hidden = "(u[n,j] < q[n,j])" if of.how.hidden else "q[n,j]"
    visible = "(r[n,i] < p[n,i])" if of.how.visible else "p[n,i]"
    return {
        "h_begin": "h[n] = 0 * b",
        "net_h": "net_h[n,j] = W_h[j].T @ v[n] + b_h[j]",
        "q_unit": "q[n,j] = sigmoid(net_h[n,j])",
        "h_unit": f"h[n] = h[n] + e_h[j] * {hidden}",
        "v_begin": "v[n] = 0 * a",
        "net_v": "net_v[n,i] = W_v[i].T @ h[n-1] + a_v[i]",
        "p_unit": "p[n,i] = sigmoid(net_v[n,i])",
        "v_unit": f"v[n] = v[n] + e_v[i] * {visible}",
    }


def units(device: Device, theta: Theta, v: Array, u: Draws, of: Rule, at: Path = ()) -> Walk[tuple[Array, Array]]:
    """The same chain for one example (V, 1), unit by unit: its net input, its probability, its bit. Returns (v, h)."""
    every = range(1, theta["a"].shape[0] + 1)
    h = yield from hidden_units(device, theta, v, u, of, 0, at)
    for n in range(1, of.k + 1):
        here = (*at, ("n", n), ("visible", -1))
        v = 0 * theta["a"]
        yield Step((*here, ("i", 1)), "v_begin", {f"v[{n}]": v})
        v = yield from visible_units(device, theta, h, v, every, u, of, n, at)
        h = yield from hidden_units(device, theta, v, u, of, n, at)
    return v, h


def hidden_units(device: Device, theta: Theta, v: Array, u: Draws, of: Rule, n: int, at: Path) -> Walk[Array]:
    """h[n] (H, 1) from v, unit by unit."""
    xp, W, b, here = device.xp, theta["W"], theta["b"], (*at, ("n", n), ("hidden", -1))
    h = 0 * b
    yield Step((*here, ("j", 1)), "h_begin", {f"h[{n}]": h})
    for j in range(1, b.shape[0] + 1):
        z = W[:, j - 1 : j].T @ v + b[j - 1 : j, :]
        yield Step((*here, ("j", j)), "net_h", {f"net_h[{n},{j}]": z})
        p = sigmoid(xp, z)
        yield Step((*here, ("j", j)), "q_unit", {f"q[{n},{j}]": p})
        h = h + unit(device, b.shape[0], j) * (bits(xp, u.h[n][j - 1 : j, :], p) if of.how.hidden else p)
        yield Step((*here, ("j", j)), "h_unit", {f"h[{n}]": h})
    return h


def visible_units(
    device: Device, theta: Theta, h: Array, v: Array, some: Sequence[int], u: Draws, of: Rule, n: int, at: Path
) -> Walk[Array]:
    """v[n] (V, 1) from h, unit by unit: `some` of the units, from 1, are added to v, where they are 0."""
    xp, W, a, here = device.xp, theta["W"], theta["a"], (*at, ("n", n), ("visible", -1))
    for i in some:
        z = W[i - 1 : i, :] @ h + a[i - 1 : i, :]
        yield Step((*here, ("i", i)), "net_v", {f"net_v[{n},{i}]": z})
        p = sigmoid(xp, z)
        yield Step((*here, ("i", i)), "p_unit", {f"p[{n},{i}]": p})
        v = v + unit(device, a.shape[0], i) * (bits(xp, u.v[n][i - 1 : i, :], p) if of.how.visible else p)
        yield Step((*here, ("i", i)), "v_unit", {f"v[{n}]": v})
    return v


FAMILIES = ("W_h", "b_h", "e_h", "W_v", "a_v", "e_v", "u", "r")


def unit_families(device: Device, theta: Theta, u: Draws) -> dict[str, Callable[..., Any]]:
    """What the rules of `units` read beside the parameters: weights, bias, place and random numbers of single units."""
    (W, a, b), (V, H) = (theta[p] for p in NAMES), theta["W"].shape

    def drawn(of: Sequence[Array]) -> Callable[..., Any]:
        def read(n: int, *unit: int) -> Any:
            known = of[n] if 0 <= n < len(of) else None
            return known if known is None or not unit else known[unit[0] - 1 : unit[0], :]

        return read

    return {
        "W_h": lambda j: W[:, j - 1 : j] if 1 <= j <= H else None,
        "b_h": lambda j: b[j - 1 : j, :] if 1 <= j <= H else None,
        "e_h": lambda j: unit(device, H, j) if 1 <= j <= H else None,
        "W_v": lambda i: W[i - 1 : i, :].T if 1 <= i <= V else None,
        "a_v": lambda i: a[i - 1 : i, :] if 1 <= i <= V else None,
        "e_v": lambda i: unit(device, V, i) if 1 <= i <= V else None,
        "u": drawn(u.h),
        "r": drawn(u.v),
    }


def unit_steps(units: tuple[int, int], k: int) -> int:
    """How many steps the walk `units` takes."""
    V, H = units
    return (k + 1) * (1 + 3 * H) + k * (1 + 3 * V)


def unit(device: Device, size: int, j: int) -> Array:
    """A column (size, 1) with 1 at unit j, counted from 1, else 0."""
    return device.put([[float(n == j)] for n in range(1, size + 1)])

"""A text before training (slide 48): sub-sampling, the noise distribution, and the weights of pairs.

count[w]  how often word w occurs, of `total` words    f[w]  its share     keep[w]  probability that an occurrence stays
P[w]  probability that it is drawn as noise, count^¾ / Z
i[n] o[n]  positions of the two words of pair n after sub-sampling      d[n]  their distance
m[n]  the weight of the pair: the probability that a window reaches it, sizes being even from 1 to `window`;
      in CBOW, where the centre has drawn size[n], 1 if that reaches it, else 0
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.device import Array
from engine.walks.step import Path, Step, Walk

RULES = {
    "share": "f[w] = count[w] / total",
    "keep": "keep[w] = minimum(one, (sqrt(f[w] / sample) + 1) * sample / f[w])",
    "P": "P[w] = count[w]**0.75 / Z",
    "Z": "Z = sum(counts**0.75)",
    "d": "d[n] = abs(o[n] - i[n])",
    "m": "m[n] = (window - d[n] + 1) / window",
    "m_drawn": "m[n] = (d[n] <= size[n])",
}
"""The rule of every op below; `one` is 1, `counts` (V, 1) has all words."""


def chances(
    xp: Any, counts: Array, first: int, total: Array, one: Array, sample: Array, at: Path = ()
) -> Walk[tuple[list[Array], list[Array]]]:
    """keep and P of the `first` words; `sample` is the threshold of sub-sampling. Returns (keep, P)."""
    Z = xp.sum(counts**0.75)
    yield Step((*at, ("Z", -1)), "Z", {"Z": Z})
    kept, noise = [], []
    for w in range(first):
        here = (*at, ("w", w))
        count = counts[w : w + 1, :]
        f = count / total
        yield Step(here, "share", {f"f[{w}]": f})
        keep = xp.minimum(one, (xp.sqrt(f / sample) + 1) * sample / f)
        yield Step(here, "keep", {f"keep[{w}]": keep})
        P = count**0.75 / Z
        yield Step(here, "P", {f"P[{w}]": P})
        kept.append(keep)
        noise.append(P)
    return kept, noise


def meetings(
    xp: Any, places: Sequence[tuple[Array, Array]], window: Array, sizes: Sequence[Array] | None = None, at: Path = ()
) -> Walk[list[Array]]:
    """The weight of each pair; `places` are i and o of each, `sizes` the sizes of the centres' windows, if drawn."""
    weights = []
    for n, (i, o) in enumerate(places, 1):
        here = (*at, ("n", n))
        d = xp.abs(o - i)
        yield Step(here, "d", {f"d[{n}]": d})
        if sizes is None:
            m = (window - d + 1) / window
            yield Step(here, "m", {f"m[{n}]": m})
        else:
            m = xp.where(d <= sizes[n - 1], xp.ones_like(d), xp.zeros_like(d))
            yield Step(here, "m_drawn", {f"m[{n}]": m})
        weights.append(m)
    return weights

"""The loss of many examples at once: for the curve while training, and for gradient checking.

The same loss as in the walks of `engine.words.batch`; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray
from engine.maths.activations import log_sigmoid
from engine.words.batch import Example


class Sample(NamedTuple):
    """N examples of up to I inputs and J targets, as tables on the device, padded with weight 0.

    inputs (N, I) and targets (N, J) are words or nodes, share (N, I, 1), m and t (N, J): see `engine.words.batch`.
    `pairs` is how many pairs (in CBOW: tokens) the examples count for together.
    """

    inputs: Array
    share: Array
    targets: Array
    m: Array
    t: Array
    pairs: float


def sample(device: Device, examples: Sequence[Example], tree: bool) -> Sample:
    """Examples as tables; `tree`: their targets are nodes."""
    xp = HOST.xp

    def table(rows: Sequence[Sequence[Any]], dtype: type) -> HostArray:
        padded: HostArray = xp.zeros((len(rows), max(map(len, rows), default=0)), dtype=dtype)
        for n, row in enumerate(rows):
            padded[n, : len(row)] = row
        return padded

    def number(value: Array) -> float:
        return float(device.get(value)[0, 0])

    share = table([[number(i.share) for i in e.inputs] for e in examples], float)
    m = table([[number(target.m) for target in e.targets] for e in examples], float)
    t = table([[number(target.t) for target in e.targets] for e in examples], float)
    index = [
        device.xp.asarray(table([[each.word for each in of] for of in rows], xp.int64))
        for rows in ([e.inputs for e in examples], [e.targets for e in examples])
    ]
    pairs = float(m[:, :1].sum() if tree else (m * t).sum())
    return Sample(index[0], device.put(share[:, :, None]), index[1], device.put(m), device.put(t), pairs)


def loss(xp: Any, some: Sample, v: Array, out: Array) -> Array:
    """L of all examples together. `v` (V, D) are input vectors, `out` (V, D) those of words or nodes."""
    N, J = some.m.shape
    D = v.shape[1]

    def rows(table: Array, index: Array) -> Array:
        return xp.reshape(xp.take(table, xp.reshape(index, (-1,)), axis=0), (N, index.shape[1], D))

    h = xp.sum(some.share * rows(v, some.inputs), axis=1)
    a = xp.reshape(xp.matmul(rows(out, some.targets), xp.reshape(h, (N, D, 1))), (N, J))
    return -xp.sum(some.m * log_sigmoid(xp, (2 * some.t - 1) * a))


def mean_loss(xp: Any, some: Sample, v: Array, out: Array) -> float:
    """The mean loss of a pair (of a token, in CBOW); 0 if there is none."""
    return float(loss(xp, some, v, out)) / some.pairs if some.pairs else 0.0


def chance(example: Example, v: HostArray, out: HostArray, tree: bool) -> float:
    """How likely the model holds what did occur: with a tree the word, else the first target that is no noise.

    `v` and `out` are tables on the host, as `loss` takes them; so are the numbers of the example.
    """
    xp = HOST.xp
    h = sum(float(each.share[0, 0]) * v[each.word] for each in example.inputs)
    met = example.targets if tree else [next(target for target in example.targets if not target.noise)]
    signs = xp.array([2 * float(target.t[0, 0]) - 1 for target in met])
    return float(xp.exp(log_sigmoid(xp, signs * (out[[target.word for target in met]] @ h)).sum()))

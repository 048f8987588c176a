"""Perceptrons for several classes at full speed, on the host: one for each class against the rest (slide 9).

They see the same example at once: its errors are those of `perceptron.visit`, class by class. A test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.device import HOST, HostArray

xp = HOST.xp


def train_each(x: HostArray, classes: HostArray, kinds: int, eta: float = 1.0) -> Iterator[HostArray]:
    """W (kinds, M + 1), the bias last, from 0: what it is after each epoch, without end.

    x (N, M) are the examples in the order in which they are visited, classes (N,) count from 0.
    """
    rows = xp.concatenate([x, xp.ones((len(x), 1))], axis=1)
    t = xp.where(classes[:, None] == xp.arange(kinds), 1.0, -1.0)
    W = xp.zeros((kinds, rows.shape[1]))
    while True:
        for row, wanted in zip(rows, t, strict=True):
            mistaken = wanted * (W @ row) <= 0
            if mistaken.any():
                W += (eta * wanted * mistaken)[:, None] * row
        yield W.copy()


def classify(W: HostArray, x: HostArray) -> HostArray:
    """(Q,): the class whose u is largest, for each of x (Q, M)."""
    found: HostArray = xp.argmax(x @ W[:, :-1].T + W[:, -1], axis=1)
    return found

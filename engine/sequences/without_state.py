"""Classifiers that have no state, to compare recurrent nets with: on the words of a sentence, and on single frames.

x (N, T, I) what is read: words one-hot, 0 where nothing is read; or frames          y (N, T') codes of what is wanted

A bag of words is a softmax layer on the words that occur, whatever their order; the same is done with the pairs of
neighbouring words. They are trained at full speed, on the host.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from engine.device import HOST, HostArray, rng
from engine.feedforward import mlp
from engine.feedforward.mlp_training import Batches, Examples, fitted
from engine.maths.activations import ACTIVATIONS, log_softmax
from engine.maths.initial import layers, xavier
from engine.maths.optimisers import OPTIMISERS, UNCLIPPED
from engine.walks.training import Recipe, Theta

xp = HOST.xp
Answers = Callable[[HostArray], HostArray]
"""From sequences (N, T, I) to codes (N, T')."""
FEATURES, HIDDEN = 2000, 64
"""Words or pairs that have weights at most, the most frequent ones; hidden units of the net on single frames."""
DRAWN = 2
"""The section of the seed that draws weights."""


def dense(seed: int, sizes: tuple[int, ...], x: HostArray, y: HostArray, batch: int, epochs: int) -> Theta:
    """A dense net of such sizes, trained on examples x (N, M) with classes y (N,)."""
    net, how = mlp.Net(len(sizes) - 1, ACTIVATIONS["tanh"], "softmax"), Recipe(OPTIMISERS["adam"], 0.01, UNCLIPPED)
    some = Examples(xp.ascontiguousarray(x.T), xp.eye(sizes[-1])[:, y])
    return fitted(net, layers(rng(seed, DRAWN), sizes, xavier), how, Batches(batch, seed), some, epochs)


def features(x: HostArray, pairs: bool) -> list[set[int]]:
    """Which words stand in each sentence, or which pairs of neighbouring words, as codes."""
    codes, known = x.argmax(axis=2), xp.asarray(x.any(axis=2))
    if pairs:
        known, codes = known[:, :-1] & known[:, 1:], codes[:, :-1] * x.shape[2] + codes[:, 1:]
    return [set(code[is_known].tolist()) for code, is_known in zip(codes, known, strict=True)]


def counted(found: Sequence[set[int]], met: Sequence[int]) -> HostArray:
    """Sentences as rows, 1 where one has a feature, by the features that were `met`."""
    rows: HostArray = xp.asarray([[float(feature in each) for feature in met] for each in found])
    return rows


def bag(x: HostArray, y: HostArray, classes: int, seed: int, pairs: bool = False) -> Answers:
    """A softmax layer on the words of sentences, or on their `pairs` of words, trained on x with labels y (N, 1)."""
    read = features(x, pairs)
    met = [feature for feature, _ in Counter(each for one in read for each in one).most_common(FEATURES)]
    theta = dense(seed, (len(met), classes), counted(read, met), y[:, 0], 32, 25)

    def answers(x: HostArray) -> HostArray:
        scores: HostArray = theta["W1"] @ counted(features(x, pairs), met).T + theta["b1"]
        best: HostArray = scores.argmax(axis=0, keepdims=True).T
        return best

    return answers


def frames(x: HostArray, y: HostArray, classes: int, seed: int) -> Callable[[int], Answers]:
    """A net on single frames, trained on all frames of x with labels y (N, T).

    Returns how it answers from the mean of its ln ŷ over so many latest frames.
    """
    size = x.shape[2]
    theta = dense(seed, (size, HIDDEN, classes), x.reshape(-1, size), y.reshape(-1), 256, 6)

    def over(latest: int) -> Answers:
        def answers(x: HostArray) -> HostArray:
            h = xp.tanh(theta["W1"] @ x.reshape(-1, size).T + theta["b1"])
            logs = log_softmax(xp, theta["W2"] @ h + theta["b2"]).T.reshape(*x.shape[:2], -1)
            means = [logs[:, max(0, t - latest + 1) : t + 1].sum(axis=1) for t in range(x.shape[1])]
            best: HostArray = xp.stack([mean.argmax(axis=1) for mean in means], axis=1)
            return best

        return answers

    return over

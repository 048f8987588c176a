"""The words of a corpus and their counts; from these the noise distribution and the rates of sub-sampling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import NamedTuple

POWER = 0.75
"""Noise is drawn by count to this power (Mikolov et al. 2013)."""


class Vocabulary(NamedTuple):
    """Words by falling count, ties by first appearance, with their counts; `total` is the number of all words read."""

    words: tuple[str, ...]
    counts: tuple[int, ...]
    total: int

    def codes(self) -> dict[str, int]:
        """The number of each word."""
        return {word: i for i, word in enumerate(self.words)}


def build(tokens: Iterable[str], min_count: int = 1, max_size: int | None = None) -> Vocabulary:
    """The vocabulary of a stream of words: those that occur `min_count` times, at most `max_size` of them."""
    counted = Counter(tokens)
    kept = [(word, count) for word, count in counted.most_common(max_size) if count >= min_count]
    return Vocabulary(tuple(w for w, _ in kept), tuple(c for _, c in kept), counted.total())


def noise(counts: Sequence[int], power: float = POWER) -> list[float]:
    """P_n(w) ∝ count(w)^power: the probability of each word as a negative (slide 44)."""
    raised = [count**power for count in counts]
    total = sum(raised)
    return [value / total for value in raised]


def keep_paper(share: float, t: float) -> float:
    """The probability that an occurrence is kept, of a word with this share f: √(t / f), at most 1 (the paper)."""
    return min(1.0, sqrt(t / share)) if t > 0 else 1.0


def keep_c(share: float, t: float) -> float:
    """The same by word2vec's C code: (√(f / t) + 1) t / f, at most 1."""
    return min(1.0, (sqrt(share / t) + 1) * t / share) if t > 0 else 1.0

"""The words of a corpus, how often each occurs, and what follows from that: who is left out, who is drawn as noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import NamedTuple

POWER = 0.75
"""Noise is drawn by count to this power (Mikolov et al. 2013)."""


class Vocabulary(NamedTuple):
    """Words by falling count, ties by first appearance; `counts` beside them; `total` words read, kept or not."""

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
    """P_n(w) ~ count(w)^power: how likely each word is to be drawn as a negative (slide 44)."""
    raised = [count**power for count in counts]
    total = sum(raised)
    return [value / total for value in raised]


def keep_paper(share: float, t: float) -> float:
    """How likely a word of this share of the text is to be kept: √(t / f), at most 1 (the paper's formula)."""
    return min(1.0, sqrt(t / share)) if t > 0 else 1.0


def keep_c(share: float, t: float) -> float:
    """The same as the C code has it: (√(f / t) + 1) t / f, at most 1."""
    return min(1.0, (sqrt(share / t) + 1) * t / share) if t > 0 else 1.0

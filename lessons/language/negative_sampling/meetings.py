"""Which words of a text meet, and how often noise would have them meet."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.device import HostArray
from engine.words import limit
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start


class Meetings(NamedTuple):
    """The words in order of first appearance; how often context c (row) stood near word w (column), and noise would."""

    words: list[str]
    N: HostArray
    M: HostArray

    @property
    def optimum(self) -> HostArray:
        """(V, V): PMI − ln k, where learning ends; −∞ where two words never met."""
        with np.errstate(divide="ignore"):
            found: HostArray = np.log(self.N / self.M)
        return found

    def gap(self, X: HostArray) -> float:
        """How far the scores X (V, V) are from the optimum at most, over the pairs that met."""
        return float(np.abs(X - self.optimum)[self.N > 0].max())


def words_of(text: str) -> tuple[list[str], list[int]]:
    """The words of a text in order of first appearance, lower-cased; and the text in their numbers."""
    tokens = text.lower().split()
    words = list(dict.fromkeys(tokens))
    return words, [words.index(token) for token in tokens]


def check(text: str) -> None:
    """Raises Refused where a text has no two words that could meet."""
    if len(words_of(text)[1]) < 2:
        raise Refused("few_words", knob="text")


def read(knobs: Knobs, start: Start) -> Meetings:
    """The meetings in the text of a start, within the window of the knobs, and with so many negatives."""
    words, codes = words_of(str(start.inputs["text"]))
    return Meetings(words, *limit.meetings(codes, len(words), int(knobs["window"]), int(knobs["negatives"])))

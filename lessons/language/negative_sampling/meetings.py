"""Which words of a text meet, and how often noise would have them meet."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from engine.device import HostArray
from engine.words import limit
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start
from lessons.explaining.figures import cells


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


class Pair(NamedTuple):
    """A centre word, the words beside it, and words that were drawn at random."""

    centre: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """All words that the centre is paired with, the positive ones first."""
        return (*self.positive, *self.negative)


MOST_TARGETS, LONGEST = 9, 12


def pair_of(said: str, negatives: int = 0) -> Pair:
    """The words of a pair as typed, "brown; quick, fox; dog"; without any one positive and so many negatives, unnamed.

    Raises Refused where a part is missing, a word is too long or there are too many.
    """
    if not said.strip():
        return Pair("", ("",), ("",) * negatives)
    centre, *others = (tuple(filter(None, re.split(r"[,，、\s]+", part))) for part in re.split("[;；]", said))
    every = [*centre, *(word for part in others for word in part)]
    fits = len(centre) == 1 and len(others) == 2 and all(others) and len(every) <= MOST_TARGETS + 1
    if not fits or any(cells(word) > LONGEST for word in every):
        raise Refused("pair_words", value=said, most=MOST_TARGETS, long=LONGEST)
    return Pair(centre[0], *others)


def words_of(text: str) -> tuple[list[str], list[int]]:
    """The words of a text in order of first appearance, lower-cased; and the text in their numbers."""
    tokens = text.lower().split()
    words = list(dict.fromkeys(tokens))
    return words, [words.index(token) for token in tokens]


def check(text: str) -> None:
    """Raises Refused where a text has no two words that could meet."""
    if len(words_of(text)[1]) < 2:
        raise Refused("few_words", knob="text")


def pair_in(knobs: Knobs, start: Start) -> Pair:
    """The pair of a start."""
    return pair_of(str(start.inputs.get("words", "")), int(knobs["negatives"]))


def read(knobs: Knobs, start: Start) -> Meetings:
    """The meetings in the text of a start, within the window of the knobs, and with so many negatives."""
    words, codes = words_of(str(start.inputs["text"]))
    return Meetings(words, *limit.meetings(codes, len(words), int(knobs["window"]), int(knobs["negatives"])))

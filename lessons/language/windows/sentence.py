"""A sentence: its words and vocabulary, the pairs of the window over it, the noise, both directions of prediction."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.device import HostArray, rng
from engine.words import windows
from engine.words.corpus import vocabulary
from engine.words.windows import Pair
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start

MOST = 80
"""Words of a sentence."""
DRAWS = 9
"""The section of the seed that draws the random numbers."""


class Prediction(NamedTuple):
    """Word numbers: of the inputs, of the targets; the first `right` targets were met, the others are noise."""

    inputs: list[int]
    targets: list[int]
    right: int


class Sentence(NamedTuple):
    """Its words as written, their numbers, the vocabulary with counts, the pairs, the place of the chosen centre."""

    tokens: tuple[str, ...]
    codes: tuple[int, ...]
    words: tuple[str, ...]
    counts: tuple[int, ...]
    pairs: tuple[Pair, ...]
    centre: int

    @property
    def context(self) -> list[int]:
        """The numbers of the words around the chosen centre."""
        return [self.codes[p.other] for p in self.pairs if p.centre == self.centre]

    @property
    def edges(self) -> HostArray:
        """(V): the chances of the words as noise, summed up."""
        return np.cumsum(vocabulary.noise(self.counts))

    def negatives(self, knobs: Knobs, start: Start) -> list[int]:
        """The words that were drawn and are no neighbours of the centre, nor itself."""
        drawn = [int((self.edges < r).sum()) for r in random_numbers(knobs, start)]
        return [word for word in drawn if word not in {*self.context, self.codes[self.centre]}]

    def prediction(self, form: str, noise: list[int]) -> Prediction:
        """What is predicted from what at the chosen centre, by "skipgram" or "cbow"."""
        context, centre = self.context, self.codes[self.centre]
        if form == "skipgram":
            return Prediction([centre], [*context, *noise], len(context))
        return Prediction(context, [centre, *noise], 1)


def tokens_of(text: str) -> list[str]:
    """The words of a text; without any space, its characters: so that Chinese can be read too."""
    return text.split() if len(text.split()) > 1 else [char for char in text if not char.isspace()]


def check(text: str) -> None:
    """Raises Refused where a text has too few words, or too many."""
    if not 2 <= len(tokens_of(text)) <= MOST:
        raise Refused("sentence", count=len(tokens_of(text)), most=MOST)


def size_of(text: str) -> dict[str, int]:
    """How many different words a text has."""
    return {"words": len({token.lower() for token in tokens_of(text)})}


def read(knobs: Knobs, start: Start) -> Sentence:
    """The sentence of a start. Raises Refused where the centre is no word of it."""
    tokens = tokens_of(str(start.inputs["text"]))
    lowered = [token.lower() for token in tokens]
    words, built = tuple(dict.fromkeys(lowered)), vocabulary.build(lowered)
    count = dict(zip(built.words, built.counts, strict=True))
    if int(knobs["centre"]) > len(tokens):
        raise Refused("centre", value=knobs["centre"], most=len(tokens))
    pairs, codes = windows.pairs(len(tokens), int(knobs["window"])), (words.index(word) for word in lowered)
    counts = tuple(count[word] for word in words)
    return Sentence(tuple(tokens), tuple(codes), words, counts, tuple(pairs), int(knobs["centre"]) - 1)


def random_numbers(knobs: Knobs, start: Start) -> HostArray:
    """As many random numbers as negatives are drawn."""
    return np.round(rng(int(start.inputs["order_seed"]), DRAWS).random(int(knobs["negatives"])), 4)

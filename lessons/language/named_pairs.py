"""Pairs that are named as slide 44 names them, "brown; quick, fox; dog": a centre, words beside it, words drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start
from lessons.explaining.figures import cells
from lessons.language.texts import TextSource

MOST_TARGETS, LONGEST = 9, 12
"""Words beside the centre and drawn, together, and the cells of a word."""


class Pair(NamedTuple):
    """A centre word, the words beside it, and words that were drawn at random."""

    centre: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """All words that the centre is paired with, the positive ones first."""
        return (*self.positive, *self.negative)


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


def pair_in(knobs: Knobs, start: Start) -> Pair:
    """The pair of a start."""
    return pair_of(str(start.inputs.get("words", "")), int(knobs["negatives"]))


class PairSource(TextSource):
    """A text, and the words of the pair, where they are named."""

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        return self._named(super().begin(knobs), knobs["words"])

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        words = given.get("words", knobs["words"])
        if not isinstance(words, str):
            raise Refused("inputs_words", file=file)
        return self._named(super().read(file, given, knobs), words)

    def _named(self, inputs: dict[str, Any], words: Value) -> dict[str, Any]:
        pair_of(str(words))
        return {**inputs, "words": words} if words else inputs

    def knobs(self, inputs: Mapping[str, Any]) -> dict[str, Value]:
        return {**super().knobs(inputs), "words": inputs.get("words", "")}

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        return {"targets": len(pair_of(inputs["words"]).targets)} if "words" in inputs else {}

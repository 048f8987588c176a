"""A text's words, and who stands beside whom within a window."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import combinations
from typing import NamedTuple

import numpy as np

from engine.device import HostArray
from engine.words.corpus import splitting
from lessons.contract.knobs import Refused
from lessons.explaining.figures import five

ENDS = re.compile(r"[/.!?。！？；;\n]+")
SPACED = re.compile(rf"[{splitting.HAN}][ \u3000]+[{splitting.HAN}]")
"""Chinese whose words are told apart by spaces."""
MOST = 60
"""Different words of a text at most."""


class Company(NamedTuple):
    """A text: its words in order of first appearance, the chosen ones, and who stands beside each of those."""

    words: tuple[str, ...]
    chosen: tuple[int, ...]
    beside: dict[int, list[int]]
    window: int

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs that are compared: all of the chosen words, the first with each of the others first."""
        return list(combinations(self.chosen, 2))

    def counts(self, word: int) -> HostArray:
        """(V): how often each word stands beside a chosen one."""
        return np.bincount(self.beside[word], minlength=len(self.words))


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence, in lower case; Chinese character by character where no spaces stand in it."""
    segment = (lambda run: [run]) if SPACED.search(text) else None
    cut = (splitting.words(part.lower(), segment=segment) for part in ENDS.split(text))
    return [words for words in cut if words]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in order of first appearance."""
    return tuple(dict.fromkeys(word for sentence in sentences(text) for word in sentence))


def different(text: str) -> dict[str, int]:
    """How many different words a text has. Raises Refused where they are too few, or too many."""
    count = len(words_of(text))
    if count < 3:
        raise Refused("few_different", knob="text", least=3)
    if count > MOST:
        raise Refused("words_many", count=count, most=MOST)
    return {"words": count}


def meetings(text: str, window: int) -> Iterator[tuple[int, int]]:
    """(word, other) for every two words within a window of each other, from left to right."""
    words = words_of(text)
    for sentence in sentences(text):
        at = [words.index(word) for word in sentence]
        for i, word in enumerate(at):
            for other in at[max(0, i - window) : i] + at[i + 1 : i + 1 + window]:
                yield word, other


def read(text: str, chosen: str, window: int) -> Company:
    """What a text says of some of its words. Raises Refused."""
    different(text)
    words = words_of(text)
    wanted = list(dict.fromkeys(part for part in re.split(r"[\s,，、]+", chosen.lower()) if part))
    for word in wanted:
        if word not in words:
            near = ", ".join(get_close_matches(word, words, 3, 0.6)) or ", ".join(words[:5])
            raise Refused("chosen_missing", word=word, near=near)
    if not 2 <= len(wanted) <= 5:
        raise Refused("chosen_count", count=len(wanted))
    beside: dict[int, list[int]] = {words.index(word): [] for word in wanted}
    for code, other in meetings(text, window):
        if code in beside:
            beside[code].append(other)
    lonely = next((words[code] for code, others in beside.items() if not others), None)
    if lonely is not None:
        raise Refused("lonely", word=lonely)
    return Company(words, tuple(beside), beside, window)


def counted(text: str, window: int) -> HostArray:
    """(V, V): how often each word of a text stands beside each other."""
    size = len(words_of(text))
    count = np.zeros((size, size))
    for pair in meetings(text, window):
        count[pair] += 1
    return count


def association(text: str, company: Company) -> dict[str, str]:
    """The pointwise mutual information of the first chosen word and the word most often beside it, and its counts."""
    count, word = counted(text, company.window), company.chosen[0]
    other = int(count[word].argmax())
    n_pair, n_a, n_other, n_all = count[word, other], count[word].sum(), count[other].sum(), count.sum()
    numbers = {"n_pair": n_pair, "n_a": n_a, "n_other": n_other, "n_all": n_all}
    pmi = five(float(np.log(n_pair * n_all / (n_a * n_other)))).strip()
    return {"other": company.words[other], "pmi": pmi, **{name: f"{n:g}" for name, n in numbers.items()}}

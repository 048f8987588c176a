"""The five shapes of a sequence, each as a small task: what is read when, what is wanted when, how answers are counted.

x (N, T, I)        what is read: 0 where nothing is, a word one-hot, a picture as its 64 pixels
y (N, T - first)   what is wanted, as codes: every timestep from `first` on has a loss
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.device import HostArray, rng
from lessons.data.pictures.digits import CLASSES, SIDE, split
from lessons.data.sequences import names
from lessons.data.sequences.sentences import WORDS, Sentence, sentences
from lessons.data.sequences.video import clips

SHAPES = ("one_to_one", "one_to_many", "many_to_one", "many_to_many", "in_step")
AGES = range(9)
"""Frames since the digit changed, for which right answers are counted."""
ORDER, SHUFFLE = 35, 36
"""Sections of the seed that part the numbers, and that shuffle the words of test sentences."""
LEARN = 800
"""Numbers to learn from; the other 200 are for the test."""
PIXELS = SIDE * SIDE
KNOWN = 1000
"""Words of a vocabulary at most, the most frequent ones."""

Said = tuple[str, ...]
Groups = Mapping[str, HostArray]


class Task(NamedTuple):
    """Sequences to learn from, and others to be tested with.

    `vocabulary` names the entries of an input, () where it is a picture; `classes` name the outputs. `groups` are masks
    of the targets of the test, (N, T - first), by name. `mixed` is the test with the words of each sentence shuffled.
    """

    x: HostArray
    y: HostArray
    test_x: HostArray
    test_y: HostArray
    vocabulary: Said
    classes: Said
    groups: Groups
    mixed: HostArray | None = None
    words: Sequence[Said] = ()
    """The sentences of the test, with words that are not in the vocabulary, if it has sentences."""

    @property
    def first(self) -> int:
        """The first timestep with a loss."""
        return int(self.x.shape[1] - self.y.shape[1])

    def scores(self, answers: Callable[[HostArray], HostArray]) -> dict[str, float]:
        """The shares of right answers: of all, of each group, of whole sequences, of shuffled sentences.

        `answers` gives codes (N, T - first) for inputs (N, T, I).
        """
        right = answers(self.test_x) == self.test_y
        found = {"all": float(right.mean())}
        found |= {name: float(right[mask].mean()) for name, mask in self.groups.items()}
        if right.shape[1] > 1 and not self.groups:
            found["whole"] = float(right.all(axis=1).mean())
        if self.mixed is not None:
            found["shuffled"] = float((answers(self.mixed) == self.test_y).mean())
        return found

    def example(self, n: int) -> tuple[list[Any], list[Any]]:
        """A sequence of the test, and what is wanted, as plain data, from its first input on."""
        i = n % len(self.test_x)
        y = [None] * self.first + [self.classes[code] for code in self.test_y[i]]
        if self.words:
            return list(self.words[i]), y[len(y) - len(self.words[i]) :]
        x = self.tokens(self.test_x[i])
        begins = next((t for t, each in enumerate(x) if each is not None), self.first)
        return x[begins:], y[begins:]

    def tokens(self, x: HostArray) -> list[Any]:
        """One sequence (T, I) as plain data: words, or lists of pixels; None where nothing is read."""
        return [self._token(each) if each.any() else None for each in x]

    def _token(self, x: HostArray) -> Any:
        return self.vocabulary[int(x.argmax())] if self.vocabulary else x.tolist()

    def fits(self, x: Any, y: Any) -> bool:
        """Whether these are a sequence of this task as plain data, with a target at one timestep or more."""
        if not (isinstance(x, list) and isinstance(y, list) and 1 <= len(x) == len(y) <= WORDS):
            return False
        targets = [each for each in y if each is not None]
        return all(self._fits(each) for each in x) and bool(targets) and all(each in self.classes for each in targets)

    def _fits(self, token: Any) -> bool:
        """Whether something can be read: nothing, a word, a picture."""
        if token is None or self.vocabulary:
            return token is None or (isinstance(token, str) and bool(token))
        try:
            pixels = np.array(token, dtype=float)
        except (TypeError, ValueError):
            return False
        return pixels.shape == (PIXELS,) and bool(np.isfinite(pixels).all())


def numbers_of(tokens: Sequence[Any], names: Sequence[str]) -> HostArray:
    """Words, or lists of pixels, as numbers (T, I); nothing, and a word that is not among the `names`, as 0."""
    x = np.zeros((len(tokens), len(names) or PIXELS))
    for t, token in enumerate(tokens):
        if isinstance(token, str):
            x[t] = [token == name for name in names]
        elif token is not None:
            x[t] = token
    return x


@lru_cache(maxsize=6)
def task(shape: str, language: str, source: str, seed: int) -> Task:
    """The task of a shape; `source` is "grammar" or a CSV file with sentences. Raises Refused."""
    if shape == "many_to_one":
        return sentiment(language, source, seed)
    if shape == "many_to_many":
        return numbers(language, seed)
    if shape == "in_step":
        return video(seed)
    some, spelled = split(seed), shape == "one_to_many"
    named = [list(name) for name in names.NAMES[language]] if spelled else [[str(digit)] for digit in range(CLASSES)]
    T = max(map(len, named)) + spelled
    said = [names.ended(name, T) for name in named]
    classes = tuple(sorted({letter for name in said for letter in name}))
    codes = np.array([[classes.index(letter) for letter in name] for name in said])
    return Task(first_only(some.x, T), codes[some.y], first_only(some.test_x, T), codes[some.test_y], (), classes, {})


def first_only(x: HostArray, T: int) -> HostArray:
    """Pictures (N, 64) that are read at the first of T timesteps."""
    read = np.zeros((len(x), T, x.shape[1]))
    read[:, 0] = x
    return read


def coded(every: Sequence[Sequence[str]], vocabulary: Said, T: int) -> HostArray:
    """Words one-hot, (N, T, I), the last of each sequence at T - 1; a word that is not in the vocabulary is 0."""
    at, x = {word: i for i, word in enumerate(vocabulary)}, np.zeros((len(every), T, len(vocabulary)), dtype=bool)
    for n, words in enumerate(every):
        for t, word in enumerate(words, T - len(words)):
            if word in at:
                x[n, t, at[word]] = True
    return x


def sentiment(language: str, source: str, seed: int) -> Task:
    """Sentences, the label wanted after the last word; short ones stand at the end."""
    found, draw = sentences(source, language, seed), rng(seed, SHUFFLE)
    counts = Counter(word for each in found.learn for word in each.words)
    vocabulary = tuple(word for word, _ in counts.most_common(KNOWN))
    T = max(len(each.words) for each in (*found.learn, *found.test))

    def both(some: Sequence[Sentence]) -> tuple[HostArray, HostArray]:
        y = np.array([[found.labels.index(each.label)] for each in some])
        return coded([each.words for each in some], vocabulary, T), y

    mixed = [[each.words[i] for i in draw.permutation(len(each.words))] for each in found.test]
    of, words = np.array([[each.group] for each in found.test]), [each.words for each in found.test]
    groups = {name: of == n for n, name in enumerate(found.groups)} if len(found.groups) > 1 else {}
    return Task(
        *both(found.learn), *both(found.test), vocabulary, found.labels, groups, coded(mixed, vocabulary, T), words
    )


def numbers(language: str, seed: int) -> Task:
    """Numbers under 1,000, read in one language and written in the other from the last word that is read on."""
    read, said = (names.chinese, names.english) if language == "en" else (names.english, names.chinese)
    given, wanted = ([make(n) for n in range(names.NUMBERS)] for make in (read, said))
    S, L = max(map(len, given)), max(map(len, wanted)) + 1
    vocabulary = tuple(sorted({word for each in given for word in each}))
    classes = tuple(sorted({names.END, *(word for each in wanted for word in each)}))
    x = np.concatenate(
        [coded(given, vocabulary, S), np.zeros((names.NUMBERS, L - 1, len(vocabulary)), dtype=bool)], axis=1
    )
    y = np.array([[classes.index(word) for word in names.ended(each, L)] for each in wanted])
    order = rng(seed, ORDER).permutation(names.NUMBERS)
    learn, test = order[:LEARN], order[LEARN:]
    return Task(x[learn], y[learn], x[test], y[test], vocabulary, classes, {})


def video(seed: int) -> Task:
    """Clips of a digit, its label wanted at every frame."""
    learn, test = clips(seed)
    still = {f"still{n}": (test.since == n) & ~test.changed for n in AGES}
    groups = still | {f"changed{n}": (test.since == n) & test.changed for n in AGES}
    return Task(learn.x, learn.y, test.x, test.y, (), tuple(map(str, range(CLASSES))), groups)

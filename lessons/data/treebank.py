"""Trees to learn from and to be tested with, of a language or of a file; and the same as sequences of brackets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.device import HostArray, rng
from engine.gated.run.streams import Window
from engine.trees.tree import Branch, Forest, numbered
from lessons.contract.knobs import Refused
from lessons.data import trees as data
from lessons.data.trees import LANGUAGES, Parsed

EXAMPLES = {"formulas": "(not (T and F))", "phrases": "(not (very good))", "短语": "(不 (太 好))"}
"""The tree that each data set begins with."""
COUNTS = {"formulas": 600, "phrases": 2000, "短语": 2000}
DEPTHS, TESTS = 8, 200
"""Depths that are measured, and trees of each."""
UNSEEN = 1000
"""What is added to the seed for the trees of the test."""
TENTH = 10
"""Of a file every tenth labelled tree is kept for the test."""
LONGEST = 120
"""Tokens of an expression that is read as a sequence; longer ones are left out."""
SECTION = 70
"""Sections of the seed from here on draw the windows of sequences."""


class Words(NamedTuple):
    """The vocabulary and the classes of a data set."""

    words: tuple[str, ...]
    classes: tuple[str, ...]


class Set(NamedTuple):
    """Trees of one kind, as they were read and by number, and what the kind is called."""

    name: str
    read: tuple[Parsed, ...]
    trees: list[Forest]


class Treebank(NamedTuple):
    """Trees to learn from, and sets that are measured."""

    train: Set
    tests: list[Set]


@lru_cache(maxsize=4)
def of_file(file: str) -> tuple[Words, tuple[Parsed, ...]]:
    """A file's words in order of first appearance, its classes, its trees. Raises Refused."""
    every, words, most = data.read_trees(file), dict[str, None](), 1
    for tree in every:
        words |= dict.fromkeys(data.leaves(tree))
        most = max(most, *data.labels(tree), 1)
    return Words(tuple(words), tuple(str(k) for k in range(most + 1))), every


def words_of(name: str) -> Words:
    """Raises Refused where a file cannot be read."""
    return Words(LANGUAGES[name].words, LANGUAGES[name].classes) if name in LANGUAGES else of_file(name)[0]


def example(name: str) -> str:
    """The tree that a data set begins with, of a file its first."""
    return EXAMPLES[name] if name in EXAMPLES else data.said(of_file(name)[1][0], True)


@lru_cache(maxsize=8)
def treebank(name: str, depth: int, seed: int) -> Treebank:
    """Made up to a depth and measured at depths 1 to DEPTHS; of a file nine tenths of the labelled trees."""
    words = words_of(name).words

    def kind(name: str, some: tuple[Parsed, ...]) -> Set:
        return Set(name, some, [numbered(data.branch(tree, words)) for tree in some])

    if name in LANGUAGES:
        train = data.made(name, tuple(range(1, depth + 1)), COUNTS[name], seed)
        tests = [(str(d), data.made(name, (d,), TESTS, seed + UNSEEN)) for d in range(1, DEPTHS + 1)]
        return Treebank(kind("train", train), [kind(*each) for each in tests])
    labelled = [tree for tree in of_file(name)[1] if tree.label >= 0]
    kept = tuple(labelled[TENTH - 1 :: TENTH] or labelled[-1:])
    train = tuple(tree for tree in labelled if not any(tree is each for each in kept))
    return Treebank(kind("train", train), [kind("train", train), kind("kept", kept)])


@lru_cache(maxsize=16)
def typed(text: str, name: str) -> Parsed:
    """A typed tree, labelled where the language gives its words a value. Raises Refused."""
    tree, classes = data.parsed(text), words_of(name).classes
    if name in LANGUAGES:
        tree = data.valued(tree, LANGUAGES[name])[0]
    if (most := max(data.labels(tree), default=0)) >= len(classes):
        raise Refused("tree_class", value=most, most=len(classes) - 1)
    return tree


def branch_of(inputs: Mapping[str, Any]) -> Branch:
    """A typed tree, from the inputs of a lesson: `tree`, `data` and `words`."""
    return data.branch(typed(inputs["tree"], inputs["data"]), inputs["words"])


def nodes_of(inputs: Mapping[str, Any]) -> Forest:
    """Its nodes."""
    return numbered(branch_of(inputs))


# the same as sequences


def tokens(tree: Parsed) -> list[str]:
    """Brackets and words in order."""
    return ["(", *(token for part in tree.parts for token in tokens(part)), ")"] if tree.parts else [tree.text]


def expressions(tree: Parsed) -> list[Parsed]:
    """All labelled nodes over others."""
    below = [each for part in tree.parts for each in expressions(part)]
    return [*below, tree] if tree.parts and tree.label >= 0 else below


def coded(trees: Sequence[Parsed], words: Sequence[str]) -> tuple[HostArray, HostArray]:
    """Token codes (T, N), blanks before short ones, and labels (N)."""
    codes = {token: n for n, token in enumerate(("", "(", ")", *words))}
    rows = [[codes[token] for token in tokens(tree)] for tree in trees]
    T = max(map(len, rows))
    return np.array([[0] * (T - len(row)) + row for row in rows]).T, np.array([tree.label for tree in trees])


class Brackets:
    """All labelled expressions within some trees, `size` drawn for a window; the label is asked for at the last token.

    See `engine.gated.run.streams.Source`.
    """

    letters = True

    def __init__(self, trees: Sequence[Parsed], words: Words, size: int, seed: int) -> None:
        every = [each for tree in trees for each in expressions(tree)]
        short = [each for each in every if len(tokens(each)) <= LONGEST] or every[:1]
        (self.x, self.y), self.seed = coded(short, words.words), seed
        self.T, self.B, self.first = len(self.x), min(size, len(self.y)), len(self.x) - 1
        self.inputs, self.outputs = len(words.words) + 3, len(words.classes)

    def window(self, n: int) -> Window:
        """Those of update n."""
        some = rng(self.seed, SECTION + n).integers(0, len(self.y), self.B)
        return Window(self.x[:, some], self.y[some], True)

"""Words with counts, Huffman's tree over them, the code of each, and the word that is predicted."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from math import prod
from typing import NamedTuple

from engine.device import HOST, HostArray
from engine.maths.activations import sigmoid
from engine.walks.step import drain
from engine.words import huffman
from engine.words.huffman import HuffmanCode
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start

MOST = 40
"""Words that a tree may have here."""


class WordTree(NamedTuple):
    """Words are nodes 0 … V − 1, the most frequent first; merged nodes are V … 2V − 2, the last being the root.

    `counts` are those of all nodes, `children` of merged node n are children[n − V], `target` is a word by its number.
    """

    words: tuple[str, ...]
    counts: tuple[int, ...]
    children: tuple[tuple[int, int], ...]
    codes: tuple[HuffmanCode, ...]
    target: int

    @property
    def root(self) -> int:
        return len(self.counts) - 1

    @property
    def code(self) -> HuffmanCode:
        """The target's."""
        return self.codes[self.target]

    def chances(self, v: HostArray, Theta: HostArray) -> list[float]:
        """p of every word, given v (D) and a row of Theta (V − 1, D) for each merged node."""
        a = Theta @ v
        taken = (zip(code.nodes, code.bits, strict=True) for code in self.codes)
        return [prod(float(sigmoid(HOST.xp, (1 - 2 * bit) * a[node])) for node, bit in each) for each in taken]


def counted(text: str) -> dict[str, int]:
    """Words with counts, from "the:15 fox:7", or from a text whose words are counted. Raises Refused."""
    tokens = text.split()
    if any(":" in token for token in tokens):
        found: dict[str, int] = {}
        for token in tokens:
            word, _, count = token.rpartition(":")
            if not word or not count.isdecimal() or len(count) > 10 or not 1 <= int(count) <= 10**9 or word in found:
                raise Refused("words_counts", value=token[:24])
            found[word] = int(count)
    else:
        found = dict(Counter(token.lower() for token in tokens))
    if not 2 <= len(found) <= MOST:
        raise Refused("words_many", count=len(found), most=MOST)
    return found


@lru_cache(maxsize=8)
def built(text: str, target: str) -> WordTree:
    """The tree of a text, and the target in it. Raises Refused where it is none of the words."""
    found = counted(text)
    words = tuple(sorted(found, key=lambda word: -found[word]))
    if target not in words:
        raise Refused("words_target", value=target, words=" ".join(words[:12]))
    counts = [found[word] for word in words]
    tree = drain(huffman.build(HOST, counts))
    for a, b in tree.children:
        counts.append(counts[a] + counts[b])
    return WordTree(words, tuple(counts), tree.children, tuple(huffman.codes(tree)), words.index(target))


def read(knobs: Knobs, start: Start) -> WordTree:
    """The tree of a start, with the target that the knobs name: another one keeps tree and vectors."""
    return built(str(start.inputs["words"]), str(knobs["target"]))

"""56 playing cards and 98 dominoes, 16 × 16 pixels, and what each is called (GNU Unifont; ORIGIN.md).

The captions follow the Unicode names, word by word: "seven of hearts", "horizontal domino three and five"; 红桃七,
横放的骨牌左三右五. Parts that are named stand in the same pixels of every picture.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import product

import numpy as np

from engine.device import HostArray, rng

SIDE = 16
CARDS, DOMINOES = 56, 98
FEW = (11, 20)
"""Cards and dominoes that are held out, where it is a few."""
HELD = ("few", "half", "rank")
"""What is held out: a few combinations, half of them all, or every seven of the cards."""
DRAW = 14
"""The section of the seed that draws what is held out."""
SUITS = {"en": "spades hearts diamonds clubs", "zh": "黑桃 红桃 方块 梅花"}
RANKS = {
    "en": "ace two three four five six seven eight nine ten jack knight queen king",
    "zh": "A 二 三 四 五 六 七 八 九 十 J 骑士 Q K",
}
SPOTS = {"en": "zero one two three four five six", "zh": "零 一 二 三 四 五 六"}
LANGUAGES = tuple(SUITS)
SEVEN = 6
"""The number of the rank that is held out whole, and, with `HEARTS`, of the card that always is."""
HEARTS = 1


@cache
def pictures() -> HostArray:
    """All pictures (256, 154), 1 where there is ink: cards by suit and rank, then dominoes."""
    packed = zlib.decompress(files("lessons.data.pictures").joinpath("cards.zlib").read_bytes())
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8).reshape(-1, SIDE * SIDE // 8), axis=1)
    found = np.ascontiguousarray(bits.T.astype(float))
    found.setflags(write=False)
    return found


@cache
def captions(language: str) -> tuple[tuple[str, ...], ...]:
    """The words of every caption."""
    suits, ranks, spots = (of[language].split() for of in (SUITS, RANKS, SPOTS))
    dominoes = list(product((0, 1), spots, spots))
    if language == "zh":
        ways = (("横放的", "左", "右"), ("竖放的", "上", "下"))
        named = [(ways[v][0], "骨牌", ways[v][1], a, ways[v][2], b) for v, a, b in dominoes]
        return (*product(suits, ranks), *named)
    tiles = [(("horizontal", "vertical")[v], "domino", a, "and", b) for v, a, b in dominoes]
    return (*((rank, "of", suit) for suit, rank in product(suits, ranks)), *tiles)


def parts(n: int) -> tuple[tuple[str, int], ...]:
    """What picture n is a combination of: suit and rank; or way, first and second number."""
    if n < CARDS:
        return ("suit", n // 14), ("rank", n % 14)
    way, first, second = (n - CARDS) // 49, (n - CARDS) // 7 % 7, (n - CARDS) % 7
    return ("way", way), ("first", first), ("second", second)


def held_out(held: str, seed: int) -> list[int]:
    """The pictures that are held out, the seven of hearts always among them; of "rank" every seven, else at random.

    Each part of a combination that is held out stays in some that are not, but for that rank.
    """
    hearts = 14 * HEARTS + SEVEN
    if held == "rank":
        return [14 * suit + SEVEN for suit in range(4)]
    draw, counts = rng(seed, DRAW), FEW if held == "few" else (CARDS // 2, DOMINOES // 2)
    every = {part for n in range(CARDS + DOMINOES) for part in parts(n)}
    while True:
        cards = [n for n in draw.permutation(CARDS).tolist() if n != hearts][: counts[0] - 1]
        dominoes = (CARDS + draw.permutation(DOMINOES)[: counts[1]]).tolist()
        found = sorted([hearts, *cards, *dominoes])
        kept = set(range(CARDS + DOMINOES)) - set(found)
        if {part for n in kept for part in parts(n)} == every:
            return found


def vocabulary(captions: Sequence[Sequence[str]]) -> Mapping[str, int]:
    """The code of every word, in order of first appearance, from 2: 0 is the start word and 1 the end mark."""
    words = dict.fromkeys(word for caption in captions for word in caption)
    return {word: code for code, word in enumerate(words, 2)}

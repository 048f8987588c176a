"""56 playing cards and 98 dominoes, 16 × 16 pixels, and what each is called (GNU Unifont; ORIGIN.md).

The captions follow the Unicode names, word by word: "seven of hearts", "horizontal domino three and five"; 红桃七,
横放的骨牌三和五. Parts that are named stand in the same pixels of every picture.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib.resources import files
from itertools import product

import numpy as np

from engine.device import HostArray

SIDE = 16
SUITS = {"en": "spades hearts diamonds clubs", "zh": "黑桃 红桃 方块 梅花"}
RANKS = {
    "en": "ace two three four five six seven eight nine ten jack knight queen king",
    "zh": "A 二 三 四 五 六 七 八 九 十 J 骑士 Q K",
}
SPOTS = {"en": "zero one two three four five six", "zh": "零 一 二 三 四 五 六"}
WAYS = {"en": ("horizontal", "vertical"), "zh": ("横放的", "竖放的")}
TILE, AND = {"en": "domino", "zh": "骨牌"}, {"en": "and", "zh": "和"}
LANGUAGES = tuple(SUITS)
SEVEN_OF_HEARTS = 14 + 6


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
    ways, joint = WAYS[language], AND[language]
    tiles = [(ways[v], TILE[language], a, joint, b) for v, a, b in product((0, 1), spots, spots)]
    cards = product(suits, ranks) if language == "zh" else ((rank, "of", suit) for suit, rank in product(suits, ranks))
    return (*cards, *tiles)

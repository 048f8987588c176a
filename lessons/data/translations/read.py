"""Sets of pairs of sentences in words, and the words of each side; what ships is made exactly, from the seed.

A file of the learner's has a pair a line, source and target apart by a tab. A side is cut at blanks; Chinese characters
stand each for itself.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from engine.device import rng
from engine.sequences.pairs import Pair
from lessons.contract.knobs import Refused
from lessons.data.corpora.read import looked_at, said
from lessons.data.translations import DATA

DRAWN = 3
"""Section of the seed that draws the pairs."""
TEST = 200
"""Pairs that are only measured, and so many at most of a file: a fifth."""
LONGEST, MOST = 20, 20_000
"""Words that a side may have, and pairs of a file."""
SEEN, BEYOND = (1, 12), (13, 16)
"""Lengths of the telephone numbers that are learned, and of those that never are."""
END = "⏎"
"""The end of a sentence, the first word of the target language."""
CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]|[^\s\u3400-\u9fff\U00020000-\U0003ffff]+")
HAN = "零一二三四五六七八九"
ENGLISH = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
Words = tuple[str, ...]


class Pairs(NamedTuple):
    """Pairs in words: those that are learned, those that are only measured, and longer ones than any that is learned.

    `source` and `target` are the words of the two languages, the end of a sentence first in `target`.
    """

    train: tuple[tuple[Words, Words], ...]
    test: tuple[tuple[Words, Words], ...]
    longer: tuple[tuple[Words, Words], ...]
    source: Words
    target: Words

    def coded(self, pairs: Iterable[tuple[Words, Words]]) -> list[Pair]:
        """Pairs as codes. A source word that is not known has the code after the last: it is read as no word at all."""
        read, write = ({word: i for i, word in enumerate(words)} for words in (self.source, self.target))
        return [
            Pair(tuple(read.get(word, len(read)) for word in a), tuple(write[word] for word in b)) for a, b in pairs
        ]

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Three ranges of source lengths, about as many lengths in each."""
        longest = max(len(a) for a, _ in (*self.train, *self.test))
        cuts = [round(longest * n / 3) for n in range(4)]
        return tuple((low + 1, high) for low, high in pairwise(cuts) if high > low)


def pairs_of(name: str, count: int, seed: int, look: bool = False) -> Pairs:
    """A set by its name, or a file of the learner's; `look` whether it is to be read again. Raises Refused."""
    if name in DATA:
        return _made(name, count, seed)
    with said(name):
        changed = looked_at(name).st_mtime_ns
        return _file(name, count, seed, changed)


@lru_cache(maxsize=8)
def _made(name: str, count: int, seed: int) -> Pairs:
    draw = rng(seed, DRAWN)
    if name == "numbers":
        drawn = [number(int(n)) for n in draw.permutation(10_000)[: count + TEST]]
        return gathered(drawn[:count], drawn[count:])
    lengths = [int(n) for n in draw.integers(SEEN[0], SEEN[1] + 1, count + TEST)]
    lengths += [int(n) for n in draw.integers(BEYOND[0], BEYOND[1] + 1, TEST)]
    every = [digits([int(d) for d in draw.integers(0, 10, n)]) for n in lengths]
    learned = set(every[:count])
    test = [pair for pair in every[count : count + TEST] if pair not in learned or len(pair[0]) < 4]
    return gathered(every[:count], test, every[count + TEST :])


def gathered(
    train: Sequence[tuple[Words, Words]], test: Sequence[tuple[Words, Words]],
    longer: Sequence[tuple[Words, Words]] = (),
) -> Pairs:  # fmt: skip
    """Pairs with their words, in the order in which they are first met; digits by their value."""
    sides = [dict.fromkeys(word for pair in (*train, *test) for word in pair[side]) for side in (0, 1)]
    order = {word: i for i, word in enumerate((*HAN, *ENGLISH))}
    source, target = (sorted(side, key=lambda word: order.get(word, len(order))) for side in sides)
    return Pairs(tuple(train), tuple(test), tuple(longer), tuple(source), (END, *target))


def digits(values: Sequence[int]) -> tuple[Words, Words]:
    """Digits as they are said: 三八一, three eight one."""
    return tuple(HAN[d] for d in values), tuple(ENGLISH[d] for d in values)


def number(n: int) -> tuple[Words, Words]:
    """A number from 0 to 9,999: 三百二十一, three hundred twenty one. 2 is 两 before 千, else 二."""
    thousands, hundreds, rest = n // 1000, n // 100 % 10, n % 100
    english = [*([ENGLISH[thousands], "thousand"] if thousands else [])]
    english += [ENGLISH[hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        english += [TENS[rest // 10 - 2], *([ENGLISH[rest % 10]] if rest % 10 else [])]
    elif rest or not n:
        english.append(ENGLISH[rest])
    return tuple(_chinese(n)), tuple(english)


def _chinese(n: int) -> str:
    if n < 10:
        return HAN[n]
    text, gap = "", False
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        d = n // value % 10
        if d:
            figure = "两" if d == 2 and value == 1000 else HAN[d]
            text += ("零" if gap and text else "") + ("" if value == 10 and d == 1 and not text else figure) + unit
        gap = not d
    return text


def cut(side: str) -> Words:
    """The words of a sentence: cut at blanks, Chinese characters apart."""
    return tuple(CHINESE.findall(side))


@lru_cache(maxsize=4)
def _file(name: str, count: int, seed: int, changed: int) -> Pairs:
    pairs = read_pairs([Path(name)])
    held, drawn = min(TEST, len(pairs) // 5), shuffled(pairs, seed)
    return gathered(drawn[held : held + count], drawn[:held])


def shuffled(pairs: Sequence[tuple[Words, Words]], seed: int) -> list[tuple[Words, Words]]:
    """Pairs in an order that is drawn from the seed."""
    return [pairs[int(i)] for i in rng(seed, DRAWN).permutation(len(pairs))]


def read_pairs(files: Sequence[Path]) -> list[tuple[Words, Words]]:
    """The pairs of some files, each once. Raises Refused: the line, what is wrong with it, what would be right."""
    found: dict[tuple[Words, Words], None] = {}
    for file in files:
        try:
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise Refused("pairs_encoding", file=file) from None
        for line, row in enumerate(csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != 2:
                raise Refused("pairs_tabs", file=file, line=line, tabs=len(row) - 1)
            sides = cut(row[0]), cut(row[1])
            for words, which in zip(sides, ("source", "target"), strict=True):
                if not words:
                    raise Refused(f"pairs_empty_{which}", file=file, line=line)
                if len(words) > LONGEST:
                    raise Refused("pairs_long", file=file, line=line, words=len(words), most=LONGEST)
            found[sides] = None
            if len(found) > MOST:
                raise Refused("pairs_many", file=file, most=MOST)
    if len(found) < 2:
        raise Refused("pairs_few", file=", ".join(map(str, files)), count=len(found))
    return list(found)


def translation(name: str, pairs: Pairs, sentence: str) -> tuple[Words, Words]:
    """A sentence in words with its right translation, by rule or from the pairs. Raises Refused where there is none."""
    words = cut(sentence)
    if not words or len(words) > LONGEST:
        raise Refused("pairs_sentence", words=len(words), most=LONGEST)
    if name == "digits":  # a sign that is no digit has no word
        return words, tuple(ENGLISH[HAN.index(word)] for word in words if word in HAN) or (ENGLISH[0],)
    known = dict((*pairs.train, *pairs.test))
    if name == "numbers":
        known = dict(map(number, range(10_000)))
    if words not in known:
        raise Refused("pairs_untranslated", sentence=sentence.strip()[:24], example="".join(next(iter(known))))
    return words, known[words]

"""Texts as codes. A letter is what a reader takes for one, a grapheme (UAX #29): é, हि, 👩‍👩‍👧 however they are typed.

Its code is its rank by frequency in the text. Letters are a str where each is one code point, as in most texts, and a
tuple where one is several; old nets have a str over code points, and read texts by these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from engine.device import HOST, HostArray

xp = HOST.xp
LARGEST = 0x110000
JOINING = "".join(rf"\p{{GCB={kind}}}" for kind in ("EX", "ZWJ", "SM", "PP", "L", "V", "T", "RI")) + "\U00011a3a"
"""Characters without which every code point is a grapheme, but for the end of a line in two characters."""
ON_ANOTHER = r"[\p{M}\p{GCB=EX}\p{GCB=ZWJ}\p{GCB=SM}\p{GCB=V}\p{GCB=T}]"

Letters = str | tuple[str, ...]


@cache
def _regex() -> Any:
    import regex  # takes 10 ms to load, which a text in English need not wait for

    return regex


def joins(text: str) -> bool:
    """Whether several code points of a text may be one grapheme."""
    return not text.isascii() and _regex().search(f"[{JOINING}]", text) is not None


def graphemes(text: str) -> Sequence[str]:
    """The letters of a text in their order; a str where each is one code point."""
    if not joins(text):
        return text
    found: list[str] = _regex().findall(r"\r|\n|\X", text)
    return text if len(found) == len(text) else found


def is_picture(char: str) -> bool:
    """Whether a character may be drawn as an emoji by itself."""
    return _regex().match(r"(?!\p{GCB=RI})\p{Emoji}", char) is not None


def cannot_stand_alone(letter: str) -> bool:
    """Whether a letter begins with what goes on another: a mark, a joiner, a skin tone, the vowel of a syllable."""
    return not letter.isascii() and _regex().match(ON_ANOTHER, letter) is not None


def points(text: str) -> HostArray:
    """The code points of a text, uint32."""
    codes: HostArray = xp.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=xp.uint32)
    return codes


def vocabulary(text: str, most: int = 0, by_points: bool = False) -> Letters:
    """The letters of a text by falling count, ties in their order; the `most` most frequent, or all (0)."""
    read = text if by_points else graphemes(text)
    if not isinstance(read, str):
        counted = sorted(Counter(read).items(), key=lambda each: (-each[1], each[0]))
        return tuple(letter for letter, _ in counted[: most or None])
    letters, counts = xp.unique(points(read), return_counts=True)
    order = xp.argsort(-counts, kind="stable")[: most or None]
    return "".join(chr(int(letters[i])) for i in order)


def encode(text: str, letters: Letters) -> HostArray:
    """A text as codes, int32: each letter's index in `letters`. Letters that are not among them are dropped."""
    if not isinstance(letters, str):
        at = {letter: code for code, letter in enumerate(letters)}
        known: HostArray = xp.array([at[letter] for letter in graphemes(text) if letter in at], dtype=xp.int32)
        return known
    table = xp.full(LARGEST, -1, dtype=xp.int32)
    table[points(letters)] = xp.arange(len(letters))
    codes: HostArray = table[points(text)]
    return codes[codes >= 0]


def decode(codes: HostArray, letters: Letters) -> str:
    """Codes as a text."""
    return "".join(letters[int(code)] for code in codes)

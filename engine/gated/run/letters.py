"""Texts as codes. A letter is a Unicode code point; its code is its rank by frequency in the text."""

from __future__ import annotations

from engine.device import HOST, HostArray

xp = HOST.xp
LARGEST = 0x110000


def points(text: str) -> HostArray:
    """The code points of a text, uint32."""
    codes: HostArray = xp.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=xp.uint32)
    return codes


def vocabulary(text: str, most: int = 0) -> str:
    """The letters of a text by falling count, ties in their order; the `most` most frequent, or all (0)."""
    letters, counts = xp.unique(points(text), return_counts=True)
    order = xp.argsort(-counts, kind="stable")[: most or None]
    return "".join(chr(int(letters[i])) for i in order)


def encode(text: str, letters: str) -> HostArray:
    """A text as codes, int32: each letter's index in `letters`. Letters that are not among them are dropped."""
    table = xp.full(LARGEST, -1, dtype=xp.int32)
    table[points(letters)] = xp.arange(len(letters))
    codes: HostArray = table[points(text)]
    return codes[codes >= 0]


def decode(codes: HostArray, letters: str) -> str:
    """Codes as a text."""
    return "".join(letters[int(code)] for code in codes)

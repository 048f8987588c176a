"""Numbers as they are shown: five columns in a cell, three figures in a formula, eight in the inspector."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from unicodedata import category, east_asian_width

from engine.gated.run.letters import graphemes, is_picture
from engine.walks.step import split

MINUS = "−"
JOINER, WIDE_PICTURE, SOFT_HYPHEN = "\u200d", "\ufe0f", "\u00ad"
SKIN = "🏻🏼🏽🏾🏿"
GOES_ON = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))
"""Vowels and finals of Hangul, which are drawn into the syllable before them."""
BETWEEN = re.compile(" (?=[+−] )")
"""Between two terms of a sum."""


def cells(text: str) -> int:
    """The width of a text in terminal cells, as the terminal's library has it: a Chinese character takes two.

    Marks take none, nor does what a joiner joins to the picture before it.
    """
    if text.isascii():
        return len(text)
    found, last, joined = 0, "", False
    for char in text:
        if char == JOINER or joined:
            joined = char == JOINER and not joined
        elif char == WIDE_PICTURE:
            found, last = found + (last != "" and _is_narrow_picture(last)), ""
        elif wide := _wide(char):
            found, last = found + wide, char
    return found


@lru_cache(maxsize=1 << 8)
def _is_narrow_picture(char: str) -> bool:
    """Whether a character takes two columns where it is to be drawn as a picture, and else one: ☀, ♥, 1."""
    return _wide(char) == 1 and is_picture(char)


@lru_cache(maxsize=1 << 12)
def _wide(char: str) -> int:
    """The columns of one character; a mark, a skin tone and what is only a sign to who lays out text have none."""
    format_sign = category(char) == "Cf" and char != SOFT_HYPHEN
    if category(char)[0] == "M" or format_sign or char in SKIN or any(ord(char) in span for span in GOES_ON):
        return 0
    return 1 + (east_asian_width(char) in "WF")


def cut(text: str, width: int) -> str:
    """A text in at most so many cells; … where it is cut. A letter keeps its marks."""
    if cells(text) <= width:
        return text
    kept = list(graphemes(text))
    while kept and cells("".join(kept)) > width - 1:
        kept.pop()
    return "".join(kept) + "…"


def ending(text: str, width: int) -> str:
    """The end of a text in at most so many cells; … where something was before it."""
    if cells(text) <= width:
        return text
    kept = list(graphemes(text))
    while kept and cells("".join(kept)) > width - 1:
        kept.pop(0)
    return "…" + "".join(kept)


def folded(head: str, text: str, width: int) -> list[str]:
    """A sum after `head`, folded before a + or − into lines of `width` cells; those after the first are indented."""
    lines = [head]
    for n, part in enumerate(BETWEEN.split(text)):
        if n and cells(f"{lines[-1]} {part}") > width:
            lines.append(" " * cells(head) + part)
        else:
            lines[-1] += f" {part}" if n else part
    return lines


def five(x: float) -> str:
    """A number in at most five columns, sign included: .263  −.065  1.04  12.3  456  4e3  5e-5  3e-14.

    It keeps a figure before its exponent: −3e-14 needs six columns, and so do others far from 1, −1e-100 seven.
    """
    sign = MINUS if x < 0 else ""
    a = abs(x)
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return f"{sign}∞"
    if a == 0:
        return "0"
    if a < 0.0009995:
        return sign + _power(a)
    for limit, decimals in ((0.9995, 3), (9.995, 2), (99.95, 1), (999.5, 0)):
        if a < limit:
            return sign + f"{a:.{decimals}f}".removeprefix("0")
    return sign + _power(a)


def _power(a: float) -> str:
    """5e-5, 4e3, 3e-14."""
    mantissa, exponent = f"{a:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def tick(x: float) -> str:
    """A number on an axis: a whole one without a decimal point."""
    return f"{x:.0f}".replace("-", MINUS) if float(x).is_integer() and 0 < abs(x) < 9999.5 else five(x)


def parted(a: float, b: float) -> tuple[str, str]:
    """Two numbers down to the digit where they part, and two more; with three figures where they are the same."""
    most = max(abs(a), abs(b))
    if not math.isfinite(most) or a == b:
        return three(a), three(b)
    kind = "f" if 0.001 <= most < 1e5 else "e"

    def apart(first: int) -> int:
        return next((n for n in range(first, 20) if f"{a:.{n}{kind}}" != f"{b:.{n}{kind}}"), 20)

    last = apart(apart(2) + 2)  # two figures on, rounding may have made them equal again
    return _as_shown(f"{a:.{last}{kind}}"), _as_shown(f"{b:.{last}{kind}}")


def _as_shown(written: str) -> str:
    """A number as Python writes it, with a minus and without a 0 before the point."""
    sign = MINUS if written.startswith("-") else ""
    mantissa, e, exponent = written.lstrip("-").partition("e")
    return sign + (mantissa if e else mantissa.removeprefix("0")) + (f"e{int(exponent)}" if e else "")


def three(x: float) -> str:
    """A number as in a formula: three figures, or up to five before the point. .0447  2378  5.12e-5  1.23e6."""
    a = abs(x)
    if not math.isfinite(x) or a == 0 or 0.09995 <= a < 999.5:
        return five(x)
    sign = MINUS if x < 0 else ""
    if 0.0009995 <= a < 0.09995:
        return sign + f"{a:.{4 if a >= 0.009995 else 5}f}".removeprefix("0")
    if 999.5 <= a < 99999.5:
        return f"{sign}{a:.0f}"
    mantissa, exponent = f"{a:.2e}".split("e")
    return f"{sign}{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


COUNTS = frozenset({"count", "count_a", "count_b", "total", "pairs", "n_pairs", "N", "letters", "pick", "last"})
"""Families of counts and ordinal numbers, shown without a decimal point."""


COUNTED: ContextVar[frozenset[str]] = ContextVar("COUNTED", default=frozenset())
"""Families that are counts in the lesson at hand, though elsewhere they may be none."""


@contextmanager
def counting(families: frozenset[str]) -> Iterator[None]:
    """Inside, the symbols of these families are counts too."""
    token = COUNTED.set(families)
    try:
        yield
    finally:
        COUNTED.reset(token)


def counts(symbol: str) -> bool:
    """Whether a symbol is a count or an ordinal number."""
    family = split(symbol)[0]
    return family in COUNTS or family in COUNTED.get()


def figures(x: float, counted: bool) -> str:
    """A number in a formula: three figures, or a count as a whole number."""
    return f"{x:.0f}".replace("-", MINUS) if counted and float(x).is_integer() else three(x)


def cell(x: float, counted: bool = False) -> str:
    """A number in exactly five columns: one for the sign, four for figures; a count below 9999.5 is whole.

    In six, its sign in the column before, where an exponent needs them; ≈0 or ≈−0 where that too is not enough.
    """
    text = figures(x, True) if counted and 0 <= x < 9999.5 and float(x).is_integer() else five(x)
    if len(text.removeprefix(MINUS)) > 5:
        text = f"≈{MINUS}0" if x < 0 else "≈0"
    if len(text) == 6:
        return text
    signed = text if text.startswith(MINUS) or len(text) == 5 else f" {text}"
    return f"{signed:<5}" if text != "0" else "  0  "


def loss(x: float) -> str:
    """A loss in a header: three decimals."""
    return f"{x + 0.0:.3f}".replace("-", MINUS) if abs(x) < 1e4 else five(x)


def eight(x: float) -> str:
    """A number with eight decimals, or from 1e4 and below 1e-4 with seven and an exponent: what the inspector shows."""
    if not math.isfinite(x) or x == 0:
        return five(x)
    text = f"{x:.8f}" if 1e-4 <= abs(x) < 1e4 else f"{x:.7e}"
    return text.replace("-0.", "-.").removeprefix("0").replace("-", MINUS)


def whole(x: float) -> str:
    """All 17 figures with an ASCII minus, as copied and exported."""
    return repr(float(x))


def number(n: int) -> str:
    """A count with its thousands parted: 12,000."""
    return f"{n:,}"

"""Cutting text into words: the one place that says what a word is, for corpora, lessons and typed words.

A word is a run of letters, digits and the marks (Unicode M*) and joiners (U+200C, U+200D) that go on it; apostrophes
and hyphens join runs. Chinese characters are words of their own, or are cut by a segmenter. Text is put in the
composed form NFC first, so that é is one letter however it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
PLAIN = rf"[^\W{HAN}]"
SPACED = re.compile(r"[^\s]+|\n")
RUN = re.compile(rf"[{HAN}]+")
CARE = re.compile(
    "[\u0300-\u036f\u0374\u037e\u0387\u0483-\u0489\u0591-\u1dff\u1f00-\u1fff\u2000\u2001\u200c\u200d\u20d0-\u20ff\u2126"
    "\u212a\u212b\u2329\u232a\u2adc\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\ua6f1\ua802-\uabff"
    "\uf900-\ufaff\ufb1d-\ufb4f\ufe00-\ufe2f\U00010000-\U0010ffff]"
)
"""Characters without which text is in NFC and has no marks and joiners, so that `re`, twice as fast, sees its words."""

ASCII = bytes(range(128))

Segment = Callable[[str], Iterable[str]]
"""Cuts a run of Chinese into words."""


def joined(run: str) -> str:
    """The regular expression of words that are made of runs."""
    return rf"{run}(?:['’-]{run})*|\n"


@cache
def _fast(han: str) -> re.Pattern[str]:
    return re.compile(rf"{han}|{joined(f'{PLAIN}+')}")


@cache
def _careful(han: str) -> Any:
    import regex  # takes 10 ms to load, which a text in English need not wait for

    letter = rf"[\p{{L}}\p{{N}}_--[{HAN}]]"
    run = rf"{letter}[{letter}\p{{M}}\u200c\u200d]*"
    return regex.compile(rf"(?V1){han}\p{{M}}*|{joined(run)}")


def normal(text: str) -> str:
    """The text in NFC."""
    return unicodedata.normalize("NFC", text)


def needs_care(text: str) -> bool:
    """Whether a character of `CARE` is in the text. ASCII is taken out first: by bytes, six times as fast."""
    if text.isascii():
        return False
    rest = text.encode("utf-8", "surrogatepass").translate(None, ASCII)
    return CARE.search(rest.decode("utf-8", "surrogatepass")) is not None


def words(text: str, spaces: bool = False, segment: Segment | None = None) -> list[str]:
    """The words of a text in their order, and "\\n" for each end of a line.

    With `spaces` a word is what stands between spaces. Without a segmenter a Chinese character is a word.
    """
    care = needs_care(text)
    if care:
        text = normal(text)
    if spaces:
        return SPACED.findall(text)
    han = f"[{HAN}]"
    if segment is not None and RUN.search(text):
        text, han = RUN.sub(lambda run: f" {' '.join(segment(run.group()))} ", text), f"[{HAN}]+"
    if not care:
        return _fast(han).findall(text)
    found: list[str] = [word.rstrip("\u200c\u200d") for word in _careful(han).findall(text)]
    return found

"""Letters of texts: graphemes, of which each is one symbol however many code points it is typed in."""

from __future__ import annotations

import random
import unicodedata

import numpy as np
import pytest
import regex

from engine.gated.run.letters import cannot_stand_alone, decode, encode, graphemes, joins, vocabulary

WHOLE = [
    "a", "é", "e\u0301", "हि", "न्दी", "क्\u200dष", "ி", "தமி", "ที่", "שָׁ", "لُّ", "ی\u200c",
    "👩\u200d👩\u200d👧", "🇩🇪",
    "✌\ufe0f", "👍🏽", "1\ufe0f\u20e3", "你", "각", "\u1100\u1161", "🏴\U000e0067\U000e0062\U000e007f",
    " ", "\n", "\u3000", "ß",
]  # fmt: skip
LETTERS = [each for each in WHOLE if each not in ("ி", "தமி")]
"""Those of them that are one letter wherever they stand."""


def drawn(seed: int, count: int) -> list[str]:
    """Letters at random, none of which joins the one before it."""
    draw, found = random.Random(seed), list[str]()
    while len(found) < count:
        each = draw.choice(LETTERS)
        if not found or len(regex.findall(r"\X", found[-1] + each)) == 2:
            found.append(each)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_a_letter_is_one_symbol_however_it_is_typed(seed: int) -> None:
    for form in ("NFC", "NFD"):
        typed = [unicodedata.normalize(form, letter) for letter in drawn(seed, 40)]
        text = "".join(typed)
        assert list(graphemes(text)) == typed
        letters = vocabulary(text)
        codes = encode(text, letters)
        assert [letters[int(code)] for code in codes] == typed
        assert decode(codes, letters) == text
        counts = [typed.count(letter) for letter in letters]
        assert counts == sorted(counts, reverse=True)
        assert sum(counts) == len(typed)


@pytest.mark.parametrize("seed", range(5))
def test_rare_letters_are_dropped_whole(seed: int) -> None:
    typed = drawn(seed, 60)
    letters = vocabulary("".join(typed), 4)
    assert len(letters) == 4
    assert decode(encode("".join(typed), letters), letters) == "".join(each for each in typed if each in letters)


def test_a_text_of_code_points_is_coded_as_it_always_was() -> None:
    for text in ("hello world", "你好世界，你好", "héllo wörld ß", "привет", "各각한글", "\r\nab\r"):
        assert not joins(text)
        assert graphemes(text) is text
        letters = vocabulary(text)
        assert isinstance(letters, str)
        assert letters == "".join(sorted(set(text), key=lambda each: (-text.count(each), each)))
        assert [letters[int(code)] for code in encode(text, letters)] == [*text]


def test_letters_of_old_nets_are_code_points() -> None:
    text = "हिन्दी हि"
    letters = vocabulary(text, by_points=True)
    assert isinstance(letters, str)
    assert set(letters) == set(text)
    assert decode(encode(text, letters), letters) == text
    assert len(encode(text, letters)) == len(text)


@pytest.mark.exhaustive
def test_every_character_that_makes_a_letter_of_two_is_one_that_joins() -> None:
    """By all of Unicode: where no character of `JOINING` is in a text, each of its code points is a letter."""
    every = [chr(code) for code in range(0x20, 0x110000) if not 0xD800 <= code < 0xE000]
    plain = "".join(char for char in every if not joins(char))
    assert len(plain) > 800_000
    for text in (plain, plain[::-1], "".join(random.Random(1).sample(plain, 100_000))):
        assert len(regex.findall(r"\X", text)) == len(text)


def test_what_stands_alone() -> None:
    for code in range(0x80, 0x30000):
        char = chr(code)
        if unicodedata.category(char)[0] == "M":
            assert cannot_stand_alone(char), hex(code)
        elif unicodedata.category(char) in ("Lu", "Ll", "Nd", "Sm"):
            assert not cannot_stand_alone(char), hex(code)
    assert all(map(cannot_stand_alone, ("\u200d", "\u200c", "🏽", "\ufe0f", "\u1161")))
    assert np.array_equal([cannot_stand_alone(each) for each in WHOLE if each != "ி"], [False] * (len(WHOLE) - 1))

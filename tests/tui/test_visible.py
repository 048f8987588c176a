"""What comes from outside reaches the terminal as signs: no control character, no turned writing, no half of a pair."""

from __future__ import annotations

import sys
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.canvas.canvas import Canvas
from tui.canvas.visible import visible


def test_no_character_that_a_terminal_acts_on_is_left() -> None:
    text = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = visible(text)
    assert len(shown) == len(text)
    left = {unicodedata.category(char) for char in shown}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def test_signs() -> None:
    assert visible("\x1b[2J\r\n\t\x00\x7f\x9b") == "␛[2J␍⏎⇥␀␡\ufffd"
    assert visible("a\nb\tc\x1b", keep="\n\t") == "a\nb\tc␛"
    assert visible("词 é हिन्दी می\u200cخواهم") == "词 é हिन्दी می\u200cخواهم"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.integers(-3, 12))
def test_a_canvas_draws_any_text_in_its_columns(text: str, x: int) -> None:
    canvas = Canvas(12)
    canvas.put(x, 0, text)
    canvas.put(0, 1, "end")
    line = canvas.line(0)
    assert visible(line) == line
    assert sum(1 for cell in canvas.chars[0]) == 12


def test_marks_stay_on_their_letters() -> None:
    canvas = Canvas(8)
    canvas.put(0, 0, "e\u0301x")
    assert canvas.chars[0][:2] == ["e\u0301", "x"]

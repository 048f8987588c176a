"""The canvas keeps its columns: wide characters, cuts, wrapping, ASCII, and what a click finds."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from lessons.recurrent.in_time import letter
from tests.engine.test_letters import WHOLE
from tui.canvas.canvas import CLOSING, OPENING, Canvas, fit, to_ascii, wrap

TEXTS = st.text(st.sampled_from("ab é你好，。World ─►░δ₃²∂"), max_size=60)


@given(TEXTS, st.integers(-3, 20), st.integers(1, 30))
def test_a_line_is_always_as_wide_as_the_canvas(text: str, x: int, width: int) -> None:
    canvas = Canvas(width, 1)
    canvas.put(0, 0, "你" * 20)
    canvas.put(x, 0, text)
    assert cell_len(canvas.line(0)) == width
    assert "".join(run.text for run in canvas.runs(0)) == canvas.line(0)


@given(TEXTS, st.integers(-3, 20), st.integers(1, 30))
@example("", 2, 6)
def test_text_at_once_is_text_by_characters(text: str, x: int, width: int) -> None:
    whole, single = Canvas(width, 1), Canvas(width, 1)
    at = x
    for canvas in (whole, single):
        canvas.put(0, 0, "a你" * 10, "head")
    for char in text:
        if at + cell_len(char) > width:
            break
        at = single.put(at, 0, char, "dim")
    assert whole.put(x, 0, text, "dim") == at
    assert whole.looks_like(single, 0)


@given(TEXTS, st.integers(0, 30))
def test_fit(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) <= max(width, 0)
    if cell_len(text) <= width:
        assert fit(text, width) == text


@given(TEXTS, st.integers(4, 30))
def test_wrap_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "误差从 t 出发，记作δ。要到达更早的 k，需要经过接口；每个接口都乘以 W，再乘以斜率。",
        "它们的答案应是 0。（见“下一步”）。每个词（不管多少）只用 1（一）个数，答案是“是”。",
    ],
)
def test_no_chinese_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(text: str) -> None:
    for width in range(8, 40):
        for line in wrap(text, width):
            assert line[0] not in CLOSING
            assert line[-1] not in OPENING


@given(st.text(alphabet="（“）。…]字词ab1 ", max_size=40), st.integers(1, 12))
def test_marks_lose_nothing_and_keep_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= max(width, 2) and line == line.strip() for line in lines)


def test_a_mark_that_stands_alone_takes_no_blank_along() -> None:
    assert wrap("aaaa bbbb … cc", 9) == ("aaaa bbbb", "… cc")
    assert wrap("谱半径的三十倍……", 15) == ("谱半径的三十", "倍……")


@pytest.mark.parametrize("text", ["δ₃,ₖ", "►◄•·", "░▒▓≡", "─→⇐══", "‖Σₖ‖", "✓✗", "⠋⠙"])
def test_ascii_keeps_the_columns(text: str) -> None:
    plain = to_ascii(text)
    assert plain.isascii()
    assert len(plain) == len(text)


def test_hits() -> None:
    canvas = Canvas(20, 3)
    canvas.hit(2, 1, 5, 1, "cell", "W", (0, 1))
    assert canvas.at(6, 1) == ("cell", "W", (0, 1))
    assert canvas.at(7, 1) is None
    other = Canvas(30, 5)
    other.stamp(canvas, 3, 2)
    assert other.at(9, 3) == ("cell", "W", (0, 1))


def test_a_stamp_on_half_of_a_wide_character_leaves_no_half() -> None:
    canvas, box = Canvas(12, 1), Canvas(4, 1)
    canvas.put(0, 0, "一二三四五六")
    box.put(0, 0, "│ab│")
    canvas.stamp(box, 3, 0)
    assert canvas.line(0) == "一 │ab│ 五六"


@pytest.mark.parametrize("seed", range(40))
def test_a_letter_of_any_script_keeps_its_columns(seed: int) -> None:
    """What is drawn beside letters stands where the terminal's library says that they end."""
    draw = random.Random(seed)
    typed = [letter(draw.choice([*WHOLE, "\u200d", "\u0301", "🏽", "🇩"])) for _ in range(draw.randint(1, 8))]
    canvas, x = Canvas(60, 1), 0
    for each in typed:
        x = canvas.put(x, 0, each)
        canvas.put(x, 0, "|")
        x += 1
    assert cell_len(canvas.line(0)) == 60
    at = 0
    for each in typed:
        at += cell_len(each.rstrip("\u200d"))
        assert canvas.chars[0][at] == "|", typed
        at += 1

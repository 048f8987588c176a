"""The stave: every note on its line, as long as it lasts, in its bar; what has no room is said."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lessons.contract.panels import Measure, Stave, Sung
from tui.canvas.canvas import Canvas
from tui.draw import Pen, draw

STEPS = (-2, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14)


def note(step: int | None, start: float = 0, length: float = 1, **more: object) -> Sung:
    return Sung(start, length, step, text=f"n{step}", symbol=f"x[{step}]", index=(0,), **more)  # type: ignore[arg-type]


def heads(canvas: Canvas) -> dict[str, tuple[int, int]]:
    """Where the head of each note stands, by its symbol: (column, line)."""
    return {hit.target[1]: (hit.x, hit.y) for hit in canvas.hits if hit.target[0] == "cell"}


def test_pitches_stand_on_lines_of_their_own() -> None:
    bars = [Measure([note(step)], 6) for step in STEPS]
    found = heads(draw(Stave(id="s", bars=bars), 400, Pen(height=60)))
    lines = [found[f"x[{step}]"][1] for step in STEPS]
    assert [a - b for a, b in pairwise(lines)] == [b - a for a, b in pairwise(STEPS)]
    canvas = draw(Stave(id="s", bars=bars), 400, Pen(height=60))
    assert all(canvas.chars[found[f"x[{step}]"][1]][1] == "─" for step in (2, 4, 6, 8, 10)), "E G B d f are on lines"
    assert all(canvas.chars[found[f"x[{step}]"][1]][1] == " " for step in (3, 5, 7, 9, 12))


def test_two_pitches_share_a_line_where_room_is_short() -> None:
    bars = [Measure([note(step)], 6) for step in STEPS]
    canvas = draw(Stave(id="s", bars=bars), 400, Pen(height=60, tight=True))
    found = heads(canvas)
    lines = {step: found[f"x[{step}]"][1] for step in STEPS}
    assert lines[2] - lines[4] == 1
    assert lines[3] == lines[4], "the space under a line is the lower half of it"
    x, y = found["x[3]"]
    assert (canvas.chars[y][x], canvas.chars[lines[4]][found["x[4]"][0]]) == ("◒", "●")


@pytest.mark.parametrize(("tight", "width"), [(False, 40), (True, 20)])
def test_a_note_is_as_long_as_it_lasts(tight: bool, width: int) -> None:
    made = Stave(id="s", bars=[Measure([note(4, 0, 3), note(6, 3, 1), note(8, 4, 2)], 6)])
    canvas = draw(made, width, Pen(tight=tight))
    found = heads(canvas)
    eighth = (found["x[6]"][0] - found["x[4]"][0]) / 3
    assert found["x[8]"][0] - found["x[6]"][0] == eighth
    widths = [next(hit.width for hit in canvas.hits if hit.target[1] == f"x[{step}]") for step in (4, 6, 8)]
    assert widths == [3 * eighth - 1, eighth - 1, 2 * eighth - 1]


def test_the_note_that_is_too_much_stands_out() -> None:
    canvas = draw(
        Stave(id="s", bars=[Measure([note(4), note(6, 1, wrong=True)], 6, "7 > 6", "wrong", True)]), 60, Pen()
    )
    found = heads(canvas)
    inks = [canvas.inks[y][x] for x, y in (found["x[4]"], found["x[6]"])]
    assert inks == ["forward", "warn"]
    assert "✗* 7 > 6" in canvas.text()


def test_the_bar_in_focus_is_in_sight_and_the_others_are_counted() -> None:
    bars = [Measure([Sung(0, 1, 4, text=f"b{n}")], 6, f"{n}") for n in range(30)]
    for focus in (0, 7, 29):
        text = draw(Stave(id="s", bars=bars, focus=focus), 60, Pen(tight=True)).text()
        assert f"b{focus}" in text
        before, after = (int("".join(c for c in part if c.isdigit()) or 0) for part in halves(text.splitlines()[0]))
        shown = sum(f"b{n} " in text.replace("\n", " ") + " " for n in range(30))
        assert before + shown + after == 30


def halves(line: str) -> tuple[str, str]:
    """What is said before and after: ◄ 3 and 20 ►."""
    before = line.partition("◄ ")[2].split(" ")[0] if "◄" in line else ""
    after = line.rpartition(" ►")[0].split(" ")[-1] if "►" in line else ""
    return before, after


@pytest.mark.parametrize("tight", [False, True])
def test_numbered_notation(tight: bool) -> None:
    notes = [
        Sung(0, 3, 4, text="G3", number="1"), Sung(3, 1, 0, text="C", number="4", octave=-1),
        Sung(4, 1, 12, text="a", number="2", octave=1), Sung(5, 4, None, text="z4", number="0"),
    ]  # fmt: skip
    lines = draw(Stave(id="s", bars=[Measure(notes, 9)], numbered=True), 60, Pen(tight=tight)).text().splitlines()
    digits = next(n for n, line in enumerate(lines) if line.strip().startswith("1·"))
    assert [each for each in lines[digits] if each.isdigit()] == list("1420")
    if tight:
        assert "4," in lines[digits]
        assert "2'" in lines[digits]
    else:
        assert lines[digits - 1].index("·") == lines[digits].index("2")
        assert lines[digits + 2].index("·") == lines[digits].index("4")
        assert "–" in lines[digits]
        assert lines[digits + 1][lines[digits].index("4")] == "─"


def test_ascii() -> None:
    bars = [Measure([note(4), note(3, 1, sign="#")], 6, "2")]
    assert draw(Stave(id="s", title="a tune", bars=bars), 60, Pen(ascii_only=True)).text().isascii()

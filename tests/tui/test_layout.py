"""What stands on a stage when not all has room."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.panels import Axis, Beside, Block, Formula, Label, Laws, Matrix, Panel, Picture, Row, Table
from lessons.contract.phrases import LANGUAGES, Words
from lessons.contract.text import text_of
from lessons.course import open_lesson
from tests.lessons.playing import CARDS
from tui.draw import Pen, draw
from tui.picture import frame
from tui.picture.layout import lay


def pen() -> Pen:
    return Pen(ascii_only=False)


def formula(id: str, priority: int, lines: int, short: int = 0) -> Panel:
    said = [f"{id} {n}" for n in range(lines)]
    return Formula(id=id, priority=priority, lines=said, short=said[:short])


def test_what_is_least_goes_first_and_comes_back_where_a_larger_one_left_room() -> None:
    panels = [formula("law", 9, 2), formula("large", 5, 6), formula("small", 3, 2)]
    assert draw(panels[1], 40, pen()).height == 6
    laid = lay(panels, 40, 7, pen())
    assert len(laid.dropped) == 1
    text = laid.canvas.text()
    assert "law 1" in text
    assert "small 1" in text
    assert "large" not in text


def test_what_was_made_tight_is_at_ease_again_where_a_larger_one_left_room() -> None:
    many = Picture(id="many", priority=3, marks=[(y, 0, "x", "") for y in range(9)])
    numbers = np.linspace(0, 1, 24).reshape(4, 6)
    block = Block("W", numbers, numbers.shape)
    matrix = Matrix(id="matrix", priority=9, rows=[Row("", {0: block})])
    whole = draw(matrix, 20, pen()).height
    assert whole > draw(matrix, 20, replace(pen(), tight=True, rows=2)).height
    laid = lay([matrix, many], 20, 10, pen())
    assert len(laid.dropped) == 1
    assert laid.canvas.text().rstrip() == draw(matrix, 20, pen()).text().rstrip()


def test_a_formula_is_said_in_fewer_lines_before_it_is_left_out() -> None:
    panels = [formula("law", 9, 4), formula("cell", 3, 3, 2)]
    text = lay(panels, 40, 6, pen()).canvas.text()
    assert "cell 1" in text
    assert "cell 2" not in text
    assert len(lay(panels, 40, 5, pen()).dropped) == 1


def test_laws_that_are_too_long_go_on_below_where_there_is_room() -> None:
    law = Laws(id="law", priority=9, laws=["e = y − t", "g = V e + U d + W f"])
    told = draw(law, 20, pen()).text().split("\n")
    assert [line.rstrip() for line in told] == [" e = y − t", " g = V e + U d", "     + W f"]
    assert draw(law, 20, replace(pen(), tight=True)).text().rstrip().endswith("…")
    assert draw(law, 40, pen()).height == 1


def test_rows_to_spare_are_left_out_where_room_is_scarce() -> None:
    rows = [Row(name, {0: Label(name)}, spare=name == "spare") for name in ("first", "spare", "last")]
    matrix = Matrix(id="matrix", priority=9, rows=rows, axis=Axis(("t=0",)))
    assert [line.split()[0] for line in lay([matrix], 40, 3, pen()).canvas.text().splitlines()] == [
        "first",
        "spare",
        "last",
    ]
    assert "spare" not in lay([matrix], 40, 2, pen()).canvas.text()
    assert "last" in lay([matrix], 40, 2, pen()).canvas.text()
    assert (lay([matrix], 40, 3, pen()).dropped, lay([matrix], 40, 2, pen()).dropped) == ((), ("matrix",))


@pytest.mark.parametrize("at", [0, 4, 9])
@pytest.mark.parametrize("room", [3, 5, 9])
def test_of_many_rows_those_around_the_one_at_work_stay_and_the_others_are_counted(at: int, room: int) -> None:
    rows = [Row(f"row{n}", {0: Label(f"x{n}", written=True)}, mark=n == at) for n in range(10)]
    many = Matrix(id="many", priority=9, rows=rows, axis=Axis(("t=0",)), least=3)
    laid = lay([many], 60, room, pen())
    lines = laid.canvas.text().splitlines()
    shown = [int(line.split("row")[1].split()[0]) for line in lines]
    assert shown == list(range(shown[0], shown[0] + room))
    assert at in shown
    assert ("▲" in lines[0], "▼" in lines[-1]) == (shown[0] > 0, shown[-1] < 9)
    assert f"▲ {shown[0]}" in lines[0] or not shown[0]
    assert laid.dropped == ()


def test_rows_around_the_one_at_work_are_shown_before_others_are_spared() -> None:
    rows = [Row(f"row{n}", {0: Label("x")}, mark=n == 5) for n in range(10)]
    many = Matrix(id="many", priority=3, rows=rows, axis=Axis(("t=0",)), least=3)
    spare = Matrix(id="spare", priority=9, rows=[Row("y", {0: Label("y")}, spare=n > 0) for n in range(3)])
    for room, dropped in ((13, ()), (6, ()), (4, ("spare",))):
        assert lay([many, spare], 60, room, pen()).dropped == dropped


@pytest.mark.parametrize(
    ("lit", "seen", "above", "below"),
    [(None, 0, "", "▼ 14"), (3, 0, "", "▼ 14"), (9, 4, "▲ 4", "▼ 10"), (19, 14, "▲ 14", "")],
)
def test_a_table_begins_at_the_top_and_follows_the_row_that_is_lit(
    lit: int | None, seen: int, above: str, below: str
) -> None:
    table = Table(id="table", priority=9, heads=("n", "x"), rows=[(f"row{n}", "1") for n in range(20)], lit=lit)
    head, *lines = draw(table, 40, replace(pen(), tight=True)).text().splitlines()
    assert [line.strip(" ►").split()[0] for line in lines] == [f"row{n}" for n in range(seen, seen + 6)]
    assert ("▲" in head, "▼" in lines[-1]) == (bool(above), bool(below))
    assert above in head
    assert below in lines[-1]
    assert [line.strip().startswith("►") for line in lines] == [seen + n == lit for n in range(6)]


def test_a_matrix_whose_name_has_no_room_is_left_out() -> None:
    """Its numbers in shades would have; without its name nobody knows what they are."""
    numbers = np.linspace(0, 1, 4).reshape(2, 2)
    blocks = {n: Block(name, numbers, (2, 2), title=name) for n, name in enumerate(("A", "B", "∂E/∂Wz"))}
    matrix = Matrix(id="matrix", priority=9, rows=[Row("", blocks)])
    names = {width: draw(matrix, width, pen()).text().splitlines()[0].split() for width in range(20, 60)}
    assert all(set(seen) <= {"A", "B", "∂E/∂Wz"} for seen in names.values())
    assert names[59][-1] == "∂E/∂Wz"
    last = next(width for width in names if "∂E/∂Wz" in names[width])
    assert draw(matrix, last, pen()).text().splitlines()[0].endswith("∂E/∂Wz")  # not one column is wasted


def test_words_are_cut_and_numbers_are_not() -> None:
    rows = [("the length of the word that is being read", "3", "−.437"), ("a", "12", ".5")]
    table = Table(id="table", priority=9, heads=("follows", "unit", "ρ"), rows=rows)
    lines = draw(table, 30, pen()).text().splitlines()
    assert [line.rstrip().endswith(end) for line, end in zip(lines, ("ρ", "−.437", ".5"), strict=True)] == [True] * 3
    assert "…" in lines[1]
    assert len(draw(table, 80, pen()).text().splitlines()[1].split("3")[0].strip()) == len(rows[0][0])


def test_of_stacks_that_have_no_room_the_panels_that_go_are_named() -> None:
    stacks = [[formula("left", 5, 2)], [formula("upper", 5, 2), formula("lower", 5, 2)]]
    beside = Beside(id="both", priority=5, stacks=stacks)
    assert lay([beside], 60, 4, pen()).left_out == {}
    assert lay([beside], 60, 2, pen()).left_out == {"both": ["lower"]}


def test_laws_that_have_no_room_are_named_and_that_of_the_step_is_whole() -> None:
    laws = Laws(id="law", priority=9, laws=["e = y − t", "g = V e + U d"], now="g = V e + U d")
    assert lay([laws], 20, 2, pen()).left_out == {}
    laid = lay([laws], 20, 1, pen())
    assert laid.left_out == {"law": ["law"]}
    assert laid.canvas.text().strip() == "g = V e + U d …"


def test_a_picture_says_where_it_is_cut() -> None:
    marks = [(0, 0, "cat", ""), (0, 50, "dog", ""), (1, 0, "king", "")]
    first, second = draw(Picture(id="p", priority=9, marks=marks), 40, pen()).text().splitlines()
    assert first.rstrip().endswith("…")
    assert second.strip() == "king"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_the_act_in_focus_has_its_name_in_the_title_however_many_acts_there_are(card: Card, lang: str) -> None:
    text = text_of(open_lesson(card), lang)
    for width, act in product((100, 120), card.acts):
        lesson, setup = SimpleNamespace(card=card), SimpleNamespace(acts=card.acts)
        player: Any = SimpleNamespace(lesson=lesson, setup=setup, act=act, device=HOST)
        title = frame.title(player, Words(lang, "tui"), text, "3.10", width, False, False)
        assert f"[{card.acts.index(act) + 1} {text.phrase('acts', act)}]" in title.line(0)
        targets = [hit.target[1] for hit in title.hits if hit.target[0] == "act"]
        assert targets == list(card.acts)
        assert all(0 < hit.x + hit.width <= width for hit in title.hits)

"""What stands on a stage when not all has room."""

from __future__ import annotations

from lessons.panels import Formula, Panel
from tui.draw import Pen, draw
from tui.layout import lay


def pen() -> Pen:
    return Pen(ascii_only=False)


def formula(id: str, priority: int, lines: int, short: int = 0) -> Panel:
    said = [f"{id} {n}" for n in range(lines)]
    return Formula(id=id, priority=priority, lines=said, short=said[:short])


def test_what_is_least_goes_first_and_comes_back_where_a_larger_one_left_room() -> None:
    panels = [formula("law", 9, 2), formula("large", 5, 6), formula("small", 3, 2)]
    assert draw(panels[1], 40, pen()).height == 6
    laid = lay(panels, 40, 7, pen())
    assert laid.dropped == 1
    text = laid.canvas.text()
    assert "law 1" in text
    assert "small 1" in text
    assert "large" not in text


def test_a_formula_is_said_in_fewer_lines_before_it_is_left_out() -> None:
    panels = [formula("law", 9, 4), formula("cell", 3, 3, 2)]
    text = lay(panels, 40, 6, pen()).canvas.text()
    assert "cell 1" in text
    assert "cell 2" not in text
    assert lay(panels, 40, 5, pen()).dropped == 1

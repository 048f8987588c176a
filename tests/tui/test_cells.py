"""Cells as they are typed after --cell: those that are there, and what is said of those that are not."""

from __future__ import annotations

import pytest

from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words
from lessons.course import course, find
from tests.lessons.playing import played
from tests.tui.test_cli import refused
from tui.cli.cells import cell_at

IDS = [card.id for card in course().values() if isinstance(card, Card)]
BAD = {
    "cell_form": ("", "W[", "W[0,1", "W[x]", "W[0,,1]", "W[0.5,1]", "[0]", "W[0][1][2]", "W 0", "0[1]"),
    "cell_symbol": ("Q", "Q[0]", "Q[0][1]", "nobody[0,1]"),
    "cell_outside": ("W[2,0]", "W[0,9]", "W[-1,0]", "W[0]", "W[0,0,0]", "b[7]", "s[1][2]", "s[1][0,0]"),
    "cell_not_here": ("s[4]", "s[99][0]", "dW[3,1]", "dW[3,1][0,0]", "column[0]", "numeric_W[0]"),
}


def test_a_cell_that_is_there() -> None:
    made = played(find("bptt"))
    made.jump("forward/t=2")
    for typed, cell in (
        ("W[0,1]", ("W", (0, 1))),
        (" b[1] ", ("b", (1,))),
        ("s[1][0]", ("s[1]", (0,))),
        ("s[1]", ("s[1]", (0,))),
        ("W", ("W", (0, 0))),
    ):
        assert cell_at(made, typed) == cell


@pytest.mark.parametrize("key", BAD)
def test_a_cell_that_is_not_there_is_refused_in_both_languages(key: str) -> None:
    made = played(find("bptt"))
    made.jump("forward/t=2")
    for typed in BAD[key]:
        with pytest.raises(Refused) as caught:
            cell_at(made, typed)
        assert caught.value.key == key, typed
        lines = [caught.value.say(Words(lang)) for lang in ("en", "zh")]
        assert all(f"--cell {typed}" in line and "\n" not in line for line in lines)
        assert lines[0] != lines[1]


@pytest.mark.parametrize("id", IDS)
def test_in_every_lesson_a_parameter_is_found_and_what_is_beyond_it_is_not(id: str) -> None:
    made = played(find(id))
    made.forward()
    view = made.view()
    for name, value in made.start_here().params.items():
        if view.get(name) is None:  # in some lessons every row is a symbol of its own
            continue
        assert cell_at(made, name)[0] == name
        with pytest.raises(Refused, match="outside"):
            cell_at(made, f"{name}[{','.join(map(str, value.shape))}]")


@pytest.mark.representative("Q*")
@pytest.mark.parametrize(
    ("cell", "en", "zh"),
    [
        ("Q[0]", "has no symbol Q", "没有符号 Q"),
        ("W[2,0]", "which is 2×2", "大小是 2×2"),
        ("W[", "no cell", "不是单元格"),
        ("dW[3,1]", "no value at this place", "还没有值"),
    ],
)
def test_the_command_says_it_in_one_line(cell: str, en: str, zh: str) -> None:
    assert en in refused("show", "bptt", "--cell", cell)
    assert zh in refused("show", "bptt", "--cell", cell, "--lang", "zh")

"""The drawn cell of `lstm` and `gru`: a path for all that the engine's rules read, and those of the last step lit."""

from __future__ import annotations

from typing import Any

import pytest

from lessons.contract.panels import Panel, Picture
from lessons.contract.text import load
from lessons.course import find
from lessons.recurrent import cell_drawing
from tests.lessons.playing import played
from tui.draw import Pen, draw

CASES: list[tuple[str, dict[str, Any]]] = [("lstm", {}), ("gru", {"reset": "before"}), ("gru", {"reset": "after"})]
each = pytest.mark.parametrize(("id", "given"), CASES, ids=["lstm", "before", "after"])


def drawing(made: Any) -> Picture:
    panels: list[Panel] = made.lesson.panels(made.view(), load(f"lessons.recurrent.{made.lesson.card.id}", "en"))
    found = next(panel for panel in panels if panel.id == "cell_paths")
    assert isinstance(found, Picture)
    return found


def whole(picture: Picture) -> dict[tuple[int, int], tuple[str, str]]:
    return {(y, x + n): (char, ink) for y, x, text, ink in picture.marks for n, char in enumerate(text)}


@each
def test_every_gate_has_its_paths_from_the_state_before_and_from_x(id: str, given: dict[str, Any]) -> None:
    made = played(find(id), **given)
    paths = cell_drawing.LSTM if id == "lstm" else cell_drawing.GRU
    gates = "ifog" if id == "lstm" else "zrn"
    assert {f"x→{q}" for q in gates} <= set(paths)
    recurrent = {f"h₋₁→{q}" for q in gates} if id == "lstm" else {"h₋₁→z", "h₋₁→r", "h₋₁→r∘h", "r∘h→n"}
    assert recurrent <= set(paths)
    made.forward()
    cells = whole(drawing(made))
    for name, marks in paths.items():
        for y, x, text in marks:
            for n, char in enumerate(text):
                assert (y, x + n) in cells, name
                assert char == "─" or cells[y, x + n][0].strip(), name
    edges: dict[str, set[tuple[int, int]]] = {
        name: {(y, x + n) for y, x, text in marks for n in range(len(text))} for name, marks in paths.items()
    }
    assert len({frozenset(places) for places in edges.values()}) == len(paths)


@each
def test_the_paths_of_every_step_are_lit_and_all_in_turn(id: str, given: dict[str, Any]) -> None:
    made = played(find(id), **given)
    paths = cell_drawing.LSTM if id == "lstm" else cell_drawing.GRU
    made.grain = max(made.lesson.grains.values())
    seen: set[str] = set()
    while made.act == "forward" and made.spot.p < made.reel.total:
        lit = {place for place, (char, ink) in whole(drawing(made)).items() if ink == "forward+written"}
        view = made.view()
        names = {name for name in paths if lit and covers(paths[name], lit)}
        seen |= names
        gates = {symbol[1] for symbol in view.written if symbol.startswith("z") and len(symbol.partition("[")[0]) == 2}
        for gate in gates:
            assert f"x→{gate}" in names, (gate, made.spot.p)
        made.forward()
    assert seen == set(paths)


def covers(marks: Any, lit: set[tuple[int, int]]) -> bool:
    """Whether a path is lit, the crossings of others and the matrix written on it apart."""
    places = [(y, x + n) for y, x, text in marks for n, char in enumerate(text) if char not in "×"]
    return sum(place in lit for place in places) >= 0.8 * len(places)


@each
def test_it_fits_the_stage_in_ascii_and_mono(id: str, given: dict[str, Any]) -> None:
    made = played(find(id), **given)
    for _ in range(3):
        made.forward()
        picture = drawing(made)
        for pen in (Pen(), Pen(colour=False), Pen(ascii_only=True)):
            for width in (65, 80, 85):
                text = draw(picture, width, pen).text()
                assert "…" not in text
                assert not pen.ascii_only or all(ord(c) < 128 for c in text)

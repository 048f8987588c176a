"""Nets with their edges: every edge is drawn, its sign and size can be told with and without colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from engine.device import HostArray
from lessons.contract.panels import Layer, Net, Network, Panel, Wires
from lessons.contract.text import load
from lessons.course import find
from tests.lessons.playing import played
from tui.canvas.canvas import Canvas
from tui.draw import Pen, draw, field, net
from tui.draw.wires import Gap, draw_wires, heaviest

PENS = [Pen(), Pen(colour=False), Pen(ascii_only=True)]
STAGES = [(80, 17), (65, 24), (85, 30)]
"""Columns and lines of the stage on screens of 80×24, 100×30 and 120×36."""
WEIGHTS = (1.0, 0.5, 0.2, 0.05)


def cells(canvas: Canvas) -> set[tuple[int, int]]:
    return {(x, y) for y in range(canvas.height) for x, char in enumerate(canvas.line(y)) if char != " "}


def nets() -> Iterator[tuple[str, Panel, list[int]]]:
    """Nets of the lessons, each with its layers' sizes."""
    for id, place, given in (
        ("network", "", {}), ("network", "", {"inputs": 8, "hidden": 12, "outputs": 6}), ("mlp", "", {}),
        ("playground", "train", {}), ("playground", "train", {"layers": "8,8,8"}), ("mlp", "train", {}),
    ):  # fmt: skip
        made = played(find(id), **given)
        made.jump(place) if place else made.forward()
        text = load(type(made.lesson).__module__.rpartition(".")[0], "en")
        found = [panel for panel in made.lesson.panels(made.view(), text) if isinstance(panel, Net | Network)]
        assert len(found) == 1, id
        panel = found[0]
        sizes = [layer.size for layer in panel.layers] if isinstance(panel, Net) else [len(u) for _, u in panel.columns]
        yield f"{id} {given}", panel, sizes


@pytest.mark.parametrize("size", STAGES, ids=str)
@pytest.mark.parametrize("kind", range(3), ids=["colour", "mono", "ascii"])
def test_every_edge_of_a_drawn_net_is_drawn(size: tuple[int, int], kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every weight between two units on the stage has its line there, and no two of a gap have the same."""
    calls: list[tuple[Gap, HostArray]] = []

    def drawn(canvas: Canvas, gap: Gap, weights: HostArray, pen: Pen, lit: Sequence[int] = ()) -> None:
        calls.append((gap, weights))
        draw_wires(canvas, gap, weights, pen, lit)

    for module in (net, field):
        monkeypatch.setattr(module, "draw_wires", drawn)
    width, height = size
    for name, panel, sizes in nets():
        pen = replace(PENS[kind], height=height)
        calls.clear()
        there = cells(draw(panel, width, pen))
        most = (8 if height >= 20 else 4) if isinstance(panel, Net) else 8
        assert [weights.shape for _, weights in calls] == [
            (min(most, after), min(most, before)) for before, after in pairwise(sizes)
        ], name
        for gap, weights in calls:
            assert gap.right - gap.left >= 2
            lines = set()
            for j, i in np.ndindex(*weights.shape):
                alone = pen.canvas(width)
                edge = gap._replace(starts=[gap.starts[i]], ends=[gap.ends[j]])
                draw_wires(alone, edge, weights[j : j + 1, i : i + 1], pen, most=heaviest(weights))
                assert cells(alone), name
                assert cells(alone) <= there, name
                lines.add((gap.starts[i], gap.ends[j]))
            assert len(lines) == weights.size, name


@pytest.mark.parametrize("pen", PENS, ids=["colour", "mono", "ascii"])
def test_sign_and_size_are_told_by_the_line_alone(pen: Pen) -> None:
    looks = set()
    for weight in (*WEIGHTS, *(-w for w in WEIGHTS)):
        canvas = pen.canvas(24, 1)
        draw_wires(canvas, Gap(0, 24, [0], [0]), np.array([[weight]]), pen, most=1.0)
        looks.add(canvas.line(0))
    assert len(looks) == 2 * len(WEIGHTS)


def test_with_colour_the_sign_is_a_colour_too() -> None:
    canvas = Pen().canvas(24, 1)
    draw_wires(canvas, Gap(0, 24, [0], [0]), np.array([[-1.0]]), Pen())
    assert set(canvas.inks[0]) == {"wire-3", ""}


def test_what_is_not_drawn_is_counted() -> None:
    layers = [Layer("x", 20), Layer("h", 3, np.arange(3.0), frozenset({1}))]
    panel = Net(id="n", layers=layers, wires=[Wires(np.ones((3, 20)))])
    assert "+12" in draw(panel, 85, Pen(height=30)).text()
    assert "+16" in draw(panel, 85, Pen(height=17)).text()
    assert draw(panel, 85, Pen(height=17)).text().count("○") == 4


def test_the_unit_at_work_is_among_those_drawn() -> None:
    layers = [Layer("x", 1), Layer("h", 20, np.arange(20.0), frozenset({17}))]
    panel = Net(id="n", layers=layers, wires=[Wires(np.ones((20, 1)))])
    assert "► ●" in draw(panel, 85, Pen()).text() or "►●" in draw(panel, 85, Pen()).text()


def test_an_edge_at_work_says_its_weight() -> None:
    layers = [Layer("x", 2), Layer("h", 2, None, frozenset({1}))]
    text = draw(
        Net(id="n", layers=layers, wires=[Wires(np.array([[0.5, 0.25], [1.3, -2]]), frozenset({1}))]), 85, Pen()
    ).text()
    assert "1.30" in text
    assert "−2.00" in text
    assert ".500" not in text

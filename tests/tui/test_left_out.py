"""What has no room is named on the screen and z shows it: a law over all lessons, three sizes, both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.panels import Block, Graph, Laws, Matrix, Panel, Row, Table
from lessons.contract.phrases import LANGUAGES, Words
from lessons.course import open_lesson
from lessons.explaining import typeset
from lessons.player.player import Player
from tests.lessons.playing import CARDS, every_card
from tui.canvas.canvas import fit
from tui.draw import Pen, draw
from tui.draw.matrix import digits_fit
from tui.draw.pen import LABEL, columns
from tui.picture.frame import what_happened
from tui.picture.left_out import name_of
from tui.picture.lens import flat
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look

SIZES = ((80, 24), (100, 30), (120, 36))


def places(player: Player, count: int) -> Iterator[None]:
    """Positions of every act: so many of all steps, and in training the beginning, an update, and some of its steps."""
    total, grain = player.reel.total, player.lesson.grains["act"]
    ends = {player.reel.end(max(1, total * n // count), grain) for n in range(count)}
    for p in sorted({max(1, total * n // count) for n in range(1, count + 1)} | ends):
        player.move(player.reel, p)
        yield
    if "train" in player.lesson.card.acts:
        player.jump("train")
        yield
        player.forward()
        yield
        player.go_in()
        for _ in range(count // 2):
            player.forward()
            yield


def drawn(player: Player, look: Look, size: tuple[int, int], lang: str) -> tuple[LessonPicture, list[Panel], str]:
    """The picture after drawing, its panels, and all that stands on it."""
    picture = LessonPicture(player, look, Manner(Words(lang, "tui")))
    parts = picture.draw(*size, "", list)
    with picture.drawing():
        panels = picture.panels()
    return picture, panels, "\n".join([parts.stage.text(), parts.foot.text()])


def signs(panel: Panel) -> Iterator[str]:
    """The words by which a panel, its rows and its blocks are known; those that stand however little room there is."""
    yield panel.title[:8]
    match panel:
        case Graph():
            yield from panel.rows.values()
        case Table():
            yield from panel.heads
        case Laws():
            yield from (law.split(" ")[0] for law in panel.laws)
        case Matrix():
            for row in panel.rows:
                yield row.label.split("\n")[0]
                if panel.axis is None:
                    yield from (item.title for item in row.items.values() if isinstance(item, Block))


def assert_named(player: Player, size: tuple[int, int], lang: str) -> None:
    look = Look()
    picture, panels, text = drawn(player, look, size, lang)
    assert all(name.strip() for name in picture.missed)
    assert " · ".join(picture.missed) in text, (size, lang, picture.missed)
    assert len(picture.missed) >= len(picture.left_out), (picture.missed, picture.left_out)
    assert not picture.left_out or f"z {Words(lang, 'tui')('keys.left_out', n=len(picture.left_out))}" in text
    gone = {each.id for panel in panels if panel.id in picture.left_out for each in (panel, *flat([panel]))}
    for panel in flat(panels):
        assert_shades_are_named(panel, size[0])
        if isinstance(panel, Graph):
            assert_arrows_stand(panel, size[0])
        name = name_of(panel, picture.words)
        assert name != picture.words("keys.panel"), f"{panel.id} has no name"
        if panel.id in gone:
            continue
        lost = [sign for sign in signs(panel) if fit(sign, 7).rstrip("…") not in text and sign not in picture.missed]
        counted = isinstance(panel, Matrix) and panel.least and ("▲" in text or "▼" in text)
        assert not lost or counted, (panel.id, lost, size, lang)
    wanted = set(picture.left_out)
    for _ in range(len(wanted)):
        look.alone = picture.left_out
        picture, _, _ = drawn(player, look, size, lang)
        wanted &= set(picture.left_out)
        if not wanted:
            break
    assert not wanted, (size, lang, wanted)


def assert_shades_are_named(panel: Panel, width: int) -> None:
    """A matrix that is drawn in shades, though a line of its own would have room for its digits, is one that lacks."""
    canvas = draw(panel, width, Pen(tight=True, rows=2))
    shades = {hit.target[1] for hit in canvas.hits if hit.target[0] == "cell" and hit.width == 1}
    for row in panel.rows if isinstance(panel, Matrix) and panel.axis is None else ():
        for block in row.items.values():
            if isinstance(block, Block) and block.symbol in shades:
                room = width - (LABEL if row.label else 1)
                named = (block.title or block.symbol) in canvas.lacks
                assert named == digits_fit(block.shape, room), (panel.id, block.symbol, width)


def assert_arrows_stand(panel: Graph, width: int) -> None:
    """Where rows have no lines between them, what goes up or down stands beside a node, or is what lacks."""
    pen = Pen(tight=True, rows=2)
    canvas, sight = draw(panel, width, pen), columns(panel.axis, width, pen)
    of = {node.id: node for node in panel.nodes}
    rows = [row for row in panel.rows if panel.rows[row] not in canvas.lacks]
    beside = {frozenset(pair) for pair in pairwise(rows)}
    steep = [each for each in panel.edges if frozenset({of[each.start].row, of[each.end].row}) in beside and each.way]
    wanted = Counter(
        ("⇓" if each.way == "backward" else "↑") + each.label
        for each in steep
        if sight.edge(of[each.start].column) is not None
    )
    for arrow, count in wanted.items():
        assert arrow in canvas.lacks or canvas.text().count(arrow) >= count, (panel.id, arrow, width)


def test_a_matrix_in_shades_is_named_and_with_its_digits_it_is_not() -> None:
    blocks = {n: Block(f"A{n}", np.full((3, 4), n + 0.5), (3, 4), title=f"A{n}") for n in range(4)}
    panel = Matrix(id="many", rows=[Row("", dict(blocks.items()))])
    assert draw(panel, 60, Pen(tight=True, rows=2)).lacks == ["A1", "A2", "A3"]
    assert draw(panel, 60, Pen()).lacks == []
    assert draw(panel, 130, Pen(tight=True, rows=2)).lacks == []


def law(card: Card, count: int) -> None:
    player = Player(open_lesson(card), HOST, {})
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    for _ in places(player, count):
        for size in SIZES:
            for lang in LANGUAGES:
                assert_named(player, size, lang)


@pytest.mark.representative("bptt", "playground", "generate", "perceptron")
@every_card()
def test_what_has_no_room_is_named_and_z_shows_it(card: Card) -> None:
    law(card, 8)


@pytest.mark.exhaustive
@every_card()
def test_what_has_no_room_is_named_at_many_steps(card: Card) -> None:
    law(card, 24)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_written_is_said_in_whole_symbols(lang: str) -> None:
    player = Player(open_lesson(next(card for card in CARDS if card.id == "words")), HOST, {})
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    written, seen = ["dist_c[5]", "cos_c[5]", "c[14]", "c[17]", "dist_x[5]"], set[int]()
    for _ in places(player, 1):
        for room in range(12, 80):
            said = what_happened(player, Words(lang, "tui"), written, room)
            shown = [name for name in map(typeset.name, written) if name in said]
            assert said == Words(lang, "tui")("where.wrote", what=", ".join(shown) + " …")
            seen.add(len(shown))
    assert seen == {1, 2, 3, 4}

"""Keys hold no surprise: what esc, →, held keys, full-width keys and keys typed ahead do, in every lesson."""

from __future__ import annotations

from pathlib import Path

from tests.tui.driving import lesson, shown
from tui.screens.lesson import LessonScreen
from tui.screens.strokes import FIRST, NEXT, Strokes


def to_a_question(screen: LessonScreen) -> None:
    """To the first prediction of the reel, which is asked."""
    player = screen.player
    player.move(player.reel, player.asks()[0][0])
    player.forward()
    assert player.has_question()
    screen.paint()


def test_a_key_is_held_down_as_long_as_it_keeps_coming() -> None:
    keys = Strokes()
    keys.came("enter", 0.0, "verdict")
    assert not keys.held
    keys.came("enter", FIRST - 0.1, "question")
    assert keys.held
    keys.came("enter", FIRST - 0.1 + NEXT / 2, "question")
    assert keys.held
    keys.came("enter", FIRST + 2 * NEXT, "question")
    assert not keys.held
    keys.came("right", FIRST + 2 * NEXT, "other")
    assert not keys.held
    keys.came("right", FIRST + 2.1 * NEXT, "question")
    assert keys.held
    keys.clicked()
    assert not keys.held


async def test_keys_that_go_on_leave_an_open_question_alone_and_say_what_answers_it(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), asks=True) as (pilot, screen):
        to_a_question(screen)
        asked, spot = screen.player.asked, screen.player.spot
        for key in ("right", "space", "right", "space"):
            screen.look.status = ""
            await pilot.press(key)
            assert (screen.player.asked, screen.player.spot, screen.player.record) == (asked, spot, {})
            assert screen.words("say.answer_choice") in shown(screen, "foot")
            assert not screen.transport.is_playing


async def test_each_key_that_goes_on_goes_on_from_a_verdict(tmp_path: Path) -> None:
    for n, key in enumerate(("right", "space", "enter", "full_stop")):
        async with lesson(tmp_path / str(n), (120, 36), asks=True) as (pilot, screen):
            to_a_question(screen)
            await pilot.press("escape")
            p, asked = screen.player.spot.p, screen.player.asked
            assert asked is not None
            assert asked.verdict == "skipped"
            await pilot.press(key)
            assert screen.player.spot.p > p, key


async def test_a_held_key_answers_no_question_and_closes_no_verdict(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), asks=True) as (pilot, screen):
        to_a_question(screen)
        await pilot.press("down", "enter")
        await pilot.press(*["enter"] * 5)
        asked = screen.player.asked
        assert asked is not None
        assert asked.verdict
        assert screen.words("say.go_on") in shown(screen, "foot")
    async with lesson(tmp_path / "drawer", (120, 36), asks=True) as (pilot, screen):
        to_a_question(screen)
        await pilot.press("k", *["escape"] * 5)  # the drawer's escape, held down
        asked = screen.player.asked
        assert asked is not None
        assert not asked.verdict
        assert screen.look.drawer is None

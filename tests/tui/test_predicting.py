"""A prediction whose truth takes many updates: the screen goes on meanwhile, and the answer is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread

import pytest

from lessons.contract.view import View
from lessons.player.questions import Asked
from tests.tui.driving import go, lesson, shown
from tui.screens.lesson import LessonScreen


def held_back(screen: LessonScreen) -> tuple[Event, list[Thread]]:
    """The truth of the lesson's predictions in training comes when this is set, and is "first"; who has sought it."""
    come, seekers = Event(), []

    def answer(view: View) -> str:
        seekers.append(current_thread())
        assert come.wait(20)
        return "first"

    made = screen.player.lesson
    asks = tuple(replace(ask, answer=answer) if ask.track == "train" else ask for ask in made.asks)
    vars(made)["asks"] = asks
    return come, seekers


def asked(screen: LessonScreen) -> Asked:
    found = screen.player.asked
    assert found is not None
    return found


@pytest.mark.parametrize(("key", "verdict"), [("enter", "right"), ("escape", "skipped")])
async def test_the_screen_stays_free(key: str, verdict: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "generate", text="so it goes. " * 30, hidden=6) as (pilot, screen):
        come, seekers = held_back(screen)
        go(screen, "act 4")
        await pilot.press("right")
        assert asked(screen).ask.id == "unsure"
        said = screen.words("card.trying")
        assert said not in shown(screen, "text")
        assert next(iter(screen.text["ask.unsure"].phrases())) == "first"
        await pilot.press(key, "enter", "down", "3")  # what comes after changes nothing
        assert asked(screen).choice == 0
        assert said in shown(screen, "text")
        assert not screen.player.record
        await pilot.press("question_mark")
        assert screen.look.drawer is not None
        await pilot.press("escape")
        come.set()
        for _ in range(100):
            await pilot.pause(0.05)
            if screen.player.record:
                break
        assert screen.player.record == {"unsure": verdict}
        assert asked(screen).truth == "first"
        assert said not in shown(screen, "text")
        assert len(seekers) == 1
        assert seekers[0] is not main_thread()


async def test_who_leaves_it_is_asked_again_and_nothing_is_sought_twice(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "generate", text="so it goes. " * 30, hidden=6) as (pilot, screen):
        come, seekers = held_back(screen)
        go(screen, "act 4")
        for _ in range(3):
            await pilot.press("right", "enter")
            assert asked(screen).trying
            await pilot.press("escape")
            assert screen.player.asked is None
        await pilot.press("right", "enter")
        come.set()
        for _ in range(100):
            await pilot.pause(0.05)
            if screen.player.record:
                break
        assert screen.player.record == {"unsure": "right"}
        assert len(seekers) == 1


async def test_another_run_closes_the_card(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "generate", text="so it goes. " * 30, hidden=6) as (pilot, screen):
        come, _ = held_back(screen)
        go(screen, "act 4")
        await pilot.press("right", "enter")
        screen.player.fork("rate", "0.05")
        assert screen.player.asked is None
        come.set()
        await pilot.pause(0.3)
        assert not screen.player.record


async def test_every_key_is_answered_while_a_truth_is_sought_and_escape_stops_that(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "generate", text="so it goes. " * 30, hidden=6) as (pilot, screen):
        come, _ = held_back(screen)
        go(screen, "act 4")
        await pilot.press("right", "down", "enter")
        assert asked(screen).trying
        for key in ("right", "space", "down", "1", "full_stop", "enter", "backspace"):
            screen.look.status = ""
            screen.paint()
            await pilot.press(key)
            assert screen.words("say.trying") in shown(screen, "foot"), key
        await pilot.press("escape")
        assert screen.player.asked is None
        assert screen.words("say.asked_later") in shown(screen, "foot")
        await pilot.press("right", "down", "enter", "space")
        assert screen.words("say.trying") in shown(screen, "foot")
        come.set()
        for _ in range(100):
            await pilot.pause(0.05)
            if screen.player.record:
                break
        assert screen.words("say.trying") not in shown(screen, "foot")

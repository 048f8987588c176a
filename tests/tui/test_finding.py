"""To a slide, a term or an address by keys, by the palette and from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.contract.card import Place
from lessons.finding import find_places
from tests.tui.driving import go, lesson, shown, typed
from tui.app import Opening, UnrollApp
from tui.machine.store import Store
from tui.screens.contents import Contents
from tui.screens.lesson import LessonScreen, manner_of

SLIDE_36 = (("dW", -1), ("t", 3), ("k", 1))


@pytest.mark.parametrize("query", ["36", "第36页", "bptt/dW/t=3/k=1"])
async def test_a_slide_is_two_keys_away_in_the_contents(query: str, tmp_path: Path) -> None:
    app = UnrollApp(None, Store(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash")
        await typed(pilot, query)
        await pilot.pause()
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.player.path == SLIDE_36


async def test_of_several_places_one_is_chosen(tmp_path: Path) -> None:
    app = UnrollApp(None, Store(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash")
        await typed(pilot, "词向量")
        assert isinstance(app.screen, Contents)
        assert "words " in shown(app.screen, "map")
        await pilot.press("down", "up", "enter")
        await pilot.pause()
        assert isinstance(app.screen, LessonScreen)
        assert (app.screen.player.lesson.card.id, app.screen.player.act) == ("words", "dense")


async def test_from_one_lesson_to_a_place_in_another(tmp_path: Path) -> None:
    async with lesson(tmp_path, id="neuron") as (pilot, first):
        await pilot.press("right", "slash")
        await typed(pilot, "zzzz", keep=True)
        await typed(pilot, "softmax")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        assert screen is not first
        assert screen.player.path[0] == ("softmax", -1)
        assert len(pilot.app.screen_stack) == 3
        await pilot.press("slash")
        await typed(pilot, "39")
        order = [each.lesson for each in find_places("39", screen.context.course)]
        await pilot.press(*["down"] * order.index("vanishing"), "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, LessonScreen)
        assert pilot.app.screen.player.lesson.card.id == "vanishing"
        assert first.context.store.progress.lessons["neuron"]["step"] > 0


async def test_a_place_with_other_knobs_leaves_what_was_left_as_it_was(tmp_path: Path) -> None:
    async with lesson(tmp_path, id="windows", text="a b c d e f") as (pilot, screen):
        await pilot.press("right", "slash")
        kept = screen.context.store.progress.lessons["windows"]["place"] if screen.player.has_question() else None
        await typed(pilot, "47")
        await pilot.pause()
        kept = screen.context.store.progress.lessons["windows"]["place"]
        assert kept["given"]["text"] == "a b c d e f"
        there = pilot.app.screen
        assert isinstance(there, LessonScreen)
        assert there.player.knobs["text"] == "I am a student"
        await pilot.press("right", "n")
        there.settle()
        assert screen.context.store.progress.lessons["windows"]["place"] == kept


async def test_a_place_in_what_was_left_moves_there_and_keeps_the_rest(tmp_path: Path) -> None:
    app = UnrollApp("bptt", Store(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        assert isinstance(app.screen, LessonScreen)
        go(app.screen, "train/update=40")
        app.screen.settle()
        app.go("bptt", Place("dW/t=3/k=1"))
        await pilot.pause()
        assert app.screen.player.path == SLIDE_36
        app.screen.settle()
        assert app.store.progress.lessons["bptt"]["place"]["branches"][0]["length"] >= 40


async def test_a_notation_is_asked_for_and_changed_by_its_key(tmp_path: Path) -> None:
    app = UnrollApp("srn", Store(tmp_path), opening=Opening(Place("cell/t=3", notation="second")))
    async with app.run_test(size=(120, 36)) as pilot:
        assert isinstance(app.screen, LessonScreen)
        assert manner_of(app.screen.context, app.screen.player, app.screen.look).other_notation
        assert not app.store.settings.other_notation
        await pilot.press("m")
        assert not manner_of(app.screen.context, app.screen.player, app.screen.look).other_notation


async def test_an_address_is_typed_as_it_is_shown(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (pilot, screen):
        await pilot.press("j")
        await typed(pilot, "∂E/∂W › t=3 › k=1")
        assert screen.player.path == SLIDE_36


async def test_the_palette_knows_lessons_slides_and_knobs(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (pilot, screen):
        app = pilot.app
        commands = {each.title: each.callback for each in app.get_system_commands(screen)}
        named = [title for title in commands if title.startswith(("slide 36", "knobs: text")) or " bptt" in title]
        assert len(named) == 3
        commands[next(title for title in named if title.startswith("knobs"))]()
        await typed(pilot, "hallo")
        await pilot.press("enter")
        assert screen.player.knobs["text"] == "hallo"
        commands[next(title for title in named if title.startswith("slide"))]()
        await pilot.pause()
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.player.path == SLIDE_36


async def test_what_cannot_be_had_ends_the_app_with_the_reason(tmp_path: Path) -> None:
    app = UnrollApp("bptt", Store(tmp_path), opening=Opening(Place("dX/t=3")))
    async with app.run_test(size=(80, 24)):
        pass
    assert app.refused is not None
    assert "dX/t=3" in str(app.refused)

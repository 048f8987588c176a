"""From a lesson to the place in another one that it leads to, and back; and steps that take long."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.device import HOST
from lessons.building.defaults import Defaults
from lessons.contract.card import Lead, Place
from lessons.contract.view import View
from lessons.course import find, open_lesson
from lessons.feedforward.neuron.lesson import OneNeuron
from tests.tui.driving import at_rest, lesson, seen, shown
from tui.app import UnrollApp
from tui.machine.store import Store
from tui.screens.lesson import LessonScreen


def to_bptt(self: OneNeuron, view: View) -> Lead | None:
    """Not at the start, and not in the last act."""
    return Lead("bptt", Place("dW/t=3/k=1")) if view.p and view.act != "answer" else None


def lesson_of(app: UnrollApp) -> LessonScreen:
    assert isinstance(app.screen, LessonScreen)
    return app.screen


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_two_keys_there_and_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setattr(OneNeuron, "lead", to_bptt)
    store = Store(tmp_path, lang=lang)
    store.settings.language = lang
    app = UnrollApp("neuron", store)
    async with app.run_test(size=(120, 36)) as pilot:
        lesson_of(app).player.record = {ask.id: "skipped" for ask in lesson_of(app).player.lesson.asks}
        assert app.words("keys.lead") not in shown(app.screen, "foot")
        await pilot.press("right", "right", "right")
        left = lesson_of(app).player.spot
        before = seen(lesson_of(app))
        assert app.words("keys.lead") in shown(app.screen, "foot")
        await pilot.press("enter")
        await pilot.pause()
        there = lesson_of(app).player
        assert there.lesson.card.id == "bptt"
        assert dict(there.path)["k"] == 1
        assert app.words("keys.return") in shown(app.screen, "foot")
        there.record = {ask.id: "skipped" for ask in there.lesson.asks}
        await pilot.press("right", "backspace")
        await pilot.pause()
        back = lesson_of(app).player
        assert (back.lesson.card.id, back.spot) == ("neuron", left)
        assert app.words("keys.return") not in shown(app.screen, "foot")
        assert seen(lesson_of(app))[1] == before[1]
        await pilot.press("backspace")
        assert lesson_of(app).player is back


async def test_slide_29_has_the_other_application_one_key_away(tmp_path: Path) -> None:
    """While a net is trained ↵ opens an update; D leads to captions, and backspace comes back."""
    app = UnrollApp("generate", Store(tmp_path))
    async with app.run_test(size=(120, 36)) as pilot:
        player = lesson_of(app).player
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        assert app.words("keys.lead") not in shown(app.screen, "foot")
        await pilot.press("D")
        assert lesson_of(app).player is player
        player.to_act("train")
        lesson_of(app).paint()
        assert app.words("keys.lead") in shown(app.screen, "foot")
        await pilot.press("D")
        await pilot.pause()
        there = lesson_of(app).player
        assert there.lesson.card.id == "caption"
        assert there.position.act == "write"
        await pilot.press("backspace")
        await pilot.pause()
        assert lesson_of(app).player.lesson.card.id == "generate"
        assert lesson_of(app).player.spot.training


async def test_who_leaves_by_the_contents_is_not_led_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OneNeuron, "lead", to_bptt)
    app = UnrollApp("neuron", Store(tmp_path))
    async with app.run_test(size=(120, 36)) as pilot:
        lesson_of(app).player.record = {ask.id: "skipped" for ask in lesson_of(app).player.lesson.asks}
        await pilot.press("right", "enter")
        await pilot.pause()
        await pilot.press("q")
        await pilot.pause()
        app.open_lesson("srn")
        await pilot.pause()
        assert app.words("keys.return") not in shown(app.screen, "foot")


@pytest.mark.exhaustive
def test_every_place_that_a_lesson_leads_to_is_there() -> None:
    """Over all lessons and steps of their reels."""
    from lessons.player.player import Player

    for id in UnrollApp(None).course:
        made = open_lesson(find(id))
        if getattr(type(made), "lead") is Defaults.lead:  # noqa: B009 - a lesson that leads nowhere
            continue
        player, leads = Player(made, HOST), list[Lead]()
        for p in range(1, player.reel.total + 1):
            player.move(player.reel, p)
            lead = made.lead(player.view())
            leads += [lead] if lead is not None and lead not in leads else []
        assert leads, f"{id} leads nowhere"
        for lead in leads:
            there = Player(open_lesson(find(lead.lesson)), HOST, lead.place.knobs, lead.place.seed)
            if lead.place.at:
                there.jump(lead.place.at)


async def test_steps_that_take_long_are_made_beside_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An act is gone over at once: esc stops it, what was made stays, and the next time it arrives."""
    monkeypatch.setattr("lessons.player.bookmark.SLICE", 0.0)
    async with lesson(tmp_path, size=(100, 30), id="srn") as (pilot, screen):
        player = screen.player
        player.set_grain(0)
        player.reel.patience = 0.0
        await pilot.press("right")
        assert screen.catching_up.busy
        assert player.spot.p == 0
        await pilot.press("escape")
        assert not screen.catching_up.busy
        assert player.spot.p == 0
        await pilot.press("right")
        await at_rest(pilot, screen)
        assert player.spot.p > 3

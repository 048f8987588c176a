"""The contents use the room they have, say where to begin, and lead on from the end of a lesson to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from lessons.contract.card import Card
from lessons.contract.phrases import LANGUAGES
from tests.tui.driving import go, lesson, shown
from tui.app import UnrollApp
from tui.machine.store import Store
from tui.screens.contents import Contents
from tui.screens.lesson import LessonScreen
from tui.screens.modes import stepping
from tui.widgets.canvas_view import Lines

SIZES = [(80, 24), (100, 30), (120, 36)]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_contents_show_every_lesson_in_order_with_its_title(
    size: tuple[int, int], lang: str, tmp_path: Path
) -> None:
    app = UnrollApp(None, Store(tmp_path), lang)
    async with app.run_test(size=size):
        assert isinstance(app.screen, Contents)
        text = shown(app.screen, "map")
        cards = [card for card in app.course.values() if isinstance(card, Card)]
        drawn = app.screen.query_one("#map", Lines).canvas.hits
        hits = {hit.target[1]: (hit.x, hit.y) for hit in drawn if hit.target[0] == "lesson"}
        whole = size[0] >= 100 or "▼" not in text  # where the screen is low, the map is scrolled
        assert list(hits) == [n for n in range(len(cards)) if whole or n in hits], "all of them are there"
        assert len(hits) > 20
        assert list(hits.values()) == sorted(hits.values()), "in order down the columns"
        lines = text.splitlines()
        full = sum(
            cell_len(line.rstrip()) > size[0] / 2 for line in lines[3 : 3 + max(y for _, y in hits.values()) - 2]
        )
        assert full > 6, "no empty half"
        if lang == "zh":
            assert all(cards[n].title[lang][:2] in text for n in hits), "where they are no ids, at every size"
        if size[0] >= 100:
            assert all(card.title[lang][:6] in text for card in cards)
        assert app.words("contents.begin", lesson=f"1.1 {app.course['timeline'].title[lang]}")[:30] in text  # type: ignore[union-attr]
        assert cards[app.screen.at].id == "timeline"


async def test_a_lesson_is_done_when_its_acts_were_seen_and_its_questions_met(tmp_path: Path) -> None:
    async with lesson(tmp_path, id="neuron", asks=True) as (pilot, screen):
        player = screen.player
        for act in player.lesson.card.acts:
            player.to_act(act)
            player.end()
            player.seen.add(act)
        assert not player.finished, "no question was met"
        player.record.update({ask.id: "skipped" for ask in player.lesson.asks})
        assert player.finished
        screen.settle()
        assert screen.context.store.progress.lessons["neuron"]["done"] is True
        await pilot.press("escape")
        await pilot.pause()


@pytest.mark.parametrize("id", ["bptt", "mlp", "word2vec"])
async def test_one_step_of_training_finishes_nothing(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, id=id) as (pilot, screen):
        screen.player.seen.update(act for act in screen.player.lesson.card.acts if act != "train")
        go(screen, "train/update=0")
        await pilot.press("right")
        assert not screen.player.finished


@pytest.mark.parametrize("key", ["right", "n"])
async def test_the_end_leads_to_the_next_lesson(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 10.0
    monkeypatch.setattr(stepping, "monotonic", lambda: now)
    async with lesson(tmp_path, (120, 36), id="neuron") as (pilot, screen):
        screen.player.to_act(screen.player.lesson.card.acts[-1])
        screen.player.end()
        following = screen.context.following("neuron")
        assert following is not None
        await pilot.press(key)
        for _ in range(20):  # a key that is held
            now += 0.1
            await pilot.press(key)
        assert pilot.app.screen is screen
        assert following.title["en"] in shown(screen, "foot")
        now += 1
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(pilot.app.screen, LessonScreen)
        assert pilot.app.screen.player.lesson.card.id == following.id
        assert len(pilot.app.screen_stack) == 3


async def test_the_last_lesson_ends_the_course(tmp_path: Path) -> None:
    async with lesson(tmp_path, id="word2vec") as (_, screen):
        cards = list(screen.context.course)
        assert screen.context.following(cards[-1]) is None

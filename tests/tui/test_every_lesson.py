"""Every lesson by keys: at each grain there and back, at both sizes, in both languages, with every drawer."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.course import course
from lessons.player.show import everything
from tests.lessons.playing import WITHOUT_WEIGHTS
from tests.tui.driving import at_rest, lesson, shown
from tui.picture.boxes import Notice
from tui.picture.drawers import Check, Code, Inspect, Knobs
from tui.screens.lesson import LessonScreen

IDS = [card.id for card in course().values() if isinstance(card, Card) and card.id != "bptt"]
SIZES = [(80, 24), (120, 36)]
each = pytest.mark.parametrize("id", IDS)


async def to_an_editable_cell(pilot: Pilot[None], screen: LessonScreen) -> None:
    """The cursor, after a step, on a cell that may be changed."""
    await pilot.press("full_stop", "tab")
    for _ in range(40):
        assert screen.look.cursor is not None
        if screen.player.lesson.editable(screen.look.cursor[0]):
            break
        await pilot.press("tab")


@pytest.mark.representative("80x24-*", "120x36-lstm")
@each
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_there_and_back_at_every_grain(id: str, size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id=id) as (pilot, screen):
        player = screen.player
        for n, grain in enumerate(sorted(set(player.lesson.grains.values()))):
            player.grain = grain
            share = 0.6 * ((n + SIZES.index(size)) % 2)  # the player walks it all, both ways, in tests/lessons
            player.home()
            player.move(player.reel, player.reel.end(int(share * player.reel.total), grain) if share else 0)
            screen.paint()
            passed = [(player.spot.p, shown(screen, "stage"))]
            while player.spot.p < player.reel.total and len(passed) < 4:
                await pilot.press("full_stop")
                await at_rest(pilot, screen)  # steps that take long are made beside the screen
                if isinstance(screen.look.drawer, Notice):
                    await pilot.press("escape")
                passed.append((player.spot.p, shown(screen, "stage")))
            for place, picture in reversed(passed):
                assert (player.spot.p, shown(screen, "stage")) == (place, picture)
                await pilot.press("comma")


@pytest.mark.representative(
    *(f"80x24-{id}" for id in ("neuron", "mlp", "bptt", "gru", "tree", "words", "word2vec")), "120x36-lstm"
)
@each
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_drawers_languages_and_checks(id: str, size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id=id) as (pilot, screen):
        player = screen.player
        kinds = [("g", Check), ("k", Knobs), ("i", Inspect), ("c", Code)]
        if id in WITHOUT_WEIGHTS:
            await pilot.press("g")
            assert screen.look.drawer is None
            assert screen.said == screen.words("say.no_gradient")
            kinds[0] = kinds[1]
        for n, _ in enumerate(player.lesson.card.acts):
            await pilot.press("full_stop", "full_stop")
            await at_rest(pilot, screen)
            place = player.spot
            for key, kind in kinds if n == 0 else [kinds[(n + SIZES.index(size)) % 3], kinds[3]]:
                await pilot.press(key)
                if kind is Inspect and player.spot.training and screen.look.drawer is None:  # a stage without cells
                    assert screen.look.status == screen.words("say.nothing_here")
                    continue
                assert isinstance(screen.look.drawer, kind), key
                if isinstance(screen.look.drawer, Check):
                    assert screen.look.drawer.agrees
                await pilot.press("escape")
            english = shown(screen, "text") + shown(screen, "foot")
            await pilot.press("l")
            assert shown(screen, "text") + shown(screen, "foot") != english
            await pilot.press("l")
            assert shown(screen, "text") + shown(screen, "foot") == english
            assert player.spot == place
            await pilot.press("n")


@pytest.mark.parametrize("id", [id for id in IDS if id not in WITHOUT_WEIGHTS])
async def test_a_cell_is_moved_by_hand_and_back(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id=id) as (pilot, screen):
        player = screen.player
        await to_an_editable_cell(pilot, screen)
        before, stage = everything(player, all_steps=False), shown(screen, "stage")
        await pilot.press("right_square_bracket")
        assert everything(player, all_steps=False)["result"] != before["result"]
        assert shown(screen, "stage") != stage
        await pilot.press("u")
        assert everything(player, all_steps=False) == before
        assert shown(screen, "stage") == stage


@each
async def test_no_colour(id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lesson(tmp_path, (80, 24), id=id) as (pilot, screen):
        await pilot.press("full_stop", "full_stop")
        assert screen.context.ink_theme == "mono"
        assert "►" in shown(screen, "stage")


@pytest.mark.representative("neuron", "mlp", "lstm", "word2vec")
@pytest.mark.parametrize("id", [id for id in IDS if id not in WITHOUT_WEIGHTS])
async def test_extreme_numbers_are_drawn(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id=id) as (pilot, screen):
        player = screen.player
        await to_an_editable_cell(pilot, screen)
        assert screen.look.cursor is not None
        for value in ("1e308", "-1e308", "1e6", "0"):
            try:
                player.edit(*screen.look.cursor, value)
            except Refused:  # a lesson may bound what its cells hold
                player.edit(*screen.look.cursor, "1000" if float(value) > 0 else "-1000")
            for p in range(0, player.reel.total + 1, max(1, player.reel.total // 12)):
                player.move(player.reel, p)
                screen.paint()
            await pilot.press("g", "escape", "i", "escape", "u")
        assert pilot.app.is_running

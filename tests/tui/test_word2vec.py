"""`word2vec` by keys: training in view, the map and the tables drawn, an update opened, the race, bad values."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from lessons.contract.panels import Beside, Cloud, Note
from lessons.course import find
from tests.lessons.playing import played
from tests.tui.driving import go, lesson, shown, typed, until
from tui.app import UnrollApp
from tui.canvas.canvas import Hit
from tui.draw import Pen, draw
from tui.picture.drawers import Fork, Knobs
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

SIZES = [(80, 24), (120, 36), (60, 20), (200, 50)]


def test_a_cloud_keeps_its_words_apart_and_its_edges() -> None:
    points = [(0.0, 0.0, "first", ""), (0.01, 0.0, "hidden", ""), (1.0, 1.0, "词", ""), (0.5, np.nan, "lost", "")]
    canvas = draw(Cloud(id="c", title="t", points=points, lines=6, legend="a b"), 40, Pen())
    assert canvas.height == 8
    assert canvas.line(6).startswith(" first")
    assert canvas.line(1).rstrip().endswith("词")
    assert "hidden" not in canvas.text()
    assert "lost" not in canvas.text()
    assert canvas.line(7).strip() == "a b"
    assert draw(Cloud(id="c", points=[]), 20, Pen()).width == 20


def test_where_every_word_is_wanted_none_is_missing() -> None:
    few = [
        (0.0, 0.5, "one", ""),
        (0.01, 0.5, "two", ""),
        (0.02, 0.5, "three", ""),
        (1.0, 1.0, "far", ""),
        (1, 0, "low", ""),
    ]
    text = draw(Cloud(id="c", points=few, every=True), 60, Pen()).text()
    assert all(name in text for _, _, name, _ in few)
    assert not all(name in draw(Cloud(id="c", points=few), 60, Pen()).text() for _, _, name, _ in few)


def test_stacks_stand_beside_each_other_and_tight_ones_are_no_higher_than_the_first() -> None:
    note = Note(id="n", text="one")
    panel = Beside(id="b", title="both", stacks=[[note], [note, note]], shares=(1.0, 2.0))
    wide = draw(panel, 60, Pen())
    assert [wide.line(y).rstrip() for y in range(3)] == [" both", " one" + " " * 17 + "one", " " * 21 + "one"]
    assert draw(panel, 60, Pen(tight=True)).height == 2


async def at_full_speed(pilot: Pilot[None]) -> None:
    """Play, as fast as it goes."""
    await pilot.press(*["plus"] * 12, "space")


@pytest.mark.representative("size0")
@pytest.mark.parametrize("size", SIZES)
async def test_training_in_view(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="word2vec", sentences=500, epochs=1000) as (pilot, screen):
        player = screen.player
        go(screen, "act 4")
        await at_full_speed(pilot)
        await until(pilot, lambda: len(player.history) > 300)
        await pilot.press("space")
        n = player.spot.n
        assert n > 300
        assert screen.transport.trainer is None
        assert player.history.latest.data.reading.n >= 250
        v = player.start_here().params["V"]
        np.testing.assert_array_equal(v, player.history.state(n).data.vectors.table[:-1, 0])
        if size[0] >= 80:
            said = shown(screen, "stage")
            assert "[paris]" in said
            assert all(f"{place} " in said for place in range(1, 6))
        await pilot.press("enter")
        assert player.spot.open
        for _ in range(8):
            await pilot.press("full_stop")
        assert player.spot.p > 8
        await pilot.press("left", "left", "backspace")


async def test_the_end_of_the_planned_run_stops_it(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="word2vec", sentences=100, epochs=1) as (pilot, screen):
        player = screen.player
        go(screen, "act 4")
        await at_full_speed(pilot)
        await until(pilot, lambda: not screen.transport.is_playing)
        assert not screen.transport.is_playing
        assert player.history.track.done(player.history.latest)
        assert not player.history.track.done(player.history.state(len(player.history) - 1))


async def test_the_race_and_the_results_by_keys(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="word2vec", sentences=500) as (pilot, screen):
        player = screen.player
        await pilot.press("k")
        assert isinstance(screen.look.drawer, Knobs)
        for _ in range(3):
            await pilot.press("down")
        await pilot.press("right", "enter")
        assert player.knobs["race"] == "four"
        go(screen, "act 4")
        await pilot.press("full_stop", "full_stop")
        assert [len(branch.history) for branch in player.branches] == [2, 2, 2, 2]
        said = shown(screen, "stage")
        for name in (
            "skip-gram + 5 negatives",
            "skip-gram + hierarchical softmax",
            "CBOW + 5 negatives",
            "CBOW + hierarchical softmax",
        ):
            assert said.count(name) == 2
        await pilot.press("f")
        assert isinstance(screen.look.drawer, Fork)
        await pilot.press("tab", "escape")
        assert player.branch.knobs["loss"] == "hs"
        await pilot.press("v")
        assert "paris : france = rome" in shown(screen, "stage")
        await pilot.press("l")
        assert "类比" in shown(screen, "stage")


async def test_a_word_to_watch_and_one_that_is_not_there(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="word2vec", sentences=500) as (pilot, screen):
        await pilot.press("k")
        for _ in range(4):
            await pilot.press("down")
        await pilot.press("e")
        await typed(pilot, "tokyo,dgo")
        await pilot.press("enter")
        assert isinstance(screen.look.drawer, Knobs)
        assert "dgo" in screen.look.drawer.error
        assert "dog" in screen.look.drawer.error
        await pilot.press("e")
        await typed(pilot, "tokyo,dog")
        await pilot.press("enter")
        go(screen, "update=3")
        said = shown(screen, "stage")
        assert "[tokyo]" in said
        assert "[dog]" in said


async def test_an_edited_vector_is_the_one_that_training_goes_on_with(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="word2vec", sentences=500) as (pilot, screen):
        player = screen.player
        go(screen, "act 4")
        go(screen, "update=40")
        await pilot.press("tab", "e")
        await typed(pilot, "1.75")
        assert len(player.branches) == 2
        assert (player.start_here().params["V"] == 1.75).sum() == 1
        await pilot.press("u")
        assert len(player.branches) == 1


def test_a_fork_of_the_rate_goes_on_from_the_loss_that_was_measured_last() -> None:
    player = played(find("word2vec"), sentences="500")
    player.jump("update 60")
    said = [player.history.state(player.spot.n).data.reading]
    player.fork("rate", "0.01")
    said.append(player.history.state(player.spot.n).data.reading)
    player.undo()
    player.edit("V", (0, 0), "0.5")
    said.append(player.history.state(player.spot.n).data.reading)
    assert said[0].n < player.spot.n
    assert said[1] is said[0]
    assert said[2].n == player.spot.n


def forms_of(screen: LessonScreen) -> tuple[str, str, str]:
    player = screen.player
    return str(player.knobs["model"]), str(player.knobs["loss"]), player.act


@pytest.mark.representative("(80, 24)")
@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=str)
async def test_the_table_of_slide_43_opens_every_form(size: tuple[int, int], tmp_path: Path) -> None:
    """By ↵ one after the other, by the mouse any of them; what was left stays as it was, and ⌫ comes back to it."""
    async with lesson(tmp_path, size, id="word2vec", dim=4, window=3) as (pilot, screen):
        app = screen.app
        assert isinstance(app, UnrollApp)
        screen.paint()

        def here() -> LessonScreen:
            assert isinstance(app.screen, LessonScreen)
            app.screen.player.record = {ask.id: "skipped" for ask in app.screen.player.lesson.asks}
            return app.screen

        def cells() -> dict[tuple[str, str], Hit]:
            hits = here().query_one("#stage", Lines).canvas.hits
            leads = [(hit, hit.target[1].place.knobs) for hit in hits if hit.target[0] == "lead"]
            return {(str(knobs["model"]), str(knobs["loss"])): hit for hit, knobs in leads}

        assert all(said in shown(here(), "stage") for said in ("hierarchical softmax", "CBOW", "skip-gram", "1 + 5"))
        seen = [forms_of(here())]
        for _ in range(4):
            await pilot.press("enter")
            await until(pilot, lambda: forms_of(here()) != seen[-1])
            seen.append(forms_of(here()))
            assert (here().player.knobs["dim"], here().player.knobs["window"]) == (4, 3)
        assert seen[0] == ("sg", "ns", "corpus")
        assert [each[:2] for each in seen[1:]] == [("sg", "hs"), ("cbow", "ns"), ("cbow", "hs"), ("sg", "ns")]
        assert {each[2] for each in seen[1:]} == {"learn"}
        for wanted in (("cbow", "ns"), ("sg", "hs"), ("cbow", "hs"), ("sg", "ns")):
            go(here(), "corpus")
            await until(pilot, lambda: len(cells()) == 4)
            await pilot.click("#stage", offset=(cells()[wanted].x, cells()[wanted].y))
            await until(pilot, partial(lambda form: forms_of(here()) == (*form, "learn"), wanted))
            assert (here().player.knobs["dim"], here().player.knobs["window"]) == (4, 3)

"""What a learner has begun to do is not lost or mistaken: a line that is typed, knobs that wait, a fork, a long way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons.contract.card import Card, Place
from lessons.contract.phrases import LANGUAGES, Words
from lessons.course import course
from lessons.deck import Stop
from tests.tui.driving import at_rest, go, lesson, shown, typed, until
from tests.tui.test_cli import unroll
from tests.tui.test_coming_back import lesson_of
from tui.app import Opening, UnrollApp
from tui.machine.store import Store
from tui.picture.course_map import CourseMap
from tui.picture.drawers import Fork, Knobs
from tui.screens.contents import Contents
from tui.screens.lesson import LessonScreen

CARDS = [card for card in course().values() if isinstance(card, Card)]


@pytest.mark.parametrize("drawer", ["k", "f"])
async def test_keys_beside_a_line_that_is_typed_move_nothing_under_it(drawer: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30)) as (pilot, screen):
        go(screen, "update 3")
        await pilot.press(drawer, "down")
        held = screen.look.drawer
        assert isinstance(held, Knobs | Fork)
        at = held.at
        await pilot.press("4", "down", "up", "up", "pagedown", "tab", "shift+tab")
        assert screen.prompt.asking
        assert held.at == at
        assert screen.player.spot.n == 3


async def test_nor_do_they_in_the_contents(tmp_path: Path) -> None:
    app = UnrollApp(None, Store(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        assert isinstance(app.screen, Contents)
        at = app.screen.at
        await pilot.press("slash", "down", "x", "down", "pageup")
        assert app.screen.at == at


@pytest.mark.parametrize("way", ["escape", "k", "g"])
async def test_knobs_that_were_changed_wait_when_their_drawer_goes(way: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30), id="neuron") as (pilot, screen):
        await pilot.press("k", "right", way)
        if way != "g":
            assert screen.look.drawer is None
            assert screen.words("say.knobs_wait", n=1) in shown(screen, "foot")
        assert screen.player.knobs["inputs"] == 3
        await pilot.press("k")
        assert isinstance(screen.look.drawer, Knobs)
        assert screen.look.drawer.pending == {"inputs": 4}
        await pilot.press("enter")
        assert screen.player.knobs["inputs"] == 4
        await pilot.press("k", "escape")
        assert screen.words("say.knobs_wait", n=1) not in shown(screen, "foot")


async def test_what_was_taken_back_or_restarted_waits_no_more(tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30), id="neuron") as (pilot, screen):
        await pilot.press("k", "right", "u", "escape", "k")
        assert isinstance(screen.look.drawer, Knobs)
        assert not screen.look.drawer.dirty
        await pilot.press("right", "escape", "R", "k")
        assert not screen.look.drawer.dirty


async def test_it_is_said_when_a_knob_has_the_weights_drawn_anew(tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30)) as (pilot, screen):
        before = screen.player.start.params["W"]
        await pilot.press("k", "7")
        await typed(pilot, "hallo")
        await pilot.press("enter")
        assert screen.player.seed == 0
        assert screen.words("say.redrawn", seed=0) in shown(screen, "foot")
        await pilot.press("u")
        assert (screen.player.start.params["W"] == before).all()
        assert screen.player.seed is None


async def test_a_fork_that_was_dropped_comes_back(tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30)) as (pilot, screen):
        go(screen, "update 6")
        player = screen.player
        player.fork("rate", 0.3)
        player.jump("update 9")
        curve, names = list(player.history.curve()), [branch.name for branch in player.branches]
        await pilot.press("f", "b")
        assert (len(player.branches), player.current) == (1, 0)
        assert "u" in {sign for sign, _ in Fork(screen.picture.desk()).live_keys(screen.picture.desk())}
        await pilot.press("u")
        assert [branch.name for branch in player.branches] == names
        assert (player.current, list(player.history.curve()), player.spot.n) == (1, curve, 9)
        await pilot.press("u", "u")  # now the fork itself is taken back, and that is no dropping
        assert len(player.branches) == 1
        assert screen.words("say.nothing_undo") in shown(screen, "foot")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_drawer_of_forks_names_one_update(lang: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30)) as (pilot, screen):
        if lang == "zh":
            await pilot.press("l")
        go(screen, "update 40")
        await pilot.press("f")
        box = shown(screen, "stage")
        words = screen.words
        loss = re.escape(words("drawer.branch", name="A", change=words("drawer.trunk"), n=40, loss="#"))
        assert words("drawer.fork", n=40) in box
        assert re.search(loss.replace(r"\#", r"[\d.]+"), box)
        keys = {said for _, said in Fork(screen.picture.desk()).live_keys(screen.picture.desk())}
        assert all(words(f"keys.{said}") in shown(screen, "foot") for said in keys)


@pytest.mark.parametrize("last", ["", "neuron", "bptt", "words"])
@pytest.mark.parametrize("done", [0, 1, 5])
async def test_what_the_contents_go_on_with_is_what_the_key_opens(last: str, done: int, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.progress.last = last
    store.progress.lessons = {card.id: {"done": True, "acts": list(card.acts)} for card in CARDS[:done]}
    app = UnrollApp(None, store)
    async with app.run_test(size=(120, 36)) as pilot:
        assert isinstance(app.screen, Contents)
        begin = app.screen.course_map.begin()
        assert begin is not None
        assert begin.title["en"] in app.screen.course_map.where_to_begin()
        await pilot.press("down", "r")
        await pilot.pause()
        assert lesson_of(app).player.lesson.card is begin


def test_a_lesson_that_was_left_is_gone_on_with_until_it_is_done() -> None:
    def begin(last: str, *done: str) -> str:
        progress = {id: {"done": True} for id in done}
        found = CourseMap(CARDS, progress, Words("en", "tui"), lambda card: "", False, last).begin()
        return found.id if found is not None else ""

    assert begin("bptt") == "bptt"
    assert begin("bptt", "bptt") == begin("") == begin("gone")


@pytest.mark.parametrize("query", ["generate", "/generate".strip("/"), "29"])
async def test_a_lesson_and_a_slide_are_opened_alike(query: str, tmp_path: Path) -> None:
    app = UnrollApp(None, Store(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("slash")
        await pilot.press(*query, "enter")
        await pilot.pause()
        assert lesson_of(app).player.lesson.card.id == "generate"


# a long way


async def test_a_far_update_is_gone_to_beside_the_screen_and_left_at_the_last_that_was_made(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="generate", hidden=64) as (pilot, screen):
        screen.player.to_act("train")
        screen.player.runs.patience = 0.05
        await pilot.press("j", *"100000", "enter")
        await until(pilot, lambda: screen.catching_up.busy and "░" in shown(screen, "foot"))
        await pilot.press("right", "question_mark", "question_mark")
        assert screen.catching_up.busy
        await pilot.press("escape")
        n = screen.player.spot.n
        assert 0 < n == len(screen.player.history) < 100000
        assert screen.words("say.grown", n=f"{n:,}") in shown(screen, "foot")


async def test_who_stops_going_back_is_where_they_were(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="mlp") as (pilot, screen):
        go(screen, "act 4")
        screen.player.history.grow(30_000)
        screen.player.follow()
        screen.player.runs.patience = 0.0
        await pilot.press("j", *"29000", "enter", "escape")
        assert not screen.catching_up.busy
        said = shown(screen, "foot")
        if screen.player.spot.n == 30_000:  # a fast machine may have been there already
            assert screen.words("say.not_gone") in said
        assert screen.words("say.replay_stopped") not in said


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=str)
async def test_a_stop_in_training_opens_where_something_is_to_be_seen(size: tuple[int, int], tmp_path: Path) -> None:
    small = {"hidden": 16, "window": 8}
    stops = [Stop("generate", Place("train/update=400", small), "a note"), Stop("neuron", Place("weigh"))]
    app = UnrollApp(None, Store(tmp_path), opening=Opening(deck=stops))
    async with app.run_test(size=size) as pilot:
        screen = lesson_of(app)
        assert screen.player.act == "train"
        await at_rest(pilot, screen)
        assert screen.player.spot.n == 400
        assert "1/2" in shown(screen, "foot")
        assert "a note" in shown(screen, "foot")


async def test_a_lecture_need_not_wait_for_it(tmp_path: Path) -> None:
    stops = [Stop("generate", Place("train/update=100000")), Stop("neuron", Place("weigh"))]
    app = UnrollApp(None, Store(tmp_path), opening=Opening(deck=stops))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = lesson_of(app)
        await until(pilot, lambda: screen.catching_up.busy)
        await pilot.press("pagedown")
        await pilot.pause()
        assert lesson_of(app).player.lesson.card.id == "neuron"


def test_the_places_of_slides_in_training_lie_behind_updates() -> None:
    places = [(card.id, place.at) for card in CARDS for place in card.places.values() if place.at.startswith("train")]
    assert places
    assert [at for _, at in places if not re.search(r"update=\d+", at)] == []


# addresses


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("dW/t=3/k=9", "dW/t=3 k goes from 0 to 3"),
        ("dW/t=9", "dW t goes from 0 to 3"),
        ("k=9", "bptt k goes from 0 to 3"),
        ("train/update=3/t=9", "t goes from 0 to 3"),
        ("foo", "try "),
    ],
)
def test_a_place_that_is_not_there_says_which_are(at: str, said: str) -> None:
    assert said in unroll("show", "bptt", "--at", at, code=2).stderr


async def test_a_number_beyond_an_opened_update_says_how_another_update_is_reached(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        go(screen, "train/update=3/t=1")
        await pilot.press("j")
        await typed(pilot, "500", keep=True)
        assert "update 500" in str(screen.prompt.query_one("#why").render())


async def test_one_speed_has_one_name(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        go(screen, "act 7")
        await pilot.press("F")
        assert isinstance(screen, LessonScreen)
        for keys in ((), ("enter",), ("p",)):
            await pilot.press(*keys)
            assert screen.words("play.full") in screen.transport.said()
            assert "/s" not in screen.transport.said()


async def test_an_error_of_a_lessons_leaves_it_where_it_was(tmp_path: Path) -> None:
    """What was done up to there is kept, though the screen that shows it goes."""
    async with lesson(tmp_path, (100, 30)) as (pilot, screen):
        app = pilot.app
        assert isinstance(app, UnrollApp)
        app.forgives = True
        await pilot.press("right", "right", "right")
        step = screen.player.progress[0]
        assert step > 0
        app._handle_exception(ValueError("of the lesson"))
        await pilot.pause()
        assert isinstance(app.screen, Contents)
        assert "of the lesson" in app.screen.said
        assert Store(tmp_path).progress.lessons["bptt"]["step"] == step

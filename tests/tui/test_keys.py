"""Keys hold no surprise: what esc, →, held keys, full-width keys and keys typed ahead do, in every lesson."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from lessons.contract.card import Card
from lessons.contract.knobs import Knob, Value
from lessons.course import course, open_lesson
from tests.tui.driving import go, lesson, shown, until
from tui.app import UnrollApp
from tui.machine.store import Store
from tui.picture.drawers import Inspect, Knobs
from tui.screens import strokes
from tui.screens.lesson import LessonScreen
from tui.screens.remapping import sound
from tui.screens.strokes import FIRST, NEXT, Strokes
from tui.screens.transport import FASTEST, FULL, SLOWEST

IDS = [card.id for card in course().values() if isinstance(card, Card)]
NAMED = ("enter", "escape", "down", "up", "left", "right", "space", "pagedown")
"""Keys that are no characters."""
OTHER = {".": "。", "<": "《", ">": "》", "[": "【", "]": "】"}
"""What an input method gives for a key, where that is not its full-width form."""


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


async def packet(pilot: Pilot[None], *typed: str) -> None:
    """Keys that arrive at once, as over a slow line: characters, or the names of keys."""
    for each in typed:
        for key in (each,) if each in NAMED else each:
            pilot.app.post_message(
                events.Key(key if key in NAMED else _character_to_key(key), None if key in NAMED else key)
            )
    await pilot.pause(0.05)


def typeable(knob: Knob, value: str) -> bool:
    """Whether the first character of a value opens the entry: that of a text may be a key of the drawer's."""
    return value[:1] not in "eukblT:?q "


def another(knob: Knob, now: Value) -> str | None:
    """A value that a knob does not have, as it could be typed; None where there is none."""
    choices = [choice for choice in knob.choices if choice != str(now)]
    if knob.kind in ("choice", "data", "file"):
        return next((choice for choice in choices if typeable(knob, choice)), None)
    if knob.kind == "int":
        return next((str(n) for n in (12, 2, 1, 3) if knob.low <= n <= knob.high and n != now), None)
    if knob.kind == "float":
        tried = (0.35, -0.25, 0.0625, 1.5, 35)
        return next((str(x) for x in tried if knob.low <= x <= knob.high and x != now), None)
    if knob.kind == "sizes":
        return None if not knob.low <= 3 <= knob.high else "3"
    return None


@pytest.mark.representative("neuron", "generate")
@pytest.mark.parametrize("id", IDS)
async def test_a_knob_takes_a_value_that_arrives_in_one_packet_or_by_paste(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id=id) as (pilot, screen):
        await pilot.press("k")
        drawer = screen.look.drawer
        assert isinstance(drawer, Knobs)
        for at, knob in enumerate(screen.player.lesson.card.knobs):
            value = another(knob, screen.player.knobs[knob.id])
            for pasted in (False, True) if value is not None else ():
                assert value is not None
                drawer.at, drawer.pending = at, {}
                if pasted:
                    pilot.app.post_message(events.Paste(value + "\n"))
                    await packet(pilot, "enter")
                else:
                    await packet(pilot, value, "enter")
                taken = {knob.id: knob.read(value)}
                await until(pilot, lambda taken=taken: drawer.pending == taken)  # type: ignore[misc]
        assert screen.look.drawer is drawer


async def test_what_is_typed_ahead_keeps_its_order_through_drawer_entry_and_apply(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        await packet(pilot, "k", "down", "12", "enter", "enter", "j", "dW/t=2/k=1", "enter", "i")
        await until(pilot, lambda: isinstance(screen.look.drawer, Inspect))
        assert screen.player.knobs["hidden"] == 12
        assert screen.player.path == (("dW", -1), ("t", 2), ("k", 1))


async def test_a_text_of_several_lines_is_pasted_into_a_knob_that_takes_them(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        await pilot.press("k")
        assert isinstance(screen.look.drawer, Knobs)
        pilot.app.post_message(events.Paste("ab\nba\n"))
        await packet(pilot, "enter")
        assert screen.look.drawer.pending == {"text": "ab\nba"}
        await pilot.press("e")
        assert screen.query_one(Input).value == "ab⏎ba"
        await pilot.press("enter")
        assert screen.look.drawer.pending == {"text": "ab\nba"}
        await pilot.press("e")
        pilot.app.post_message(events.Paste("aab"))  # into the open entry, in place of what is chosen there
        await packet(pilot, "enter")
        assert screen.look.drawer.pending == {"text": "aab"}


async def test_a_paste_goes_to_a_cell_and_to_a_number_asked_for_and_is_never_passed_over_in_silence(
    tmp_path: Path,
) -> None:
    async with lesson(tmp_path, (120, 36), asks=True) as (pilot, screen):
        pilot.app.post_message(events.Paste("0.5"))
        await pilot.pause()
        assert screen.words("say.no_paste") in shown(screen, "foot")
        screen.look.cursor = ("W", (0, 0))
        pilot.app.post_message(events.Paste("0.75\n"))
        await packet(pilot, "enter")
        assert screen.player.start.params["W"][0, 0] == 0.75
        screen.look.cursor = None
        p = next(p for p, ask in screen.player.asks() if ask.kind == "number")
        screen.player.record = {ask.id: "skipped" for _, ask in screen.player.asks() if ask.kind != "number"}
        screen.player.move(screen.player.reel, p)
        screen.player.forward()
        pilot.app.post_message(events.Paste(" 12 "))
        await pilot.pause()
        assert screen.player.asked is not None
        assert screen.player.asked.typed == "12"


@pytest.mark.representative("neuron")
@pytest.mark.parametrize("id", IDS)
async def test_a_full_width_key_is_its_half_width_one(id: str, tmp_path: Path) -> None:
    """Every key with a character, also one that a key was remapped to."""
    async with lesson(tmp_path, (120, 36), id=id) as (pilot, screen):
        done: list[str] = []
        screen.command = done.append  # type: ignore[assignment, method-assign]
        pilot.app.set_keymap({"forward": "right,d,percent_sign"})
        for character in "?.,:<>[]+-=nrpijcgkfeuvzmtysoab01239 d%":
            if character == ":":  # the commands
                continue
            full = OTHER.get(character) or (chr(ord(character) + 0xFEE0) if character != " " else "\u3000")
            for each in (character, full):
                await packet(pilot, each)
            assert len(done) == 2, character
            assert done[0] == done[1]
            done.clear()


async def test_full_width_characters_stay_what_they_are_in_an_entry(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        await packet(pilot, "k", "你好，你好！", "enter")
        assert isinstance(screen.look.drawer, Knobs)
        assert screen.look.drawer.pending == {"text": "你好，你好！"}
        await packet(pilot, "down", "１２", "enter")
        assert screen.look.drawer.pending == {"text": "你好，你好！", "hidden": 12}


async def test_what_is_typed_into_a_cell_is_written_down_at_once(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        screen.look.cursor = ("W", (0, 0))
        await packet(pilot, "e", "0.75", "enter")
        kept = Store(tmp_path).progress.lessons["bptt"]["place"]["start"]
        assert kept["params"]["W"][0][0] == 0.75


async def test_r_restarts_the_act_and_capital_r_the_lesson_and_both_say_so(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), hidden=3) as (pilot, screen):
        player = screen.player
        go(screen, "dW/t=3/k=1")
        spot = player.spot
        await pilot.press("r")
        assert player.act == "dW"
        assert player.spot.p < spot.p
        assert screen.words("say.act_again") in shown(screen, "foot")
        await pilot.press("u")
        assert player.spot == spot
        go(screen, "update 20")
        await pilot.press("r")
        assert (player.act, player.spot.n, player.knobs["hidden"]) == ("train", 0, 3)
        assert screen.words("say.trained_again") in shown(screen, "foot")
        await pilot.press("u")
        assert (player.spot.n, len(player.history)) == (20, 20)
        await pilot.press("R")
        assert (player.act, player.spot.p, player.knobs["hidden"]) == ("forward", 0, 2)
        assert screen.words("say.lesson_again") in shown(screen, "foot")
        await pilot.press("u")
        assert (player.act, player.spot.n, len(player.history), player.knobs["hidden"]) == ("train", 20, 20, 3)


async def test_speed_belongs_to_the_lesson_and_one_key_gives_full_speed_and_back(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        assert screen.transport.speed == 4.0
        await pilot.press("plus", "plus")
        assert "16/s" in shown(screen, "foot")
        await pilot.press("F")
        assert screen.transport.speed >= FULL
        await pilot.press("F")
        assert screen.transport.speed == 16.0
    store = Store(tmp_path)
    assert store.settings.speed == 4.0
    assert store.progress.lessons["bptt"]["speed"] == 16.0
    async with lesson(tmp_path, (120, 36)) as (_, screen):
        assert screen.transport.speed == 16.0
    async with lesson(tmp_path, (120, 36), id="neuron") as (_, screen):
        assert screen.transport.speed == 4.0
        screen.context.store.settings.speed = 2.0  # as a file of an older version may say
        assert screen.transport.speed == 2.0


@pytest.mark.parametrize("kept", [0, -1.0, float("nan"), float("inf"), "fast", True, None, 1e300])
async def test_a_speed_that_cannot_be_played_is_not_taken(kept: object, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        screen.context.store.progress.lessons["bptt"] = {"speed": kept}
        assert SLOWEST <= screen.transport.speed <= FASTEST
        screen.context.store.settings.speed = 0.0
        await pilot.press("space", "space")
        assert not screen.transport.is_playing


@pytest.mark.parametrize("speed", [12.0, 4096.0])
async def test_play_stops_at_the_end_of_an_act_and_says_so(speed: float, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        player = screen.player
        screen.context.store.settings.speed = speed
        for act in player.lesson.card.acts[:3]:
            p = player.spot.p
            if speed < 100:
                end = next(q for q in range(p + 1, player.reel.total) if player.reel.act(q + 1)[0] != act)
                player.move(player.reel, max(p, end - 3))
            await pilot.press("space")
            await until(pilot, lambda: not screen.transport.is_playing)
            assert player.ends_act
            assert player.act == act
            assert screen.words("say.act_end") in shown(screen, "foot")


async def test_page_keys_scroll_the_text_where_there_is_more_of_it_and_else_step(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 60)) as (pilot, screen):
        assert not screen.picture.more_text
        await pilot.press("pagedown")
        p = screen.player.spot.p
        assert p > 0
        await pilot.press("pagedown")
        assert screen.player.spot.p > p
        await pilot.press("pageup")
        assert screen.player.spot.p == p
    async with lesson(tmp_path / "low", (100, 20)) as (pilot, screen):
        await pilot.press("t")
        assert screen.picture.more_text
        pages = 0
        while screen.picture.more_text:
            await pilot.press("pagedown")
            pages += 1
        assert screen.player.spot.p == 0
        await pilot.press("pagedown")
        assert screen.player.spot.p == p
        assert screen.look.text_top == 4 * pages
        for _ in range(pages):
            await pilot.press("pageup")
        assert (screen.look.text_top, screen.player.spot.p) == (0, p)
        await pilot.press("pageup")
        assert screen.player.spot.p == 0


async def test_page_down_leaves_an_open_question_alone(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 60), asks=True) as (pilot, screen):
        to_a_question(screen)
        for _ in range(20):
            await pilot.press("pagedown")
        assert screen.player.asked is not None
        assert not screen.player.record
        assert screen.words("say.answer_choice") in shown(screen, "foot")


async def test_help_names_the_keys_of_this_moment_first(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 50), asks=True) as (pilot, screen):
        words = screen.words
        to_a_question(screen)
        hints = screen.key_hints()
        await pilot.press("?")
        lines = shown(screen, "stage")
        assert words("help.now") in lines
        now = lines[lines.index(words("help.now")) : lines.index(words("help.all"))]
        for hint in hints:
            assert hint.sign in now
            assert words(f"keys.{hint.words}") in now
        assert words("help.forward") in lines
        await pilot.press("escape", "k", "?")
        now = shown(screen, "stage").partition(words("help.all"))[0]
        assert f"e         {words('keys.edit')}" in now


STATES: dict[str, tuple[str, ...]] = {
    "start": (), "stepped": ("full_stop",), "last": ("end",), "playing": ("space",), "jump": ("j",), "alone": ("z",),
    "cell": ("full_stop", "tab"), "inspect": ("full_stop", "tab", "i", "enter"), "text": ("t",), "code": ("c",),
    "check": ("g",), "knobs": ("k",), "knob": ("k", "e"), "changed": ("k", "right"), "help": ("question_mark",),
    "asked": ("a question",), "asked_help": ("a question", "question_mark"), "verdict": ("a question", "escape"),
    "curve": ("train",), "open": ("train", "enter"), "fork": ("train", "full_stop", "f"),
    "training": ("train", "space"),
}  # fmt: skip
SIZES = ((120, 36), (80, 24))


async def bring(pilot: Pilot[None], screen: LessonScreen, state: str) -> bool:
    """The lesson into a state; False where it has none of the kind."""
    player = screen.player
    for key in STATES[state]:
        if key == "a question":
            if not player.asks():
                return False
            to_a_question(screen)
        elif key == "train":
            if not player.trains:
                return False
            player.record.update({ask.id: "skipped" for ask in player.lesson.asks})
            player.to_act("train")
            screen.paint()
        else:
            await pilot.press(key)
    return True


@pytest.mark.representative("neuron-80x24", "generate-120x36")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("id", IDS)
async def test_escape_never_leaves_the_lesson(
    id: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pressed ten times in any state it closes all that is open, and then says which key leaves; so does b."""
    monkeypatch.setattr(strokes, "FIRST", 0.0)  # pressed again, not held down
    monkeypatch.setattr(strokes, "NEXT", 0.0)
    app = UnrollApp(None, Store(tmp_path))
    async with app.run_test(size=size) as pilot:
        for n, state in enumerate(STATES):
            app.leave_lesson()
            app.store.progress.lessons.clear()
            app.open_lesson(id)
            await pilot.pause(0)
            screen = app.screen
            assert isinstance(screen, LessonScreen)
            if not await bring(pilot, screen, state):
                continue
            if n % 2 and not screen.prompt.asking and not isinstance(screen.look.drawer, Knobs):
                await packet(pilot, *["b"] * 10)
                assert app.screen_stack.count(screen), state
            await packet(pilot, *["escape"] * 10)
            assert app.screen_stack.count(screen), state
            assert app.is_running
            closed = (screen.prompt.asking, screen.look.drawer, screen.look.cursor, screen.transport.is_playing)
            assert closed == (False, None, None, False), state
            assert screen.words("say.leaves") in shown(screen, "foot"), state


@pytest.mark.representative("neuron", "generate")
@pytest.mark.parametrize("id", IDS)
async def test_keys_that_go_on_never_change_the_record(id: str, tmp_path: Path) -> None:
    """Pressed or held down, fifty times from the start of every act: each question on the way stays to be asked."""
    async with lesson(tmp_path, (120, 36), asks=True, id=id) as (pilot, screen):
        player = screen.player
        for act in player.lesson.card.acts:
            player.asked = None
            player.to_act(act)
            screen.paint()
            for _ in range(10):
                asked, spot = player.asked, player.spot
                await packet(pilot, *["right"] * 5, *(("space", "pagedown") if asked is not None else ()))
                assert not player.record
                if asked is not None:
                    assert (player.asked, player.spot) == (asked, spot)


def test_the_laws_have_questions_to_hold_at() -> None:
    assert sum(bool(open_lesson(card).asks) for card in course().values() if isinstance(card, Card)) > 15


@pytest.mark.parametrize(
    ("wanted", "taken", "left"),
    [
        ({"forward": "right,d"}, {"forward": "right,d"}, []),
        ({"quit": "x"}, {}, ["quit"]),  # x is the logarithmic axis
        ({"quit": "Q"}, {"quit": "Q"}, []),
        ({"quit": ""}, {}, ["quit"]),
        ({"play": "W", "forward": "W"}, {"play": "W"}, ["forward"]),
        ({"play": "5"}, {}, ["play"]),
        ({"forward": "left", "back": "right"}, {"forward": "left", "back": "right"}, []),
        ({"nothing": "W", "forward": 3}, {}, ["forward"]),
    ],
)
def test_keys_that_would_collide_or_quit_nothing_stay(
    wanted: dict[str, object], taken: dict[str, str], left: list[str]
) -> None:
    assert sound(wanted) == (taken, left)

"""A prediction whose truth takes many updates: the screen goes on meanwhile, and the answer is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread

import pytest
from textual.pilot import Pilot

from lessons.contract.view import View
from lessons.player.questions import Asked
from tests.tui.driving import go, lesson, shown, until
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
        await pilot.press("1", key, "enter", "down", "3")  # what comes after changes nothing
        assert asked(screen).choice == 0
        assert said in shown(screen, "text")
        assert not screen.player.record
        await pilot.press("question_mark")
        assert screen.look.drawer is not None
        await pilot.press("escape")
        come.set()
        await until(pilot, lambda: screen.player.record)
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
            await pilot.press("right", "1", "enter")
            assert asked(screen).trying
            await pilot.press("escape")
            assert screen.player.asked is None
        await pilot.press("right", "1", "enter")
        come.set()
        await until(pilot, lambda: screen.player.record)
        assert screen.player.record == {"unsure": "right"}
        assert len(seekers) == 1


async def test_another_run_closes_the_card(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "generate", text="so it goes. " * 30, hidden=6) as (pilot, screen):
        come, _ = held_back(screen)
        go(screen, "act 4")
        await pilot.press("right", "1", "enter")
        screen.player.fork("rate", "0.05")
        assert screen.player.asked is None
        come.set()
        await pilot.pause(0.3)
        assert not screen.player.record


async def test_asked_again_in_a_run_that_was_begun_anew_it_is_sought_there(tmp_path: Path) -> None:
    """Runs are told apart by which they are, not by what they hold: arrays have no one answer to ==."""
    async with lesson(tmp_path, (120, 36), True, "convolution") as (pilot, screen):
        come, seekers = held_back(screen)
        for _ in range(2):
            screen.player.restart()
            screen.player.jump("train")
            await pilot.press("right", "1", "enter")
            assert asked(screen).trying
            await pilot.press("escape")
        assert len(seekers) == 2
        come.set()


async def test_nothing_is_chosen_beforehand(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "neuron") as (pilot, screen):
        await to_question(pilot, screen, "felt")
        card = shown(screen, "text")
        assert asked(screen).choice is None
        assert "►" not in card
        await pilot.press("enter")
        assert screen.look.status == screen.words("say.choose_first")
        assert not asked(screen).verdict
        await pilot.press("up")
        assert not screen.look.status
        await pilot.press("enter")
        assert asked(screen).given == list(screen.text["ask.felt"].phrases())[-1]


async def test_a_number_is_typed_before_it_is_answered(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "neuron") as (pilot, screen):
        await to_question(pilot, screen, "net")
        await pilot.press("enter")
        assert screen.look.status == screen.words("say.type_first")
        assert not asked(screen).verdict


@pytest.mark.parametrize("wrong", ["weight", "both", "none"])
async def test_the_verdict_speaks_to_what_was_chosen(wrong: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "neuron") as (pilot, screen):
        await to_question(pilot, screen, "felt")
        section = screen.text["ask.felt"]
        await pilot.press(str(1 + list(section.phrases()).index(wrong)), "enter")
        assert asked(screen).verdict == "wrong"
        assert section.remark(wrong).split()[0] in shown(screen, "text")
        said = shown(screen, "text").replace("│", " ").split()
        assert " ".join(section.remark(wrong).split()) in " ".join(said)


async def test_tries_are_kept_and_added_to(tmp_path: Path) -> None:
    for _ in range(2):
        async with lesson(tmp_path, (120, 36), True, "neuron") as (pilot, screen):
            await pilot.press("home")
            await to_question(pilot, screen, "net")
            await pilot.press("1", "enter", "a", "down", "enter")
            screen.settle()
            assert screen.player.record == {}
            kept = screen.context.store.progress.lessons["neuron"]
    assert [(each["id"], each["chosen"], each["verdict"]) for each in kept["tries"]] == [("net", 1.0, "wrong")] * 2
    assert kept["record"] == {}


async def test_one_chooses_which_are_asked_again(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "neuron") as (pilot, screen):
        await pilot.press("a")
        assert screen.look.drawer is None
        screen.player.record = {"net": "right", "felt": "skipped"}
        await pilot.press("a")
        assert screen.look.drawer is not None
        for kind, n in (("skipped", 1), ("wrong", 0), ("all", 2)):
            assert screen.words(f"again.{kind}", n=n) in shown(screen, "stage")
        await pilot.press("down", "down", "enter")
        assert screen.look.drawer is None
        assert screen.look.status == screen.words("say.again", n=2)
        assert screen.player.record == {}


async def to_question(pilot: Pilot[None], screen: LessonScreen, id: str) -> None:
    """Step to a prediction, the others skipped."""
    screen.player.record = {ask.id: "skipped" for ask in screen.player.lesson.asks if ask.id != id}
    for _ in range(40):
        if screen.player.asked is not None:
            break
        await pilot.press("right")
    assert asked(screen).ask.id == id
    screen.player.record = {}


@pytest.mark.representative("network-bent")
@pytest.mark.parametrize(
    ("id", "ask"),
    [
        ("network", "bent"), ("network", "units"), ("hebb", "recalled"), ("perceptron", "mistakes"), ("mlp", "sign"),
        ("depth", "keeps"), ("vanishing", "fate"), ("negative-sampling", "ends"), ("windows", "ratio"),
    ],
)  # fmt: skip
async def test_a_cell_that_is_kept_back_is_as_one_not_known_yet(id: str, ask: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, id) as (pilot, screen):
        screen.player.grain = screen.player.lesson.grains["act"]
        await to_question(pilot, screen, ask)
        hidden = asked(screen).hides.symbols
        for key in ("tab", "i", "escape", "c", "escape", "g", "escape", "v", "z", "z", "y"):
            await pilot.press(key)
        for hit in screen.picture.cells:
            if screen.picture.view.hides(hit.target[1]):
                screen.look.cursor = hit.target[1:3]
                screen.paint()
                await pilot.press("i", "escape", "y")
        assert asked(screen).hides.symbols == hidden, "and the question waits"


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
        await until(pilot, lambda: screen.player.record)
        assert screen.words("say.trying") not in shown(screen, "foot")


async def test_who_skips_twice_need_not_wait_for_the_truth(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), True, "generate", text="so it goes. " * 30, hidden=6) as (pilot, screen):
        come, _ = held_back(screen)
        go(screen, "act 4")
        await pilot.press("right", "escape")
        assert asked(screen).trying
        await pilot.press("escape")
        assert screen.player.asked is None
        assert screen.player.record == {"unsure": "skipped"}
        await pilot.press("right")
        assert screen.player.asked is None or screen.player.asked.ask.id != "unsure"
        come.set()


async def test_going_to_the_next_act_says_which_predictions_it_passes_by(tmp_path: Path) -> None:
    """They count as skipped, for what follows may answer them; `a` asks them again, and an address passes none by."""
    async with lesson(tmp_path, (120, 36), asks=True) as (pilot, screen):
        player = screen.player
        first = next(ask.id for _, ask in player.asks())
        await pilot.press("j", *"dW/t=3", "enter")
        assert player.record == {}
        player.home()
        await pilot.press("n")
        before = [ask.id for at, ask in player.asks() if at < player.spot.p]
        assert player.record == dict.fromkeys(before, "skipped")
        assert first in before
        assert screen.words("say.passed", n=len(before)) in shown(screen, "foot")
        await pilot.press("end")
        assert set(player.record) == {ask.id for at, ask in player.asks() if at < player.spot.p}
        await pilot.press("a", "enter")
        assert player.record == {}
        await pilot.press("home")
        while player.asked is None:
            await pilot.press("right")
        assert player.asked.ask.id == first


@pytest.mark.parametrize(("size", "way"), [((100, 30), "z"), ((120, 36), "z"), ((80, 24), "t")])
async def test_the_keys_are_those_of_the_card_also_over_one_panel_or_the_text(
    size: tuple[int, int], way: str, tmp_path: Path
) -> None:
    async with lesson(tmp_path, size, True, "srn") as (pilot, screen):
        await pilot.press("right", way)
        assert asked(screen)
        assert screen.look.alone or screen.look.text_over
        assert f"esc {screen.words('keys.skip')}" in shown(screen, "foot")
        await pilot.press("escape")
        assert list(screen.player.record.values()) == ["skipped"]
        await pilot.press("escape", way)
        assert not screen.look.alone
        assert not screen.look.text_over


async def test_a_long_address_leaves_room_to_say_that_a_prediction_is_open(tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30), True, "convolution") as (pilot, screen):
        await pilot.press("n", "n")
        await until(pilot, lambda: screen.player.act == "back")
        await pilot.press("right")
        assert asked(screen).ask.id == "share"
        assert screen.words("where.asked") in shown(screen, "foot")
        assert "[" in shown(screen, "foot")

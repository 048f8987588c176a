"""The exam on the screen: one question at a time, the answer only when asked for, recomputed from what was set."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from lessons.contract.text import Text, load, parse
from lessons.explaining.figures import eight
from lessons.player.exam import SECTION, Paper
from tests.tui.driving import lesson, shown, until
from tui.picture.exam import Exam
from tui.picture.lesson_picture import LessonPicture
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

SIZES = ((80, 24), (100, 30), (120, 36))


async def opened(pilot: Pilot[None], screen: LessonScreen) -> Exam:
    await pilot.press("E")
    await worked(pilot, screen)
    assert isinstance(screen.look.drawer, Exam)
    return screen.look.drawer


async def worked(pilot: Pilot[None], screen: LessonScreen) -> None:
    """Until the answers are there and painted."""
    await until(pilot, lambda: not screen.examiner.busy)
    await pilot.pause(0)


def stage(screen: LessonScreen) -> str:
    return " ".join(re.sub("[│┌┐└┘─]", " ", shown(screen, "stage")).split())


@pytest.mark.parametrize("size", SIZES)
async def test_the_answer_is_hidden_until_it_is_asked_for(tmp_path: Path, size: tuple[int, int]) -> None:
    async with lesson(tmp_path, size, id="neuron") as (pilot, screen):
        await opened(pilot, screen)
        assert "question 1 of 3" in stage(screen)
        assert "Net input and output by hand" in stage(screen)
        assert "bias is added" not in stage(screen)
        await pilot.press("enter")
        assert "= .700" in stage(screen)
        await pilot.press("right")
        assert "By the chain rule" not in stage(screen)
        await pilot.press("enter")
        assert ".222" in stage(screen)
        await pilot.press("enter")
        assert "chain rule" not in stage(screen)
        await pilot.press("escape")
        assert screen.look.drawer is None


async def test_it_follows_the_language_an_edit_and_scrolls(tmp_path: Path) -> None:
    async with lesson(tmp_path, (80, 24), id="neuron") as (pilot, screen):
        drawer = await opened(pilot, screen)
        await pilot.press("enter", "l")
        await worked(pilot, screen)
        assert "手算净输入和输出" in stage(screen).replace(" ", "")
        assert ".700" in stage(screen)
        await pilot.press("l")
        screen.player.edit("w[1]", (0,), "2")
        screen.paint()
        await worked(pilot, screen)
        assert "1.90" in stage(screen)
        screen.look.drawer = drawer
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: drawer.most > 0)
        assert "▼" in shown(screen, "stage")
        await pilot.press("pagedown")
        assert drawer.top == drawer.most
        assert "moves the place" not in stage(screen)


async def test_it_waits_while_a_prediction_is_open(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), asks=True, id="neuron") as (pilot, screen):
        drawer = await opened(pilot, screen)
        await pilot.press("enter")
        assert ".700" in stage(screen)
        while screen.player.asked is None:
            await pilot.press("full_stop")
        assert screen.words("drawer.exam_waits")[:30] in stage(screen)
        assert "= .700" not in stage(screen)
        assert screen.look.drawer is drawer
        await pilot.press("escape", "E")
        assert screen.look.drawer is None
        assert screen.words("say.answer_number") in shown(screen, "foot")


async def test_the_last_step_and_the_palette_name_it_and_others_say_there_is_none(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="neuron") as (pilot, screen):
        assert "E exam" not in shown(screen, "foot")
        await pilot.press("end")
        assert "E exam" in shown(screen, "foot")


async def test_no_key_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is computed is computed beside the screen, from a copy of the run."""
    go_on, whole = threading.Event(), Paper.questions

    def slow(paper: Paper, *given: Any) -> Any:
        go_on.wait(60)
        return whole(paper, *given)

    monkeypatch.setattr(Paper, "questions", slow)
    async with lesson(tmp_path, (80, 24), id="perceptron") as (pilot, screen):
        steps = screen.player.reel._tapes.copy()
        await pilot.press("E")
        assert screen.examiner.busy
        assert screen.words("drawer.exam_works") in stage(screen)
        await pilot.press("escape", "full_stop", "E")
        assert screen.player.spot.p > 0
        assert screen.words("drawer.exam_works") in stage(screen)
        go_on.set()
        await worked(pilot, screen)
        assert "One correction by hand" in stage(screen)
        assert set(screen.player.reel._tapes) == {0} or screen.player.reel._tapes == steps


async def test_in_training_it_is_worked_out_anew_at_each_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Text(
        parse("## exam.a: A\n\nB.\n\n---\n\nW is {= W[0,0] at train :8}, made by {= len(curve[0]) at train} updates.\n")
    )
    monkeypatch.setattr(LessonPicture, "text", property(lambda self: Both(load("lessons.recurrent.bptt", "en"), text)))
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        screen.player.to_act("train")
        screen.paint()
        for n in range(1, 4):
            await pilot.press("full_stop")
            drawer = await opened(pilot, screen)
            await pilot.press("enter")
            assert f"made by {n} updates" in stage(screen)
            assert eight(screen.player.start_here().params["W"][0, 0]) in stage(screen)
            assert drawer.count == 1
            await pilot.press("E")


class Both(Text):
    """One text with the exam questions of another in the place of its own."""

    def __init__(self, one: Text, other: Text) -> None:
        own = {id: section for id, section in one.sections.items() if not id.startswith(SECTION)}
        super().__init__({**own, **other.sections})


@pytest.mark.parametrize("size", SIZES)
async def test_the_other_notation_respells_question_and_answer(tmp_path: Path, size: tuple[int, int]) -> None:
    async with lesson(tmp_path, size, id="bptt") as (pilot, screen):
        drawer = await opened(pilot, screen)
        await pilot.press("enter")
        first = "".join(await pages(pilot, screen, drawer))
        await pilot.press("m")
        await worked(pilot, screen)
        second = "".join(await pages(pilot, screen, drawer))
        names = screen.player.lesson.card.notation
        assert f"∂{names['W']}" in second.replace(" ", "")
        assert "∂W" in first.replace(" ", "")
        asked = second[second.index("question 1") :]
        assert not re.search(r"(?<![A-Za-z_])[UVW](?![A-Za-z_])", asked), asked


async def pages(pilot: Pilot[None], screen: LessonScreen, drawer: Exam) -> list[str]:
    """All of a question, page by page."""
    drawer.top = 0
    screen.paint()
    found = [stage(screen)]
    while drawer.top < drawer.most:
        await pilot.press("pagedown")
        found.append(stage(screen))
    return found


async def test_without_colours_and_in_ascii_it_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lesson(tmp_path, (80, 24), id="neuron") as (pilot, screen):
        screen.context.ascii_only = True
        await opened(pilot, screen)
        await pilot.press("enter")
        drawn = screen.query_one("#stage", Lines).canvas.text()
        assert "Answer" in drawn
        assert ".700" in drawn
        assert drawn.isascii()

"""The lesson on five shapes by keys: where boxes stand, where the error enters, words put in, training, the way on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.recurrent.shapes import SHAPES
from tests.tui.driving import go, lesson, shown, typed, until
from tui.picture.drawers import Check, Knobs
from tui.screens.lesson import LessonScreen

SIZES = [(80, 24), (100, 30), (120, 36)]
each = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def line(screen: LessonScreen, word: str) -> str:
    """The line of the stage that begins with a word."""
    return next(row for row in shown(screen, "stage").splitlines() if row.strip(" ►").startswith(word))


@each
async def test_steps_forward_and_back_through_a_sentence(size: tuple[int, int], tmp_path: Path) -> None:
    """A timestep a key; only the last has a target, and the error comes in there."""
    async with lesson(tmp_path, size, id="shapes") as (pilot, screen):
        player, last = screen.player, len(screen.player.start.inputs["x"]) - 1
        for t in range(last + 1):
            await pilot.press("full_stop")
            assert dict(player.path)["t"] == t
        assert "p" in line(screen, "target") or "positive" in line(screen, "target")
        assert "⇓" not in shown(screen, "stage")
        await pilot.press("full_stop")
        assert dict(player.path)["k"] == last
        assert shown(screen, "stage").count("⇓") == 1
        await pilot.press("full_stop", "full_stop")
        assert shown(screen, "stage").count("⇓") == 1
        assert "⇐" in line(screen, "state")
        await pilot.press(*["comma"] * 3)
        assert dict(player.path)["t"] == last
        go(screen, "forward/t=0")
        assert "h₋₁" in line(screen, "state")
        player.grain = player.lesson.grains["op"]
        await pilot.press("full_stop")
        assert player.path[-1] == ("gate_z", -1)


@pytest.mark.parametrize("shape", SHAPES)
async def test_each_shape_by_its_knob(shape: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="shapes", shape=shape) as (_, screen):
        inputs = screen.player.start.inputs
        go(screen, "backward/k=0")
        stage = shown(screen, "stage")
        assert "many to many, in step" in stage
        shown_losses = line(screen, "loss").count("E")
        assert stage.count("⇓") == shown_losses
        assert shown_losses <= sum(each is not None for each in inputs["y"])
        first = inputs["x"][0] if inputs["vocabulary"] else "picture"
        assert line(screen, "input").replace("•", " ").split()[1] == first


async def test_another_word_and_the_check_of_the_gradient(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="shapes") as (pilot, screen):
        player, before = screen.player, screen.player.start.inputs["x"]
        go(screen, "forward/t=1")
        screen.look.cursor = ("x[1]", (0,))
        screen.paint()
        await pilot.press("e")
        await typed(pilot, "gorp")
        assert player.start.inputs["x"] == [before[0], "gorp", *before[2:]]
        assert "gorp?" in line(screen, "input")
        assert "not in the vocabulary: gorp" in " ".join(shown(screen, "stage").split())
        await pilot.press("u")
        assert player.start.inputs["x"] == before
        go(screen, "backward/k=2")
        screen.look.cursor = ("Wz", (0, 1))
        screen.paint()
        await pilot.press("g")
        assert isinstance(screen.look.drawer, Check)
        assert "✓" in shown(screen, "stage") + shown(screen, "text")
        await pilot.press("escape", "k")
        assert isinstance(screen.look.drawer, Knobs)


async def test_the_question_stands_before_the_way_back_and_hides_nothing_else(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), asks=True, id="shapes") as (pilot, screen):
        player = screen.player
        while player.asked is None:
            await pilot.press("full_stop")
        assert player.asked.ask.id == "enters"
        assert "There is one loss" not in shown(screen, "text")
        assert "⇓" not in shown(screen, "stage")
        await pilot.press("2", "enter")
        assert player.record["enters"] == "right"


async def test_training_an_update_opened_and_left(tmp_path: Path) -> None:
    """What was learned is there again; a batch's first example is shown with its empty timesteps."""
    async with lesson(tmp_path, (120, 36), id="shapes") as (pilot, screen):
        go(screen, "train/update=60")
        right = screen.player.view().training.also[0][0][1][-1]  # type: ignore[union-attr]
        assert right > 0.5
        assert "bag of words" in shown(screen, "stage")
        await pilot.press("enter")
        await until(pilot, lambda: screen.player.spot.open)
        await pilot.press("full_stop")
        words = [word for word in line(screen, "input").split()[1:] if word not in ("•", "↑U", "◄")]
        assert words
        left = screen.player.spot
        await pilot.press("q")
        await pilot.pause()
    async with lesson(tmp_path, (120, 36), id="shapes") as (_, screen):
        assert screen.player.spot == left


@pytest.mark.parametrize(("shape", "there"), [("many_to_many", "translate"), ("one_to_one", "network")])
async def test_one_key_leads_on_and_one_back(shape: str, there: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="shapes", shape=shape) as (pilot, _):
        await pilot.press("full_stop")
        await pilot.press("enter")
        await pilot.pause()
        now = pilot.app.screen
        assert isinstance(now, LessonScreen)
        assert now.player.lesson.card.id == there
        now.player.record = {ask.id: "skipped" for ask in now.player.lesson.asks}
        await pilot.press("backspace")
        await pilot.pause()
        back = pilot.app.screen
        assert isinstance(back, LessonScreen)
        assert back.player.lesson.card.id == "shapes"
        assert back.player.knobs["shape"] == shape


async def test_without_colour_and_without_greek(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lesson(tmp_path, (100, 30), id="shapes", shape="in_step") as (_, screen):
        go(screen, "backward/k=14")
        stage = shown(screen, "stage")
        assert "⇓" in stage
        assert "t=14" in stage

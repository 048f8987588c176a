"""The lesson on captions by keys: words one by one, a pixel by hand, the check of the gradient, training and a fork."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.driving import go, lesson, shown, typed, until
from tui.picture.drawers import Check, Inspect, Knobs

SIZES = [(80, 24), (100, 30), (120, 36)]
each = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@each
async def test_word_by_word_with_p_beside_each(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="caption") as (pilot, screen):
        player = screen.player
        await pilot.press("n")
        for n, word in enumerate(("seven", "of", "hearts")):
            await pilot.press(*["full_stop"] * (n > 0))
            assert word in shown(screen, "stage")
        assert player.path[1] == ("t", 2)
        assert "likely words" in shown(screen, "stage")
        yhat = player.view().get("yhat[2]")
        assert yhat is not None
        assert f"{yhat.max():.3f}".lstrip("0") in shown(screen, "stage")
        await pilot.press("comma", "comma")
        assert player.path[1] == ("t", 0)
        assert "hearts" not in shown(screen, "stage")


@each
async def test_the_acts_have_their_pictures(size: tuple[int, int], tmp_path: Path) -> None:
    places = {
        "look": ("picture I", "start state"), "write/t=1": ("picture I", "writes"),
        "back/forward/t=2": ("right", "hearts"), "back/backward/k=1": ("∂E/∂h",),
        "back/backward/start": ("picture I", "saliency map"),
    }  # fmt: skip
    async with lesson(tmp_path, size, id="caption") as (_, screen):
        for place, titles in places.items():
            go(screen, place)
            stage = shown(screen, "stage")
            assert all(title in stage for title in titles), place


async def test_ink_by_hand_changes_the_word(tmp_path: Path) -> None:
    """A seven is made an eight at the cursor; undo takes the last pixel back."""
    async with lesson(tmp_path, (120, 36), id="caption") as (pilot, screen):
        player = screen.player
        go(screen, "look")
        screen.look.cursor = ("I", (17 * 5,))
        screen.paint()
        before = player.start.inputs["I"][17 * 5]
        await pilot.press("e")
        await typed(pilot, "1")
        assert player.start.inputs["I"][17 * 5] == 1
        await pilot.press("u")
        assert player.start.inputs["I"][17 * 5] == before
        await pilot.press("k")
        assert isinstance(screen.look.drawer, Knobs)
        await pilot.press("escape")
        player.set_knobs({"example": 22})
        go(screen, "write/t=0")
        assert "eight" in shown(screen, "stage")


async def test_the_check_the_inspector_and_the_rows_of_d(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="caption") as (pilot, screen):
        go(screen, "look")
        screen.look.cursor = ("h_init", (11,))
        screen.paint()
        assert " 12 " in shown(screen, "stage")  # its row of D comes first
        await pilot.press("i")
        assert isinstance(screen.look.drawer, Inspect)
        assert "tanh(" in shown(screen, "stage")
        await pilot.press("escape", "escape", "g")
        assert isinstance(screen.look.drawer, Check)
        assert screen.look.drawer.agrees


@pytest.mark.exhaustive
async def test_training_opens_an_update_and_forks(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="caption", hidden=32) as (pilot, screen):
        player = screen.player
        go(screen, "train/update=40")
        stage = shown(screen, "stage")
        assert all(name in stage for name in ("A linear", "B mlp", "C cnn", "classifier of 123 whole captions"))
        assert "seven of hearts" in stage
        player.grain = player.lesson.grains["op"]
        await pilot.press("enter", "full_stop")
        assert player.spot.open
        assert player.path[0] == ("update", 40)
        assert "h₋₁ = tanh(netD)" in shown(screen, "stage")
        await pilot.press("end")
        assert player.path[-2][0] == "step"
        await pilot.press("escape")
        player.fork("rate", "0.01")
        screen.paint()
        await pilot.press("full_stop")
        assert [branch.knobs["rate"] for branch in player.branches] == [0.003, 0.003, 0.003, 0.01]
        assert "D linear" in shown(screen, "stage")


@pytest.mark.exhaustive
async def test_the_predictions_of_training_are_answered_by_training(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), asks=True, id="caption", hidden=32) as (pilot, screen):
        player = screen.player
        player.record = {"zero": "skipped"}
        player.to_act("train")
        screen.paint()
        await pilot.press("full_stop")
        assert player.asked is not None
        assert player.asked.ask.id == "who"
        assert "composes" not in shown(screen, "text")
        await pilot.press("4", "enter")
        await until(pilot, lambda: player.record.get("who"))
        assert player.record["who"] == "right"


async def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    async with lesson(tmp_path / "store", (120, 36), id="caption") as (pilot, screen):
        player, knobs = screen.player, [knob.id for knob in screen.player.lesson.card.knobs]
        await pilot.press("k", *["down"] * knobs.index("pictures"), "e")
        assert isinstance(screen.look.drawer, Knobs)
        await typed(pilot, str(tmp_path) + "/")
        await pilot.press("enter")
        assert player.knobs["pictures"] == "cards"
        assert "captions.tsv" in shown(screen, "foot") + shown(screen, "stage")
        player.set_knobs({"pictures": "docs/data/pictures/", "example": 4, "trained": 300})
        go(screen, "write/t=2")
        assert "disc" in shown(screen, "stage")


async def test_without_colour_and_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lesson(tmp_path, (80, 24), id="caption", language="zh") as (pilot, screen):
        go(screen, "write/t=1")
        await pilot.press("l")
        stage = shown(screen, "stage")
        assert "图片 I" in stage
        assert "红桃" in stage
        assert "▓" in stage

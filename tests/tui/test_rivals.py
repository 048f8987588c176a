"""`rivals` by keys: the new point moved, predictions answered, data changed, the five fields at three sizes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from lessons.contract.card import Place
from lessons.history.rivals.models import NAMES, _kept
from tests.tui.driving import at_rest, go, lesson, shown, typed, until
from tui.app import bring
from tui.picture.drawers import Check
from tui.screens.lesson import LessonScreen

SIZES = [(80, 24), (100, 30), (120, 36)]
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


async def pointed(pilot: Pilot[None], screen: LessonScreen, cell: tuple[str, tuple[int, ...]]) -> None:
    """Put the cursor on a cell by the tab key."""
    for _ in range(80):
        if screen.look.cursor == cell:
            return
        await pilot.press("tab")
    raise AssertionError(f"{cell} cannot be reached")


async def test_the_new_point_is_moved_and_has_other_neighbours(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="rivals") as (pilot, screen):
        player = screen.player
        go(screen, "knn/j=5")
        before = [float(player.view().get(f"near[{j}]")[0]) for j in range(1, 6)]  # type: ignore[index]
        assert "◆" in shown(screen, "stage")
        await pointed(pilot, screen, ("q", (0,)))
        await pilot.press("e")
        await typed(pilot, "-4")
        assert player.start.params["q"].tolist() == [-4, -1]
        go(screen, "knn/j=5")
        after = [float(player.view().get(f"near[{j}]")[0]) for j in range(1, 6)]  # type: ignore[index]
        assert not set(before) & set(after)
        await pilot.press("right_square_bracket")
        assert player.start.params["q"][0] == pytest.approx(-3.9)
        await pilot.press("u")
        assert player.start.params["q"][0] == -4


async def test_several_k_side_by_side(tmp_path: Path) -> None:
    async with lesson(tmp_path, (80, 24), id="rivals") as (pilot, screen):
        go(screen, "knn/j=3")
        await pilot.press("v")
        assert all(f"k = {k}" in shown(screen, "stage") for k in (1, 5, 15, 51))
        await pilot.press("v")
        assert "k = 51" not in shown(screen, "stage")


async def test_predictions_are_answered_by_keys(tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30), True, "rivals") as (pilot, screen):
        player = screen.player
        answers = {"gain": "0", "half": ".5", "stumps": "half", "border": "stays", "last": "boosting"}
        for act, ids in (
            ("tree", ["gain"]),
            ("boosting", ["half", "stumps"]),
            ("margin", ["border"]),
            ("compare", ["last"]),
        ):
            player.to_act(act)
            if act == "margin":
                player.jump("margin/pair=457")
            screen.paint()
            for id in ids:
                for _ in range(9):
                    if player.asked is not None and player.asked.ask.id == id:
                        break
                    await pilot.press("full_stop")
                assert player.asked is not None, (act, id)
                assert player.asked.ask.id == id
                if player.asked.ask.kind == "number":
                    await pilot.press(*("full_stop" if c == "." else c for c in answers[id]), "enter")
                else:
                    player.asked.choice = list(screen.text[f"ask.{id}"].phrases()).index(answers[id])
                    await pilot.press("enter")
                await until(pilot, partial(player.record.__contains__, id))
                await pilot.press("enter")
        assert player.record == dict.fromkeys(answers, "right")


@sizes
async def test_five_fields_with_what_they_get_right(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="rivals") as (pilot, screen):
        screen.player.to_act("compare")
        for i, _ in enumerate(NAMES, 1):
            while screen.player.view().loop("i") != i:
                await pilot.press("full_stop")
                await at_rest(pilot, screen)  # a network is trained beside the screen
        said = shown(screen, "stage")
        assert all(screen.text.phrase("labels", name) in said for name in NAMES)
        assert ".760 .494" in said
        assert len([line for line in said.split("\n") if line.split()[-2:] == ["train", "test"]]) == 1
        await pilot.press("l")
        assert "训练集与测试集的正确率" in shown(screen, "stage")


@sizes
async def test_other_data_and_kernels(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="rivals") as (_, screen):
        player = screen.player
        player.set_knobs({"data": "four"})
        assert player.knobs["k"] == 4
        go(screen, "tree/s=3")
        assert "leaves: 4" in shown(screen, "stage")
        player.set_knobs({"data": "spiral", "kernel": "linear", "pairs": 50})
        go(screen, "margin/border")
        assert "stopped after 50 pairs" in shown(screen, "stage")


async def test_the_gradient_of_f_is_checked(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="rivals") as (pilot, screen):
        go(screen, "margin/border")
        await pilot.press("g")
        assert isinstance(screen.look.drawer, Check)
        assert screen.look.drawer.agrees
        assert "∂f/∂q" in shown(screen, "stage")


@pytest.mark.representative("knn*", "tree*", "boosting*", "margin*")
@pytest.mark.parametrize("act", ["knn/j=2", "tree/s=2", "boosting/t=4", "margin/pair=9", "compare/i=5"])
async def test_there_and_back_in_every_act(act: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30), id="rivals") as (pilot, screen):
        go(screen, act)
        was = screen.player.spot.p, shown(screen, "stage")
        await pilot.press("comma", "comma", "full_stop", "full_stop")
        assert (screen.player.spot.p, shown(screen, "stage")) == was


@pytest.mark.exhaustive
async def test_a_machine_that_takes_long_is_solved_beside_the_screen(tmp_path: Path, monkeypatch: Any) -> None:
    """From the shell, by a knob, and where it was left: a bar, keys are answered, and `esc` leaves all as it was."""
    monkeypatch.setattr("lessons.player.bookmark.SLICE", 0.0)
    _kept.cache_clear()
    dear: dict[str, str | int | float]
    dear = {"kernel": "poly", "C": 1000.0, "noise": 0.5, "pairs": 20000, "degree": 6, "data": "spiral", "points": 400}
    async with lesson(tmp_path, (100, 30), id="rivals") as (pilot, screen):
        player = screen.player
        before = player.setup
        player.patience = 0.0
        bring(screen, Place("knn/j=3", dear), set_up=True)
        await until(pilot, lambda: screen.catching_up.busy)
        assert player.setup is before
        await pilot.press("escape")
        assert not screen.catching_up.busy
        assert player.setup is before
        bring(screen, Place("knn/j=3", dear), set_up=True)
        await until(pilot, lambda: player.setup is not before)
        await at_rest(pilot, screen)
        assert (player.knobs["pairs"], player.view().loop("j")) == (20000, 3)
        await pilot.press("k", *["down"] * [knob.id for knob in player.lesson.card.knobs].index("C"), "e")
        await typed(pilot, "900")
        await pilot.press("enter")
        await at_rest(pilot, screen)
        assert player.knobs["C"] == 900

"""The lesson on convolution by keys: maps that fill, the ledger, a picture of one's own, training and a fork."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tui.driving import go, lesson, shown, typed, until
from tui.picture.boxes import Notice
from tui.picture.drawers import Check, Inspect, Knobs

SIZES = [(80, 24), (100, 30), (120, 36)]
each = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@each
async def test_a_step_is_a_place_and_a_finer_one_a_product(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="convolution") as (pilot, screen):
        player = screen.player
        await pilot.press("full_stop")
        assert player.path[-2:] == (("i", 0), ("j", 0))
        assert player.spot.p == 11  # the bias, nine products, ReLU
        await pilot.press("up", "full_stop")
        assert player.path[-1] == ("j", 11)
        await pilot.press("comma", "comma")
        assert player.spot.p == 0
        player.grain = player.lesson.grains["op"]
        await pilot.press("full_stop", "full_stop")
        assert player.path[-3:] == (("c", 1), ("u", 0), ("v", 0))
        assert "map h" in shown(screen, "stage")


@each
async def test_the_acts_have_their_pictures(size: tuple[int, int], tmp_path: Path) -> None:
    places = {
        "slide/i=5/j=5": ("picture x", "kernel K", "map h"), "pool/m=2/n=2": ("map h", "pooled p"),
        "back/unpool/m=2/n=2": ("∂E/∂p", "∂E/∂h"), "back/error/i=5/j=5": ("δ = ∂E/∂net",),
        "back/kernel/i=5/j=5": ("picture x", "∂E/∂K"), "back/picture/i=5/j=5": ("K rotated", "∂E/∂x"),
    }  # fmt: skip
    async with lesson(tmp_path, size, id="convolution") as (_, screen):
        for place, titles in places.items():
            go(screen, place)
            stage = shown(screen, "stage")
            assert all(title in stage for title in titles), place
            assert "[" in stage
        go(screen, "back/kernel/i=5/j=5")
        assert "terms of row i = 6" in shown(screen, "stage")


async def test_a_weight_by_hand_and_the_check_of_its_gradient(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="convolution") as (pilot, screen):
        player = screen.player
        go(screen, "slide/i=6/j=5")
        screen.look.cursor = ("K1", (0, 5))
        screen.paint()
        before, weight = player.view().get("net[1,6,5]"), float(player.start.params["K1"][0, 5])
        await pilot.press("right_square_bracket")
        assert player.start.params["K1"][0, 5] == pytest.approx(weight + 0.1)
        assert not np.array_equal(player.view().get("net[1,6,5]"), before)  # type: ignore[arg-type]
        await pilot.press("g")
        assert isinstance(screen.look.drawer, Check)
        assert screen.look.drawer.agrees
        await pilot.press("escape")
        screen.look.cursor = ("h[1]", (3, 4))
        await pilot.press("i")
        assert isinstance(screen.look.drawer, Inspect)
        assert "h₁,₄,₅" in shown(screen, "stage") + shown(screen, "text")


async def test_a_picture_of_ones_own_and_one_that_cannot_be_read(tmp_path: Path) -> None:
    good, bad = tmp_path / "one.txt", tmp_path / "red.ppm"
    good.write_text("\n".join(["00090000"] * 8), encoding="utf-8")
    bad.write_bytes(b"P6 8 8 255\n" + bytes([255, 0, 0]) * 64)
    async with lesson(tmp_path, (120, 36), id="convolution") as (pilot, screen):
        player, knobs = screen.player, [knob.id for knob in screen.player.lesson.card.knobs]
        await pilot.press("k", *["down"] * knobs.index("picture"), "e")
        assert isinstance(screen.look.drawer, Knobs)
        await typed(pilot, str(bad))
        await pilot.press("enter")
        assert player.knobs["picture"] == "digit"
        assert "grey" in shown(screen, "foot") + shown(screen, "stage")
        await pilot.press("e")
        await typed(pilot, str(good))
        await pilot.press("enter")
        assert player.knobs["picture"] == str(good)
        x = np.array(player.start.inputs["x"])
        assert x[:, 5].sum() == 8
        assert x.sum() == 8


async def test_it_trains_opens_an_update_and_forks(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="convolution", batch=200) as (pilot, screen):
        player = screen.player
        await pilot.press("n", "n", "n")
        assert player.act == "train"
        for _ in range(3):
            await pilot.press("full_stop")
        assert player.spot.n == 3
        stage = shown(screen, "stage")
        assert "MLP, 18 hidden units" in stage
        assert "filters of layer 1" in stage
        player.grain = player.lesson.grains["op"]
        await pilot.press("enter", *["full_stop"] * 3)
        assert player.spot.open
        assert player.path[0] == ("update", 3)
        assert "p₁ = pool1(h₁)" in shown(screen, "stage")
        await pilot.press("end")
        assert "clip" not in player.path[-1][0]
        await pilot.press("escape")
        player.fork("rate", "0.02")
        screen.paint()
        await pilot.press("full_stop")
        assert len(player.branches) == 2
        rates = [branch.knobs["rate"] for branch in player.branches]
        assert rates == [0.005, 0.02]


@pytest.mark.exhaustive
async def test_the_predictions_of_training_are_answered_by_training(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), asks=True, id="convolution") as (pilot, screen):
        player = screen.player
        player.record = {"wide": "skipped", "share": "skipped"}
        player.to_act("train")
        screen.paint()
        await pilot.press("full_stop")
        assert player.asked is not None
        assert player.asked.ask.id == "moved"
        await pilot.press("2", "enter")
        await until(pilot, lambda: player.record.get("moved"))
        assert player.record["moved"] == "right"


async def test_without_colour_and_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lesson(tmp_path, (80, 24), id="convolution") as (pilot, screen):
        go(screen, "slide/i=6/j=5")
        await pilot.press("l")
        stage = shown(screen, "stage")
        assert "特征图 h" in stage
        assert "▓" in stage
        assert not isinstance(screen.look.drawer, Notice)

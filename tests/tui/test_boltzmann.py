"""`boltzmann` by keys: a bit drawn, a pixel turned, a machine and a deep net in training, an update opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lessons.history.boltzmann import machine as exp
from tests.tui.driving import at_rest, go, lesson, shown, typed, until

SIZES = [(80, 24), (100, 30), (120, 36), (60, 20)]
every_size = pytest.mark.parametrize("size", SIZES, ids=str)
quick = pytest.mark.representative("*80, 24*")


@quick
@every_size
async def test_an_act_that_is_out_of_reach_has_no_tab_and_is_passed_over(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="boltzmann") as (pilot, screen):
        tab = " 3 "
        assert (tab in shown(screen, "top").splitlines()[0]) == (size[0] >= 100)
        screen.player.set_knobs({"data": "digits", "hidden": 24, "trained": 0})
        screen.paint()
        assert tab not in shown(screen, "top").splitlines()[0]
        for act in ("learn", "fill", "train"):
            await pilot.press("n")
            assert screen.player.act == act
        await pilot.press("j")
        await typed(pilot, "act 3", keep=True)
        assert screen.player.act == "train"


@quick
@every_size
async def test_a_bit_is_drawn(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="boltzmann") as (pilot, screen):
        player = screen.player
        go(screen, "gibbs/n=0/hidden/j=3/q_unit")
        chance = player.view().get("q[0,3]")
        assert chance is not None
        assert player.view().get("h[0]").sum() <= 2  # type: ignore[union-attr]
        await pilot.press("full_stop")
        u, h = player.view().get("u[0,3]"), player.view().get("h[0]")
        assert u is not None
        assert h is not None
        assert h[2] == float(u.item() < chance.item())
        if size[0] >= 100:
            said = shown(screen, "stage")
            assert all(word in said for word in ("net input", "probability", "random number"))
        await pilot.press("down", "down", "down", "comma")
        step = player.view().step
        assert step is not None
        assert step.op == "q_unit"


@quick
@every_size
async def test_a_machine_in_training(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="boltzmann", trained=0) as (pilot, screen):
        player = screen.player
        go(screen, "act 5")
        await pilot.press("escape", *["plus"] * 12, "space")
        await until(pilot, lambda: len(player.history) > 1200)
        await pilot.press("space")
        assert player.spot.n > 1200
        reading = player.history.state(player.spot.n).data.reading
        assert -11.1 < reading.likelihood < -3.4
        if size[0] >= 100:
            assert "−ln p" in shown(screen, "stage")
        n = player.spot.n
        await pilot.press("enter")
        assert player.spot.open
        for _ in range(4):
            await pilot.press("full_stop")
        assert player.view().get("v[1]") is not None
        go(screen, f"update={n}/gradient")
        assert player.view().get("dW") is not None
        assert shown(screen, "stage").strip()
        await pilot.press("escape", "escape")
        assert not player.spot.open


async def test_a_pixel_is_turned(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="boltzmann") as (pilot, screen):
        player = screen.player
        before = player.start.inputs["v"][0]
        for _ in range(80):
            if screen.look.cursor == ("v[0]", (0,)):
                break
            await pilot.press("tab")
        assert screen.look.cursor == ("v[0]", (0,))
        await pilot.press("e")
        await typed(pilot, f"{1 - before:g}")
        assert player.start.inputs["v"][0] == 1 - before
        await pilot.press("e")
        await typed(pilot, "0.5", keep=True)
        assert player.start.inputs["v"][0] == 1 - before


async def test_a_weight_is_edited_where_its_pixel_is(tmp_path: Path) -> None:
    """In the picture of a hidden unit's weights, row by row: the second pixel of unit 1 is W[1,0]."""
    async with lesson(tmp_path, (120, 36), id="boltzmann") as (pilot, screen):
        player = screen.player
        for _ in range(60):
            if screen.look.cursor == ("W", (0, 0)):
                break
            await pilot.press("tab")
        await pilot.press("right")
        assert screen.look.cursor == ("W", (1, 0))
        await pilot.press("e")
        await typed(pilot, "1.25")
        assert player.start.params["W"][1, 0] == 1.25


async def test_the_probabilities_one_by_one(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="boltzmann") as (pilot, screen):
        player = screen.player
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        go(screen, "likelihood/n=30")
        p = [player.view().get(f"P[{n}]") for n in range(1, 31)]
        assert all(each is not None for each in p)
        assert "together" in shown(screen, "stage")
        await pilot.press("g")
        assert shown(screen, "stage").strip()


@quick
@every_size
async def test_a_deep_net_in_training(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="boltzmann", net="dbn", layers=2, hidden=9, begin="random") as (pilot, screen):
        player = screen.player
        go(screen, "act 5")
        await pilot.press("escape", *["plus"] * 12, "space")
        await until(pilot, lambda: len(player.history) > 150)
        await pilot.press("space")
        assert len(player.branches) == 4
        assert all(abs(len(branch.history) - len(player.history)) <= 1 for branch in player.branches)
        await pilot.press("f", "tab", "escape")
        assert player.current == 1
        assert exp.prepared(player.view().knobs) == 2
        assert np.isfinite(player.history.value(player.spot.n - 1) or 0.0)
        go(screen, "update=120")  # how far training came until it was stopped depends on the machine
        if size[0] >= 100:
            assert "machine of layer 1" in shown(screen, "stage")
            assert "back-propagation" in shown(screen, "stage")
        await pilot.press("enter")
        for _ in range(3):
            await pilot.press("full_stop")
            await at_rest(pilot, screen)
        assert player.view().get("v[0]") is not None


@quick
@every_size
async def test_a_half_is_filled_in(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, asks=True, id="boltzmann", data="digits") as (pilot, screen):
        player = screen.player
        go(screen, "act 4")
        await pilot.press("right")
        assert player.asked is not None
        assert player.asked.ask.id == "fills"
        assert "different completions" not in shown(screen, "stage")
        await pilot.press("3", "enter")
        assert player.record["fills"] == "right"
        await pilot.press("escape")
        go(screen, "fill/n=5/visible/i=64/F_v")
        end, v = player.view().get("v[5]"), np.array(player.start.inputs["v"])
        assert end is not None
        assert (end[:32] == v[:32]).all()
        if size[0] >= 100:
            assert "the lower half" in shown(screen, "stage") or "F, whole picture" in shown(screen, "stage")
        await pilot.press("down", "down", "down", "comma")
        step = player.view().step
        assert step is not None
        assert step.op == "v_unit"


async def test_a_picture_of_ones_own_by_keys(tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("##\n", encoding="utf-8")
    async with lesson(tmp_path, (120, 36), id="boltzmann") as (pilot, screen):
        player, knobs = screen.player, [knob.id for knob in screen.player.lesson.card.knobs]
        before = player.start.inputs["v"]
        await pilot.press("k", *["down"] * knobs.index("picture"), "e")
        await typed(pilot, str(bad))
        await pilot.press("enter")
        assert player.knobs["picture"] == "drawn"
        assert player.start.inputs["v"] == before
        assert "2 × 1" in shown(screen, "foot") + shown(screen, "stage")
        await pilot.press("e")
        await typed(pilot, str(Path("docs/data/digit.txt").resolve()))
        await pilot.press("enter")
        assert len(player.start.inputs["v"]) == 64
        assert player.knobs["data"] == "digits"

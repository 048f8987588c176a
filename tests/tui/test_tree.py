"""The lesson on recursive nets by keys: the tree that fills, its questions, own trees, the chain, training opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.driving import go, lesson, shown, typed
from tui.app import UnrollApp
from tui.machine.store import Store
from tui.picture.drawers import Knobs
from tui.screens.lesson import LessonScreen

SIZES = [(80, 24), (100, 30), (120, 36)]
each = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@each
async def test_a_step_is_a_node_from_the_leaves_up(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="tree") as (pilot, screen):
        player = screen.player
        nodes = []
        for _ in range(7):
            await pilot.press("full_stop")
            nodes.append(player.path[1])
        assert nodes == [("n", n) for n in range(1, 8)]
        assert "►p₇=T ." in shown(screen, "stage")
        await pilot.press("comma", "comma")
        assert "►p₅" in shown(screen, "stage")
        assert "p₇=T ." not in shown(screen, "stage")
        await pilot.press("n")
        assert player.act == "backward"


@each
async def test_every_act_has_its_picture(size: tuple[int, int], tmp_path: Path) -> None:
    places = {
        "forward/n=6": ("not", "►p₆=F"), "backward/n=6": ("►p₆=F", "Wᵀ δ"), "ledger/n=6": ("‖δ xᵀ‖", "∂E/∂W"),
        "chain/forward/n=8": ("►s₂=l", "s in bptt", "[W U]"), "chain/ledger/n=8": ("s₂ 1.61", "‖δ xᵀ‖"),
    }  # fmt: skip
    async with lesson(tmp_path, size, id="tree") as (_, screen):
        for place, titles in places.items():
            go(screen, place)
            stage = shown(screen, "stage")
            assert all(title in stage for title in titles), (place, stage)


async def test_the_question_of_the_chain_hides_how_far_leaves_are(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), asks=True, id="tree") as (pilot, screen):
        player = screen.player
        player.record = {ask.id: "skipped" for ask in player.lesson.asks if ask.id != "far"}
        go(screen, "chain/forward/n=1")
        await pilot.press("comma", "full_stop")
        assert player.asked is not None
        assert player.asked.ask.id == "far"
        assert "above, chain" not in shown(screen, "stage")
        await pilot.press("4", "enter")
        assert player.record["far"] == "right"
        await pilot.press("enter")
        assert "‖∂root/∂leaf‖" in shown(screen, "stage")


async def test_a_tree_of_ones_own_and_one_that_is_none(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="tree", data="phrases") as (pilot, screen):
        player, knobs = screen.player, [knob.id for knob in screen.player.lesson.card.knobs]
        assert player.knobs["tree"] == "(not (very good))"
        await pilot.press("k", *["down"] * knobs.index("tree"), "e")
        assert isinstance(screen.look.drawer, Knobs)
        await typed(pilot, "(not (very good)")
        await pilot.press("enter")
        assert player.knobs["tree"] == "(not (very good))"
        assert "never closed" in shown(screen, "foot") + shown(screen, "stage")
        await pilot.press("e")
        await typed(pilot, "((not very) dull)")
        await pilot.press("enter")
        assert player.knobs["tree"] == "((not very) dull)"
        assert "dull=1" in shown(screen, "stage") or "dull=−1" in shown(screen, "stage")


async def test_a_weight_by_hand_moves_the_root(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="tree") as (pilot, screen):
        player = screen.player
        go(screen, "forward/n=7")
        before = player.view().get("p[7]")
        screen.look.cursor = ("W", (0, 5))
        screen.paint()
        await pilot.press("right_square_bracket")
        after = player.view().get("p[7]")
        assert before is not None
        assert after is not None
        assert before.tolist() != after.tolist()
        await pilot.press("u")
        again = player.view().get("p[7]")
        assert again is not None
        assert again.tolist() == before.tolist()


async def test_the_chain_leads_to_bptt_and_back(tmp_path: Path) -> None:
    app = UnrollApp("tree", Store(tmp_path))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        screen.player.record = {ask.id: "skipped" for ask in screen.player.lesson.asks}
        go(screen, "chain/forward/n=8")
        assert app.words("keys.lead") in shown(screen, "foot")
        await pilot.press("enter")
        await pilot.pause()
        there = app.screen
        assert isinstance(there, LessonScreen)
        assert there.player.lesson.card.id == "bptt"
        assert dict(there.player.path)["k"] == 1
        there.player.record = {ask.id: "skipped" for ask in there.player.lesson.asks}
        await pilot.press("backspace")
        await pilot.pause()
        back = app.screen
        assert isinstance(back, LessonScreen)
        assert back.player.lesson.card.id == "tree"


@each
async def test_updates_are_made_and_opened(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="tree") as (pilot, screen):
        player = screen.player
        go(screen, "train/update=0")
        assert "GRU" in shown(screen, "stage")
        await pilot.press("right", "right", "right")
        assert player.spot.n == 3
        go(screen, "train/update=2/forward/n=9")
        assert player.spot.open
        assert "►" in shown(screen, "stage")
        go(screen, "train/update=2/ledger/n=9")
        held = player.view().get("dW")
        assert held is not None
        assert held.shape == (4, 8)
        await pilot.press("g")
        await pilot.press("escape", "escape")
        assert not player.spot.open


async def test_both_halves_stand_beside_the_text_too(tmp_path: Path) -> None:
    """The act is about them: they have room at 100 columns, of which the text takes a third, in both languages."""
    async with lesson(tmp_path, (100, 30), id="tree") as (pilot, screen):
        go(screen, "backward/n=7")
        await pilot.press("t")
        for _ in range(2):
            lines = shown(screen, "stage").split("\n")
            assert any(line.startswith(" Wᵀ δ ") and "►" in line for line in lines), lines
            await pilot.press("l")


async def test_the_last_step_says_how_to_go_on_and_an_edit_which_entry_it_changed(tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30), id="tree") as (pilot, screen):
        assert "n next act" not in shown(screen, "foot")
        screen.player.end()
        await pilot.press("left", "right")
        assert "n next act" in shown(screen, "foot")
        await pilot.press("n")
        assert screen.player.act == "train"
        assert "n next act" not in shown(screen, "foot")
        go(screen, "backward/n=7")
        screen.look.cursor = ("W", (1, 2))
        await pilot.press("e")
        await typed(pilot, "0.9")
        assert screen.player.start.params["W"][1, 2] == 0.9
        assert "W₂₃ = 0.9" in shown(screen, "foot")

"""What the lesson screen does beyond stepping: views, forks dropped, notices, keys behind a prompt, places resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.widgets import Input

from lessons.explaining.figures import five
from lessons.player.position import LEARNED
from tests.tui.driving import go, lesson, shown, typed, until
from tui.app import UnrollApp
from tui.machine.store import Store
from tui.picture.boxes import Notice
from tui.picture.drawers import Fork, Knobs
from tui.picture.lesson_picture import AROUND
from tui.widgets.canvas_view import Lines


async def test_the_ledger_shows_norms_and_flips_to_a_signed_cell(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        go(screen, "dW/t=3/k=0")
        assert "‖Σₖ‖" in shown(screen, "stage")
        norms = shown(screen, "stage")
        await pilot.press("v")
        assert screen.player.flipped
        signed = shown(screen, "stage")
        assert "‖Σₖ‖" not in signed
        row = next(line for line in signed.splitlines() if line.strip().startswith("►E₃"))
        for k in range(1, 4):
            term = screen.player.view().get(f"dW[3,{k}]")
            assert term is not None
            assert five(term[0, 0]).strip() in row
        await pilot.press("v")
        assert shown(screen, "stage") == norms


async def test_where_there_is_no_other_view_v_says_so(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        before = shown(screen, "stage")
        await pilot.press("v")
        assert screen.look.status == screen.words("say.one_view")
        assert shown(screen, "stage") == before
        go(screen, "dW/t=3/k=0")
        assert "‖Σₖ‖" in shown(screen, "stage")
        await pilot.press("c", "v")  # the code may lie over the ledger
        assert screen.player.flipped
        await pilot.press("escape")
        assert "‖Σₖ‖" not in shown(screen, "stage")


async def test_one_panel_alone_and_all_of_them_again(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        go(screen, "dW/t=3/k=1")
        whole = shown(screen, "stage")
        await pilot.press("z")
        best = max(
            (p for p in screen.player.lesson.panels(screen.picture.view, screen.text) if p.id != "law"),
            key=lambda p: p.priority,
        )
        assert screen.look.alone[0] == best.id
        assert len(shown(screen, "stage").split()) < len(whole.split())
        await pilot.press("z")
        assert shown(screen, "stage") == whole


LARGE: dict[str, Any] = {"text": "the quick brown fox jumps over", "hidden": 12}
PAGED = [
    ("lstm", (80, 24), {}, "ledger/t=1/k=1/sum"),
    ("bptt", (140, 30), LARGE, "update=2/backward/t=0/k=0"),
    ("memory", (100, 26), {"hidden": 20}, "709"),
    ("lstm", (60, 20), {"hidden": 20}, "forward/t=1"),
    ("bptt", (80, 24), {}, "dW/t=2/k=1"),
]


@pytest.mark.parametrize(("id", "size", "knobs", "place"), PAGED)
async def test_what_had_no_room_is_shown_by_z(
    id: str, size: tuple[int, int], knobs: dict[str, Any], place: str, tmp_path: Path
) -> None:
    async with lesson(tmp_path, size, id=id, **knobs) as (pilot, screen):
        go(screen, place)
        whole, gone = shown(screen, "stage"), screen.picture.left_out
        assert gone
        part = "foot" if screen.picture.wide else "stage"
        hint = f"z {screen.words('keys.left_out', n=len(gone))}"
        assert hint in shown(screen, part)
        (hit,) = (h for h in screen.query_one(f"#{part}", Lines).canvas.hits if h.target == ("key", "alone"))
        assert shown(screen, part).splitlines()[hit.y][hit.x :].startswith(hint)
        seen: set[str] = set()
        for _ in range(len(gone)):
            await pilot.press("z")
            assert set(screen.look.alone) <= set(gone)
            assert shown(screen, "stage") != whole
            assert (screen.words("keys.more_panels") in shown(screen, "foot")) == bool(screen.picture.left_out)
            seen |= set(screen.look.alone) - set(screen.picture.left_out)
            if not screen.picture.left_out:
                break
        await pilot.press("z")
        assert not screen.look.alone
        assert shown(screen, "stage") == whole
        assert seen == set(gone)


async def test_with_the_cursor_on_z_is_for_its_panel(tmp_path: Path) -> None:
    async with lesson(tmp_path, (80, 24), id="lstm") as (pilot, screen):
        go(screen, "ledger/t=1/k=1/sum")
        assert screen.picture.left_out
        await pilot.press("tab")
        assert screen.words("keys.left_out", n=len(screen.picture.left_out)) not in shown(screen, "stage")
        symbol = screen.look.cursor[0] if screen.look.cursor else ""
        await pilot.press("z")
        (panel,) = (p for p in screen.picture.panels() if p.id not in AROUND)
        assert symbol in panel.symbols()


async def test_a_new_act_shows_all(tmp_path: Path) -> None:
    async with lesson(tmp_path, (80, 24)) as (pilot, screen):
        go(screen, "dW/t=2/k=1")
        await pilot.press("z")
        assert screen.look.alone
        await pilot.press("j")
        await typed(pilot, "forward/t=1")
        assert not screen.look.alone
        assert "loss" in shown(screen, "stage")


async def test_forks_stay_in_step_and_are_dropped_by_b(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        player = screen.player
        go(screen, "update 5")
        await pilot.press("f", "enter")
        await typed(pilot, "0.3")
        await pilot.press("escape")
        for _ in range(4):
            await pilot.press("full_stop")
        assert player.spot.n == 9
        assert [len(branch.history) for branch in player.branches] == [9, 9]
        await pilot.press("f")
        assert isinstance(screen.look.drawer, Fork)
        await pilot.press("b")
        assert [branch.name for branch in player.branches] == ["A"]
        assert player.branch.knobs["rate"] == 0.1
        assert player.spot.n == 9
        await pilot.press("b")
        assert [branch.name for branch in player.branches] == ["A"]


async def test_the_end_is_said_once_with_the_count_of_predictions(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        player = screen.player
        player.grain = player.lesson.grains["act"]
        for _ in player.lesson.card.acts:
            await pilot.press("full_stop")
            assert screen.look.drawer is None
        assert player.act == "check"
        assert player.seen == set(player.lesson.card.acts) - {"train"}
        await pilot.press("n", "full_stop")
        assert screen.look.drawer is None, "one update is not the end of the training"
        player.history.grow(LEARNED - 1)
        player.land(LEARNED - 1, is_open=False)
        await pilot.press("full_stop")
        assert isinstance(screen.look.drawer, Notice)
        assert "8 of 8 acts" in shown(screen, "text")
        await pilot.press("escape", "right", "right")
        assert screen.look.drawer is None


@pytest.mark.parametrize("then", ["enter", "escape"])
async def test_keys_behind_the_one_that_closes_the_prompt_reach_the_screen(then: str, tmp_path: Path) -> None:
    async with lesson(tmp_path) as (pilot, screen):
        await pilot.press("j")
        screen.query_one(Input).value = "dW/t=2/k=1"
        place = screen.player.path
        await pilot.press(then, "k")
        await until(pilot, lambda: screen.look.drawer is not None)
        assert not screen.query_one("#prompt").has_class("asking")
        assert (screen.player.path == place) == (then == "escape")


async def test_training_resumes_where_it_was_left(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (pilot, screen):
        go(screen, "update 30")
        weights = screen.player.start_here().params["W"]
        await pilot.press("q", "q")
    app = UnrollApp("bptt", Store(tmp_path))
    async with app.run_test(size=(80, 24)):
        player = app.screen.player  # type: ignore[attr-defined]
        assert player.spot.n == 30
        np.testing.assert_array_equal(player.start_here().params["W"], weights)


async def test_a_place_that_cannot_be_kept_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file where the folder should be")
    async with lesson(home, (120, 36)) as (pilot, screen):
        assert isinstance(screen.look.drawer, Notice)
        assert "Not a directory" in shown(screen, "stage")
        for _ in range(5):
            await pilot.press("right")
        assert screen.player.spot.p > 0
        await pilot.press("q", "q")


async def test_a_number_of_two_digits_for_a_knob(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        await pilot.press("k")
        assert isinstance(screen.look.drawer, Knobs)
        while screen.look.drawer.rows(screen.picture.desk())[screen.look.drawer.at].id != "hidden":
            await pilot.press("down")
        await pilot.press("1", "2", "enter", "enter")
        assert screen.player.knobs["hidden"] == 12


async def test_training_gives_way_to_a_key_and_goes_on(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        screen.context.store.settings.speed = 4096.0
        screen.player.to_act("train")
        await pilot.press("space")
        trainer = screen.transport.trainer
        assert trainer is not None
        given: list[bool] = []
        trainer.give_way = lambda seconds=0.0: given.append(True)  # type: ignore[method-assign]
        await pilot.press("i")
        assert given
        del trainer.give_way
        trainer.give_way()
        screen.give_way()
        with screen.event():  # a picture that falls into the time of a key leaves it its time
            screen.paint()
        assert not trainer._back.is_set()
        made = len(screen.player.history)
        await until(pilot, lambda: len(screen.player.history) > made + 10)
        assert len(screen.player.history) > made + 10
        await pilot.press("space")


async def test_keys_typed_ahead_keep_their_order(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        for key in ("full_stop", "tab", "right", "n", "tab"):
            pilot.app.simulate_key(key)
        await until(pilot, lambda: screen.look.cursor is not None)
        assert screen.player.spot.p > 0


BASE, RECURSION = "δₜ,ₜ = (Vᵀ eₜ)", "δₜ,ₖ = (Wᵀ δₜ,ₖ₊₁)"


async def test_the_law_at_the_top_is_that_of_the_term(tmp_path: Path) -> None:
    """Where k = t, δ comes from the error; before it, from the δ after it. Both are there, the one that counts lit."""
    async with lesson(tmp_path, (120, 36)) as (_, screen):
        for matrix in ("dW", "dU"):
            for at, lit, other in (("3/delta_t", BASE, RECURSION), ("2/delta", RECURSION, BASE)):
                go(screen, f"{matrix}/t=3/k={at}")
                top = shown(screen, "stage")
                assert f"►{lit}" in top
                assert other in top
                assert f"►{other}" not in top

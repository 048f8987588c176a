"""The app, driven by keys: what the player and the screen hold after them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.driving import go, lesson, shown, typed, until
from tui.app import UnrollApp
from tui.machine.store import Store
from tui.picture.boxes import Notice
from tui.picture.drawers import Check, Code, Fork, Inspect, Knobs
from tui.screens.contents import Contents
from tui.screens.lesson import LessonScreen

Drive = Callable[[Pilot[None], LessonScreen], Awaitable[None]]
SIZES = [(80, 24), (120, 36)]


@pytest.mark.representative("size0")
@pytest.mark.parametrize("size", SIZES)
async def test_the_whole_lesson_by_keys_there_and_back(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size) as (pilot, screen):
        for _ in range(200):
            await pilot.press("right")
            if screen.player.spot.p == screen.player.reel.total:
                break
        assert screen.player.spot.p == screen.player.reel.total == 342
        assert screen.player.act == "check"
        while screen.player.spot.p:
            await pilot.press("left")
        assert screen.player.act == "forward"


async def test_every_grain_by_its_digit(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (pilot, screen):
        go(screen, "dW/t=3/k=1")
        go(screen, "dW/t=3/k=1")
        await pilot.press("4", "right")
        assert screen.player.path[-1] == ("k", 0)
        await pilot.press("2", "right")
        assert screen.player.path[1] == ("t", 3)
        await pilot.press("right")
        assert screen.player.act == "dU"


async def test_stepping_shows_the_numbers_of_the_slides(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        go(screen, "dW/t=3/k=1")
        text = shown(screen, "stage")
        assert "► .263► .128" in text
        assert "┌► .122►−.065 ┐" in text
        assert "k = 3, 2, 1, still to come: 0" in text
        assert "(.500·.311 + .250·.478)·(1 − (−.205)²)  =  .275 · .958  =  .263" in text
        assert "1.698" in text
        assert "why s₂ is no constant" in shown(screen, "text")
        assert "1 ∂E/∂W › 2 t=3 ›[3 k=1]› 4 term" in shown(screen, "foot")
        await pilot.press("l")
        assert "为什么 s₂ 不是常数" in shown(screen, "text")
        assert screen.player.path == (("dW", -1), ("t", 3), ("k", 1))


async def test_a_prediction_by_keys(tmp_path: Path) -> None:
    async with lesson(tmp_path, asks=True) as (pilot, screen):
        player = screen.player
        await pilot.press("right", "right", "right")
        assert player.asked is not None
        place = player.spot.p
        await pilot.press("down", "down", "up", "enter")
        assert player.asked is not None
        assert player.asked.verdict == "right"
        assert player.spot.p == place
        await pilot.press("right")
        assert player.spot.p > place
        while player.asked is None or player.asked.ask.kind != "number":
            await pilot.press("right")
            if player.asked is not None and player.asked.ask.kind != "number":
                await pilot.press("escape")
        await pilot.press("2", "full_stop", "5", "backspace", "backspace", "backspace", "1", "enter")
        assert player.asked is not None
        assert (player.asked.given, player.asked.verdict) == (1.0, "right")
        await pilot.press("escape")
        assert player.asked is None
        assert player.record["constant"] == "right"


async def test_the_cursor_an_edit_and_undo(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        await pilot.press("right")
        while screen.look.cursor is None or screen.look.cursor[0] != "W":
            await pilot.press("tab")
        await pilot.press("right")
        assert screen.look.cursor == ("W", (0, 1))
        await pilot.press("down", "left")
        assert screen.look.cursor == ("W", (1, 0))
        await pilot.press("e")
        await typed(pilot, "0.75")
        assert screen.player.start.params["W"][1, 0] == 0.75
        await pilot.press("e")
        await typed(pilot, "abc", keep=True)
        assert "no finite number" in str(screen.query_one("#why").render())
        await pilot.press("escape")
        await pilot.press("u")
        assert screen.player.start.params["W"][1, 0] == 0.25
        await pilot.press("escape")
        assert screen.look.cursor is None


@pytest.mark.parametrize(("key", "kind"), [("g", Check), ("k", Knobs), ("i", Inspect), ("c", Code)])
@pytest.mark.parametrize("size", SIZES)
async def test_drawers_open_and_close(key: str, kind: type, size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size) as (pilot, screen):
        go(screen, "dW/t=2/k=1")
        await pilot.press(key)
        assert isinstance(screen.look.drawer, kind)
        heading = {"g": "gradient check", "k": "knobs", "i": "inspector", "c": "engine/recurrent/srn.py"}[key]
        assert heading in shown(screen, "stage")
        await pilot.press("escape")
        assert screen.look.drawer is None


async def test_the_gradient_check_agrees_for_every_parameter(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (pilot, screen):
        await pilot.press("g")
        seen = []
        for _ in range(5):
            assert isinstance(screen.look.drawer, Check)
            seen.append(screen.look.drawer.names[screen.look.drawer.at])
            assert screen.look.drawer.agrees
            assert "✓ agree" in shown(screen, "stage")
            await pilot.press("right")
        assert sorted(seen) == ["U", "V", "W", "b", "c"]


async def test_the_inspector_walks_the_chain(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        go(screen, "dW/t=3/k=1")
        await pilot.press("i")
        assert isinstance(screen.look.drawer, Inspect)
        assert screen.look.drawer.trail == [("delta[3,1]", (0,))]
        await pilot.press("down", "enter")
        assert screen.look.drawer.trail[-1][0] == "delta[3,2]"
        await pilot.press("left")
        assert len(screen.look.drawer.trail) == 1


async def test_the_code_is_lit_where_it_runs(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        screen.player.grain = screen.player.lesson.grains["op"]
        go(screen, "dW/t=3/k=1/delta")
        await pilot.press("c")
        lit = [line for line in shown(screen, "stage").splitlines() if "│ ►" in line]
        assert len(lit) == 1
        assert "delta = (theta.W.T @ delta) * f.slope(xp, run.s[k])" in lit[0]


async def test_knobs_change_refuse_and_restart_only_on_enter(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (pilot, screen):
        await pilot.press("k", "down", "down", "right")
        assert screen.player.knobs["activation"] == "tanh"
        assert isinstance(screen.look.drawer, Knobs)
        assert screen.look.drawer.pending == {"activation": "relu"}
        await pilot.press("down", "down", "e")
        await typed(pilot, "50", keep=True)
        assert "out of range" in str(screen.query_one("#why").render())
        await pilot.press("escape", "enter")
        assert screen.player.knobs["activation"] == "relu"
        assert screen.look.drawer is None
        await pilot.press("k", "e")
        await typed(pilot, "你好世界")
        await pilot.press("enter")
        assert screen.player.start.inputs["vocabulary"] == ["你", "好", "世", "界"]


async def test_training_forks_and_opened_updates_by_keys(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        player = screen.player
        for _ in range(7):
            await pilot.press("n")
        assert player.act == "train"
        await pilot.press("j")
        await typed(pilot, "57")
        assert player.spot.n == 57
        await pilot.press("enter")
        assert player.spot.open
        await pilot.press("j")
        await typed(pilot, "t=3 k=1")
        assert player.path == (("update", 57), ("forward", -1), ("t", 3)) or player.path[-1] == ("k", 1)
        await pilot.press("escape", "f", "enter")
        await typed(pilot, "0.3")
        assert isinstance(screen.look.drawer, Fork)
        assert [b.name for b in player.branches] == ["A", "B"]
        assert player.branch.knobs["rate"] == 0.3
        await pilot.press("tab")
        assert player.current == 0
        assert "rate 0.1 → 0.3" in shown(screen, "stage")
        await pilot.press("escape", "j")
        await typed(pilot, "3")
        assert player.spot.n == 3


async def test_training_plays_in_the_background_and_stops_at_once(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        screen.context.store.settings.speed = 4096.0
        screen.player.to_act("train")
        await pilot.press("space")
        assert screen.transport.trainer is not None
        await until(pilot, lambda: len(screen.player.history) > 200)
        await pilot.press("space")
        assert screen.transport.trainer is None
        made = len(screen.player.history)
        assert made > 50
        await pilot.pause(0.1)
        assert len(screen.player.history) == made
        assert screen.player.spot.n == made
        assert np.isfinite(list(screen.player.history.curve())).all()


async def test_play_steps_and_pauses_at_a_prediction(tmp_path: Path) -> None:
    async with lesson(tmp_path, asks=True) as (pilot, screen):
        screen.context.store.settings.speed = 4096.0
        await pilot.press("space")
        await until(pilot, lambda: screen.player.asked is not None)
        assert screen.player.asked is not None
        assert not screen.transport.is_playing


async def test_divergence_is_named_and_one_steps_back_to_before_it(tmp_path: Path) -> None:
    given: dict[str, Any] = {"activation": "linear", "optimiser": "sgd", "rate": 2, "clip": 1e300}
    async with lesson(tmp_path, (120, 36), **given) as (pilot, screen):
        screen.context.store.settings.speed = 4096.0
        screen.player.to_act("train")
        await pilot.press("space")
        await until(pilot, lambda: isinstance(screen.look.drawer, Notice))
        assert isinstance(screen.look.drawer, Notice)
        assert "z₀ is not finite any" in shown(screen, "stage")
        await pilot.press("left")
        assert screen.player.spot.open
        step = screen.player.inside().step(screen.player.spot.p)
        assert step is not None
        assert all(np.isfinite(v).all() for v in step.values.values())


async def test_saving_and_opening_a_state(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (pilot, screen):
        screen.player.edit("W", (0, 0), "1.5")
        file = tmp_path / "mine.json"
        await pilot.press("s")
        await typed(pilot, str(file))
        assert file.exists()
        screen.player.restart()
        await pilot.press("o")
        await typed(pilot, str(file))
        assert screen.player.start.params["W"][0, 0] == 1.5
        await pilot.press("o")
        await typed(pilot, str(tmp_path / "none.json"), keep=True)
        assert "no such file" in str(screen.query_one("#why").render())
        await pilot.press("escape")
        assert screen.player.start.params["W"][0, 0] == 1.5


async def test_quitting_keeps_the_place_and_resuming_brings_it_back(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (pilot, screen):
        for _ in range(9):
            await pilot.press("right")
        path = screen.player.path
        await pilot.press("q", "q")
    app = UnrollApp(None, Store(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        assert isinstance(app.screen, Contents)
        await pilot.press("r")
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.player.path == path
        await pilot.press("q")
        assert isinstance(app.screen, Contents)
        assert "1/7" in shown(app.screen, "map") or "2/7" in shown(app.screen, "map")


async def test_mouse_on_act_address_bar_and_cell(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        await click(pilot, screen, "top", ("act", "dW"))
        assert screen.player.act == "dW"
        await click(pilot, screen, "foot", ("key", "forward"))
        await click(pilot, screen, "foot", ("key", "forward"))
        await click(pilot, screen, "foot", ("part", 1))
        assert screen.player.focus() == 1
        cell: tuple[Any, ...] = ("cell", "s[2]", (1,))
        await click(pilot, screen, "stage", cell)
        assert screen.look.cursor == cell[1:]


async def click(pilot: Pilot[None], screen: LessonScreen, widget: str, target: tuple[Any, ...]) -> None:
    from tui.widgets.canvas_view import Lines

    lines = screen.query_one(f"#{widget}", Lines)
    hit = next(h for h in lines.canvas.hits if h.target[: len(target)] == target)
    await pilot.click(f"#{widget}", offset=(hit.x, hit.y))


async def test_too_small_and_back(tmp_path: Path) -> None:
    async with lesson(tmp_path, (80, 24)) as (pilot, screen):
        for _ in range(5):
            await pilot.press("right")
        place = screen.player.spot
        await pilot.resize_terminal(57, 18)
        await until(pilot, lambda: "needs 60×20; this is 57×18" in shown(screen, "stage"))
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: "Backpropagation" in shown(screen, "top"))
        assert screen.player.spot == place


async def test_themes_and_remapped_keys(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.settings.keys = {"forward": "d"}
    app = UnrollApp("bptt", store)
    async with app.run_test(size=(120, 36)) as pilot:
        assert isinstance(app.screen, LessonScreen)
        app.screen.player.record = {"guessing": "skipped"}
        await pilot.press("d")
        assert app.screen.player.spot.p == 5
        for theme in ("light", "contrast", "dark"):
            await pilot.press("T")
            assert app.ink_theme == theme


async def test_no_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        go(screen, "dW/t=3/k=1")
        await pilot.pause(0)
        assert screen.context.ink_theme == "mono"
        from tui.widgets.canvas_view import Lines

        stage = screen.query_one("#stage", Lines)
        for y in range(30):
            for segment in stage.render_line(y):
                assert segment.style is None or segment.style.color is None
                assert segment.style is None or segment.style.bgcolor is None
        assert "► .263" in shown(screen, "stage")


async def test_keys_of_one_burst_keep_their_order(tmp_path: Path) -> None:
    """As a slow line delivers them: backspace takes the letter before it, not the last one."""
    async with lesson(tmp_path) as (pilot, screen):
        await pilot.press("j")
        field = screen.query_one(Input)
        field.value = ""
        for key in ("1", "2", "backspace", "3", "4", "home", "5"):
            pilot.app.simulate_key(key)
        await until(pilot, lambda: field.value == "5134")


async def test_a_drawer_stands_over_the_card_for_it_has_the_keys(tmp_path: Path) -> None:
    async with lesson(tmp_path, asks=True) as (pilot, screen):
        while screen.player.asked is None:
            await pilot.press("right")
        question = shown(screen, "stage")
        await pilot.press("k")
        assert screen.look.drawer is not None
        stage, box = shown(screen, "stage"), screen.look.drawer.draw(screen.picture.desk(), 78, 18).text()
        assert all(line.strip() in stage for line in box.split("\n"))
        await pilot.press("escape")
        assert shown(screen, "stage") == question


async def test_the_first_column_has_its_cursor_and_its_marks_at_80_columns(tmp_path: Path) -> None:
    async with lesson(tmp_path, id="lstm") as (_, screen):
        screen.look.cursor = ("h_init", (0,))
        screen.paint()
        line = next(line for line in shown(screen, "stage").split("\n") if "[" in line and "t-1" not in line)
        assert line.startswith("[  0  ]")
        screen.look.cursor = None
        go(screen, "forward/t=0/cell")
        assert any(line.startswith("•  0  •  0") for line in shown(screen, "stage").split("\n"))


async def test_what_was_begun_afresh_is_found_again(tmp_path: Path) -> None:
    app = UnrollApp("bptt", Store(tmp_path), afresh=True)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        screen.player.record = {ask.id: "skipped" for ask in screen.player.lesson.asks}
        for _ in range(5):
            await pilot.press("right")
        place = screen.player.spot.p
        await pilot.press("q", "enter")
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.player.spot.p == place > 0


@pytest.mark.parametrize(("keys", "mark"), [((), "○"), (("full_stop",), "◐"), (("n",), "◐")])
async def test_a_lesson_is_begun_by_a_step(keys: tuple[str, ...], mark: str, tmp_path: Path) -> None:
    """Whoever went a step, or to another act, has begun, though no act is through; who only looked in has not."""
    app = UnrollApp("bptt", Store(tmp_path), afresh=True)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        screen.player.record = {ask.id: "skipped" for ask in screen.player.lesson.asks}
        await pilot.press(*keys, "q")
        assert isinstance(app.screen, Contents)
        (line,) = (line for line in shown(app.screen, "map").splitlines() if "►" in line)
        assert line.partition("►")[2].startswith(f"{mark} {app.number_of(app.course['bptt'])} bptt")
        assert f"{len(keys)} begun" in app.screen.course_map.summary()


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36)])
async def test_the_chosen_lesson_is_always_in_sight(size: tuple[int, int], tmp_path: Path) -> None:
    app = UnrollApp(None, Store(tmp_path))
    async with app.run_test(size=size) as pilot:
        screen = app.screen
        assert isinstance(screen, Contents)
        for _ in screen.cards():
            await pilot.press("down")
            card = screen.cards()[screen.at]
            (line,) = (line for line in shown(screen, "map").splitlines() if "►" in line)
            assert f"{app.number_of(card)} {card.id}" in line.partition("►")[2]

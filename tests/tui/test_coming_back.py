"""What was trained is there again when the lesson is reopened; what has to be recomputed is, beside the screen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from engine.walks.packing import Packed, read, write
from lessons.contract.card import Place
from lessons.player import checkpoint
from tests.tui.driving import at_rest, seen, shown, until
from tui.app import Opening, UnrollApp
from tui.cli.main import cli
from tui.machine import run_files
from tui.machine.store import Store
from tui.screens import keeper
from tui.screens.lesson import LessonScreen


def lesson_of(app: UnrollApp) -> LessonScreen:
    assert isinstance(app.screen, LessonScreen)
    return app.screen


async def train(folder: Path, updates: int, id: str = "mlp") -> list[float]:
    """Train a lesson and leave it; the curve."""
    app = UnrollApp(id, Store(folder))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = lesson_of(app)
        screen.player.record = {ask.id: "skipped" for ask in screen.player.lesson.asks}
        screen.player.to_act("train")
        screen.player.history.grow(updates)
        screen.player.follow()
        app.keep(screen.player)
        await pilot.pause()
        return list(screen.player.history.curve())


def stored(folder: Path, id: str = "mlp") -> list[int]:
    """How long the runs are that progress.json tells of."""
    place: dict[str, Any] = Store(folder).progress.lessons[id]["place"]
    return [branch["length"] for branch in place["branches"]]


async def test_reopened_training_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    curve = await train(tmp_path, 3000)
    monkeypatch.setattr("engine.walks.history.History._cross", None)  # nothing is made anew
    app = UnrollApp("mlp", Store(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = lesson_of(app)
        assert not screen.catching_up.busy
        assert list(screen.player.history.curve()) == curve
        assert screen.player.spot.n == 3000
        await pilot.pause()
        assert "3,000" in shown(screen, "foot")


@pytest.mark.parametrize("harm", ["torn", "version", "gone"])
async def test_without_its_checkpoint_it_is_recomputed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    """With a bar; a file that cannot be used is kept aside, and said."""
    curve = await train(tmp_path, 900)
    path = tmp_path / "runs" / "mlp.npz"
    if harm == "torn":
        path.write_bytes(path.read_bytes()[:-100])
    elif harm == "gone":
        path.unlink()
    else:
        monkeypatch.setattr(checkpoint, "unroll_version", lambda: "0.0.1")
    monkeypatch.setattr(keeper, "AT_ONCE", 0.0)
    monkeypatch.setattr("lessons.player.bookmark.SLICE", 0.002)
    app = UnrollApp("mlp", Store(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = lesson_of(app)
        if harm != "version":  # there the file is only looked at in the first slice
            await until(pilot, lambda: screen.catching_up.busy)
        await pilot.pause()
        await at_rest(pilot, screen)
        assert list(screen.player.history.curve()) == curve
        assert screen.player.spot.n == 900
        assert screen.look.status == screen.words("say.restored", act="train", step="900")
        assert stored(tmp_path) == [900, 0]
    assert path.with_name("mlp.npz.damaged-1").exists() == (harm != "gone")


async def test_a_place_that_is_none_is_said_after_coming_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await train(tmp_path, 900)
    (tmp_path / "runs" / "mlp.npz").unlink()
    monkeypatch.setattr(keeper, "AT_ONCE", 0.0)
    app = UnrollApp("mlp", Store(tmp_path), opening=Opening(Place("backward/layer=77")))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = lesson_of(app)
        await pilot.pause()
        await at_rest(pilot, screen)
        assert "layer=77" in screen.look.status
        assert len(screen.player.history) == 900


async def test_one_who_stops_it_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    curve = await train(tmp_path, 900)
    (tmp_path / "runs" / "mlp.npz").unlink()
    monkeypatch.setattr(keeper, "AT_ONCE", 0.0)
    monkeypatch.setattr("lessons.player.bookmark.SLICE", 0.0)
    app = UnrollApp("mlp", Store(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = lesson_of(app)
        await until(pilot, lambda: screen.catching_up.busy and len(screen.player.history) >= 5)
        await pilot.press("right")  # says what goes on, and goes nowhere
        assert screen.catching_up.busy
        assert "esc" in shown(screen, "foot")
        await pilot.press("escape")
        assert not screen.catching_up.busy
        assert app.screen is screen
        made = len(screen.player.history)
        assert made < 900
        await pilot.press("right", "right")
        assert len(screen.player.history) >= made
        screen.settle()
    assert stored(tmp_path) == [900, 0]
    monkeypatch.setattr("lessons.player.bookmark.SLICE", 0.05)
    app = UnrollApp("mlp", Store(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = lesson_of(app)
        await at_rest(pilot, screen)
        assert list(screen.player.history.curve()) == curve


async def test_a_far_update_is_recomputed_beside_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await train(tmp_path, 5000)
    monkeypatch.setattr("lessons.player.bookmark.SLICE", 0.0)
    app = UnrollApp("mlp", Store(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = lesson_of(app)
        player = screen.player
        player.patience = player.runs.patience = 0.0
        spacing = player.history.spacing
        assert spacing > 64
        await pilot.press("home")
        assert player.spot.n == 0
        player.follow()
        before = seen(screen)
        with screen.event(), screen.within_reach(lambda: player.jump("update 1000")):
            player.jump("update 1000")
        assert player.spot.n == 5000
        assert screen.catching_up.busy
        await at_rest(pilot, screen)
        assert player.spot.n == 1000
        assert seen(screen) != before


APP = """
import asyncio, json, sys
from pathlib import Path
from tui.app import UnrollApp
from tui.machine.store import Store
from tui.screens import transport

folder = Path(sys.argv[1])
transport.KEPT_EVERY = 0.05

async def main() -> None:
    store = Store(folder, background=True)
    store.settings.speed = transport.FASTEST
    app = UnrollApp("mlp", store)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = app.screen
        player = screen.player
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        while player.owed is not None:
            await pilot.pause(0.01)
        print("at", len(player.history) if player.trains and player.branches else 0, flush=True)
        player.to_act("train")
        screen.command("play")
        while True:
            await pilot.pause(0.02)
            if (folder / "progress.json").exists():
                place = json.loads((folder / "progress.json").read_text())["lessons"]["mlp"]["place"]
                print("kept", max((run["length"] for run in place["branches"]), default=0), flush=True)

asyncio.run(main())
"""


@pytest.mark.exhaustive
def test_killed_at_any_moment_it_comes_back_to_the_last_keep(tmp_path: Path) -> None:
    """Killed without warning while it starts, comes back or trains: never less than was kept, never a torn file."""
    kept, kills, draw = 0, int(os.environ.get("UNROLL_KILLS", "6")), Random(int(os.environ.get("UNROLL_SEED", "7")))
    for n in range(kills):
        with subprocess.Popen([sys.executable, "-c", APP, str(tmp_path)], stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            while_it_starts = n % 4 == 3
            if not while_it_starts:
                first = running.stdout.readline().split()
                assert first[0] == "at"
                assert int(first[1]) >= kept
                assert n == 0 or kept > 0
                kept = max(kept, int(running.stdout.readline().split()[1]))
            time.sleep(draw.uniform(0.02, 1.2))
            running.send_signal(signal.SIGKILL)
            lines = [line.split() for line in running.stdout.read().splitlines()]
            kept = max([kept, *(int(line[1]) for line in lines if line[:1] == ["kept"] and len(line) == 2)])
        if (tmp_path / "runs" / "mlp.npz").exists():
            read(tmp_path / "runs" / "mlp.npz")
    assert kept > 100
    assert not list((tmp_path / "runs").glob("*damaged*"))
    assert not list(tmp_path.glob("*damaged*"))


async def test_doctor_says_how_much_is_kept_and_clears_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await train(tmp_path, 50)
    (tmp_path / "runs" / "old.npz.damaged-1").write_bytes(b"?" * 1000)
    monkeypatch.setenv("UNROLL_HOME", str(tmp_path))
    said = CliRunner().invoke(cli, ["doctor"]).output
    assert str(tmp_path / "runs") in said
    assert "2 checkpoints" in said
    assert CliRunner().invoke(cli, ["doctor", "--clear"]).exit_code == 0
    assert not list((tmp_path / "runs").iterdir())
    assert stored(tmp_path) == [50, 50]
    assert CliRunner().invoke(cli, ["doctor", "--clear"]).exit_code == 0


def test_files_are_bounded_in_number_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_files, "MOST_FILES", 3)
    files = run_files.RunFiles(tmp_path / "runs")

    class Nothing:
        def packed(self) -> Packed:
            return Packed({}, [])

    for n in range(5):
        files.save(f"l{n}", Nothing())  # type: ignore[arg-type]
        os.utime(tmp_path / "runs" / f"l{n}.npz", (n, n))
    assert [path.stem for path in files.files()] == ["l2", "l3", "l4"]
    monkeypatch.setattr(run_files, "MOST_TOGETHER", files.files()[0].stat().st_size)
    files.save("l5", Nothing())  # type: ignore[arg-type]
    assert [path.stem for path in files.files()] == ["l5"]
    (tmp_path / "runs" / ".l5.npz.left").write_bytes(b"?")
    os.utime(tmp_path / "runs" / ".l5.npz.left", (1, 1))
    files.save("l5", Nothing())  # type: ignore[arg-type]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["l5.npz"]
    files.save("../away", Nothing())  # type: ignore[arg-type]
    assert not list(tmp_path.glob("away*"))


@pytest.mark.exhaustive
def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    """A process that writes one checkpoint after the other is killed: what is there is whole, and never older."""
    path, draw, latest = tmp_path / "run.npz", Random(7), 0

    def write_on(first: int) -> None:
        n = first
        while True:
            n += 1
            write(path, Packed({"n": n}, [np.full((200, 200), float(n)), np.arange(n % 50)]))

    for _ in range(int(os.environ.get("UNROLL_KILLS", "40"))):
        child = os.fork()
        if child == 0:
            write_on(latest)
        time.sleep(draw.uniform(0.002, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if path.exists():
            packed = read(path)
            assert packed.tree["n"] >= latest
            latest = packed.tree["n"]
            assert (packed.arrays[0] == latest).all()
            assert len(packed.arrays[1]) == latest % 50
    assert latest > 10
    assert len(list(tmp_path.iterdir())) <= 1 + int(os.environ.get("UNROLL_KILLS", "40"))

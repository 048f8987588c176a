"""The contents by keys: each key that is shown does something, and no event paints a screen more than once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.driving import shown, until
from tests.tui.test_every_key import TOGETHER, keys_of
from tui.app import UnrollApp
from tui.machine.store import Store
from tui.picture.lesson_picture import LessonPicture
from tui.screens.contents import Contents
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

SIZES = [(60, 20), (80, 24), (120, 36)]
STATES = {"map": (), "find": ("slash",), "refused": ("slash", "x", "enter"), "help": ("question_mark",)}


@contextmanager
def painted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is painted: the contents, or a lesson."""
    found: list[str] = []
    contents, lesson = Contents._map, LessonPicture.draw

    def of_contents(*args: object) -> object:
        found.append("contents")
        return contents(*args)  # type: ignore[arg-type]

    def of_lesson(*args: object) -> object:
        found.append("lesson")
        return lesson(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Contents, "_map", of_contents)
        patch.setattr(LessonPicture, "draw", of_lesson)
        yield found


async def does(
    key: str, command: str, state: tuple[str, ...], size: tuple[int, int], folder: Path, patch: pytest.MonkeyPatch
) -> bool:
    """Whether a key of the contents, or a click on it, does something; asserts that it paints once at most."""
    app = UnrollApp(None, Store(folder))
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", *state)
        screen = app.screen
        before = (shown(screen, "map"), screen.query_one("#prompt").classes)
        with painted(patch) as paints:
            if command:
                screen.query_one("#map", Lines).post_message(Lines.Clicked(("key", command), 0, 0, False))
                await pilot.pause(0)
            else:
                await pilot.press(key)
        assert len(paints) <= 1, (key, paints)
        return app.screen is not screen or before != (shown(screen, "map"), screen.query_one("#prompt").classes)


@pytest.mark.representative("(80, 24)-*")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_key_that_is_shown_does_something(
    state: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = UnrollApp(None, Store(tmp_path))
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", *STATES[state])
        assert isinstance(app.screen, Contents)
        hints = app.screen.key_hints()
    assert hints
    for n, hint in enumerate(hints):
        if hint.command == "app.quit":
            continue
        tries = [*((key, "") for key in keys_of(hint.sign)), ("", hint.command)]
        done = [
            await does(*each, STATES[state], size, tmp_path / f"{n} {m}", monkeypatch) for m, each in enumerate(tries)
        ]
        assert any(done[:-1]) if hint.sign in TOGETHER else all(done), (hint, done)


async def test_no_event_paints_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with painted(monkeypatch) as paints:
        app = UnrollApp(None, Store(tmp_path))
        async with app.run_test(size=(120, 36)) as pilot:

            async def rest(wanted: int = 1) -> None:
                """Until so much was painted, and then until all that it led to is over."""
                await until(pilot, lambda: len(paints) >= wanted)
                await pilot.pause(0.02)

            async def press(key: str, *wanted: str) -> None:
                paints.clear()
                await pilot.press(key)
                await rest(len(wanted))
                assert paints == [*wanted], key

            await rest()
            assert paints == ["contents"]

            await press("down", "contents")
            await press("enter", "lesson")
            await press("l", "lesson")
            await press("q", "contents")
            await press("slash", "contents")
            app.screen.query_one(Input).value = "lstm"
            await press("enter", "contents", "lesson")
            await press("q", "contents")
            assert isinstance(app.screen, Contents)
            at = app.screen.at
            for target, wanted in ((0, "contents"), (at, "contents"), (at, "lesson")):
                paints.clear()
                app.screen.query_one("#map", Lines).post_message(Lines.Clicked(("lesson", target), 0, 0, False))
                await rest()
                assert paints == [wanted]
            assert isinstance(app.screen, LessonScreen)
            paints.clear()
            await pilot.resize_terminal(100, 30)
            await rest()
            assert paints == ["lesson"]
            await press("q", "contents")
            paints.clear()
            await pilot.resize_terminal(80, 24)
            await rest()
            assert paints == ["contents"]


def test_the_contents_load_no_lesson() -> None:
    """The app begins with the contents: NumPy and the player come with the first lesson."""
    heavy = "('numpy', 'lessons.player.player', 'tui.screens.lesson')"
    code = f"import sys, tui.app; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"

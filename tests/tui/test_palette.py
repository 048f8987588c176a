"""Textual's own words, in the learner's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.command import CommandInput, CommandList

from lessons.contract.phrases import LANGUAGES, Words
from tests.tui.driving import lesson, until
from tui.app import UnrollApp
from tui.widgets.palette import Palette


def written(app: UnrollApp) -> str:
    """All text of the screen, as it is painted."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_palette_speaks_the_language(tmp_path: Path, lang: str) -> None:
    words = Words(lang, "tui")
    async with lesson(tmp_path, (100, 30)) as (pilot, screen):
        app = screen.app
        assert isinstance(app, UnrollApp)
        if app.words.lang != lang:
            app.action_language()
        await pilot.press("colon")
        await pilot.pause()
        palette = app.screen
        assert isinstance(palette, Palette)
        palette._NO_MATCHES_COUNTDOWN = 0.01  # type: ignore[misc]
        assert palette.query_one(CommandInput).placeholder == words("palette.find")
        await pilot.press(*"qqqq")
        await until(pilot, lambda: words("palette.none") in written(app))
        assert words("palette.none") in written(app)
        if lang == "zh":
            assert re.findall(r"[A-Za-z]{4,} [a-z]{4,}", written(app).replace("qqqq", "")) == []
        assert palette.query_one(CommandList).option_count == 1
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is screen


async def test_two_clicks_beside_the_palette_close_it_and_no_more(tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30)) as (pilot, screen):
        app = pilot.app
        for _ in range(4):
            app.simulate_key("colon")
            await pilot.pause()
            palette = app.screen
            assert isinstance(palette, Palette)
            palette.dismiss()
            palette.dismiss()
            await pilot.pause()
            palette.dismiss()
            await pilot.pause()
            assert app.screen is screen


async def test_what_is_searched_for_as_the_palette_opens_and_closes_ends_nothing(tmp_path: Path) -> None:
    async with lesson(tmp_path, (100, 30)) as (pilot, screen):
        app = pilot.app
        for _ in range(8):
            app.simulate_key("colon")
            await pilot.pause(0)
            palette = app.screen
            if isinstance(palette, Palette):
                palette._gather_commands("x")
                for key in ("a", "escape", "b"):
                    app.simulate_key(key)
                palette._gather_commands("z")
                await pilot.pause(0)
                if app.screen is palette:
                    await app.pop_screen()
                palette._gather_commands("late")
            await pilot.pause(0)
        Palette(Words("en", "tui"))._gather_commands("before it is mounted")
        await pilot.pause()
        assert app._exception is None
        assert app.screen is screen

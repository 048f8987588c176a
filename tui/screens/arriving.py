"""A key or a paste on its way to where it is meant for: done at once, in order, where no widget is to have it."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import App
from textual.keys import _character_to_key

from tui.keys import half_width
from tui.screens.base import PaintedScreen


async def done_at_once(app: App[Any], screen: PaintedScreen, event: events.Event) -> bool:
    """Do what a key or a paste that is for no widget asks for; False where it is something else."""
    fresh = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
    if isinstance(event, events.Key) and fresh:
        screen.key_came(event.key, event.time)
        return app.focused is None and await _struck(app, screen, event)
    if isinstance(event, events.Paste) and fresh and app.focused is None:
        screen.pasted(event.text)
        return True
    return False


async def _struck(app: App[Any], screen: PaintedScreen, event: events.Key) -> bool:
    """Do what a key does. A full-width character is the key that gave it, unless it is itself bound."""
    app.app_focus = True
    key, character = event.key, half_width(event.character or "")
    if character != (event.character or "") and key not in screen.active_bindings:
        key = _character_to_key(character)
    if key == "escape":
        screen.clear_selection()
    if await app._check_bindings(key, priority=True) or screen.begins(key, event.character or ""):
        return True
    return await app._check_bindings(key)

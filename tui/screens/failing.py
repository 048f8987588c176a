"""A lesson that raises an error: it is left for the contents, which say so, and what was done in it is kept."""

from __future__ import annotations

import contextlib
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.walks.far import Far
from lessons.contract.card import Broken, Card
from lessons.contract.knobs import Refused
from lessons.course import open_lesson
from tui.canvas.visible import visible
from tui.screens.base import PaintedScreen

if TYPE_CHECKING:
    from textual.app import App

    from engine.device import Device
    from lessons.player.player import Player

MOST_BYTES = 1 << 18
"""Of the file that errors are written to; beyond that it begins anew."""


def opened(card: Card | Broken, device: Device, patience: float, language: str) -> Player:
    """A player at the first step of a lesson, begun in a language.

    Raises Refused, also where the lesson fails in a way of its own.
    """
    from lessons.contract.text import text_of
    from lessons.player.player import Player

    lesson = open_lesson(card)
    try:
        player = Player(lesson, device, patience=patience, language=language)
        player.view()
        text_of(lesson, language)
    except (Refused, Far):
        raise
    except Exception as error:
        raise Refused("load", lesson=card.id, error=visible(line_of(error))) from error
    return player


def left_for(app: App[None], error: Exception, folder: Path, words: Any) -> bool:
    """Leave the lesson that is open; False where none is, and the app itself has failed."""
    from tui.screens.lesson import LessonScreen

    stack = app.screen_stack
    lesson = next((each for each in reversed(stack) if isinstance(each, LessonScreen)), None)
    contents = next((each for each in stack if isinstance(each, PaintedScreen)), None)
    if lesson is None or contents is None or contents is lesson:
        return False
    file = written(folder, error)
    with contextlib.suppress(Exception):
        lesson.settle()
    said = words("say.failed", lesson=lesson.player.lesson.card.id, error=visible(line_of(error)), file=file)

    async def leave() -> None:
        while app.screen is not contents and len(app.screen_stack) > 1:
            await app.pop_screen()
        contents.said = said
        contents.paint()

    app.call_later(leave)
    return True


def line_of(error: Exception) -> str:
    """An error in a line: its kind, and what it says, if it can say it."""
    try:
        told = str(error).strip().partition("\n")[0]
    except Exception:  # an error of somebody else's may fail at this too
        told = ""
    return f"{type(error).__name__}: {told}" if told else type(error).__name__


def written(folder: Path, error: Exception) -> Path:
    """Add an error with its traceback to the file of errors, as far as that can be written; the file."""
    file = folder / "errors.log"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        anew = file.exists() and file.stat().st_size > MOST_BYTES
        with file.open("w" if anew else "a", encoding="utf-8", errors="replace") as log:
            log.writelines(traceback.format_exception(error))
    return file

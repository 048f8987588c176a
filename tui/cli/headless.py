"""A lesson's picture without an app: the same panels, printed with Rich."""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text as RichText

from engine.files import write_whole
from lessons.contract.knobs import Refused
from lessons.contract.panels import Note
from lessons.contract.phrases import Words
from lessons.explaining.typeset import name as symbol_name
from lessons.player.player import Player
from tui.canvas.canvas import Canvas
from tui.canvas.theme import style
from tui.draw.pen import Cursor
from tui.picture import frame, notices
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look


def picture(
    player: Player, lang: str, ascii_only: bool, cell: Cursor | None = None, other_notation: bool = False
) -> str:
    """The position as text; in colour where standard output is a terminal that wants it.

    `cell` is pointed at: explained, and where its block is shown in glyphs, looked at through a lens.
    """
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    canvas = drawn(player, lang, ascii_only, cell, other_notation, colour)
    if not colour:
        return canvas.text()
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=canvas.width, highlight=False, soft_wrap=True)
    print_canvas(console, canvas)
    return out.getvalue().rstrip("\n")


def print_canvas(console: Console, canvas: Canvas) -> None:
    """A canvas on a console, in the colours of the dark theme."""
    for y in range(canvas.height):
        console.print(RichText.assemble(*((run.text, style("dark", run.ink)) for run in canvas.runs(y))))


def drawn(
    player: Player, lang: str, ascii_only: bool, cell: Cursor | None, other_notation: bool, colour: bool = True
) -> Canvas:
    """The position as a canvas as wide as the terminal, within 80 to 140 columns."""
    width = max(80, min(shutil.get_terminal_size((96, 40)).columns, 140)) - 1
    words = Words(lang, "tui")
    shown = LessonPicture(player, Look(cursor=cell), Manner(words, ascii_only, colour, other_notation))
    found = notices.first_not_finite(player) if player.spot.training else None
    stopped = []
    if found is not None:
        where, what = frame.at_name(shown.text, found[2].path), ", ".join(symbol_name(s) for s in found[2].values)
        stopped = [Note(id="stopped", level="warn", text=words("drawer.diverged", where=where, what=what))]
    return shown.in_full(width, stopped)


OURS = b'<svg class="rich-terminal"'
"""How an SVG that we wrote begins."""


def svg(canvas: Canvas, title: str) -> str:
    """A canvas as an SVG, on the background of the dark theme."""
    console = Console(record=True, file=io.StringIO(), force_terminal=True, width=canvas.width, highlight=False)
    print_canvas(console, canvas)
    return console.export_svg(title=title, theme=SVG_EXPORT_THEME)


def save_svg(path: Path, picture: str) -> None:
    """Write a picture; one of ours may lie there already. Raises Refused for another file, or one that fails."""
    try:
        if path.exists() and not path.read_bytes().startswith(OURS):
            raise Refused("file_other", file=str(path))
        write_whole(path, picture)
    except OSError as error:
        raise Refused("file_write", file=str(path), error=error.strerror or error) from None

"""A lesson's picture without an app: the same panels, printed with Rich."""

from __future__ import annotations

import io
import os
import shutil
import sys

from rich.console import Console
from rich.text import Text as RichText

from lessons.contract.panels import Note
from lessons.contract.phrases import Words
from lessons.explaining.typeset import name as symbol_name
from lessons.player.player import Player
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
    width = max(80, min(shutil.get_terminal_size((96, 40)).columns, 140)) - 1
    words = Words(lang, "tui")
    shown = LessonPicture(player, Look(cursor=cell), Manner(words, ascii_only, colour, other_notation))
    found = notices.first_not_finite(player) if player.spot.training else None
    stopped = []
    if found is not None:
        where, what = frame.at_name(shown.text, found[2].path), ", ".join(symbol_name(s) for s in found[2].values)
        stopped = [Note(id="stopped", level="warn", text=words("drawer.diverged", where=where, what=what))]
    canvas = shown.in_full(width, stopped)
    if not colour:
        return canvas.text()
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, highlight=False, soft_wrap=True)
    for y in range(canvas.height):
        console.print(RichText.assemble(*((run.text, style("dark", run.ink)) for run in canvas.runs(y))))
    return out.getvalue().rstrip("\n")

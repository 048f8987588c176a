"""The stage without an app: the same panels, printed with Rich."""

from __future__ import annotations

import io
import os
import shutil
import sys

from rich.console import Console
from rich.text import Text as RichText

from engine.device import quiet
from lessons.building.stage_parts import with_law
from lessons.contract.panels import Formula, Note, Panel
from lessons.contract.phrases import Words
from lessons.contract.text import load
from lessons.explaining.inspect import focus, inspect
from lessons.explaining.typeset import name as symbol_name
from lessons.player.player import Player
from tui.canvas.canvas import Canvas
from tui.canvas.theme import style
from tui.draw import Pen, draw
from tui.picture import frame


def picture(player: Player, lang: str, ascii_only: bool) -> str:
    """The position as text; in colour where standard output is a terminal that wants it."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = max(80, min(shutil.get_terminal_size((96, 40)).columns, 140)) - 1
    words, text = Words(lang, "tui"), load(type(player.lesson).__module__.rpartition(".")[0], lang)
    view = player.view()
    with quiet():
        panels: list[Panel] = with_law(player.lesson.panels(view, text), view)
    shown = {block.symbol for panel in panels for block in panel.blocks() if block.written}
    cell = focus(view, shown, player.lesson.explains)
    if cell is not None:
        panels.append(Formula(id="cell", lines=inspect(view, *cell).lines(width - 2)))
    found = player.divergence() if player.spot.training else None
    if found is not None:
        step = player.history.track.inside(player.history.state(found[0])).step(found[1])
        assert step is not None
        where, what = frame.at_name(text, step.path), ", ".join(symbol_name(s) for s in step.values)
        panels.insert(0, Note(id="stopped", level="warn", text=words("drawer.diverged", where=where, what=what)))
    canvas = Canvas(width, 0, ascii_only)
    order = sorted(view.written, key=lambda s: (view.writer(s) or ("", (), 0))[2])
    canvas.stamp(frame.title(player, words, text, "", width, ascii_only), 0, 0)
    canvas.stamp(frame.address(player, words, text, order, width, ascii_only), 0, 2)
    with quiet():
        drawn = [draw(panel, width, Pen(ascii_only=ascii_only, colour=colour)) for panel in panels]
    for part in drawn:
        canvas.stamp(part, 0, canvas.height + 1)
    if not colour:
        return canvas.text()
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, highlight=False, soft_wrap=True)
    for y in range(canvas.height):
        console.print(RichText.assemble(*((run.text, style("dark", run.ink)) for run in canvas.runs(y))))
    return out.getvalue().rstrip("\n")

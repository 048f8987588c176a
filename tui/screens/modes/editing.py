"""Putting a number or letter into a cell, by typing or by a notch, for the modes that have a cell."""

from __future__ import annotations

from functools import partial

from lessons.contract.knobs import Refused
from lessons.explaining.numbering import numbering
from lessons.explaining.typeset import entry
from lessons.explaining.typeset import name as symbol_name
from tui.draw.pen import Cursor
from tui.screens.modes.base import Change, Parts


def ask_edit(parts: Parts, cell: Cursor | None, typed: str = "") -> Change:
    """Ask what to put into a cell; what was `typed` stands there first, else a number as it is."""
    words, player = parts.picture.words, parts.player
    if cell is None:
        return Change(words("say.nothing_edit"))
    symbol, index = cell
    if not player.lesson.editable(symbol):
        return Change(words("refused.edit_what", symbol=symbol_name(symbol)))
    value = number_in(parts, cell)
    held = parts.picture.view.get(symbol)
    parts.transport.pause()
    with numbering(player.lesson, player.knobs, player.path):
        label = entry(symbol, index if held is not None and value else ())
    parts.ask(words("prompt.edit", cell=label), partial(_edit, parts, cell, label), typed or value, not typed)
    return Change()


def number_in(parts: Parts, cell: Cursor) -> str:
    """The number in a cell, as it could be typed; nothing where what is typed there is no number but a letter."""
    (symbol, index), player = cell, parts.player
    held = parts.picture.view.get(symbol)
    if held is None:
        return ""
    value = repr(float(held[index[: held.ndim]] if held.ndim else held))
    try:
        player.lesson.edit(player.start_here(), symbol, index, value)
    except Refused:
        return ""
    return value


def _edit(parts: Parts, cell: Cursor, label: str, typed: str) -> str | Change:
    words = parts.picture.words
    try:
        parts.player.edit(*cell, typed)
    except Refused as refused:
        return refused.say(words)
    return Change(words("say.edited", what=label, value=typed.strip()), keep=True)

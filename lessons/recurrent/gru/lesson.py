"""The lesson `gru`: the experiment of `lstm` with the other cell, in both its forms."""

from __future__ import annotations

from engine.gated.cell import Cell
from engine.gated.gru import AFTER, BEFORE
from lessons.contract.view import Knobs
from lessons.recurrent.lstm.lesson import Gated, held


def cell(knobs: Knobs) -> Cell:
    return BEFORE if knobs["reset"] == "before" else AFTER


class Gru(Gated):
    """See `lessons.recurrent.lstm.lesson.Gated`. z near 1 keeps the old state."""

    holds = held(cell, BEFORE, AFTER)
    bias = ("keep", "bz")
    draws = Gated.draws | {"reset"}
    cell = staticmethod(cell)

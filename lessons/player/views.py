"""What can be seen at a position: the view that a lesson makes its panels and its words from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lessons.contract.view import Cell, Hides, Start, Training, View
from lessons.player.branches import Branches
from lessons.player.position import Position
from lessons.player.setup import Setup


def view_at(
    setup: Setup,
    branches: Branches,
    position: Position,
    flipped: bool,
    cursor: Cell | None,
    ahead: int | None,
    hidden: Hides,
) -> View:
    """What can be seen here, what is `hidden` not known; or `ahead`, at a later position of this reel."""
    reel, spot, knobs, start = position.scrub, position.spot, setup.knobs, setup.start
    training = None
    if spot.training:
        knobs, start = branches.branch.knobs, branches.start_at(spot.n)
        training = _training(branches, position)
    p = spot.p if ahead is None else ahead
    since = min(position.since, p) if ahead is None or ahead <= spot.p else spot.p
    fallback = _closed(branches, spot.n, start) if reel is None else None
    return View(
        setup.device, knobs, start, reel, p, since, setup.lesson.rule(knobs), setup.lesson.columns, position.act,
        training, fallback, flipped, cursor, hidden,
    )  # fmt: skip


def _training(branches: Branches, position: Position) -> Training:
    history, spot = branches.history, position.spot
    loss, *also = (branches.curves(measure) for measure in range(1 + len(history.track.also)))
    runs = [branch.knobs for branch in branches.made]
    state, latest, first = history.state(spot.n), len(history), history.earliest
    return Training(spot.n, latest, spot.open, loss, branches.current, also, state, runs, first)


def _closed(branches: Branches, n: int, start: Start) -> Callable[[str], Any]:
    """What symbols hold after the first section of an update, which is opened only when one is asked for.

    It is not run for a parameter: where an update has several sections, the first moves none.
    """

    def held(symbol: str) -> Any:
        reel = branches.inside(n)
        given = reel.env(0).get(symbol) if symbol in start.params and len(reel.sections) > 1 else None
        return reel.get(symbol, reel.starts[1]) if given is None else given

    return held

"""A bookmark: a player's position as plain data, and back; leaving loses nothing, forks and edits included."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from engine.walks.far import Far
from engine.walks.history import History
from engine.walks.packing import PackingError
from engine.walks.step import address, parse_address
from lessons.contract.card import Place
from lessons.contract.knobs import Knob, Refused, read_all
from lessons.contract.plain import plain
from lessons.contract.view import Start
from lessons.player.branches import Branch
from lessons.player.checkpoint import Checkpoint, Taken
from lessons.player.player import Player
from lessons.player.position import Spot
from lessons.player.schema import SCHEMA, renewed_place, schema_of
from lessons.player.setup import Setting

DAMAGED = (
    KeyError,
    TypeError,
    ValueError,
    IndexError,
    ArithmeticError,
    AttributeError,
    StopIteration,
    AssertionError,
    RecursionError,
    Refused,
)
"""What a bookmark raises that does not fit the lesson as it is now."""
SLICE = 0.03
"""Seconds of recomputing between two looks at the screen."""


def keep(player: Player) -> dict[str, Any]:
    """Everything that brings this player back to where it is, as plain data for JSON.

    Where it has not been brought back to all that was kept, that is given: what is kept is not replaced by less.
    """
    if player.owed is not None:
        if not _has(player, player.owed):
            return {**player.owed, "record": dict(player.record)}
        player.owed = None
    setting, spot = player.setup.setting, player.spot
    return {
        "schema": SCHEMA,
        "given": found_again(setting.given, player.lesson.card.knobs),
        "seed": setting.seed,
        "language": setting.language,
        "start": _start(setting.start),
        "spot": {"training": spot.training, "p": spot.p, "n": spot.n, "open": spot.open},
        "grain": player.grain,
        "record": dict(player.record),
        "address": ("train/" if spot.training else "") + address(player.path),
        "current": player.current,
        "branches": [_branch(branch, player) for branch in player.branches],
    }


def found_again(given: Mapping[str, Any], knobs: tuple[Knob, ...]) -> dict[str, Any]:
    """Knobs with the names of files in full: a place may be come back to from another folder."""
    files = {knob.id for knob in knobs if knob.id in given and knob.names_file(given[knob.id])}
    return {name: _in_full(str(value)) if name in files else value for name, value in given.items()}


def _in_full(name: str) -> str:
    try:
        return os.path.abspath(name)
    except (OSError, ValueError):  # the folder that one is in is no more
        return name


def _has(player: Player, owed: Mapping[str, Any]) -> bool:
    """Whether every run that is owed is as long as it was."""
    runs = [len(branch.history) for branch in player.branches]
    lengths = [int(branch["length"]) for branch in owed["branches"]]
    return len(runs) >= len(lengths) and all(have >= had for have, had in zip(runs, lengths, strict=False))


def take(player: Player, place: Mapping[str, Any]) -> Taken | None:
    """The training runs of a player as they are now, for a checkpoint; `place` is its bookmark. None without runs."""
    histories = [branch.history for branch in player.branches]
    return Taken(place, histories, player.device) if any(map(len, histories)) else None


def _branch(branch: Branch, player: Player) -> dict[str, Any]:
    """One training run: which one it was forked from, at which update, with what change; and how far it went."""
    trunk = branch.history.trunk
    parent = next((i for i, other in enumerate(player.branches) if other.history is trunk), None)
    return {
        "parent": parent,
        "at": branch.history.track.begin.n,
        "knobs": found_again(branch.knobs, player.lesson.card.knobs),
        "start": None if parent is None else _start(branch.start),
        "change": branch.change,
        "length": len(branch.history),
    }


def _start(start: Start | None) -> Any:
    return None if start is None else {"params": plain(start.params), "inputs": plain(start.inputs)}


def _language(kept: Mapping[str, Any]) -> str:
    """The language whose defaults a kept setting has; before they were told apart it was English."""
    return str(kept.get("language", "en"))


def _restart(
    player: Player, kept: Any, knobs: Mapping[str, Any], language: str = "en"
) -> tuple[Start | None, dict[str, Any]]:
    """The kept parameters and inputs, checked as those of a state file are, and the knobs that they ask for: one that
    there was not when they were kept. Raises what `DAMAGED` has.

    A state file may not hold numbers that are not finite; a run that diverged has some, and is taken as it was kept.
    """
    if kept is None:
        return None, {}
    lesson, asked = player.lesson, dict[str, Any]()
    params = {name: np.array(value, dtype=float) for name, value in kept["params"].items()}
    if all(np.isfinite(value).all() for value in params.values()):
        settled = lesson.settled(read_all(lesson.card.knobs, dict(knobs), language), dict(knobs))
        found, _ = lesson.read("", {"params": dict(kept["params"]), "inputs": dict(kept["inputs"])}, settled)
        asked = {name: found[name] for name in set(settled) - set(knobs) if found[name] != settled[name]}
    return Start(params, kept["inputs"]), asked


def is_set_up_as(kept: Mapping[str, Any], place: Place, knobs: tuple[Knob, ...]) -> bool:
    """Whether what was kept has the knobs of a place; one that names nothing but a notation fits everywhere."""
    if not place.at and not place.knobs and place.seed is None:
        return True
    if kept.get("seed") != place.seed or kept.get("start") is not None:
        return False
    begins = {knob.id: knob.begins(_language(kept)) for knob in knobs}
    now = schema_of(kept) >= SCHEMA  # what was kept before it has the defaults of then
    own = begins if now else begins | {knob.id: knob.was for knob in knobs if knob.was is not None}
    given = kept.get("given")
    return isinstance(given, Mapping) and {**own, **given} == {**begins, **found_again(place.knobs, knobs)}


class Back(NamedTuple):
    """How far coming back has got: updates that were recomputed, of so many that have to be."""

    done: int
    whole: int


def returning(player: Player, kept: Mapping[str, Any], checkpoint: Checkpoint | None = None) -> Iterator[Back]:
    """Bring a fresh player to a kept position, in slices: what the checkpoint does not hold is recomputed.

    Raises `Lost` where the position is no more: then the player is at its start; and PackingError where the checkpoint
    turns out to be damaged.
    """
    try:
        written, card = kept, player.lesson.card
        kept = renewed_place(card, written)
        if checkpoint is not None:
            checkpoint.renew(card)
        language = _language(kept)
        given = dict(kept["given"])
        start, asked = _restart(player, kept["start"], given, language)
        setting = Setting({**given, **asked}, kept["seed"], start, language)
        yield from _set_up(player, setting)
        player.record = {str(k): str(v) for k, v in kept["record"].items()}
        yield from _runs(player, kept, checkpoint, written["branches"])
        spot = kept["spot"]
        player.spot, player.since = Spot(), 0
        if spot["training"]:
            n = min(_count(spot["n"]), len(player.history))
            yield from reached(player.history, n)
            player.land(n, is_open=bool(spot["open"]))
            if spot["open"]:
                player.move(player.inside(), min(_count(spot["p"]), player.inside().total))
        elif spot["p"]:
            player.grain, p = int(kept["grain"]), min(_count(spot["p"]), player.reel.total)
            yield from in_slices(partial(player.reel.run, p))
            player.move(player.reel, p)
        player.grain = int(kept["grain"])
        if kept is not written and player.scrub is not None and (spot["p"] or spot["open"]):
            _to_address(player, str(kept.get("address", "")))
    except PackingError:
        raise
    except DAMAGED as error:
        player.set_up(Setting(language=player.setup.setting.language))
        raise Lost from error


def _to_address(player: Player, wanted: str) -> None:
    """Where a lesson has other steps since it was kept, its place is that of its address, if there is one still."""
    if wanted and ("train/" if player.spot.training else "") + address(player.path) != wanted:
        with suppress(ValueError):
            player.seek(parse_address(wanted))


def _count(value: Any) -> int:
    """A number of steps or updates as it was kept. Raises ValueError where it is below 0."""
    count = int(value)
    if count < 0:
        raise ValueError(f"{count} steps")
    return count


def _set_up(player: Player, setting: Setting) -> Iterator[Back]:
    """Build a player's setup, in slices where something of it takes long."""
    while True:
        try:
            player.set_up(setting)
            return
        except Far as far:
            yield from in_slices(far.again)


class Lost(Exception):
    """A kept position cannot be come back to: the lesson, a file or the bookmark is another now."""


def bring_back(player: Player, kept: Mapping[str, Any], checkpoint: Checkpoint | None = None) -> bool:
    """Bring a fresh player to a kept position at once. False, with the player at its start, where that is no more."""
    try:
        for _ in returning(player, kept, checkpoint):
            pass
    except Lost:
        return False
    return True


def _runs(
    player: Player, kept: Mapping[str, Any], checkpoint: Checkpoint | None, written: list[dict[str, Any]]
) -> Iterator[Back]:
    """The training runs, each to where it was; the checkpoint knows them as they were `written`."""
    branches, device = kept["branches"], player.device
    if not branches:
        return
    player.to_act("train")
    for i, branch in enumerate(branches):
        if branch["parent"] is None:  # a run from update 0: the first, or a rival, which is there already
            history = player.branches[min(i, len(player.branches) - 1)].history
        else:
            trunk, at = player.branches[int(branch["parent"])].history, int(branch["at"])
            state = None if checkpoint is None else checkpoint.forked(written[i], device, trunk.track.kinds)
            if state is None:
                yield from reached(trunk, at)
                state = trunk.state(at)
            start, _ = _restart(player, branch["start"], branch["knobs"])
            assert start is not None
            history = player.runs.add(int(branch["parent"]), state, branch["knobs"], start, branch["change"]).history
        if checkpoint is not None:
            checkpoint.restore(written[i], history, device)
        yield from _grown(history, int(branch["length"]))
    player.current = int(kept["current"])


def _grown(history: History, length: int) -> Iterator[Back]:
    """Make updates until there are so many."""
    first = len(history)
    while len(history) < length:
        end = time.monotonic() + SLICE
        history.advance()
        while len(history) < length and time.monotonic() < end:
            history.advance()
        yield Back(len(history) - first, length - first)


def reached(history: History, n: int) -> Iterator[Back]:
    """Recompute a state."""
    return in_slices(partial(history.state, history.nearest(n)))


def in_slices(attempt: Callable[[float], object]) -> Iterator[Back]:
    """Go somewhere with an attempt of so many seconds after another, until one gets there."""
    while True:
        try:
            attempt(SLICE)
            return
        except Far as far:
            yield Back(far.done, far.whole)
            attempt = far.again

"""A bookmark: a player's position as plain data, and back; leaving loses nothing, forks and edits included."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.walks.history import History
from engine.walks.step import address
from lessons.contract.card import Place
from lessons.contract.knobs import Refused
from lessons.contract.view import Start
from lessons.player.branches import Branch
from lessons.player.player import Player
from lessons.player.position import Spot
from lessons.player.setup import Setting
from lessons.player.state import plain

PATIENCE = 3.0
"""Seconds that coming back may spend on replaying updates; beyond that it comes back to where it got."""


def keep(player: Player) -> dict[str, Any]:
    """Everything that brings this player back to where it is, as plain data for JSON."""
    setting, spot = player.setup.setting, player.spot
    return {
        "given": dict(setting.given),
        "seed": setting.seed,
        "start": _start(setting.start),
        "spot": {"training": spot.training, "p": spot.p, "n": spot.n, "open": spot.open},
        "grain": player.grain,
        "record": dict(player.record),
        "address": ("train/" if spot.training else "") + address(player.path),
        "current": player.current,
        "branches": [_branch(branch, player.branches) for branch in player.branches],
    }


def _branch(branch: Branch, branches: list[Branch]) -> dict[str, Any]:
    """One training run: which one it was forked from, at which update, with what change; and how far it went."""
    trunk = branch.history.trunk
    parent = next((i for i, other in enumerate(branches) if other.history is trunk), None)
    return {
        "parent": parent,
        "at": branch.history.track.begin.n,
        "knobs": dict(branch.knobs),
        "start": None if parent is None else _start(branch.start),
        "change": branch.change,
        "length": len(branch.history),
    }


def _start(start: Start | None) -> Any:
    return None if start is None else {"params": plain(start.params), "inputs": plain(start.inputs)}


def _restart(kept: Any) -> Start | None:
    if kept is None:
        return None
    return Start({name: np.array(value, dtype=float) for name, value in kept["params"].items()}, kept["inputs"])


def is_set_up_as(kept: Mapping[str, Any], place: Place) -> bool:
    """Whether what was kept has the knobs of a place; one that names nothing but a notation fits everywhere."""
    if not place.at and not place.knobs and place.seed is None:
        return True
    return kept.get("given") == dict(place.knobs) and kept.get("seed") == place.seed and kept.get("start") is None


def bring_back(player: Player, kept: Mapping[str, Any]) -> bool:
    """Bring a fresh player to a kept position. False, with the player at its start, where that is no more."""
    deadline = time.monotonic() + PATIENCE
    try:
        player.set_up(Setting(dict(kept["given"]), kept["seed"], _restart(kept["start"])))
        player.record = {str(k): str(v) for k, v in kept["record"].items()}
        _bring_branches(player, kept, deadline)
        spot = kept["spot"]
        player.spot, player.since = Spot(), 0
        if spot["training"]:
            n = _grown(player.history, int(spot["n"]), deadline)
            player.land(n, is_open=bool(spot["open"]) and n == int(spot["n"]))
            if spot["open"]:
                player.move(player.inside(), min(int(spot["p"]), player.inside().total))
        elif spot["p"]:
            player.grain = int(kept["grain"])
            player.move(player.reel, min(int(spot["p"]), player.reel.total))
        player.grain = int(kept["grain"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration, AssertionError, Refused):
        player.set_up(Setting())
        return False
    return True


def _grown(history: History, n: int, deadline: float) -> int:
    """As many of n updates as there is time for; how many there are."""
    while len(history) < n and time.monotonic() < deadline:
        history.grow(min(n, len(history) + 200))
    return min(n, len(history))


def _bring_branches(player: Player, kept: Mapping[str, Any], deadline: float) -> None:
    if not kept["branches"]:
        return
    player.to_act("train")
    for i, branch in enumerate(kept["branches"]):
        if branch["parent"] is None:  # a run from update 0: the first, or a rival, which is there already
            player.current = min(i, len(player.branches) - 1)
        else:
            player.current = int(branch["parent"])
            player.land(_grown(player.history, int(branch["at"]), deadline), is_open=False)
            start = _restart(branch["start"])
            assert start is not None
            player.branch_off(branch["knobs"], start, branch["change"])
        _grown(player.history, int(branch["length"]), deadline)
    player.current = int(kept["current"])

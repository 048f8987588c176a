"""A checkpoint of training: states and curves of every run, so that coming back recomputes no update.

It goes with the bookmark (`player.bookmark`), whose runs it holds; where it is of other runs it is not used.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from engine.device import Device
from engine.walks.history import History, Record, State
from engine.walks.packing import Packed, PackingError, pack, unpack
from lessons.contract.card import Card
from lessons.player.schema import SCHEMA, is_old, renewed_tree, schema_of

ROOM, MARKS = 8 << 20, 40
"""Bytes and number of the states that a checkpoint holds of a run beside its latest and the one in focus."""


def unroll_version() -> str:
    """The version of this program: another one may compute other states."""
    try:
        return version("unroll-nn")
    except PackageNotFoundError:
        return "unknown"


def setup_mark(place: Mapping[str, Any]) -> str:
    """What tells one setup of a lesson from another: its knobs, seed and start, in short."""
    setup = json.dumps([place["given"], place["seed"], place["start"]], sort_keys=True)
    return hashlib.blake2b(setup.encode(), digest_size=16).hexdigest()


def run_mark(branch: Mapping[str, Any]) -> str:
    """What tells one run of a setup from another: its trunk, where it forked, and how."""
    run = json.dumps([branch[name] for name in ("parent", "at", "knobs", "start", "change")], sort_keys=True)
    return hashlib.blake2b(run.encode(), digest_size=16).hexdigest()


class Taken:
    """The runs of a player as they are at one moment; `packed` turns them into plain data later, in any thread."""

    def __init__(self, place: Mapping[str, Any], histories: list[History], device: Device) -> None:
        self.place, self.device = place, device
        self._kinds = [history.track.kinds for history in histories]
        self._forked = [history.track.begin if history.trunk is not None else None for history in histories]
        self._records = [history.record(ROOM, MARKS) for history in histories]

    def packed(self) -> Packed:
        """The runs as plain data and arrays. Raises PackingError."""
        arrays: list[Any] = []

        def state(of: State | None, kinds: tuple[type, ...]) -> Any:
            return None if of is None else [of.n, pack(self.device, of.data, kinds, arrays).tree]

        runs = []
        for branch, kinds, forked, record in zip(
            self.place["branches"], self._kinds, self._forked, self._records, strict=True
        ):
            states = [state(each, kinds) for each in record.states]
            curves = range(len(arrays), len(arrays) + len(record.curves))
            arrays.extend(np.frombuffer(curve, dtype=float) for curve in record.curves)
            runs.append(
                {
                    "run": run_mark(branch), "spacing": record.spacing, "states": states,
                    "shown": record.shown, "curves": list(curves), "forked": state(forked, kinds),
                }
            )  # fmt: skip
        about = {"schema": SCHEMA, "version": unroll_version(), "setup": setup_mark(self.place)}
        return Packed({**about, "runs": runs}, arrays)


class Checkpoint:
    """A checkpoint that was read, for a player that is set up as the one was that it was taken of."""

    def __init__(self, packed: Packed, place: Mapping[str, Any]) -> None:
        """Raises PackingError where it was made by another version, or its data is not what is expected."""
        self._packed, tree = packed, packed.tree
        try:
            if tree["version"] != unroll_version():
                raise PackingError(f"version {tree['version']} made it")
            self._schema = schema_of(tree)
            fits = tree["setup"] == setup_mark(place)
            self._runs = {str(run["run"]): run for run in tree["runs"]} if fits else {}
        except (KeyError, TypeError, ValueError) as error:
            raise PackingError(f"it is damaged: {error}") from error

    def renew(self, card: Card) -> None:
        """Spell the symbols of a lesson as now, where they were written before that; the marks of runs stay."""
        if is_old(card, self._schema):
            self._runs = {mark: renewed_tree(card, run, self._schema) for mark, run in self._runs.items()}
            self._schema = SCHEMA

    def forked(self, branch: Mapping[str, Any], device: Device, kinds: tuple[type, ...]) -> State | None:
        """The state that a fork began with; None where it does not hold that run. Raises PackingError."""
        run = self._runs.get(run_mark(branch))
        return None if run is None or run["forked"] is None else self._state(run["forked"], device, kinds)

    def restore(self, branch: Mapping[str, Any], history: History, device: Device) -> bool:
        """Bring a history that has made no update to where it was. False where that run is not held; may raise."""
        run, kinds = self._runs.get(run_mark(branch)), history.track.kinds
        if run is None:
            return False
        try:
            states = tuple(self._state(each, device, kinds) for each in run["states"])
            curves = tuple(array("d", self._packed.arrays[int(n)].tobytes()) for n in run["curves"])
            history.restore(Record(int(run["spacing"]), int(run["shown"]), states, curves))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise PackingError(f"it is damaged: {error}") from error
        return True

    def _state(self, packed: Any, device: Device, kinds: tuple[type, ...]) -> State:
        n, tree = packed
        return State(int(n), unpack(device, Packed(tree, self._packed.arrays), kinds))

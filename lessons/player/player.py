"""The player owns all that changes: where the learner is, at which grain, with which knobs, edits and predictions.

It knows no screen. One thread drives it; a training worker only calls `advance` on the history it is handed. Its parts
stand in files of their own: `place` (what is played, and the view), `asking` (predictions), `stepping` (moving); here
is what changes the experiment itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.walks.history import History, State
from engine.walks.step import Path
from lessons.contract.knobs import Refused, Value, read_all
from lessons.contract.view import Start
from lessons.player.position import Asked, Branch, Setting, Spot
from lessons.player.questions import matches
from lessons.player.stepping import Stepping

__all__ = ["Asked", "Branch", "Player", "Setting", "Spot", "matches"]


class Player(Stepping):
    """Plays one lesson on one device. Every method leaves a valid position; what cannot be done raises Refused."""

    def set_knobs(self, given: Mapping[str, Any], seed: int | None = None) -> None:
        """Start again with these knobs; what is not given keeps its value. Raises Refused and changes nothing."""
        merged = {**self.setting.given, **given}
        read_all(self.lesson.card.knobs, merged)
        held = self.start if self.from_file else self.setting.start
        kept = None if self.lesson.rebuilds & set(given) or seed is not None else held
        self._change(Setting(merged, self.setting.seed if seed is None else seed, kept))

    @property
    def from_file(self) -> bool:
        """Whether the start was read from a file of the learner's, which may have gone or changed since."""
        return any(k.names_file(self.knobs[k.id]) for k in self.lesson.card.knobs)

    def _change(self, setting: Setting) -> None:
        path, open_at, before = self.path, self.spot, self.setting
        self.set_up(setting)
        self._past.append(before)
        self._return_to(path, open_at)

    def _return_to(self, path: Path, spot: Spot) -> None:
        """To the same address as before, or as near as it still exists."""
        self.asked, self.spot, self.since = None, Spot(), 0
        if spot.training:
            self.to_act("train")
            return
        p = min(spot.p, self.reel.total)
        step = self.reel.step(p)
        if step is not None and step.path != path:
            while path and (found := self.reel.seek(path)) is None:
                path = path[:-1]
            p = found if path and found else 0
        self.move(self.reel, p)

    def edit(self, symbol: str, index: tuple[int, ...], raw: str) -> None:
        """Put one weight or letter in by hand: the reel is built anew; training forks. Raises Refused."""
        if not self.spot.training:
            self._change(replace_start(self.setting, self.lesson.edit(self.start, symbol, index, raw)))
            return
        start = self.lesson.edit(self.start_here(), symbol, index, raw)
        self.branch_off(self.branch.knobs, start, f"{symbol}[{','.join(map(str, index))}]={raw.strip()}")

    def fork(self, knob: str, raw: Any) -> None:
        """Change one live knob at the update in focus, and go on from there beside the run so far. Raises Refused."""
        live = [k for k in self.lesson.card.knobs if k.live]
        found = next((k for k in live if k.id == knob), None)
        if found is None:
            raise Refused("knob", knob=knob, knobs=", ".join(k.id for k in live))
        knobs = {**self.branch.knobs, knob: found.read(raw)}
        self.branch_off(knobs, self.start_here(), f"{knob} {self.branch.knobs[knob]} → {knobs[knob]}")

    def branch_off(self, knobs: Mapping[str, Value], start: Start, change: str) -> None:
        trunk, n, was_open = self.history, self.spot.n, self.spot.open
        self.asked = None
        state: State = trunk.grow(n)
        track = self.lesson.track(self.device, knobs, start, state)
        assert track is not None
        name, self._inside = chr(ord("A") + len(self.branches)), None
        self.branches.append(Branch(name, knobs, start, History(track, trunk), change))
        self.current = len(self.branches) - 1
        reach = max((len(b.history) for b in self.branches), default=n)
        self.history.grow(min(reach, n + 500))
        p = self.spot.p
        self.land(n, is_open=was_open)
        if was_open:
            self.move(self.inside(), min(p, self.inside().total))

    def swap(self) -> None:
        """The next branch comes into focus, at the same update."""
        self.asked = None
        self.current = (self.current + 1) % len(self.branches)
        self.land(min(self.spot.n, len(self.history)), is_open=False)

    def drop(self) -> bool:
        """Forget the latest fork. False where there is none, or another fork stands on it."""
        if len(self.branches) < 2:
            return False
        self.branches.pop()
        self.asked = self._inside = None
        self.current = min(self.current, len(self.branches) - 1)
        self.land(min(self.spot.n, len(self.history)), is_open=False)
        return True

    def take_over(self, knobs: Mapping[str, Value], start: Start, seed: int | None = None) -> None:
        """Go on with a state that was read from a file, from its first step."""
        default = {knob.id: knob.default for knob in self.lesson.card.knobs}
        given = {name: value for name, value in knobs.items() if value != default[name]}
        try:
            settled = self.lesson.settled({**default, **given}, given)
            given |= {name: value for name, value in knobs.items() if value != settled[name]}
        except Refused:  # what they would follow from is not here; then nothing is left to follow
            given = dict(knobs)
        before = self.setting
        self.set_up(Setting(given, seed, start))
        self._past.append(before)
        self.spot, self.since, self.asked = Spot(), 0, None

    def undo(self) -> bool:
        """Take the last edit or change of knobs back. False where there is none. Raises Refused."""
        if self.spot.training and len(self.branches) > 1:
            return self.drop()
        if not self._past:
            return False
        setting, path, spot = self._past[-1], self.path, self.spot
        self.set_up(setting)
        self._past.pop()
        self._return_to(path, spot)
        return True

    def restart(self) -> None:
        """Back to the lesson's own defaults, first step."""
        self._past.append(self.setting)
        self.set_up(Setting())
        self.spot, self.since, self.asked = Spot(), 0, None


def replace_start(setting: Setting, start: Start) -> Setting:
    """The same setting, from another start."""
    return Setting(setting.given, setting.seed, start)

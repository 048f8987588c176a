"""What `undo` can go back to: the settings before each change, with the training runs of the latest."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lessons.player.branches import Branches
from lessons.player.position import Spot
from lessons.player.setup import Setting

REMEMBERED = 2
"""How many of the latest changes are taken back with the training runs that were there; older ones without."""


@dataclass(frozen=True)
class Before:
    """What `undo` goes back to; `runs` is None where they are not kept any more, `to_place` also to the position."""

    setting: Setting
    runs: Branches | None
    spot: Spot
    since: int
    grain: int
    to_place: bool

    def is_position(self, from_training: bool) -> bool:
        """Whether the position is gone back to as it was: that of training only with its runs."""
        there = self.to_place or (from_training and self.spot.training)
        return there and (self.runs is not None or not self.spot.training)


class Past:
    """All changes, the latest last."""

    def __init__(self) -> None:
        self._changes: list[Before] = []

    @property
    def latest(self) -> Before | None:
        """What was there before the latest change."""
        return self._changes[-1] if self._changes else None

    def remember(self, before: Before) -> None:
        """One more change."""
        self._changes.append(before)
        for at, change in enumerate(self._changes[:-REMEMBERED]):
            self._changes[at] = replace(change, runs=None)

    def forget(self) -> None:
        """The latest change has been taken back."""
        self._changes.pop()

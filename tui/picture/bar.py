"""The bar under the stage: how far one has come, every act the same part of it, however many steps it has."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from engine.walks.reel import Reel
from lessons.player.player import Player


def act_ends(player: Player) -> tuple[int, ...]:
    """The last position of every act of the reel that is stepped along; in training there is one, the latest."""
    _, last = player.progress
    if player.scrub is None or player.spot.training:
        return (last,)
    return tuple(end for end in _ends(player.scrub) if end) or (last,)


def _ends(reel: Reel) -> Sequence[int]:
    ends: dict[object, int] = {}
    for section, end in zip(reel.sections, reel.starts[1:], strict=True):
        ends[section.place[:1]] = end
    return sorted(set(ends.values()))


def share(ends: Sequence[int], p: int) -> float:
    """How far along the bar a position stands, 0 to 1."""
    if p <= 0 or ends[-1] <= 0:
        return 0.0
    act = min(bisect_left(ends, p), len(ends) - 1)
    start = ends[act - 1] if act else 0
    return (act + (p - start) / (ends[act] - start)) / len(ends)


def position(ends: Sequence[int], share: float) -> int:
    """The position at a share of the bar, the nearest one."""
    act, inside = divmod(max(0.0, min(1.0, share)) * len(ends), 1)
    if act >= len(ends):
        return ends[-1]
    start = ends[int(act) - 1] if act else 0
    return round(start + inside * (ends[int(act)] - start))

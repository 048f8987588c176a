"""A reel is a finite sequence of sections, each one walk. Any step can be reached, forward and back, at any grain.

A grain is the size of a move: one operation, one timestep, one update, … (see `Grains`).
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from itertools import accumulate
from typing import Any, NamedTuple

from engine.device import Array
from engine.walks.far import Far
from engine.walks.step import Path, Place, Step, Walk, agrees, split
from engine.walks.tape import Source, Tape

Grains = Mapping[str, int]
"""The rank of each kind of loop, coarse to fine: {"act": 0, "t": 1, "k": 2, "op": 3}. Phases are "act" or "phase"."""
Families = Mapping[str, Callable[..., Any]]
Late = Mapping[str, Callable[[], Any]]


class Env:
    """Values at the start of a section, by symbol: `plain` ones; `late` ones and `families`, computed at each `get`.

    A family is a function of the indices, e.g. `lambda t, k: …` for "delta"; None where there is no such value.
    """

    def __init__(self, plain: Mapping[str, Any], families: Families | None = None, late: Late | None = None) -> None:
        self._plain, self._families, self._late = plain, families or {}, late or {}

    def get(self, name: str) -> Any:
        """The value of a symbol, or None."""
        if name in self._plain:
            return self._plain[name]
        if name in self._late:
            return self._late[name]()
        family, indices = split(name)
        make = self._families.get(family)
        return member(make, *indices) if make and indices else None


def member(make: Callable[..., Any], *at: Any) -> Any:
    """The value of a family at these indices, None where it takes another number of them."""
    try:
        return make(*at)
    except TypeError:
        try:
            signature(make).bind(*at)
        except TypeError:
            return None
        raise


def counted(values: Sequence[Any]) -> Callable[[int], Any]:
    """A family of symbols that counts from 1."""
    return lambda i: values[i - 1] if 1 <= i <= len(values) else None


def indexed(values: Sequence[Any]) -> Callable[[int], Any]:
    """A family of symbols that counts from 0."""
    return lambda i: values[i] if 0 <= i < len(values) else None


class Section(NamedTuple):
    """One walk of a reel, begun by `open()`; `env()` gives the values that it starts from.

    The paths of all its steps start with `place`; `length` is the number of its steps.
    """

    place: Path
    open: Callable[[], Walk[Any]]
    env: Callable[[], Env]
    length: int
    chained: bool = False
    """Whether it goes on from what the section before it computed, which is run before it, however long that takes."""


def rank(grains: Grains, path: Path, at: int) -> int:
    """Rank of path[at], 0 = coarsest.

    A loop: grains[name]. The outermost phase: grains["act"]. An inner phase: grains["phase"], or one more than the rank
    of the place before it where that is larger.
    """
    name, index = path[at]
    if index >= 0:
        return grains[name]
    if at == 0:
        return grains["act"]
    return max(grains["phase"], rank(grains, path, at - 1) + 1)


def group(grains: Grains, path: Path, grain: int) -> Path:
    """The part of a path that steps of one group share: its places up to the last one at or above the grain."""
    shared = 0
    for at in range(len(path)):
        if rank(grains, path, at) <= grain:
            shared = at + 1
    return path[:shared]


class Reel:
    """Sections end to end. Position p means that p steps have run; `total` of them there are.

    The sections used last stay recorded, as long as they have at most `kept` steps together (one always stays), so that
    memory does not grow with the reel.
    """

    def __init__(self, sections: Sequence[Section], grains: Grains, kept: int = 2000) -> None:
        self.sections = list(sections)
        self.grains = grains
        self.starts = [0, *accumulate(section.length for section in self.sections)]
        self.total = self.starts[-1]
        self.patience = float("inf")
        """Seconds that going to a step may take; then those who go there have `run` raise Far."""
        self._kept = kept
        self._names = {name for section in self.sections for name, _ in section.place}
        self._ran = set[int]()
        """The sections that were run to their ends for one that goes on from them."""
        self._sought: dict[Path, int] = {}
        """How many steps there are before anything that was looked for."""
        self._under_way = -1
        """The section that is gone to in slices: it is kept, whatever is looked at between them."""
        self._tapes: dict[int, Tape] = {}
        self._envs: dict[int, Env] = {}

    def section(self, p: int) -> int:
        """The section that step p (the p-th to run, from 1) belongs to; position 0 is in the first."""
        return min(max(bisect_right(self.starts, max(p, 1) - 1) - 1, 0), len(self.sections) - 1)

    def tape(self, n: int) -> Tape:
        """The tape of section n: as recorded so far, or a new one."""
        tape = self._tapes.pop(n, None)
        if tape is None:
            tape = Tape(self.sections[n].open())
        self._tapes[n] = tape  # last in the dict is the most recent
        while len(self._tapes) > 1 and sum(self.sections[m].length for m in self._tapes) > self._kept:
            oldest = next((m for m in self._tapes if m not in (n, self._under_way)), None)
            if oldest is None:
                break
            self._tapes.pop(oldest)
        return tape

    def env(self, n: int) -> Env:
        """The values that section n starts from."""
        if n not in self._envs:
            if len(self._envs) >= 8:
                self._envs.clear()
            self._envs[n] = self.sections[n].env()
        return self._envs[n]

    def step(self, p: int) -> Step | None:
        """The step that led to position p; None at the start."""
        if p <= 0:
            return None
        n = self.section(p)
        self.run(p)
        return self.tape(n).steps[p - self.starts[n] - 1]

    def run(self, p: int, seconds: float = float("inf")) -> None:
        """Run the section of p as far as p, and before it those that it goes on from.

        Raises Far where that takes longer than so many seconds.
        """
        n = self.section(p)
        begin = n
        while self.sections[begin].chained and begin:
            begin -= 1
        first = next((m + 1 for m in range(n - 1, begin - 1, -1) if m in self._ran), begin)
        end = time.monotonic() + seconds
        for m in range(first, n + 1):
            tape, inside = self.tape(m), (p if m == n else self.starts[m + 1]) - self.starts[m]
            stopped = tape.reach(inside, end - time.monotonic()) < inside and not tape.done
            if m < n and not stopped:
                self._ran.add(m)
            if stopped or (m < n and time.monotonic() > end):
                done, self._under_way = self.starts[m] + len(tape.steps), m
                raise Far(done - self.starts[begin], p - self.starts[begin], partial(self.run, p))
        if self._under_way in range(first, n + 1):
            self._under_way = -1

    def source(self, p: int) -> Source | None:
        """The source statement of the step that led to position p; None at the start."""
        if self.step(p) is None:
            return None
        n = self.section(p)
        return self.tape(n).sources[p - self.starts[n] - 1]

    def get(self, name: str, p: int) -> Array | None:
        """The value of `name` at position p, written in this section or before it; None where there is none yet."""
        n = self.section(p)
        self.run(p)
        value = self.tape(n).find(name, p - self.starts[n])
        return self.env(n).get(name) if value is None else value

    def writer(self, name: str, p: int) -> int | None:
        """The position just after the step, within the section of p, that last wrote `name`."""
        n = self.section(p)
        at = self.tape(n).writer(name, p - self.starts[n])
        return None if at is None else self.starts[n] + at + 1

    def _whole(self, n: int, grain: int) -> bool:
        """Whether section n is one group at this grain, so that moving over it need not run it."""
        place = self.sections[n].place
        return bool(place) and rank(self.grains, place, len(place) - 1) >= grain

    def _key(self, p: int, grain: int) -> Path:
        """What identifies the group of the step that led to p; runs its section only if that has several groups."""
        n = self.section(p)
        if self._whole(n, grain):
            return group(self.grains, self.sections[n].place, grain)
        at, tape = p - self.starts[n], self.tape(n)
        tape.reach(at)  # of a chained section no more than this: where its steps stand does not hang on those before it
        path = tape.steps[at - 1].path
        return (*group(self.grains, path, grain), *(() if grain < self.grains["op"] else (("op", p),)))

    def end(self, p: int, grain: int) -> int:
        """The end of the group that holds step p."""
        key = self._key(p, grain)
        while p < self.total:
            n = self.section(p)
            if self._whole(n, grain):
                p = self.starts[n + 1]
            if p < self.total and self._key(p + 1, grain) == key:
                p += 1
            else:
                break
        return p

    def start(self, p: int, grain: int) -> int:
        """The position before the first step of the group that holds step p."""
        key = self._key(p, grain)
        while p > 0 and self._key(p, grain) == key:
            n = self.section(p)
            p = self.starts[n] if self._whole(n, grain) else p - 1
        return p

    def forward(self, p: int, grain: int) -> int:
        """The end of the group that the next step belongs to."""
        return p if p >= self.total else self.end(p + 1, grain)

    def back(self, p: int, grain: int) -> int:
        """The last group end before p: the start of the group that led here, finished or not."""
        return 0 if p <= 0 else self.start(p, grain)

    def holding(self, wanted: Path) -> list[int]:
        """The sections that may have steps at an address."""
        return [n for n, s in enumerate(self.sections) if agrees(s.place, wanted) or self._may_hold(s.place, wanted)]

    def seek(self, wanted: Path, seconds: float = float("inf")) -> int | None:
        """The end of the first group whose address holds all wanted places in order; None if there is none.

        Raises Far where that takes longer than so many seconds; asked again, it goes on from there.
        """
        end, made, known = time.monotonic() + seconds, False, self._sought.get(wanted, 0)
        for n in range(self.section(known + 1), len(self.sections)):
            if agrees(self.sections[n].place, wanted):
                last = n
                while last + 1 < len(self.sections) and agrees(self.sections[last + 1].place, wanted):
                    last += 1
                return self.starts[last + 1]
            if not self._may_hold(self.sections[n].place, wanted):
                continue
            tape, found = self.tape(n), 0
            for i in range(max(known - self.starts[n], 0), self.sections[n].length):
                while len(tape.steps) <= i and not tape.done:
                    if made and time.monotonic() > end:
                        known, self._under_way = self.starts[n] + (i if not found else found - 1), n
                        self._searched(wanted, known)
                        raise Far(known, self.total, partial(self.seek, wanted))
                    tape.reach(i + 1, end - time.monotonic())
                    made = True
                if len(tape.steps) <= i:
                    break
                if agrees((*tape.steps[i].path, (tape.steps[i].op, -1)), wanted):
                    found = i + 1
                elif found:
                    break
            if self._under_way == n:
                self._under_way = -1
            if found:
                return self.starts[n] + found
            self._searched(wanted, self.starts[n + 1])
        return None

    def _searched(self, wanted: Path, p: int) -> None:
        """What is looked for is at none of the first p steps, or at the one after them."""
        if len(self._sought) >= 16:
            self._sought.clear()
        self._sought[wanted] = p

    def _may_hold(self, place: Path, wanted: Path) -> bool:
        """Whether a section at `place` may have steps at `wanted`: no loop has different indices in the two."""
        loops, named = dict(wanted), {name for name, _ in place}
        phases = {name for name, index in wanted if index < 0 and name in self._names}
        return phases <= named and all(loops.get(name, index) == index for name, index in place)

    def act(self, p: int) -> Place:
        """The outermost place of the step that led to p."""
        return self.sections[self.section(p)].place[0]

"""What `music` learns from and is judged by: bars that add up, of the new ones too, beside another net and counting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from engine.device import Array, Device, rng
from engine.gated.cell import Theta
from engine.gated.run.training import GatedRun, Snapshot
from engine.sequences.counting import Counts
from engine.sequences.judging import Tally, tally
from engine.walks.history import State, Track
from engine.walks.reel import Grains, Reel
from engine.walks.training import Learning
from lessons.building.defaults import on_device, recipe
from lessons.contract.view import Knobs, Start
from lessons.data.tunes.read import TuneSet, read
from lessons.recurrent.letter_net import LetterNet, spelled

AT = (50, 100, 200, 300, 500, 700, 1000)
"""Updates after which tunes are written and judged; later at every doubling."""
TEXTS, LONG, COUNTED = 8, 300, 40
"""Texts that are judged of a net, letters of each, and texts of a table, which makes up few bars of its own."""
ORDERS = (4, 6)
"""Letters that the tables of counts go by."""
SMOOTH = 30
"""Windows that the running mean of the loss goes back, roughly."""


def tunes(knobs: Knobs, look: bool = False) -> TuneSet:
    """The tunes. Raises Refused."""
    return read(str(knobs["tunes"]), look)


coded = lru_cache(maxsize=4)(partial(spelled, by_points=True))
"""A text in its letters, made once."""


def net_of(knobs: Knobs) -> LetterNet:
    """The net, over the tunes; of few tunes it reads fewer stretches, so that each is as long as the window."""
    text = coded(tunes(knobs).text, 0)
    B = max(1, min(int(knobs["batch"]), len(text.codes) // (int(knobs["window"]) + 1)))
    return LetterNet({**knobs, "batch": B}, text)


class Reading(NamedTuple):
    """The running mean of bits per letter; what was `written` after n updates, at temperature `tau`, and its tally."""

    bits: float
    n: int = 0
    tau: float = 0.0
    written: tuple[str, ...] = ()
    tally: Tally = Tally()


class Two(NamedTuple):
    """The data of a State: the net that the knobs choose, which can be opened, and another cell beside it."""

    net: Learning[Reading]
    beside: Learning[Reading]

    @property
    def theta(self) -> Theta:
        return self.net.theta

    @property
    def memory(self) -> Mapping[str, Array]:
        return self.net.memory

    @property
    def began(self) -> int:
        return self.net.began


def is_due(n: int) -> bool:
    """Whether tunes are written after n updates."""
    return n in AT or (n > AT[-1] and n % AT[-1] == 0 and (n // AT[-1]).bit_count() == 1)


def texts(device: Device, net: LetterNet, theta: Theta, seed: int, n: int) -> list[str]:
    """What a net writes to be judged, with weights that n updates have made."""
    return net.texts(device, theta, rng(seed, n).random((LONG, TEXTS)))


class Judge:
    """Reads what an update of a net has come to."""

    def __init__(self, device: Device, knobs: Knobs, seed: int) -> None:
        self.device, self.seed, self.net, self.tunes = device, seed, net_of(knobs), tunes(knobs)

    def look(self, n: int, before: Reading, learning: Learning[Reading], seen: Snapshot) -> Reading:
        bits = seen.loss / self.net.streams.T / np.log(2)
        reading = before._replace(bits=before.bits + (bits - before.bits) / min(n, SMOOTH))
        if not is_due(n):
            return reading
        written = texts(self.device, self.net, learning.theta, self.seed, n)
        return Reading(reading.bits, n, self.net.tau, tuple(written), tally(written, self.tunes.bars, self.tunes.state))

    @property
    def begin(self) -> Reading:
        """Before any update: as if every letter were as likely."""
        return Reading(float(np.log2(self.net.K)))


def school(device: Device, knobs: Knobs, seed: int) -> GatedRun[Reading]:
    """How one net learns."""
    judge = Judge(device, knobs, seed)
    return GatedRun(device, judge.net.cell, recipe(knobs), judge.net.streams, judge.net.H, judge.look)


def beside(knobs: Knobs) -> Knobs:
    """The net that runs beside: an SRN, or a GRU where that is the first."""
    return {**knobs, "cell": "gru" if knobs["cell"] == "srn" else "srn"}


def track(device: Device, knobs: Knobs, start: Start, fork: State | None, grains: Grains) -> Track:
    """Both nets from update 0, on the same windows; or from a fork, the first with the weights of the start."""
    seed, kinds = int(start.inputs["seed"]), (knobs, beside(knobs))
    schools = [school(device, each, seed) for each in kinds]
    begun = [on_device(device, start.params), on_device(device, net_of(kinds[1]).drawn(seed))]
    reading = Judge(device, knobs, seed).begin
    if fork is None:
        states = [each.start(theta, reading) for each, theta in zip(schools, begun, strict=True)]
    else:
        first, second = (State(fork.n, each) for each in fork.data)
        states = [schools[0].fork(first, begun[0]), schools[1].fork(second, second.data.theta)]
    net = net_of(knobs)

    def advance(state: State) -> State:
        moved = (each.advance(State(state.n, run)) for each, run in zip(schools, state.data, strict=True))
        return State(state.n + 1, Two(*(each.data for each in moved)))

    def inside(state: State) -> Reel:
        """The update, then letters written after it."""
        own = State(state.n, state.data.net)
        at = (("update", state.n), ("write", -1))
        after = net.written(device, lambda: schools[0].advance(own).data.theta, state.n, WRITTEN, at)
        return Reel([*schools[0].inside(own, grains).sections, after], grains)

    def share(which: int, *of: str) -> Any:
        return lambda state: state.data[which].reading.tally.share(*of)

    new = ("new_right", "new")
    return Track(
        "train",
        State(fork.n if fork is not None else 0, Two(*(state.data for state in states))),
        advance,
        inside,
        lambda state: schools[0].loss(State(state.n, state.data.net)),
        sum(each.size(theta) for each, theta in zip(schools, begun, strict=True)) + 8 * TEXTS * LONG,
        (share(0, *new), share(1, *new)),
        kinds=(Two, Learning, Reading, Tally),
    )


WRITTEN = 60
"""Letters that are written step by step."""


class Counted(NamedTuple):
    """A table of counts: its order, what it wrote, and how that is judged."""

    order: int
    written: tuple[str, ...]
    tally: Tally


@lru_cache(maxsize=4)
def counted(of: str, seed: int) -> Sequence[Counted]:
    """What tables of counts write after the first letter."""
    found, made = read(of), list[Counted]()
    for order in ORDERS:
        counts, u = Counts(found.text, order), rng(seed).random((COUNTED, LONG))
        written = tuple(found.text[0] + counts.write(found.text[0], row) for row in u)
        made.append(Counted(order, written, tally(written, found.bars, found.state)))
    return made

"""What `generate` learns from and what is read of it: the text in letters, samples, and what single units follow."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.device import Device, HostArray
from engine.gated import cell as cells
from engine.gated.cell import Cell, Made, Theta
from engine.gated.run.letters import Letters, encode
from engine.gated.run.streams import one_hot
from engine.gated.run.training import GatedRun, Snapshot
from engine.walks.history import State
from engine.walks.step import drain
from engine.walks.training import Learning
from lessons.building.defaults import recipe
from lessons.contract.view import Knobs
from lessons.data.corpora import PYTHON
from lessons.data.corpora import read as corpora
from lessons.recurrent.generate import POINT
from lessons.recurrent.letter_net import Coded, LetterNet, spelled

AT = (0, 100, 300, 1000, 3000, 6000, 12000)
"""Updates after which a sample is written; later at every doubling."""
LONG = 60
"""Letters of a sample."""
SHOWN = 44
"""Letters that are shown of a text where no other is given."""
ROWS, DEEP, LEAD = 12, 200, 10
"""What units are compared on: rows of so many letters, without the first few, which know nothing yet."""
SMOOTH = 100
"""Windows that the running mean of the loss goes back, roughly."""
FEW, MOST = 40, 5000
"""Symbols that a net has at least, where their number follows from the text, and at most."""
UNDER = {PYTHON: "the value of the expression is the name of the function"}
"""What the net is watched on, by corpus; otherwise the end of the text."""


def coded(knobs: Knobs, look: bool = False) -> Coded:
    """The text. Raises Refused."""
    text = str(knobs["text"]) or corpora.letters(str(knobs["corpus"]), look)
    return _coded(text, str(knobs["case"]) == "lower", int(knobs["symbols"]), str(knobs["letter"]) == POINT)


def symbols(knobs: Knobs) -> int:
    """How many symbols are kept where the knob does not say it: as many as a text has, or `FEW`, where it has fewer.

    Of the manual they are `FEW`: what is left out of it is mostly punctuation, 1.5 % of its letters.
    """
    known = knobs["corpus"] == PYTHON and not knobs["text"]
    return FEW if known else max(FEW, len(coded({**knobs, "symbols": MOST}).letters))


@lru_cache(maxsize=4)
def _coded(text: str, lower: bool, most: int, by_points: bool) -> Coded:
    return spelled(text.lower() if lower else text, most, by_points)


def under(knobs: Knobs) -> HostArray:
    """The text that the net is watched on, as codes: two at least."""
    whole = coded(knobs)
    text = str(knobs["under"]) or ("" if knobs["text"] else UNDER.get(str(knobs["corpus"]), ""))
    codes = encode(text.lower() if knobs["case"] == "lower" else text, whole.letters)
    return codes if len(codes) > 1 else whole.codes[-SHOWN:]


def net_of(knobs: Knobs) -> LetterNet:
    """The net, over the text."""
    return LetterNet(knobs, coded(knobs))


# what is read


class Sample(NamedTuple):
    """What a net wrote after n updates, the running mean of its bits per letter then, and at which temperature."""

    n: int
    bits: float
    text: str
    tau: float


class Follows(NamedTuple):
    """The unit of the top layer whose activity follows something in the text best, and the correlation."""

    what: str
    unit: int
    correlation: float


class Reading(NamedTuple):
    """The running mean of bits per letter; samples so far; what units follow, as of the last sample."""

    bits: float
    samples: tuple[Sample, ...] = ()
    follows: tuple[Follows, ...] = ()


def is_due(n: int) -> bool:
    """Whether a sample is written after n updates."""
    return n in AT or (n > AT[-1] and n % AT[-1] == 0 and (n // AT[-1]).bit_count() == 1)


def traits(rows: HostArray, letters: Letters) -> dict[str, HostArray]:
    """What could be followed, (rows, letters) each: 1 where it is so, or a number."""
    text = np.array(list(letters))[rows]
    space = np.isin(text, (" ", "\n"))
    values = {
        "space": space,
        "vowel": np.isin(text, list("aeiouAEIOU")),
        "quotes": np.cumsum(text == '"', axis=1) % 2 == 1,
        "brackets": np.cumsum(np.isin(text, list("([{")), axis=1) > np.cumsum(np.isin(text, list(")]}")), axis=1),
        "word": since(space),
    }
    return {name: value.astype(float) for name, value in values.items()}


def since(space: HostArray) -> HostArray:
    """How many letters of the word have been read."""
    read = np.zeros(space.shape)
    for t in range(1, space.shape[1]):
        read[:, t] = np.where(space[:, t], 0, read[:, t - 1] + 1)
    return read


def followed(device: Device, cell: Cell, theta: Theta, text: Coded) -> tuple[Follows, ...]:
    """For each trait that the end of the text has, the unit that follows it best."""
    deep = min(DEEP, len(text.codes) // ROWS)
    if deep <= 2 * LEAD:
        return ()
    rows = text.codes[-ROWS * deep :].reshape(ROWS, deep)
    zero = device.put(np.zeros((theta["V"].shape[1], ROWS)))
    states: Made = dict.fromkeys(cell.carry, zero)
    h = []
    for t in range(deep):
        x = one_hot(device, rows[:, t], len(text.letters))
        states = drain(cells.timestep(device.xp, cell, theta, x, states, t))
        h.append(device.get(states[cell.top]).T)
    units = np.stack(h[LEAD:], axis=1).reshape(-1, h[0].shape[1])
    best_units = []
    for name, value in traits(rows, text.letters).items():
        fits = correlations(units, value[:, LEAD:].reshape(-1))
        if fits is not None:
            unit = int(np.abs(fits).argmax())
            best_units.append(Follows(name, unit, float(fits[unit])))
    return tuple(best_units)


def correlations(units: HostArray, trait: HostArray) -> HostArray | None:
    """Of every unit (samples, H) with a trait (samples); None where the trait is always the same."""
    moved, wanted = units - units.mean(axis=0), trait - trait.mean()
    if not wanted.any():
        return None
    lengths = np.sqrt((moved**2).sum(axis=0) * (wanted**2).sum())
    shares: HostArray = np.divide(wanted @ moved, lengths, out=np.zeros(units.shape[1]), where=lengths > 0)
    return shares


class Reader:
    """Reads what an update has come to: see `Reading`."""

    def __init__(self, device: Device, knobs: Knobs, seed: int) -> None:
        self.device, self.seed, self.net = device, seed, net_of(knobs)
        self.T, self.tau = self.net.streams.T, self.net.tau

    def first(self, theta: Theta) -> Reading:
        """Before any update: as if every letter were as likely."""
        return self._sampled(0, Reading(float(np.log2(self.net.K))), theta)

    def look(self, n: int, before: Reading, learning: Learning[Reading], seen: Snapshot) -> Reading:
        """After n updates."""
        bits = seen.loss / self.T / np.log(2)
        reading = before._replace(bits=before.bits + (bits - before.bits) / min(n, SMOOTH))
        return self._sampled(n, reading, learning.theta) if is_due(n) else reading

    def _sampled(self, n: int, reading: Reading, theta: Theta) -> Reading:
        text = self.net.sample(self.device, theta, n, self.seed, LONG)
        samples = (*reading.samples, Sample(n, reading.bits, text, self.tau))
        return reading._replace(samples=samples, follows=followed(self.device, self.net.cell, theta, self.net.text))


def school(device: Device, knobs: Knobs, seed: int) -> GatedRun[Reading]:
    """How it learns."""
    reader = Reader(device, knobs, seed)
    net, kinds = reader.net, (Reading, Sample, Follows)
    return GatedRun(device, net.cell, recipe(knobs), net.streams, net.H, reader.look, kinds=kinds)


def begin(device: Device, knobs: Knobs, theta: Theta, seed: int) -> State:
    """The state that update 0 starts from."""
    return school(device, knobs, seed).start(theta, Reader(device, knobs, seed).first(theta))

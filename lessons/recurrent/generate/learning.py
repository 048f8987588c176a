"""What `generate` learns from and what is read of it: the text in letters, samples, and what single units follow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.device import Array, Device, HostArray, rng
from engine.gated import cell as cells
from engine.gated.cell import Cell, Inputs, Made, Theta
from engine.gated.net import Net
from engine.gated.run import training
from engine.gated.run.files import CELLS
from engine.gated.run.letters import decode, encode, vocabulary
from engine.gated.run.streams import Streams, one_hot
from engine.gated.run.training import GatedRun, Snapshot
from engine.gated.run.writing import write
from engine.walks.history import State
from engine.walks.step import drain
from engine.walks.training import Learning
from lessons.building.defaults import recipe
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs
from lessons.data.corpora import PYTHON
from lessons.data.corpora import read as corpora

AT = (0, 100, 300, 1000, 3000, 6000, 12000)
"""Updates after which a sample is written; later at every doubling."""
LONG = 60
"""Letters of a sample."""
SHORTEST, SHOWN = 3, 44
"""Letters that a text must have, and that are shown of it where no other text is given."""
ROWS, DEEP, LEAD = 12, 200, 10
"""What units are compared on: rows of so many letters, without the first few, which know nothing yet."""
SMOOTH = 100
"""Windows that the running mean of the loss goes back, roughly."""
UNDER = {PYTHON: "the value of the expression is the name of the function"}
"""What the net is watched on, by corpus; otherwise the end of the text."""


class Coded(NamedTuple):
    """A text: its different letters, itself as codes of these, and how many letters were dropped for being rare."""

    letters: str
    codes: HostArray
    dropped: int


def coded(knobs: Knobs, look: bool = False) -> Coded:
    """The text. Raises Refused."""
    text = str(knobs["text"]) or corpora.letters(str(knobs["corpus"]), look)
    return _coded(text, str(knobs["case"]) == "lower", int(knobs["symbols"]))


@lru_cache(maxsize=4)
def _coded(text: str, lower: bool, most: int) -> Coded:
    return spelled(text.lower() if lower else text, most)


def spelled(text: str, most: int) -> Coded:
    """A text in its `most` most frequent letters. Raises Refused where it is too short to learn from."""
    letters = vocabulary(text, most)
    codes = encode(text, letters)
    if len(letters) < 2 or len(codes) < SHORTEST:
        raise Refused("text_short", letters=len(letters), length=len(codes), least=SHORTEST)
    return Coded(letters, codes, len(text) - len(codes))


def under(knobs: Knobs) -> HostArray:
    """The text that the net is watched on, as codes: two at least."""
    whole = coded(knobs)
    text = str(knobs["under"]) or ("" if knobs["text"] else UNDER.get(str(knobs["corpus"]), ""))
    codes = encode(text.lower() if knobs["case"] == "lower" else text, whole.letters)
    return codes if len(codes) > 1 else whole.codes[-SHOWN:]


def cell_of(knobs: Knobs) -> Cell:
    """The cell, in its layers."""
    return CELLS[str(knobs["cell"])]._replace(layers=int(knobs["layers"]))


def streams(knobs: Knobs) -> Streams:
    """The text in windows; where it is short, in fewer streams."""
    text = coded(knobs)
    B = min(int(knobs["batch"]), len(text.codes) - 1)
    return Streams(text.codes, len(text.letters), int(knobs["window"]), B)


def drawn(knobs: Knobs, seed: int) -> dict[str, HostArray]:
    """The weights that a seed gives."""
    return training.drawn(cell_of(knobs), int(knobs["hidden"]), len(coded(knobs).letters), rng(seed))


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


def zero(device: Device, cell: Cell, H: int, B: int = 1) -> Made:
    """States before any letter."""
    return dict.fromkeys(cell.carry, device.put(np.zeros((H, B))))


def sample(device: Device, knobs: Knobs, cell: Cell, theta: Theta, n: int, seed: int, count: int = LONG) -> str:
    """What a net writes after the first letter of the text, with the temperature of the knobs."""
    text, H = coded(knobs), theta["V"].shape[1]
    first = one_hot(device, text.codes[:1], len(text.letters))
    u = chances(device, seed, n, count)
    temperature, top = float(knobs["temperature"]), int(knobs["top"])
    picked, _ = drain(write(device, cell, theta, zero(device, cell, H), first, u, temperature, top))
    return decode(np.array([int(device.get(pick).item()) for pick in picked]), text.letters)


def chances(device: Device, seed: int, n: int, count: int) -> list[Array]:
    """The numbers that letters are drawn by, after n updates."""
    return [device.put([[u]]) for u in rng(seed, n).random(count)]


def net_over(device: Device, knobs: Knobs, theta: Theta, codes: HostArray) -> Net:
    """A net over some letters alone, from zero states: each is to predict the next."""
    cell, K = cell_of(knobs), len(coded(knobs).letters)
    x, y = ([one_hot(device, [code], K) for code in some] for some in (codes[:-1], codes[1:]))
    return Net(device, cell, theta, Inputs(x, y, zero(device, cell, theta["V"].shape[1])))


def traits(rows: HostArray, letters: str) -> dict[str, HostArray]:
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
    states, h = zero(device, cell, theta["V"].shape[1], ROWS), []
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
        self.device, self.knobs, self.seed, self.text = device, knobs, seed, coded(knobs)
        self.cell, self.T = cell_of(knobs), streams(knobs).T

    def first(self, theta: Theta) -> Reading:
        """Before any update: as if every letter were as likely."""
        return self._sampled(0, Reading(float(np.log2(len(self.text.letters)))), theta)

    def look(self, n: int, before: Reading, learning: Learning[Reading], seen: Snapshot) -> Reading:
        """After n updates."""
        bits = seen.loss / self.T / np.log(2)
        reading = before._replace(bits=before.bits + (bits - before.bits) / min(n, SMOOTH))
        return self._sampled(n, reading, learning.theta) if is_due(n) else reading

    def _sampled(self, n: int, reading: Reading, theta: Theta) -> Reading:
        text = sample(self.device, self.knobs, self.cell, theta, n, self.seed)
        samples = (*reading.samples, Sample(n, reading.bits, text, float(self.knobs["temperature"])))
        return reading._replace(samples=samples, follows=followed(self.device, self.cell, theta, self.text))


def school(device: Device, knobs: Knobs, seed: int) -> GatedRun[Reading]:
    """How it learns."""
    look = Reader(device, knobs, seed).look
    kinds = (Reading, Sample, Follows)
    return GatedRun(device, cell_of(knobs), recipe(knobs), streams(knobs), int(knobs["hidden"]), look, kinds=kinds)


def begin(device: Device, knobs: Knobs, theta: Theta, seed: int) -> State:
    """The state that update 0 starts from."""
    return school(device, knobs, seed).start(theta, Reader(device, knobs, seed).first(theta))


def largest(a: HostArray, temperature: float) -> float:
    """The probability of the likeliest letter at a temperature, by its scores."""
    q = np.exp((a - a.max()) / temperature)
    return float((q / q.sum()).max())


def likeliest(yhat: HostArray, letters: str, count: int) -> Sequence[tuple[str, float]]:
    """The likeliest letters and how likely they are."""
    order = np.argsort(-yhat, kind="stable")[:count]
    return [(letters[int(i)], float(yhat[i])) for i in order]


def as_read(knobs: Knobs) -> dict[str, Any]:
    """The inputs of a start: the letters in their order, and the first window."""
    text, window = coded(knobs), streams(knobs).window(0)
    last = text.letters[int(window.y[-1, 0])]
    return {"letters": text.letters, "window": decode(window.x[:, 0], text.letters) + last}

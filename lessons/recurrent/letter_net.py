"""Nets on letters: a text as codes, a net over some of it, what it writes. Of what the knobs say all lessons have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from engine.device import Array, Device, HostArray, rng
from engine.gated.cell import Cell, Inputs, Made, Theta
from engine.gated.net import Net
from engine.gated.run import training, writing
from engine.gated.run.files import CELLS
from engine.gated.run.letters import Letters, decode, encode, graphemes, vocabulary
from engine.gated.run.streams import Streams, one_hot
from engine.walks.reel import Env, Section
from engine.walks.step import Path, drain
from lessons.building.holds import Source
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs
from lessons.recurrent.gated import seed_of

SHORTEST = 3
"""Letters that a text must have."""


class Coded(NamedTuple):
    """A text: its different letters, itself as codes of these, and how many letters were dropped for being rare."""

    letters: Letters
    codes: HostArray
    dropped: int


def spelled(text: str, most: int, by_points: bool = False) -> Coded:
    """A text in its `most` most frequent letters, or code points. Raises Refused where it is too short."""
    letters = vocabulary(text, most, by_points)
    codes = encode(text, letters)
    if len(letters) < 2 or len(codes) < SHORTEST:
        raise Refused("text_short", letters=len(letters), length=len(codes), least=SHORTEST)
    length = len(text) if isinstance(letters, str) else len(graphemes(text))
    return Coded(letters, codes, length - len(codes))


def chances(device: Device, seed: int, n: int, count: int) -> list[Array]:
    """The numbers that letters are drawn by, after n updates."""
    return [device.put([[u]]) for u in rng(seed, n).random(count)]


class LetterNet:
    """A net of the cell, units, window, batch, temperature and top of the knobs, over a text."""

    def __init__(self, knobs: Knobs, text: Coded) -> None:
        self.knobs, self.text, self.K = knobs, text, len(text.letters)
        self.cell: Cell = CELLS[str(knobs["cell"])]._replace(layers=int(knobs.get("layers", 1)))
        self.H, self.tau, self.top = int(knobs["hidden"]), float(knobs["temperature"]), int(knobs["top"])

    @cached_property
    def streams(self) -> Streams:
        """The text in windows; where it is short, in fewer streams."""
        B = min(int(self.knobs["batch"]), len(self.text.codes) - 1)
        return Streams(self.text.codes, self.K, int(self.knobs["window"]), B)

    def drawn(self, seed: int) -> dict[str, HostArray]:
        """The weights that a seed gives."""
        return training.drawn(self.cell, self.H, self.K, rng(seed))

    def zero(self, device: Device, B: int = 1) -> Made:
        """States before any letter."""
        return dict.fromkeys(self.cell.carry, device.put(np.zeros((self.H, B))))

    def first(self, device: Device, B: int = 1) -> Array:
        """The first letter of the text, after which it writes."""
        return one_hot(device, np.repeat(self.text.codes[:1], B), self.K)

    def over(self, device: Device, theta: Theta, codes: HostArray) -> Net:
        """The net over some letters alone, from zero states: each is to predict the next."""
        x, y = ([one_hot(device, [code], self.K) for code in some] for some in (codes[:-1], codes[1:]))
        return Net(device, self.cell, theta, Inputs(x, y, self.zero(device)))

    def sample(self, device: Device, theta: Theta, n: int, seed: int, count: int) -> str:
        """What it writes after the first letter, with weights that n updates have made."""
        u = chances(device, seed, n, count)
        start, x = self.zero(device), self.first(device)
        picked, _ = drain(writing.write(device, self.cell, theta, start, x, u, self.tau, self.top))
        return decode(np.array([int(device.get(pick).item()) for pick in picked]), self.text.letters)

    def texts(self, device: Device, theta: Theta, u: HostArray) -> list[str]:
        """What it writes after the first letter, several times at once, by the numbers u (letters, texts)."""
        B, first = u.shape[1], self.text.letters[int(self.text.codes[0])]
        start, x = self.zero(device, B), self.first(device, B)
        picked = writing.write_many(device, self.cell, theta, start, x, device.put(u), self.tau, self.top)
        codes = np.array([device.get(each) for each in picked]).astype(int)
        return [first + decode(codes[:, b], self.text.letters) for b in range(B)]

    def written(self, device: Device, theta: Callable[[], Theta], seed: int, count: int, at: Path) -> Section:
        """Some letters, written by the net that `theta` gives."""
        cell, zero, first = self.cell, self.zero(device), self.first(device)
        u = chances(device, seed, 1, count)

        def env() -> Env:
            start = {f"{name}_init": value for name, value in zero.items()}
            letters = device.put([[float(code)] for code in range(self.K)])
            return Env(
                {**theta(), **start, "tau": self.tau, "top": self.top, "letters": letters, "last": self.K - 1.0},
                {"x": lambda t: first if t == 0 else None, "u": lambda t: u[t] if t < len(u) else None},
            )

        return Section(
            at,
            lambda: writing.write(device, cell, theta(), zero, first, u, self.tau, self.top, at),
            env,
            writing.length(cell, count, self.top),
        )

    def as_read(self) -> dict[str, Any]:
        """The inputs of a start: the letters in their order, and the first window."""
        window = self.streams.window(0)
        last = self.text.letters[int(window.y[-1, 0])]
        letters = self.text.letters
        shown = letters if isinstance(letters, str) else list(letters)  # as JSON has them
        return {"letters": shown, "window": decode(window.x[:, 0], self.text.letters) + last}


class Text(Source):
    """The text that the knobs choose: its letters, and the first window; and the seed of what is drawn."""

    def __init__(self, net: Callable[[Knobs], LetterNet]) -> None:
        """`net` gives the net that the knobs choose."""
        self.net = net

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        return {**self.net(knobs).as_read(), "seed": 0}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        own = self.net(knobs).as_read()
        if given.get("letters", own["letters"]) != own["letters"]:
            raise Refused("inputs_other_letters", file=file, letters="".join(own["letters"][:20]).replace("\n", "⏎"))
        return {**own, "seed": seed_of(given)}

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        return {"K": len(inputs["letters"])}


def largest(a: HostArray, temperature: float) -> float:
    """The probability of the likeliest letter at a temperature, by its scores."""
    q = np.exp((a - a.max()) / temperature)
    return float((q / q.sum()).max())


def likeliest(yhat: HostArray, letters: Sequence[str], count: int) -> Sequence[tuple[str, float]]:
    """The likeliest letters and how likely they are."""
    order = np.argsort(-yhat, kind="stable")[:count]
    return [(letters[int(i)], float(yhat[i])) for i in order]

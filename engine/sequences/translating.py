"""One batch of pairs through an encoder and a decoder: all passes, on first use, and the sections of a reel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from engine.device import Array, Device
from engine.sequences import attention, writing
from engine.sequences import net as nets
from engine.sequences.attention import SHUT, Memory
from engine.sequences.net import Batch, Decoded, Made, Seq2seq, Theta
from engine.sequences.pairs import END
from engine.sequences.side import Side
from engine.walks.reel import Env, Section, indexed
from engine.walks.step import Path, Walk, drain

_lengths: dict[Any, int] = {}


def length(key: Any, walk: Callable[[], Walk[Any]]) -> int:
    """How many steps a walk has: counted once for each key, which must say all that it depends on."""
    if key not in _lengths:
        _lengths[key] = sum(1 for _ in walk())
    return _lengths[key]


class Translating:
    """A net on one batch; `more` are values that can be read beside those of the walks."""

    def __init__(self, device: Device, net: Seq2seq, theta: Theta, batch: Batch, **more: Any) -> None:
        self.device, self.net, self.theta, self.batch, self.more = device, net, theta, batch, more

    @cached_property
    def read(self) -> list[Made]:
        """The encoder's timesteps."""
        return drain(nets.encode(self.device.xp, self.net, self.theta, self.batch))

    @cached_property
    def start(self) -> Made:
        """The states that the decoder begins with."""
        return nets.handed_over(self.net, self.read[-1], self.batch.zero)

    @cached_property
    def seen(self) -> Memory | None:
        """What the decoder looks at."""
        return attention.memory(self.device.xp, self.read, self.batch.mask) if self.net.looks else None

    @cached_property
    def run(self) -> Decoded:
        """The decoder's timesteps, and the losses."""
        return drain(nets.decode(self.device.xp, self.net, self.theta, self.batch, self.start, self.seen))

    @cached_property
    def grad(self) -> Theta:
        """∂E/∂θ."""
        return drain(self.backward(()))

    def backward(self, at: Path) -> Walk[Theta]:
        """The backward pass."""
        xp, net = self.device.xp, self.net
        return nets.back(xp, net, self.theta, self.batch, self.read, self.start, self.seen, self.run, at)

    # what can be read

    def env(self, passes: int, **more: Any) -> Env:
        """The values before pass number `passes`: 0 the encoder's, 1 the decoder's, 2 the backward pass."""
        batch, enc, dec = self.batch, self.net.reads, self.net.writes
        plain = {**self.theta, **self.more, "B": batch.B, "N": batch.N, "words": batch.words, "mask": batch.mask}
        plain |= {f"{enc.name(state)}_init": batch.zero for state in enc.cell.states}
        families: dict[str, list[Any]] = {"x": list(batch.x)}
        if batch.mask is not None:
            families["mask"] = [batch.late(s) for s in range(len(batch.x))]
        families["w"] = [w if forced else None for w, forced in zip(batch.w, batch.forced, strict=True)]
        families["y"] = list(batch.y)
        if passes > 0:
            families |= named(enc, self.read, "v")
            plain |= {f"{dec.name(state)}_init": value for state, value in self.start.items()}
            plain |= {} if self.seen is None else {"hs": self.seen.hs, "ks": self.seen.ks}
        if passes > 1:
            families |= named(dec, self.run.made, "x_d" if self.net.fed else "v_d")
            losses = iter(self.run.E)
            families["E"] = [None if y is None else next(losses) for y in batch.y]
            if len(enc.cell.states) > 1:  # the gate on the road from the encoder's last state to the decoder's start
                road = enc.name(enc.cell.road)
                families[road] = [*families[road], batch.zero**0]
        return environment({**plain, **more}, families)

    # sections

    @property
    def _key(self) -> tuple[Any, ...]:
        net, batch = self.net, self.batch
        cells = (net.encoder.name, net.encoder.more, net.decoder.name, net.decoder.more)
        asked = tuple(y is None for y in batch.y)
        return *cells, net.attention, net.table > 0, len(batch.x), batch.mask is None, batch.forced, batch.ended, asked

    def encoder(self, at: Path) -> Section:
        """The encoder, forward."""
        xp = self.device.xp

        def walk(at: Path = ()) -> Walk[Any]:
            return nets.encode(xp, self.net, self.theta, self.batch, at)

        return Section(at, lambda: walk(at), lambda: self.env(0), length(("encoder", *self._key), walk))

    def decoder(self, at: Path) -> Section:
        """The decoder with attention and losses."""
        xp = self.device.xp

        def walk(at: Path = ()) -> Walk[Any]:
            return nets.decode(xp, self.net, self.theta, self.batch, self.start, self.seen, at)

        return Section(at, lambda: walk(at), lambda: self.env(1), length(("decoder", *self._key), walk))

    def back(self, at: Path) -> Section:
        """The backward pass."""
        many = length(("back", *self._key), lambda: self.backward(()))
        return Section(at, lambda: self.backward(at), lambda: self.env(2), many)

    # writing of its own, for the only example

    def drawn(self, chances: Sequence[Array], tau: float, at: Path) -> Section:
        """Words drawn with these chances, numbers from 0 to 1; `tau` is the temperature."""
        start = self._begun
        first = {"w": [writing.column(self.device, start.words, [END])], "u": list(chances)}

        def walk(at: Path = ()) -> Walk[list[int]]:
            return writing.sample(self.device, self.net, self.theta, start, chances, tau, at)

        plain = {**self._written_from(start), "tau": tau, "last": self.net.L - 1.0}
        return Section(at, lambda: walk(at), lambda: environment(plain, first), sum(1 for _ in walk()))

    def beamed(self, k: int, longest: int, at: Path) -> Section:
        """A beam of k sentences of up to `longest` words."""
        start, device = self._begun, self.device
        zero = device.put([[0.0] * k])
        first = {"w": [writing.column(device, start.words, [END] * k)]}

        def walk(at: Path = ()) -> Walk[Any]:
            return writing.beam(device, self.net, self.theta, start, k, longest, at)

        seen = None if start.seen is None else writing.side_by_side(device.xp, start.seen, k)
        plain = self._written_from(start._replace(states={n: v + zero for n, v in start.states.items()}, seen=seen))
        plain |= {"k": k, "score": device.put([[0.0] + [-SHUT] * (k - 1)]), "going": 1 + zero}
        plain["end"] = writing.column(device, start.words, [END])
        return Section(at, lambda: walk(at), lambda: environment(plain, first), sum(1 for _ in walk()))

    @property
    def _begun(self) -> writing.Begun:
        return writing.begun(self.device, self.net, self.theta, self.batch, self.read)

    def _written_from(self, start: writing.Begun) -> dict[str, Any]:
        side = self.net.writes
        plain = {**self.theta, **self.more, "words": start.words, "B": 1}
        plain |= {f"{side.name(state)}_init": value for state, value in start.states.items()}
        seen = start.seen
        return plain if seen is None else {**plain, "hs": seen.hs, "ks": seen.ks, "mask": seen.mask}


def environment(plain: dict[str, Any], families: dict[str, list[Any]]) -> Env:
    """Values by symbol, and families that count from 0."""
    return Env(plain, {name: indexed(values) for name, values in families.items()})


def named(side: Side, made: Any, x: str) -> dict[str, list[Any]]:
    """The values of timesteps as families, under the symbols of a side; what its cell reads is called `x`."""
    families: dict[str, list[Any]] = {}
    plain = {"k": "k", "htilde": "htilde", "a": "a", "yhat": "yhat", "word": "w" if side.mark == "d" else ""}
    every = {name for now in made for name in now}
    for name in every - {"x", "looked", "word"}:
        families[plain.get(name) or side.name(name)] = [now.get(name) for now in made]
    if side.mark == "d":
        families["w"] = [now["word"] for now in made]
        for name in made[-1]["looked"]:
            if name != "asked":
                families[name] = [now["looked"][name] for now in made]
    return families | {x: [now["x"] for now in made]}

"""One batch of pairs through an encoder and a decoder: all passes, on first use, and the sections of a reel."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from engine.device import Device
from engine.sequences import attention
from engine.sequences import net as nets
from engine.sequences.attention import Memory
from engine.sequences.net import Batch, Decoded, Made, Seq2seq, Theta
from engine.sequences.side import Side
from engine.walks.reel import Env, Families, Section
from engine.walks.step import Path, Walk, drain

_lengths: dict[Any, int] = {}


def length(key: Any, walk: Callable[[], Walk[Any]]) -> int:
    """How many steps a walk has: counted once for each key, which must say all that it depends on."""
    if key not in _lengths:
        _lengths[key] = sum(1 for _ in walk())
    return _lengths[key]


class Translating:
    """A net on one batch."""

    def __init__(self, device: Device, net: Seq2seq, theta: Theta, batch: Batch) -> None:
        self.device, self.net, self.theta, self.batch = device, net, theta, batch

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
        plain = {**self.theta, "B": batch.B, "N": batch.N, "words": batch.words, "mask": batch.mask}
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
        made: Families = {name: (lambda i, v=v: v[i] if 0 <= i < len(v) else None) for name, v in families.items()}
        return Env({**plain, **more}, made)

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

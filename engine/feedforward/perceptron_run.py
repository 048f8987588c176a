"""The perceptron's rule run to its end, and that run opened: sections for its epochs and for two proofs about it."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any, NamedTuple

from engine.device import HOST, Device, HostArray
from engine.feedforward.perceptron import Examples, Outcome, Theta, Visit, bound, came_back, epoch, running
from engine.walks.far import Sliced
from engine.walks.reel import Env, Section, counted
from engine.walks.step import Path


class PerceptronRun(NamedTuple):
    """The first w (M,) and b, points x (N, M) with their classes y (N,), 0 or 1, the rate η, and the whole run on them.

    `signs` says by which rule: see `feedforward.perceptron`.

    The sections are walks of the run on any device, each from the state that the run had there.
    """

    w: HostArray
    b: float
    x: HostArray
    y: HostArray
    eta: float
    outcome: Outcome
    signs: bool = True

    @classmethod
    def of(
        cls, w: HostArray, b: float, x: HostArray, y: HostArray, eta: float, epochs: int, signs: bool,
        seconds: float = float("inf"),
    ) -> PerceptronRun:  # fmt: skip
        """Run to its end; what was made last is kept. Raises Far where that takes longer than so many seconds."""
        going = _running(w.tobytes(), b, x.tobytes(), y.tobytes(), eta, epochs, signs)
        return cls(w, b, x, y, eta, going.reach(seconds), signs)

    def after(self, visits: int) -> tuple[HostArray, float]:
        """w and b after so many visits."""
        if not visits:
            return self.w, self.b
        return self.outcome.visits[visits - 1].w, self.outcome.visits[visits - 1].b

    def theta(self, device: Device, visits: int) -> Theta:
        """The state after so many visits, on the device."""
        w, b = self.after(visits)
        return Theta(device.put(w[:, None]), device.put([[b]]))

    def last(self, device: Device) -> Theta:
        """The state in which the run ended."""
        return self.theta(device, len(self.outcome.visits))

    def examples(self, device: Device) -> Examples:
        """All points, on the device, with their classes as ±1."""
        columns = [device.put([[value] for value in row]) for row in self.x.tolist()]
        return Examples(columns, [device.put([[2 * value - 1]]) for value in self.y.tolist()])

    def epochs(self, device: Device, at: Path) -> list[Section]:
        """One section an epoch; the last may stop in its middle, where the state came back."""
        examples, sections, N = self.examples(device), list[Section](), len(self.x)
        for first in range(0, len(self.outcome.visits), N):
            visits = self.outcome.visits[first : first + N]
            theta, here = self.theta(device, first), (*at, ("epoch", visits[0].epoch))
            some = Examples(examples.x[: len(visits)], examples.t[: len(visits)])
            walk = partial(epoch, device, theta, some, self.eta, here, signs=self.signs)
            made = partial(_env, theta, examples, eta=self.eta)
            sections.append(Section(here, walk, made, sum(map(steps_of, visits))))
        return sections

    def bounding(self, device: Device, at: Path) -> list[Section]:
        """R and γ of the state in which the run ended."""
        theta, examples = self.last(device), self.examples(device)
        start = {"R": 0 * theta.b, "gamma": device.put([[float("inf")]])}
        walk = partial(bound, device, theta, examples, at)
        return [Section(at, walk, partial(_env, theta, examples, **start), 3 * len(examples.x) + 1)]

    def comparing(self, device: Device, at: Path) -> list[Section]:
        """The state at the end of the circle beside that at its beginning (without a circle: beside the start)."""
        first, last = (self.theta(device, n) for n in self.outcome.cycle or (0, len(self.outcome.visits)))
        walk = partial(came_back, device.xp, last, first, at)
        made = partial(_env, last, self.examples(device), w_then=first.w, b_then=first.b)
        return [Section(at, walk, made, 1)]


def steps_of(visit: Visit) -> int:
    """A visit's steps: u and t·u, or the output; after a mistake w and b too."""
    return 2 + 2 * int(visit.mistake)


@lru_cache(maxsize=16)
def _running(w: bytes, b: float, x: bytes, y: bytes, eta: float, epochs: int, signs: bool) -> Sliced[Outcome]:
    weights, flat, classes = (HOST.xp.frombuffer(raw, dtype=float) for raw in (w, x, y))
    return running(weights, b, flat.reshape(-1, len(weights)), 2 * classes - 1, eta, epochs, signs=signs)


def _env(theta: Theta, examples: Examples, **more: Any) -> Env:
    y = [(t + 1) / 2 for t in examples.t]
    families = {name: counted(values) for name, values in (("x", examples.x), ("t", examples.t), ("y", y))}
    return Env({**theta._asdict(), **more}, families)

"""A net on one picture: what it sees, what it writes by itself, and the right caption forward and back; as sections."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from engine.device import Array, Device, HostArray
from engine.sequences import caption, picture
from engine.sequences.caption import Batch, Captioner, Forward
from engine.sequences.picture import Theta
from engine.walks.gradient_check import Objective
from engine.walks.reel import Section
from engine.walks.step import Path, Walk, drain


class OnePicture:
    """A picture (P,), and the codes of the words that are right for it; at most `most` words are written."""

    def __init__(
        self, device: Device, net: Captioner, theta: Theta, image: HostArray, words: Sequence[int], most: int
    ) -> None:
        self.device, self.xp, self.net, self.theta, self.most = device, device.xp, net, theta, most
        self.some: Batch = caption.batch(device, net, image.reshape(-1, 1), caption.coded([words]))

    @cached_property
    def made(self) -> Forward:
        """The forward pass on the right words."""
        return drain(caption.forward(self.xp, self.net, self.theta, self.some))

    @property
    def start(self) -> Array:
        """The start state (H, 1)."""
        return self.made.seen["h_init"]

    @cached_property
    def by_picture(self) -> HostArray:
        """∂E/∂I, (P,)."""
        _, by_I = drain(caption.backward(self.xp, self.net, self.theta, self.some, self.made))
        return self.device.get(by_I)[:, 0]

    @property
    def E(self) -> float:
        """The loss of the right words."""
        return sum(float(self.device.get(E)) for E in self.made.run.E)

    @property
    def objective(self) -> Objective:
        """E as a function of the parameters, and its gradient."""
        return caption.objective(self.xp, self.net, self.theta, self.some)

    def written(self, h: Array | None = None) -> list[HostArray]:
        """p of every word, (K,), at each timestep, as the net writes from its start state, or from h."""
        return [self.device.get(p)[:, 0] for p in drain(self._writing(self.start if h is None else h))]

    def _writing(self, h: Array, at: Path = ()) -> Walk[list[Array]]:
        return caption.greedy(self.device, self.net, self.theta, h, self.most, at)

    def look(self, at: Path) -> list[Section]:
        """From the pixels to the start state."""
        return [
            Section(
                at, lambda: picture.look(self.xp, self.net.eye, self.theta, self.some.image, at),
                lambda: caption.env(self.device, self.net, self.theta, self.some, None), picture.steps(self.net.eye)[0],
            )
        ]  # fmt: skip

    def write(self, at: Path) -> list[Section]:
        """Word by word, from the start state."""
        first = self.some._replace(x=self.some.x[:1], y=(), mask=())
        return [
            Section(
                at, lambda: self._writing(self.start, at),
                lambda: caption.env(self.device, self.net, self.theta, first, None, **self.made.seen),
                len(list(self._writing(self.start))),
            )
        ]  # fmt: skip

    def back(self, at: Path) -> list[Section]:
        """Forward on the right words, then backward."""
        xp, net, theta, some = self.xp, self.net, self.theta, self.some
        (there, home), up, down = caption.steps(net, len(some.x)), (*at, ("forward", -1)), (*at, ("backward", -1))
        return [
            Section(
                up, lambda: caption.forward(xp, net, theta, some, up),
                lambda: caption.env(self.device, net, theta, some, None), there,
            ),
            Section(
                down, lambda: caption.backward(xp, net, theta, some, self.made, down),
                lambda: caption.env(self.device, net, theta, some, self.made), home,
            ),
        ]  # fmt: skip


def likeliest(p: Sequence[HostArray]) -> list[int]:
    """The codes of the likeliest words, without the end mark."""
    codes = [int(each.argmax()) for each in p]
    return codes[: codes.index(caption.END)] if caption.END in codes else codes


def from_start(device: Device, net: Captioner, theta: Theta, h: HostArray, most: int) -> list[int]:
    """The codes that a net writes from a start state h (H, 1), without the end mark."""
    found = drain(caption.greedy(device, net, theta, device.put(h), most))
    return likeliest([device.get(p)[:, 0] for p in found])

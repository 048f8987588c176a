"""A picture described in words (slides 28, 29): one to many. The picture is the start state, the rest a language model.

I    (P, B)  pixels                                 x[t] (K, B)  the word before, one-hot; x[0] is the start word
h_init       tanh(D phi(I) + bD), see `picture`     y[t] (K, B)  the word, after the last one the end mark
yhat[t]      p of every word                        mask[t] (1, B)  1 up to the end mark, 0 after it

E = −Σ ln yhat of the right words, over all words of a caption, the mean over the batch. Of a decoder of several layers
or states the lowest h starts from the picture, all others from 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, Rng
from engine.gated import cell as cells
from engine.gated.cell import Cell, Inputs, Made
from engine.gated.run import training
from engine.maths.activations import softmax
from engine.sequences import picture
from engine.sequences.picture import Eye, Theta
from engine.walks.gradient_check import H as STEP
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Families, indexed
from engine.walks.rules import Placing
from engine.walks.step import Path, Step, Walk, drain

START, END = 0, 1
"""Codes of the start word, which is only read, and of the end mark."""
FINE = 1e-6
"""The step of central differences through convolutions: a larger one moves units across their corner."""
WRITTEN = {"read": "x[t] = one_hot(letters, word[t-1])", "word": "word[t] = argmax(yhat[t])"}
"""The rules of `greedy` beside the cell's own."""


class Captioner(NamedTuple):
    """A net without its weights: what turns a picture into a start state, the decoder, and how many words there are."""

    eye: Eye
    cell: Cell
    words: int

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters, in order."""
        return (*picture.shapes(self.eye), *self.cell.names)


class Captions(NamedTuple):
    """Captions as codes: x (T, N) read, y (T, N) wanted, mask (T, N) 1 up to the end mark; T is that of the longest."""

    x: HostArray
    y: HostArray
    mask: HostArray


class Batch(NamedTuple):
    """Pictures (P, B), and their captions as the inputs of a walk (see `Captions`), all but the start states."""

    image: Array
    x: Sequence[Array]
    y: Sequence[Array]
    mask: Sequence[Array]


class Forward(NamedTuple):
    """What was made of the pictures, by symbol; and the decoder's pass."""

    seen: dict[str, Array]
    run: cells.Forward


def coded(captions: Sequence[Sequence[int]]) -> Captions:
    """Captions of unlike lengths as codes, `END` after each, and after that where others go on."""
    xp, T, N = HOST.xp, max(map(len, captions)) + 1, len(captions)
    x, y, mask = xp.full((T, N), END), xp.full((T, N), END), xp.zeros((T, N))
    x[0] = START
    for n, words in enumerate(captions):
        x[1 : len(words) + 1, n] = y[: len(words), n] = words
        mask[: len(words) + 1, n] = 1.0
    return Captions(x, y, mask)


def batch(device: Device, net: Captioner, image: HostArray, captions: Captions) -> Batch:
    """Pictures with their captions on the device."""
    put, eye = device.put, HOST.xp.eye(net.words)
    x = [put(eye[:, codes]) for codes in captions.x]
    wanted = zip(captions.y, captions.mask, strict=True)
    y = [put(eye[:, codes] * counts) for codes, counts in wanted]
    return Batch(put(image), x, y, [put(counts[None]) for counts in captions.mask])


def shapes(net: Captioner) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, in order; vectors have one axis."""
    return {**picture.shapes(net.eye), **net.cell.shapes(net.eye.H, net.words)}


def drawn(net: Captioner, rng: Rng) -> dict[str, HostArray]:
    """First weights, on the host."""
    return {**picture.drawn(net.eye, rng), **training.drawn(net.cell, net.eye.H, net.words, rng)}


def starts(xp: Any, cell: Cell, h: Array) -> dict[str, Array]:
    """The start states of the decoder: the lowest h from the picture, all others 0."""
    return {**dict.fromkeys(cell.carry, xp.zeros_like(h)), "h": h}


def inputs(xp: Any, net: Captioner, some: Batch, h: Array) -> Inputs:
    """The inputs of the decoder, from the start state."""
    states = starts(xp, net.cell, h)
    return Inputs(some.x, list(some.y), states, some.image.shape[1], mask=some.mask)


def rules(net: Captioner) -> dict[str, str]:
    """The rule of every op of `forward`, `backward` and `greedy`."""
    every = cells.rules(net.cell, mean=True, masked=True)
    of_cell = {op: rule for op, rule in every.items() if not op.startswith("road")}
    carried = of_cell["gh_kept"].partition(" = ")[2]
    return {**of_cell, **picture.rules(net.eye, carried), **WRITTEN}


def forward(xp: Any, net: Captioner, theta: Theta, some: Batch, at: Path = ()) -> Walk[Forward]:
    """The start state from the picture; then every word, given the right words before it (teacher forcing)."""
    seen = yield from picture.look(xp, net.eye, theta, some.image, at)
    run = yield from cells.forward(xp, net.cell, theta, inputs(xp, net, some, seen["h_init"]), at)
    return Forward(seen, run)


def backward(
    xp: Any, net: Captioner, theta: Theta, some: Batch, made: Forward, at: Path = ()
) -> Walk[tuple[dict[str, Array], Array]]:
    """Back through the words into the start state, to D, and on to the pixels. Returns (∂E/∂θ, ∂E/∂I)."""
    cell, read = net.cell, inputs(xp, net, some, made.seen["h_init"])
    total, first = yield from cells.swept(xp, cell, theta, read, made.run, at)
    gh = cell.carried(cells.layer(theta, ""), cells.layer(first, ""))
    yield Step((*at, ("start", -1)), "gh_init", {"gh_init": gh})
    grad, by_I = yield from picture.look_back(xp, net.eye, theta, made.seen, gh, at)
    return {**grad, **total}, by_I


def steps(net: Captioner, T: int) -> tuple[int, int]:
    """How many steps `forward` and `backward` take."""
    (look, back), (there, home) = picture.steps(net.eye), cells.lengths(net.cell, T)
    return look + there, home + 1 + back


def greedy(
    device: Device, net: Captioner, theta: Theta, h: Array, most: int, at: Path = (), first: Array | None = None
) -> Walk[list[Array]]:
    """Word by word, the likeliest each time, until the end mark or `most` words; from the start state h (H, 1).

    Returns p of every word, (K, 1), at each timestep.
    """
    xp, cell, found = device.xp, net.cell, list[Array]()
    letters = numbered(device, net)
    states: Made = starts(xp, cell, h)
    x = xp.astype(letters == START, letters.dtype) if first is None else first
    for t in range(most):
        here = (*at, ("t", t))
        states = yield from cells.timestep(xp, cell, theta, x, states, t, here)
        a = theta["V"] @ states[cell.top] + theta["by"]
        yield Step((*here, ("output", -1)), "a", {f"a[{t}]": a})
        yhat = softmax(xp, a)
        yield Step((*here, ("output", -1)), "yhat", {f"yhat[{t}]": yhat})
        word = likeliest(xp, yhat)
        yield Step((*here, ("output", -1)), "word", {f"word[{t}]": word})
        found.append(yhat)
        if t + 1 == most or int(device.get(word)[0, 0]) == END:
            break
        x = xp.astype(letters == word, letters.dtype)
        yield Step((*at, ("t", t + 1), ("read", -1)), "read", {f"x[{t + 1}]": x})
    return found


def numbered(device: Device, net: Captioner) -> Array:
    """The codes of all words, (K, 1)."""
    return device.put([[float(code)] for code in range(net.words)])


def likeliest(xp: Any, yhat: Array) -> Array:
    """The code of the likeliest word, (1, B), as a floating number; of equal ones the first."""
    return xp.astype(xp.argmax(yhat, axis=0, keepdims=True), yhat.dtype)


def written(device: Device, net: Captioner, theta: Theta, image: Array, most: int) -> list[list[int]]:
    """The captions of pictures (P, B), greedily, without the end mark."""
    xp, letters = device.xp, numbered(device, net)
    states: Made = starts(xp, net.cell, drain(picture.look(xp, net.eye, theta, image))["h_init"])
    x, codes = xp.astype(letters == xp.zeros_like(image[:1, :]) + START, letters.dtype), []
    for t in range(most):
        states = drain(cells.timestep(xp, net.cell, theta, x, states, t))
        word = likeliest(xp, theta["V"] @ states[net.cell.top] + theta["by"])
        x = xp.astype(letters == word, letters.dtype)
        codes.append([int(code) for code in device.get(word)[0]])
    return [whole[: whole.index(END)] if END in whole else whole for whole in map(list, zip(*codes, strict=True))]


def objective(xp: Any, net: Captioner, theta: Theta, some: Batch) -> Objective:
    """E as a function of the parameters, and its gradient."""
    made = drain(forward(xp, net, theta, some))

    def E(**moved: Array) -> Array:
        return sum(drain(forward(xp, net, {**theta, **moved}, some)).run.E)

    grad, _ = drain(backward(xp, net, theta, some, made))
    return Objective(theta, E, grad, FINE if net.eye.net else STEP)


def env(device: Device, net: Captioner, theta: Theta, some: Batch, made: Forward | None, /, **more: Any) -> Env:
    """The values before a walk: parameters, pictures and words; with `made` those of the forward pass too."""
    given: dict[str, Sequence[Any]] = {"x": some.x, "y": some.y, "mask": some.mask}
    fixed: Mapping[str, Placing] = picture.functions(HOST.xp, net.eye)
    plain: dict[str, Any] = {
        **theta,
        **fixed,
        "I": some.image,
        "B": some.image.shape[1],
        "letters": numbered(device, net),
    }
    if made is not None:
        plain |= made.seen
        names = (name for name in made.run.made[0] if name != "x")
        given |= {name: [each[name] for each in made.run.made] for name in names} | {"E": made.run.E}
        others = starts(device.xp, net.cell, made.seen["h_init"])
        plain |= {f"{name}_init": value for name, value in others.items()}
    else:
        zero = device.put(HOST.xp.zeros((net.eye.H, some.image.shape[1])))
        plain |= {f"{name}_init": zero for name in net.cell.carry if name != "h"}
    families: Families = {name: indexed(values) for name, values in given.items()}
    return Env({**plain, **more}, families)

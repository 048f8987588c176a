"""The experiment of `bptt`: a text becomes a net and inputs; these give a reel, a training track, a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.device import Device, HostArray, rng
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import normal
from engine.maths.optimisers import OPTIMISERS
from engine.recurrent.srn import PARAMETERS, Inputs, Params
from engine.recurrent.srn_training import SrnRun
from engine.recurrent.unrolled import Unrolled
from engine.walks.history import State, Track
from engine.walks.reel import Grains, Reel
from engine.walks.step import Path
from engine.walks.training import Recipe
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start

GRAINS: Grains = {"act": 0, "update": 1, "phase": 2, "t": 3, "cell": 3, "k": 4, "op": 5}
MOST_NUMBERS = 10_000_000
"""`terms` holds up to so many numbers; beyond that the vectors they are made of are given instead."""

# The lecture's example, "hell" → "ello" over h, e, l, o, without biases (slides 34-37).
EXAMPLE = {
    "U": [[0.5, -0.5, 0.25, 0.0], [-0.25, 0.5, 0.0, 0.5]],
    "W": [[0.5, -0.25], [0.25, 0.5]],
    "V": [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]],
}


def inputs_of(text: str) -> dict[str, Any]:
    """Each letter is to predict the next: vocabulary in order of first appearance, x = text[:-1], y = text[1:]."""
    vocabulary = list(dict.fromkeys(text))
    at = {letter: i for i, letter in enumerate(vocabulary)}
    codes = [at[letter] for letter in text]
    return {"text": text, "vocabulary": vocabulary, "x": codes[:-1], "y": codes[1:]}


def begin(knobs: Knobs, seed: int | None) -> Start:
    """The example's weights without a seed, else N(0, min(½, 1/√H)²) drawn in the order U, W, V; biases 0."""
    inputs = inputs_of(str(knobs["text"]))
    H, K = int(knobs["hidden"]), len(inputs["vocabulary"])
    draw, scale = rng(seed or 0), min(0.5, H**-0.5)
    if seed is None:
        params = {name: np.array(value) for name, value in EXAMPLE.items()}
    else:
        shapes = {"U": (H, K), "W": (H, H), "V": (K, H)}
        params = {name: normal(draw, *shape, scale) for name, shape in shapes.items()}
    params["b"], params["c"], params["s_init"] = np.zeros(H), np.zeros(K), np.zeros(H)
    if knobs["start"] == "random":
        params["s_init"] = normal(draw, H, 1, 0.5)[:, 0]
    return Start(params, inputs)


def theta(device: Device, begun: Start) -> Params:
    """The parameters on the device; vectors as columns."""
    host = (begun.params[name] for name in PARAMETERS)
    return Params(*(device.put(value if value.ndim == 2 else value[:, None]) for value in host))


def one_hot(device: Device, code: int, size: int) -> Any:
    """A column of `size` with a 1 at `code`."""
    return device.put([[float(i == code)] for i in range(size)])


def sequence(device: Device, begun: Start) -> Inputs:
    """The inputs on the device, one-hot; a letter's column is made once."""
    size = len(begun.inputs["vocabulary"])
    letters = [one_hot(device, code, size) for code in range(size)]
    x, y = ([letters[code] for code in begun.inputs[name]] for name in "xy")
    return Inputs(x, y, device.put(begun.params["s_init"][:, None]))


def unrolled(device: Device, knobs: Knobs, begun: Start) -> Unrolled:
    """The net on its text."""
    f = ACTIVATIONS[str(knobs["activation"])]
    return Unrolled(device, f, theta(device, begun), sequence(device, begun), int(knobs["window"]))


def recipe(knobs: Knobs) -> Recipe:
    """How the knobs say it is trained."""
    return Recipe(OPTIMISERS[str(knobs["optimiser"])], float(knobs["rate"]), float(knobs["clip"]))


def ledger_reel(net: Unrolled) -> Reel:
    """Acts 1 to 6, end to end."""

    def act(*names: str) -> Path:
        return tuple((name, -1) for name in names)

    return Reel(
        [
            net.section_forward(act("forward")),
            net.section_output(act("dV")),
            *(net.section_row(act("dW"), t, "W") for t in range(net.steps)),
            *(net.section_row(act("dU"), t, "Ub") for t in range(net.steps)),
            net.section_sum(act("sum", "over_t")),
            net.section_columns(act("sum", "columns")),
            net.section_sweep(act("sum", "sweep")),
            net.section_check(act("check")),
        ],
        GRAINS,
    )


def training(device: Device, knobs: Knobs, begun: Start, fork: State | None) -> Track:
    """Training from update 0; or from a fork, whose parameters are `begun`'s and whose memory goes on if it can."""
    plan, inputs, weights = recipe(knobs), sequence(device, begun), theta(device, begun)._asdict()
    run = SrnRun(device, ACTIVATIONS[str(knobs["activation"])], plan, inputs, int(knobs["window"]))
    return run.track(run.start(weights) if fork is None else run.fork(fork, weights), GRAINS)


def with_letter(begun: Start, at: int, raw: str) -> Start:
    """One letter of the text put in by hand. Raises Refused for one that the net does not know."""
    letter, vocabulary = raw.strip(" ") or raw[:1], begun.inputs["vocabulary"]
    if letter not in vocabulary:
        raise Refused("edit_letter", value=repr(letter), vocabulary=" ".join(vocabulary))
    text = begun.inputs["text"][:at] + letter + begun.inputs["text"][at + 1 :]
    codes = [vocabulary.index(each) for each in text]
    return Start(begun.params, {"text": text, "vocabulary": vocabulary, "x": codes[:-1], "y": codes[1:]})


def results(device: Device, net: Unrolled) -> dict[str, Any]:
    """Losses, the gradient before any clipping, and every term of ∂E_t/∂W and ∂E_t/∂U, as plain data."""
    host = device.get
    losses = [float(host(E)) for E in net.run.E]
    grad = {p: host(g)[:, 0] if p in "bc" else host(g) for p, g in net.ledger.grad._asdict().items()}
    found: dict[str, Any] = {"losses": losses, "loss": sum(losses), "grad": grad}
    H, K, T = net.theta.W.shape[0], net.theta.U.shape[1], net.steps
    size = T * (T + 1) // 2 * (H * H + H * K)
    deltas = [_row(host, net, t) for t in range(T)]
    if size <= MOST_NUMBERS:
        before = [host(net.before(k)) for k in range(T)]
        x = [host(value) for value in net.inputs.x]
        found["terms"] = {"W": _outer(deltas, before), "U": _outer(deltas, x)}
    else:
        found["delta"] = [[d[:, 0] for d in row] for row in deltas]
        found["s"] = [host(s)[:, 0] for s in net.run.s]
    return found


def _row(host: Any, net: Unrolled, t: int) -> list[HostArray]:
    """delta[t,k] for k = 0 … t, zeros where the window has cut it off."""
    kept = [host(d) for d in reversed(net.row(t))]
    return [np.zeros_like(kept[0])] * (t + 1 - len(kept)) + kept


def _outer(deltas: Sequence[Sequence[HostArray]], factors: Sequence[HostArray]) -> list[list[HostArray]]:
    return [[d @ factors[k].T for k, d in enumerate(row)] for row in deltas]


def shapes(H: int, K: int) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, vectors flat."""
    return {"U": (H, K), "W": (H, H), "V": (K, H), "b": (H,), "c": (K,), "s_init": (H,)}


def hidden_of(file: str, params: Mapping[str, Any], K: int) -> int:
    """The hidden size of a state: the rows of its U."""
    if params.get("U") is None:
        raise Refused("missing", file=file, symbol="U", wanted=f"(hidden, {K})")
    H = len(params["U"]) if isinstance(params["U"], list) else 0
    if not 1 <= H <= 64:
        raise Refused("shape_text", file=file, symbol="U", wanted=f"(hidden 1–64, {K})")
    return H


def restored_inputs(file: str, given: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The inputs of a state; x, y and vocabulary may be left out, and must fit the text where they are given."""
    text = given.get("text", text)
    if not isinstance(text, str) or not 2 <= len(text) <= 500:
        raise Refused("inputs_text", file=file, found=repr(str(text)[:20]))
    found = inputs_of(text)
    vocabulary = given.get("vocabulary", found["vocabulary"])
    letters = isinstance(vocabulary, list) and all(isinstance(v, str) and len(v) == 1 for v in vocabulary)
    if not letters or len(set(vocabulary)) != len(vocabulary) or set(text) - set(vocabulary):
        raise Refused("inputs_vocabulary", file=file)
    codes = [vocabulary.index(letter) for letter in text]
    for name, wanted in (("x", codes[:-1]), ("y", codes[1:])):
        if given.get(name, wanted) != wanted:
            raise Refused("inputs_codes", file=file, name=name, wanted=wanted[:8])
    return {"text": text, "vocabulary": vocabulary, "x": codes[:-1], "y": codes[1:]}

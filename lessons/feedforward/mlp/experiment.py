"""The experiment of `mlp`: knobs become points and a net; these give the first weights, examples and training."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from engine.device import HOST, Device, HostArray, rng
from engine.feedforward import mlp
from engine.feedforward.mlp import Net
from engine.feedforward.mlp_training import Batches, Examples, MlpRun, converged
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import for_size, he, layers, xavier
from engine.walks.history import State, Track
from engine.walks.reel import Grains
from engine.walks.step import drain
from lessons.building.defaults import function, on_device, recipe
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Lesson
from lessons.contract.view import Knobs, Start
from lessons.data.points import has_classes, pairs_of_state, points, read_examples
from lessons.data.scatter import MAKERS, NUMBERS, features, scatter
from lessons.feedforward.mlp import STARTS

ORDER = 8
"""The section of the seed that shuffles points into those that teach and those that test."""

# The example of back-propagation on XOR: two tanh units, one sigmoid, x = (1, 0), which should give 1. Its two starts
# differ in the sign of one weight, which reads x₂ = 0: the first acts are the same from both.
EXAMPLE = {"W1": [[1.0, 1.0], [-1.0, -0.5]], "b1": [-0.5, 0.25], "W2": [[1.0, -0.5]], "b2": [0.0]}
STUCK = {**EXAMPLE, "W1": [[1.0, 1.0], [-1.0, 0.5]]}
CHANGE = "W1[1,1]=0.5"
"""What leads from the one to the other, as it would be edited."""

GATE: Mapping[str, Value] = {
    "layers": "2", "loss": "logistic", "rate": 0.5, "batch": 4, "example": 3, "initial": "small",
    "tolerance": 1e-5,
}  # fmt: skip
PLAY: Mapping[str, Value] = {
    "layers": "4,2", "loss": "squared", "rate": 0.03, "batch": 10, "example": 1, "initial": "xavier",
    "tolerance": 0.0,
}  # fmt: skip
FITS: Mapping[str, Mapping[str, Value]] = {
    "xor": {"layers": "8,4"},
    "spiral": {"layers": "8,8,8", "features": "x1,x2,sinx1,sinx2"},
    "hills": {"layers": "8,8"},
}
"""What a data set asks for beside `PLAY`, so that it can be learned."""


def settled(knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
    """The knobs, those that were not given as the data set asks for."""
    data = str(knobs["data"])
    fits = dict(GATE) if data == "gate" else {**PLAY, **FITS.get(data, {})}
    if "problem" not in given:
        known = data == "gate" or data in MAKERS
        fits["problem"] = "classes" if (data not in NUMBERS if known else classes_in(data)) else "numbers"
    return {**knobs, **{name: value for name, value in fits.items() if name not in given}}


_seen: dict[str, bool] = {}


def classes_in(file: str) -> bool:
    """Whether a file has classes; where it has gone since, as it was last seen. Raises Refused."""
    try:
        _seen[file] = has_classes(file)
    except Refused:
        if file not in _seen:
            raise
    return _seen[file]


def sizes(knobs: Knobs) -> list[int]:
    """Units of every layer, from the inputs to the one output."""
    hidden = [int(size) for size in str(knobs["layers"]).split(",") if size != "0"]
    return [len(names_of(knobs)), *hidden, 1]


def names_of(knobs: Knobs) -> tuple[str, ...]:
    """The features that the net is given."""
    return tuple(str(knobs["features"]).split(","))


def net_of(knobs: Knobs) -> Net:
    """The net: tanh or sigmoid at the output for classes, nothing for numbers."""
    loss = str(knobs["loss"])
    out = ACTIVATIONS["tanh" if knobs["problem"] == "classes" else "linear"]
    return Net(len(sizes(knobs)) - 1, function(knobs), loss, out, float(knobs["l1"]), float(knobs["l2"]))


def drawn_points(knobs: Knobs, seed: int) -> tuple[HostArray, HostArray]:
    """x (N, 2) and what is wanted, y (N,), as the knob `data` says; classes are −1 and 1, with −ln p 0 and 1.

    Numbers that are to be classes are: above 0, or not. Raises Refused.
    """
    data, classes = str(knobs["data"]), knobs["problem"] == "classes"
    if not classes and knobs["loss"] == "logistic":
        raise Refused("loss_numbers")
    if data == "gate":
        x, y = points("xor", 0, 4)
    elif data in MAKERS:
        x, y = scatter(data, seed, int(knobs["points"]), float(knobs["noise"]))
    else:
        x, y, _ = read_examples(data)
    return x, np.where(y > 0, *classes_of(knobs)[::-1]) if classes else y


def classes_of(knobs: Knobs) -> list[float]:
    """What the net should say to each of the two classes; none where it should say numbers."""
    return [] if knobs["problem"] == "numbers" else [0.0, 1.0] if knobs["loss"] == "logistic" else [-1.0, 1.0]


def begin_at(knobs: Knobs, seed: int | None) -> Start:
    """Points and weights: the lecture's example without a seed where it is asked for, else drawn."""
    x, y = drawn_points(knobs, seed or 0)
    teach, test = np.arange(len(x)), np.arange(0)
    if knobs["data"] != "gate":
        order = rng(seed or 0, ORDER).permutation(len(x))
        count = min(len(x) - 1, max(1, round(len(x) * int(knobs["split"]) / 100)))
        teach, test = order[:count], order[count:]
    inputs = {
        "classes": classes_of(knobs), "x": x[teach].tolist(), "y": y[teach].tolist(), "x_test": x[test].tolist(),
        "y_test": y[test].tolist(), "order_seed": seed or 0,
    }  # fmt: skip
    if seed is None and knobs["data"] == "gate":
        first = STUCK if knobs.get("weights") == STARTS[1] else EXAMPLE
        return Start({name: np.array(value) for name, value in first.items()}, inputs)
    return Start(weights(knobs, seed or 0, x[teach]), inputs)


def weights(knobs: Knobs, seed: int, x: HostArray) -> dict[str, HostArray]:
    """Weights as `initial` says; those of layer 1 for features of size 1, whatever size they are. Biases 0."""
    initial = str(knobs["initial"])
    params, times = layers(rng(seed), sizes(knobs), he if initial == "he" else xavier), {"zero": 0.0, "small": 0.3}
    for name, value in params.items():
        params[name] = value * times.get(initial, 1.0) if name.startswith("W") else value[:, 0]
    if knobs["data"] != "gate":
        params["W1"] = for_size(params["W1"], features(names_of(knobs), x))
    return params


def examples(knobs: Knobs, start: Start, test: bool = False) -> Examples:
    """All that teach, or all that test: features (M, N) and what is wanted (1, N), on the host."""
    x, y = (np.array(start.inputs[name + ("_test" if test else "")], dtype=float) for name in "xy")
    return Examples(features(names_of(knobs), x.reshape(-1, 2)), y[None, :])


def batches(knobs: Knobs, start: Start) -> Batches:
    """How the points are dealt."""
    return Batches(int(knobs["batch"]), int(start.inputs["order_seed"]))


def training(device: Device, knobs: Knobs, start: Start, fork: State | None, grains: Grains) -> Track:
    """Training from update 0; or from a fork, whose parameters are `start`'s and whose memory goes on if it can."""
    some, test = examples(knobs, start), examples(knobs, start, test=True)
    run = MlpRun(device, net_of(knobs), recipe(knobs), batches(knobs, start), some, test)
    theta = on_device(device, start.params)
    track = run.track(run.start(theta) if fork is None else run.fork(fork, theta), grains)
    return track._replace(done=converged(float(knobs["tolerance"])))


def rivals(lesson: Lesson, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
    """Beside the start that solves XOR, the one that gets stuck."""
    same = {name: value.tolist() for name, value in start.params.items()} == EXAMPLE
    stuck = {name: np.array(value) for name, value in STUCK.items()}
    return [(CHANGE, knobs, Start(stuck, start.inputs))] if same and knobs["data"] == "gate" else []


def one(knobs: Knobs, start: Start) -> Examples:
    """The one example that goes through in the first acts. Raises Refused where there are not so many."""
    i, some = int(knobs["example"]), examples(knobs, start)
    if i > some.x.shape[1]:
        raise Refused("example", value=i, most=some.x.shape[1])
    return Examples(some.x[:, i - 1 : i], some.y[:, i - 1 : i])


def middle(knobs: Knobs) -> float:
    """Halfway between what the net should say to the two classes."""
    return 0.5 if knobs["loss"] == "logistic" else 0.0


def right(knobs: Knobs, answers: HostArray, wanted: HostArray) -> float:
    """The share of answers on the right side of the middle."""
    cut = middle(knobs)
    return float(((answers > cut) == (wanted > cut)).mean()) if wanted.size else float("nan")


def loss_of_one(knobs: Knobs, start: Start) -> float:
    """E of the one example, at a start's weights."""
    return float(drain(mlp.forward(HOST.xp, net_of(knobs), on_device(HOST, start.params), *one(knobs, start))).E)


def restored_inputs(file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
    """The inputs of a state, checked; what is left out is as the knobs draw it. Raises Refused."""
    whole, classes = {"x", "y", "x_test", "y_test"} <= set(given), classes_of(knobs)
    if not classes and knobs["loss"] == "logistic":
        raise Refused("loss_numbers")
    found: dict[str, Any] = {} if whole else dict(begin_at(knobs, 0).inputs)
    found |= {"classes": classes, "order_seed": _count(given.get("order_seed", 0))}
    found["earlier"] = _count(given.get("updates", given.get("earlier", 0)))
    for x, y, least in (("x", "y", 1), ("x_test", "y_test", 0)):
        if x not in given and y not in given:
            continue
        pairs, wanted = pairs_of_state(file, given, x, y, least)
        if classes and not np.isin(wanted, classes).all():
            said = " ".join(f"{each:g}" for each in classes)
            raise Refused("inputs_classes", file=file, y=y, classes=said, loss=knobs["loss"])
        found[x], found[y] = pairs.tolist(), wanted.tolist()
    return found


def _count(raw: Any) -> int:
    """A whole number from 0 up; anything else counts as 0."""
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0 else 0

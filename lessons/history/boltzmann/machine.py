"""The experiment of `boltzmann`: pictures, machines and deep nets as the knobs ask for them, and their training."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from engine.device import HOST, Array, Device, HostArray, rng
from engine.feedforward.mlp import Net
from engine.feedforward.mlp_training import Batches
from engine.images import dbn, rbm
from engine.images.dbn import DbnRun, Plan
from engine.images.rbm import Draws, Rule, Sampling
from engine.images.rbm_filling import filled
from engine.images.rbm_training import RbmRun, fitting
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import Initial, he, xavier
from engine.walks.far import Sliced
from engine.walks.history import State, Track
from engine.walks.reel import Grains
from engine.walks.training import descending
from lessons.building.defaults import on_device
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start
from lessons.data.pictures.black_and_white import half_known, one_of, pictures
from lessons.data.pictures.digits import CLASSES
from lessons.data.tasks import few_labels

SHOWN = 30
"""Pictures whose probability is shown: all bars and stripes, the first digits."""
EVERY = 100
"""Updates between two measurements."""
WEIGHTS, CHAIN, PICTURE, FILLED = 1, 21, 22, 23
"""The sections of the seed that draw the weights, the random numbers of the chain that is stepped, its picture, and the
random numbers of the chains that fill it in again."""
TIMES = 10
"""Chains that fill it in again."""
BEFORE = 10_000
"""Added to the seed of the training that a machine has behind it at the start."""
STACKED: Mapping[str, Value] = {
    "data": "digits", "hidden": 64, "trained": 0, "rate": 0.1, "batch": 20, "v1": "mean", "decay": 0.0001,
}  # fmt: skip
DIGITS: Mapping[str, Value] = {"rate": 0.2, "batch": 100}
PER_LAYER = 1950
"""Updates of each layer's machine: 30 epochs of 1,297 pictures in batches of 20."""
MACHINE = descending(0.2)
SCALE, SCALE_STACKED = 0.01, 0.1
"""Standard deviations of the first weights, of a machine alone and in a deep net."""
BEGINNINGS = ("machines", "hundred", "random", "relu")
SPREAD: Mapping[str, Initial] = {"random": xavier, "relu": he}
"""How the weights of a deep net are drawn that no machine prepares."""


def shown(knobs: Knobs, seed: int) -> HostArray:
    """The pictures (V, M) whose probabilities are shown."""
    return pictures(str(knobs["data"]), seed).x[:, :SHOWN]


def rule_of(knobs: Knobs) -> Rule:
    """How the knobs have the gradient estimated."""
    how = Sampling(*(knobs[name] == "sample" for name in ("h0", "v1", "h_data", "h_model")))
    return Rule(int(knobs["k"]), how, knobs["chain"] == "persistent", float(knobs["decay"]))


def drawn(device: Device, knobs: Knobs, units: tuple[int, int], seed: int) -> Draws:
    """The random numbers of the chains that are stepped through, enough for the longer one."""
    k = max(int(knobs["k"]), int(knobs["sweeps"]))
    return rbm.draws(device.put, rng(seed, CHAIN).random(rbm.numbers(units, k)), units, k, 1, 1)


def weights(knobs: Knobs, seed: int, seconds: float = float("inf")) -> dict[str, HostArray]:
    """W, a and b at the start, after as many updates of CD-1 as `trained` says. Raises Far after so many seconds."""
    scale = SCALE_STACKED if knobs["net"] == "dbn" else SCALE
    sizes = (int(knobs[name]) for name in ("hidden", "trained", "batch"))
    theta = _fitting(str(knobs["data"]), *sizes, scale, seed).reach(seconds).data.theta
    return {"W": theta["W"], "a": theta["a"][:, 0], "b": theta["b"][:, 0]}


@lru_cache(maxsize=8)
def _fitting(data: str, hidden: int, trained: int, batch: int, scale: float, seed: int) -> Sliced[State]:
    x, means = pictures(data, seed).x, data == "digits"
    begun = rbm.initial(HOST, rng(seed, WEIGHTS), x, hidden, scale, means)
    recipe = descending(float(DIGITS["rate"]) if means else 0.1)
    return fitting(begun, recipe, Batches(batch, BEFORE + seed), x, trained)


def start(knobs: Knobs, seed: int) -> Start:
    """Weights, and one of the pictures or one's own. Raises Refused."""
    data = str(knobs["data"])
    number = int(rng(seed, PICTURE).integers(pictures(data, seed).x.shape[1]))
    v = one_of(data, str(knobs["picture"]), seed, number)
    return Start(weights(knobs, seed), {"v": v.tolist(), "seed": seed})


def filled_again(knobs: Knobs, start: Start) -> HostArray:
    """The covered picture as `TIMES` chains fill it in, (V, TIMES), each with random numbers of its own."""
    theta, v = on_device(HOST, start.params), np.array(start.inputs["v"])[:, None]
    of, units = rule_of(knobs)._replace(k=int(knobs["sweeps"])), theta["W"].shape
    row = rng(int(start.inputs["seed"]), FILLED).random(TIMES * rbm.numbers(units, of.k))
    c = half_known(int(len(v) ** 0.5), str(knobs["covered"]))[:, None]
    found: HostArray = filled(
        HOST.xp, theta, v.repeat(TIMES, 1), c, rbm.draws(HOST.get, row, units, of.k, TIMES, TIMES), of
    )
    return found


def machine(device: Device, knobs: Knobs, seed: int, every: int = EVERY) -> RbmRun:
    """One machine in training."""
    x, test = pictures(str(knobs["data"]), seed)
    recipe, batches = descending(float(knobs["rate"])), Batches(int(knobs["batch"]), seed)
    return RbmRun(device, recipe, rule_of(knobs), int(knobs["hidden"]), batches, x, test, every)


def net_of(knobs: Knobs) -> Net:
    """The deep net over the machines."""
    units = ACTIVATIONS["relu" if knobs["begin"] == "relu" else "sigmoid"]
    return Net(int(knobs["layers"]) + 1, units, "softmax")


def prepared(knobs: Knobs) -> int:
    """How many layers of the deep net machines prepare."""
    return 0 if knobs["begin"] in SPREAD else int(knobs["layers"])


def deep(device: Device, knobs: Knobs, seed: int) -> DbnRun:
    """The deep net in training: few of its pictures have labels, and its machines may see those alone."""
    some = few_labels(seed, int(knobs["labels"]))
    seen = some.train.x if knobs["begin"] == "hundred" else some.pictures
    plan = Plan(prepared(knobs), PER_LAYER, MACHINE, Batches(20, seed), rule_of(knobs)._replace(persistent=False))
    recipe, batches = descending(float(knobs["rate"])), Batches(int(knobs["batch"]), seed)
    return DbnRun(device, net_of(knobs), recipe, batches, seen, some.train, some.test, plan)


def deep_theta(device: Device, knobs: Knobs, start: Start, run: DbnRun) -> dict[str, Array]:
    """Its parameters at the start: the first layer is the machine of `start` where machines are trained."""
    seed, H = int(start.inputs["seed"]), int(knobs["hidden"])
    sizes = [run.pictures.shape[0], *[H] * int(knobs["layers"]), CLASSES]
    spread = SPREAD.get(str(knobs["begin"]))
    theta = dbn.initial(device, rng(seed, WEIGHTS), run.pictures, sizes, spread=spread)
    return theta if spread else dbn.written_back(theta, 1, on_device(device, start.params))


def training(device: Device, knobs: Knobs, start: Start, fork: State | None, grains: Grains) -> Track:
    """Training of the machine or of the deep net, from update 0 or from a fork."""
    seed, theta = int(start.inputs["seed"]), on_device(device, start.params)
    if knobs["net"] == "rbm":
        run = machine(device, knobs, seed)
        return run.track(run.start(theta) if fork is None else run.fork(fork, theta), grains)
    net = deep(device, knobs, seed)
    if fork is None:
        return net.track(net.start(deep_theta(device, knobs, start, net)), grains)
    theta = dbn.written_back(fork.data.theta, 1, theta)
    return net.track(net.fork(fork, {p: theta[p] for p in fork.data.theta}), grains)

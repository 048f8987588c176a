"""Deep belief nets: restricted Boltzmann machines layer on layer, then back-propagation (slide 4; Hinton et al. 2006).

layer l learns p(x_l) as a machine of its own, by CD-1 with the reconstruction in probabilities
x_0 = the pictures    x_l = p(h=1|x_{l-1})    then W_l, b_l are where a net of sigmoid units starts

W1 (H1, V), b1 (H1, 1), W2, …  the net's parameters as `feedforward.mlp` has them: a machine's W is their transpose
a1 (V, 1), a2, …               the visible biases, which are dropped where back-propagation begins
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, Rng, rng
from engine.feedforward import mlp
from engine.feedforward.mlp import Net, Theta
from engine.feedforward.mlp_training import Batches, Examples, MlpRun, loss_on, wrong
from engine.images import rbm
from engine.images.rbm import Rule, Sampling
from engine.images.rbm_training import READINGS, SHOWN, RbmRun
from engine.maths.initial import Initial, normal
from engine.maths.optimisers import begin
from engine.walks import training
from engine.walks.history import State, Track
from engine.walks.reel import Grains, Section
from engine.walks.step import Path, drain
from engine.walks.training import Gradient, Learning, Recipe

CD = Rule(1, Sampling(visible=False), decay=1e-4)
"""How each layer learns, unless told otherwise."""


class Plan(NamedTuple):
    """`layers` machines are trained for `updates` each, then the whole net; every `every` updates there is a reading.

    With `layers` 0 the net is trained from where it starts.
    """

    layers: int
    updates: int
    recipe: Recipe
    batches: Batches
    of: Rule = CD
    every: int = 50

    @property
    def end(self) -> int:
        """The first update of back-propagation."""
        return self.layers * self.updates


class Reading(NamedTuple):
    """The reconstruction error of the layer in training, the loss on the labelled and the share of wrong test examples.

    NaN where it does not apply.
    """

    reconstruction: float
    loss: float
    wrong: float


def initial(
    device: Device, draw: Rng, x: HostArray, sizes: Sequence[int], scale: float = 0.1, spread: Initial | None = None
) -> dict[str, Array]:
    """Parameters for layers of these sizes, the input's and the output's included: W ~ N(0, scale²), biases 0.

    With `spread` it draws the weights. The first machine's visible bias is ln(m / (1 − m)) of the mean m of each unit
    in x (V, N), the others' are 0.
    """
    theta, drawn = dict[str, Array](), spread or partial(normal, scale=scale)
    for n, (below, above) in enumerate(pairwise(sizes), 1):
        theta[f"W{n}"] = device.put(drawn(draw, above, below))
        theta[f"b{n}"] = device.put(HOST.xp.zeros((above, 1)))
        if n < len(sizes) - 1:
            theta[f"a{n}"] = device.put(HOST.xp.zeros((below, 1)))
    return {**theta, "a1": rbm.initial(device, draw, x, 1, 0.0, means=True)["a"]} if len(sizes) > 2 else theta


def machine(theta: Theta, layer: int) -> dict[str, Array]:
    """The parameters of one layer as those of a machine: W, a, b."""
    return {"W": theta[f"W{layer}"].T, "a": theta[f"a{layer}"], "b": theta[f"b{layer}"]}


def first_machine(theta: Theta, a: Array) -> Theta:
    """The machine of the first layer, with `a` where back-propagation has dropped its own; a machine as it is."""
    return machine({"a1": a, **theta}, 1) if "W1" in theta else theta


def written_back(theta: Theta, layer: int, moved: Theta) -> dict[str, Array]:
    """The parameters with those of a layer's machine put in their place."""
    return {**theta, f"W{layer}": moved["W"].T, f"a{layer}": moved["a"], f"b{layer}": moved["b"]}


def part(data: Learning[Reading], layer: int) -> Learning[Any]:
    """What the run of a layer's machine, or of the whole net (0), knows of a state."""
    return Learning(machine(data.theta, layer) if layer else data.theta, data.memory, data.loss, data.began, None, None)


def features(xp: Any, theta: Theta, x: Array, layers: int) -> Array:
    """x_l = p(h=1|x_{l-1}) through some layers."""
    for layer in range(1, layers + 1):
        x = rbm.hidden_chance(xp, {"W": theta[f"W{layer}"].T, "b": theta[f"b{layer}"]}, x)
    return x


def share_wrong(device: Device, net: Net, theta: Theta, some: Examples) -> float:
    """The share of examples whose largest output is not the target's."""
    count = some.x.shape[1]
    if not count:
        return float("nan")
    outputs = drain(mlp.forward(device.xp, net, theta, *some)).h[-1]
    return wrong(device, outputs, device.get(some.y)) / int(count)


class DbnRun(training.Run[Reading]):
    """A net that is prepared on `pictures` (V, N) layer by layer and then trained on the examples in `train`."""

    kinds = (Reading,)

    def __init__(
        self, device: Device, net: Net, recipe: Recipe, batches: Batches, pictures: HostArray, train: Examples,
        test: Examples, plan: Plan,
    ) -> None:  # fmt: skip
        super().__init__(device, recipe, mlp.names(net.depth))
        self.net, self.plan, self.pictures = net, plan, pictures
        self.mlp = MlpRun(device, net, recipe, batches, train)
        self.test = Examples(*(device.put(value) for value in test))
        self._machine: tuple[int, list[Array], RbmRun | None] = 0, [], None

    def layer(self, n: int) -> int:
        """The layer whose machine update n trains, from 1; 0 in back-propagation."""
        return n // self.plan.updates + 1 if n < self.plan.end else 0

    def machine(self, theta: Theta, layer: int) -> RbmRun:
        """The machine of a layer in training, on what the layers below make of the pictures."""
        under = [theta[f"{p}{n}"] for n in range(1, layer) for p in "Wb"]
        known, of, run = self._machine
        same = len(of) == len(under) and all(a is b for a, b in zip(of, under, strict=True))
        if run is None or known != layer or not same:
            device, plan = self.device, self.plan
            # a stored state lies otherwise in memory than one just made: products must not round differently
            below = {
                p: device.put(HOST.xp.ascontiguousarray(device.get(theta[p]))) for p in self.names[: 2 * layer - 2]
            }
            v = device.get(features(device.xp, below, device.put(self.pictures), layer - 1))
            hidden = theta[f"W{layer}"].shape[0]
            run = RbmRun(device, plan.recipe, plan.of, hidden, plan.batches, v, v[:, :0], plan.every)
            self._machine = layer, under, run
        return run

    def start(self, theta: Theta, reading: Reading | None = None) -> State:
        """The state that update 0 starts from."""
        if not self.plan.end:
            theta = {p: theta[p] for p in self.names}
            return super().start(theta, self.read(0, theta))
        memory = self.memory(1, theta)
        return State(0, Learning(theta, memory, float("nan"), 0, None, self.read(0, theta)))

    def memory(self, layer: int, theta: Theta) -> Any:
        """The optimiser's memory where a layer, or back-propagation (0), begins."""
        optimiser = self.plan.recipe.optimiser if layer else self.recipe.optimiser
        return begin(self.device.xp, optimiser, machine(theta, layer) if layer else {p: theta[p] for p in self.names})

    def read(self, n: int, theta: Theta) -> Reading:
        """What is measured before update n."""
        nan, layer, device = float("nan"), self.layer(n), self.device
        if not layer:
            net = self.net._replace(l1=0.0, l2=0.0)
            loss = float(device.get(loss_on(device.xp, net, theta, self.mlp.train)))
            return Reading(nan, loss, share_wrong(device, net, theta, self.test))
        run = self.machine(theta, layer)
        some = run.train[:, : min(SHOWN, run.count)]
        u = device.put(rng(self.plan.batches.seed, READINGS + n).random((run.units[1], some.shape[1])))
        error = rbm.reconstruction_error(device.xp, machine(theta, layer), some, u)
        return Reading(float(device.get(error)), nan, nan)

    def fork(self, at: State, theta: Theta) -> State:
        """As in `training.Run`, with the memory of the layer in training."""
        memory, began = training.carried_over(at, self.memory(self.layer(at.n), theta))
        return State(at.n, at.data._replace(theta=theta, memory=memory, began=began, reading=self.read(at.n, theta)))

    def update(self, n: int, data: Learning[Reading]) -> Learning[Reading]:
        """One update at full speed: of a layer's machine, or of the net."""
        layer = self.layer(n)
        if layer:
            after = self.machine(data.theta, layer).move(n, part(data, layer))
            after = after._replace(theta=written_back(data.theta, layer, after.theta))
        else:
            after = self.mlp.update(n, part(data, 0))
        following = self.layer(n + 1)
        if following != layer:
            theta = after.theta if following else {p: after.theta[p] for p in self.names}
            after = after._replace(theta=theta, memory=self.memory(following, theta), began=n + 1)
        reading = data.reading
        if following != layer or (n + 1) % self.plan.every == 0:
            reading = self.read(n + 1, after.theta)
        loss = after.loss + data.reading.reconstruction if layer else after.loss
        return Learning(after.theta, after.memory, loss, after.began, None, reading)

    def gradient(self, n: int, data: Learning[Reading]) -> Gradient:
        """The gradient of update n: that of a layer's machine by W, a, b, or of the whole net."""
        layer = self.layer(n)
        if not layer:
            return self.mlp.gradient(n, part(data, 0))
        return self.machine(data.theta, layer).gradient(n, part(data, layer))

    def sections(self, n: int, data: Learning[Reading], at: Path) -> list[Section]:
        """Update n opened: of a layer's machine, whose parameters are W, a, b, or of the net."""
        layer = self.layer(n)
        if not layer:
            return self.mlp.sections(n, part(data, 0), at)
        return self.machine(data.theta, layer).sections(n, part(data, layer), at)

    def track(self, begin_at: State, grains: Grains, also: Any = ()) -> Track:
        """Training from a state on; beside the loss of each update, what the readings hold."""
        readings = (
            lambda state: state.data.reading.reconstruction,
            lambda state: state.data.reading.loss,
            lambda state: state.data.reading.wrong,
        )
        return super().track(begin_at, grains, (*readings, *also))

"""Training a net of recurrent cells: an update is forward, one sweep back, clip, step; any of them can be opened."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, Rng
from engine.gated import cell as cells
from engine.gated import ledger
from engine.gated import reach as reaching
from engine.gated.cell import Cell, Inputs, Made, Run, Theta
from engine.maths.optimisers import Memory, Optimiser, begin, clip_by_norm, norm, update
from engine.walks import descent
from engine.walks.history import State, Track
from engine.walks.reel import Env, Families, Grains, Late, Reel, Section
from engine.walks.step import Path, Walk, drain


class Recipe(NamedTuple):
    """How a net is trained. `clip` is the largest ‖gradient‖ let through."""

    cell: Cell
    optimiser: Optimiser
    rate: float
    clip: float


class Learning(NamedTuple):
    """The data of a State: the net, what the optimiser remembers, and the last update's loss, NaN at first.

    `began` is the update that the memory began at: what an optimiser corrects for its start counts from there.
    `carried` are the states after the last timestep, where the next window may begin.
    """

    theta: Theta
    memory: Memory
    loss: Any
    began: int = 0
    carried: Made | None = None


class Net:
    """A net on one sequence: its run and its gradient, made when they are asked for, and the sections of a reel."""

    def __init__(self, device: Device, cell: Cell, theta: Theta, inputs: Inputs) -> None:
        self.device, self.cell, self.theta, self.inputs = device, cell, theta, inputs
        self.T, self.asked = len(inputs.x), sum(y is not None for y in inputs.y)

    @cached_property
    def run(self) -> Run:
        """The forward pass."""
        return drain(cells.forward(self.device.xp, self.cell, self.theta, self.inputs))

    @cached_property
    def grad(self) -> Theta:
        """∂E/∂θ."""
        return drain(cells.sweep(self.device.xp, self.cell, self.theta, self.inputs, self.run))

    @cached_property
    def rows(self) -> list[Made]:
        """The whole ledger, see `engine.gated.ledger.whole`."""
        return ledger.whole(self.device.xp, self.cell, self.theta, self.inputs, self.run)

    @cached_property
    def left(self) -> dict[str, Array]:
        """All that the way back has written, by symbol."""
        found: dict[str, Array] = {}
        for step in cells.sweep(self.device.xp, self.cell, self.theta, self.inputs, self.run):
            found |= step.values
        return found

    def env(self, ran: bool, families: Families | None = None, late: Late | None = None, **more: Any) -> Env:
        """The parameters, the inputs and the start; with `ran` all that the forward pass left; and more."""
        given: dict[str, Any] = {"x": self.inputs.x, "y": self.inputs.y}
        if ran:
            names = self.run.made[-1]
            given |= {name: [made.get(name) for made in self.run.made] for name in names if name != "x"}
            losses = iter(self.run.E)
            given["E"] = [next(losses) if y is not None else None for y in self.inputs.y]
        start = {f"{name}_init": value for name, value in self.inputs.start.items()}
        made: Families = {name: (lambda t, v=v: v[t] if 0 <= t < self.T else None) for name, v in given.items()}
        return Env({**self.theta, **start, "B": self.inputs.B, **more}, {**made, **(families or {})}, late)

    def forward(self, at: Path) -> Section:
        """One timestep after the other."""
        return Section(
            at,
            lambda: cells.forward(self.device.xp, self.cell, self.theta, self.inputs, at),
            lambda: self.env(False),
            cells.lengths(self.cell, self.T, self.asked)[0],
        )

    def backward(self, at: Path) -> Section:
        """From the last timestep to the first."""
        return Section(
            at,
            lambda: cells.sweep(self.device.xp, self.cell, self.theta, self.inputs, self.run, at),
            lambda: self.env(True),
            cells.lengths(self.cell, self.T, self.asked)[1],
        )

    def row(self, at: Path, t: int) -> Section:
        """Row t of the ledger."""
        xp, cell = self.device.xp, self.cell

        def walk() -> Walk[list[Made]]:
            columns = [self._column(k, t) for k in range(t)]
            return ledger.row(xp, cell, self.theta, self.inputs, self.run, t, columns, at)

        return Section(
            at,
            walk,
            lambda: self.env(True, self._above(t), {f"norms_{q}": partial(self.norms, q) for q in self.rows[0]}),
            ledger.length(cell, t),
        )

    def _above(self, t: int) -> Families:
        """What the rows above row t left; with one index, what the one sweep over all losses finds there."""
        B = self.inputs.x[0].shape[1]

        def of(family: str, row: int, k: int | None = None) -> Array | None:
            if k is None:
                return self.left.get(f"{family}[{row}]")
            return self.rows[k][family][:, (row - k) * B : (row - k + 1) * B] if 0 <= k <= row < t else None

        def reach(row: int, k: int) -> Array | None:
            found = of(ledger.road(self.cell), row, k)
            return None if found is None else ledger.norm(self.device.xp, found)

        return {
            **{family: partial(of, family) for family in self.rows[0]},
            "reach": reach,
            "column": lambda k: self._column(k, t) if 0 <= k < t else None,
            "e": lambda row: ledger.error(self.inputs, self.run, row) if 0 <= row < t else None,
        }

    def _column(self, k: int, t: int) -> Array:
        """Σ of the rows above row t at timestep k, on the road."""
        made = self.rows[k][ledger.road(self.cell)]
        return ledger.summed(self.device.xp, made, t - k, self.inputs.x[0].shape[1])

    def norms(self, family: str) -> Array:
        """‖family[t,k]‖ of the whole ledger (T, T), 0 for k > t; of a batch of one."""
        return ledger.norms(self.device.xp, [made[family] for made in self.rows])

    @property
    def on_road(self) -> list[Array]:
        """∂E/∂(state k on the road of the top layer) for every k."""
        return [self.left[f"g{self.cell.lasting}[{k}]"] for k in range(self.T)]

    def reach(self, at: Path) -> Section:
        """How much of the gradient at the end is left at each timestep."""
        return Section(
            at,
            lambda: reaching.reach(self.device.xp, self.on_road, at),
            lambda: self.env(True, **self.left),
            reaching.length(self.T),
        )

    def road(self, at: Path) -> Section:
        """The product of the gates on the road."""
        return Section(
            at,
            lambda: cells.road(self.device.xp, self.cell, self.run, at),
            lambda: self.env(True, **{f"d{p}": g for p, g in self.grad.items()}),
            self.T,
        )


def last_states(cell: Cell, run: Run) -> Made:
    """The states after the last timestep."""
    return {name: run.made[-1][name] for name in cell.carry}


def drawn(cell: Cell, H: int, K: int, draw: Rng) -> dict[str, HostArray]:
    """N(0, 1/3H), as wide as PyTorch's; vectors, flat, are 0, but 1 at an LSTM's forget gate."""
    xp, found = HOST.xp, {}
    for name, shape in cell.shapes(H, K).items():
        if len(shape) == 2:
            found[name] = draw.normal(0, (3 * H) ** -0.5, shape)
        else:
            found[name] = xp.ones(shape) if name.startswith("bf") else xp.zeros(shape)
    return found


def start(device: Device, theta: Theta, optimiser: Optimiser) -> State:
    """The state that update 0 starts from."""
    return State(0, Learning(theta, begin(device.xp, optimiser, theta), float("nan")))


def advance(device: Device, recipe: Recipe, inputs: Inputs, state: State) -> State:
    """One update at full speed: the walks, drained."""
    xp, (theta, memory, _, began, _) = device.xp, state.data
    net = Net(device, recipe.cell, theta, inputs)
    clipped = clip_by_norm(xp, net.grad, recipe.clip)
    loss = sum(net.run.E) + 0 * norm(xp, net.grad)  # a gradient beyond the finite numbers must not pass unnoticed
    moved, kept = update(xp, recipe.optimiser, theta, clipped, memory, recipe.rate, state.n - began + 1)
    return State(state.n + 1, Learning(moved, kept, loss, began, last_states(recipe.cell, net.run)))


def inside(device: Device, recipe: Recipe, inputs: Inputs, state: State, grains: Grains) -> Reel:
    """One update opened."""
    xp, (theta, memory, _, began, _) = device.xp, state.data
    net, at = Net(device, recipe.cell, theta, inputs), (("update", state.n),)
    clip, step = (*at, ("clip", -1)), (*at, ("step", -1))
    clips, moves = descent.steps(recipe.optimiser, recipe.cell.names)

    def named(grad: Theta) -> dict[str, Array]:
        return {f"d{p}": g for p, g in grad.items()}

    def walk_step() -> Any:
        clipped = clip_by_norm(xp, net.grad, recipe.clip)
        n = state.n - began + 1
        return descent.walk_step(xp, recipe.optimiser, theta, clipped, memory, recipe.rate, n, step)

    def env_step() -> Env:
        clipped = named(clip_by_norm(xp, net.grad, recipe.clip))
        scalars = {"rate": recipe.rate, "n": state.n - began + 1, "theta": recipe.clip, "g_norm": norm(xp, net.grad)}
        return net.env(True, **clipped, **memory, **scalars)

    return Reel(
        [
            net.forward((*at, ("forward", -1))),
            net.backward((*at, ("backward", -1))),
            Section(
                clip,
                lambda: descent.walk_clip(xp, dict(net.grad), recipe.clip, clip),
                lambda: net.env(True, **named(net.grad), theta=recipe.clip),
                clips,
            ),
            Section(step, walk_step, env_step, moves),
        ],
        grains,
    )


def track(device: Device, recipe: Recipe, inputs: Inputs, begin_at: State, grains: Grains) -> Track:
    """Training from a state on."""
    theta, memory, *_ = begin_at.data
    size = 8 * sum(array.size for array in (*theta.values(), *memory.values())) + 2048
    return Track(
        "train",
        begin_at,
        lambda state: advance(device, recipe, inputs, state),
        lambda state: inside(device, recipe, inputs, state, grains),
        lambda state: float(device.get(state.data.loss)),
        size,
    )

"""A recursive net in training beside recurrent cells that read the same expressions as sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from engine.device import HOST, Array, HostArray, rng
from engine.gated import cell as cells
from engine.gated.cell import Cell, Inputs
from engine.gated.run.streams import Source
from engine.gated.run.training import GatedRun
from engine.trees.training import EVERY, Reading, TreeRun
from engine.walks.history import State, Track
from engine.walks.reel import Grains
from engine.walks.step import drain
from engine.walks.training import Learning, Recipe

APART = 5 * EVERY
"""Updates between two measurements of the sequences, which are long."""
SECTION = 60
"""Sections of the seed from here on draw the cells' weights."""
xp = HOST.xp


class Beside(NamedTuple):
    """The data of a State: the recursive net, the cells, and the cells' shares of right answers in each test."""

    tree: Learning[Reading]
    cells: tuple[Learning[None], ...]
    right: tuple[tuple[float, ...], ...]

    @property
    def theta(self) -> Mapping[str, Array]:
        """Those of the recursive net: what is opened and edited."""
        return self.tree.theta

    @property
    def memory(self) -> Mapping[str, Array]:
        return self.tree.memory

    @property
    def began(self) -> int:
        return self.tree.began

    @property
    def loss(self) -> Any:
        return self.tree.loss


class BesideCells:
    """All in training: the tree as `run` has it, each cell with H units on windows of `source`, as `recipe` says.

    `tests` are sequences of codes (T, N) with their classes (N), the class being asked for after the last.
    """

    def __init__(
        self, run: TreeRun, every: Sequence[Cell], H: int, recipe: Recipe, source: Source,
        tests: Sequence[tuple[HostArray, HostArray]],
    ) -> None:  # fmt: skip
        self.run, self.H, self.source, self.tests = run, H, source, tests
        self.runs = [GatedRun[None](run.device, cell, recipe, source, H, nothing) for cell in every]

    def start(self, theta: Mapping[str, Array]) -> State:
        """Update 0; the cells' weights N(0, 1/3H), biases 0."""
        begun = list[Learning[None]]()
        for n, run in enumerate(self.runs):
            draw, params = rng(self.run.seed, SECTION + n), dict[str, Array]()
            for q, shape in run.cell.shapes(self.H, self.source.outputs, self.source.inputs).items():
                wide = len(shape) == 2
                value = draw.normal(0, (3 * self.H) ** -0.5, shape) if wide else xp.zeros((*shape, 1))
                params[q] = run.device.put(value)
            begun.append(run.start(params).data)
        return State(0, Beside(self.run.start(theta).data, tuple(begun), self.measured(begun)))

    def fork(self, at: State, theta: Mapping[str, Array]) -> State:
        """From a state on, with these parameters of the recursive net."""
        return State(at.n, at.data._replace(tree=self.run.fork(State(at.n, at.data.tree), theta).data))

    def measured(self, now: Sequence[Learning[None]]) -> tuple[tuple[float, ...], ...]:
        """The shares of right answers of either cell in each test."""
        found = []
        for run, learning in zip(self.runs, now, strict=True):
            theta = {name: run.device.get(value) for name, value in learning.theta.items()}
            found.append(tuple(self.answered(run.cell, theta, *test) for test in self.tests))
        return tuple(found)

    def advance(self, state: State) -> State:
        """One update of all three."""
        tree = self.run.advance(State(state.n, state.data.tree)).data
        every = zip(self.runs, state.data.cells, strict=True)
        after = tuple(run.advance(State(state.n, learning)).data for run, learning in every)
        right = self.measured(after) if (state.n + 1) % APART == 0 else state.data.right
        return State(state.n + 1, Beside(tree, after, right))

    def track(self, begin_at: State, grains: Grains) -> Track:
        """Training from a state on; beside E the right answers on the last test, of the tree and of each cell."""
        run, held = self.run, begin_at.data
        size = run.size(held.theta) + sum(r.size(c.theta) for r, c in zip(self.runs, held.cells, strict=True))
        return Track(
            "train", begin_at, self.advance, lambda state: run.inside(State(state.n, state.data.tree), grains),
            lambda state: run.loss(State(state.n, state.data.tree)), size,
            tuple(partial(last, n) for n in range(1 + len(self.runs))),
            kinds=(Beside, Learning, Reading),
        )  # fmt: skip

    def answered(self, cell: Cell, theta: Mapping[str, Array], x: HostArray, y: HostArray) -> float:
        """The share of sequences whose likeliest class after the last token is y."""
        hot, start = xp.eye(self.source.inputs), {name: xp.zeros((self.H, x.shape[1])) for name in cell.carry}
        wanted: list[Array | None] = [None] * (len(x) - 1) + [xp.eye(self.source.outputs)[:, y]]
        run = drain(cells.forward(xp, cell, theta, Inputs([hot[:, row] for row in x], wanted, start)))
        return float((run.made[-1]["yhat"].argmax(axis=0) == y).mean())


def nothing(*_: Any) -> None:
    """The reading of a cell's run: what is right is counted by `measured`."""


def shares(state: State) -> tuple[tuple[float, ...], ...]:
    """The shares of right answers in each test: of the tree and of each cell."""
    data: Beside = state.data
    return data.tree.reading.right, *data.right


def last(n: int, state: State) -> float:
    """That of net n in the last test."""
    return shares(state)[n][-1]

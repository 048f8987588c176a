"""The plane as the net sees it: the field of every unit on a grid, and the panels made of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from engine.device import HOST, HostArray
from engine.feedforward import mlp
from engine.feedforward.mlp_training import loss_on
from engine.walks.step import drain, split
from lessons.building.defaults import on_device
from lessons.building.over_plane import beyond
from lessons.building.staging import LessonStage
from lessons.building.training_panel import parting, stopping, training_of
from lessons.contract.panels import Block, Dot, Field, Network, Unit
from lessons.data.scatter import FEATURES, MAKERS, REACH, features
from lessons.explaining.figures import five
from lessons.explaining.typeset import subscript
from lessons.feedforward.mlp import experiment as exp

GRID = 40
"""Values of a field, each way."""


class Plane:
    """What each unit of the net computes over the plane at a position. A unit is (layer, its number from 0)."""

    def __init__(self, stage: LessonStage) -> None:
        self.stage, self.view, self.say, self.knobs, self.inputs = (
            stage,
            stage.view,
            stage.say,
            stage.knobs,
            stage.inputs,
        )
        self.units = exp.sizes(self.knobs)
        self.depth = len(self.units) - 1
        self.net = exp.net_of(self.knobs)
        self.theta = on_device(HOST, self.view.start.params)

    @cached_property
    def extent(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """How far the plane reaches: the playground's square, or a little beyond the learner's own points."""
        if self.knobs["data"] in MAKERS:
            return (-REACH, REACH), (-REACH, REACH)
        return beyond(np.array(self.inputs["x"] + self.inputs["x_test"], dtype=float).reshape(-1, 2), 0.15)

    def grid(self, size: int) -> HostArray:
        """The points (size², 2) of the picture, from the top left."""
        (x0, x1), (y0, y1) = self.extent
        step = (np.arange(size) + 0.5) / size
        xs, ys = np.meshgrid(x0 + step * (x1 - x0), y1 - step * (y1 - y0))
        return np.stack([xs.ravel(), ys.ravel()], axis=1)

    @cached_property
    def layers(self) -> list[HostArray]:
        """The output of every unit of every layer, the inputs first, at each point of the grid: (units, GRID, GRID)."""
        x = features(exp.names_of(self.knobs), self.grid(GRID))
        run = drain(mlp.forward(HOST.xp, self.net, self.theta, x, np.zeros((1, x.shape[1]))))
        return [h.reshape(-1, GRID, GRID) for h in run.h]

    @property
    def chosen(self) -> tuple[int, int]:
        """The unit that is looked at: the one that the cursor is on, or whose weights; else the output."""
        if self.view.cursor is not None:
            symbol, index = self.view.cursor
            family, number = split(symbol)[0], symbol[1:]
            if symbol == "x":
                return 0, index[0] if index else 0
            if family[:1] in ("h", "W", "b") and number.isdecimal() and 1 <= int(number) <= self.depth and index:
                return int(number), index[0]
        return self.depth, 0

    def values(self, n: int, j: int) -> tuple[HostArray, float]:
        """A unit's field, 0 in the middle of its range, and how far it can go from there."""
        found = self.layers[n][j]
        if (n == self.depth and self.net.loss == "logistic") or (0 < n < self.depth and self.net.f.name == "sigmoid"):
            found = 2 * found - 1
        known = np.abs(found[np.isfinite(found)])
        most = float(known.max()) if known.size else 1.0
        squashed = n == self.depth and self.knobs["problem"] == "classes"
        if n == self.depth and self.knobs["output"] == "sign":
            found, squashed = np.sign(found), True
        return found, 1.0 if squashed else most or 1.0

    def names(self, n: int, j: int) -> str:
        """What a unit is called: a feature, or its number; the output has no need of one."""
        return FEATURES[exp.names_of(self.knobs)[j]][0] if n == 0 else str(j + 1) if n < self.depth else ""

    def network(self) -> Network:
        """All layers, each unit with its field, and the chosen one large."""
        layer, chosen = self.chosen
        into = self.theta[f"W{layer}"][chosen] if layer else np.zeros(0)
        heaviest = float(np.abs(into).max()) if into.size else 1.0
        alone = self.view.held("x").shape[1] == 1  # a batch of one is shown flat
        columns = []
        for n, size in enumerate(self.units):
            units = []
            for j in range(size):
                field, most = self.values(n, j)
                weight = float(into[j]) if n == layer - 1 else None
                at = (j,) if n == 0 or alone else (j, 0)
                symbol = f"h{n}" if n else "x"
                here = (n, j) == (layer, chosen)
                units.append(Unit(symbol, at, self.names(n, j), field, most, here, weight, heaviest))
            head = self.say("inputs") if n == 0 else self.say("output") if n == self.depth else self.say("hidden", n=n)
            columns.append((head, units))
        return Network(
            id="net", priority=10, title=self.title(), columns=columns, field=self.field(),
            notes=self.notes(),
            caption=self.say("unit_weights"), weights=self.weights(),
            wires=[self.theta[f"W{n}"] for n in range(1, self.depth + 1)],
        )  # fmt: skip

    def weights(self) -> list[Block]:
        """The chosen unit's weights and bias; an input has none."""
        n, j = self.chosen
        if n == 0:
            return []
        W, b = self.theta[f"W{n}"], self.theta[f"b{n}"]
        return [
            Block(f"W{n}", W[j : j + 1], (1, W.shape[1]), "line", j),
            Block(f"b{n}", b[j : j + 1], (1, 1), "at", j, title="b"),
        ]

    def field(self) -> Field:
        """The chosen unit's field, the points over it."""
        n, j = self.chosen
        values, most = self.values(n, j)
        x, y = self.extent
        name = self.say("output") if n == self.depth else self.names(0, j) if n == 0 else self.say("unit", n=n, j=j + 1)
        return Field(
            id="field", priority=9, title=name, values=values, x=x, y=y, dots=self.dots(), most=most, halves=True
        )

    def dots(self) -> list[Dot]:
        """All test points, or where there are none all those that teach."""
        which = "_test" if self.inputs["x_test"] else ""
        middle = exp.middle(self.knobs)
        points = zip(self.inputs[f"x{which}"], self.inputs[f"y{which}"], strict=True)
        return [Dot(float(a), float(b), wanted > middle) for (a, b), wanted in points]

    def title(self) -> str:
        """The data and the net, in a line."""
        knobs, inputs = self.knobs, self.inputs
        shape = "-".join(map(str, self.units))
        data = str(knobs["data"])
        return self.say(
            "title", data=data if len(data) < 24 else f"…{data[-22:]}", train=len(inputs["x"]),
            test=len(inputs["x_test"]), shape=shape, f=knobs["activation"], rate=f"{float(knobs['rate']):g}",
            batch=knobs["batch"],
        )  # fmt: skip

    def losses(self) -> tuple[float | None, float | None]:
        """The mean loss on all that teach and all that test, at these weights."""
        found = []
        for test in (False, True):
            some = exp.examples(self.knobs, self.view.start, test)
            found.append(float(loss_on(HOST.xp, self.net, self.theta, some)) if some.x.shape[1] else None)
        return found[0], found[1]

    def notes(self) -> list[str]:
        """The chosen unit as a formula, its weights in it; and both losses."""
        losses = zip(("train", "test"), self.losses(), strict=True)
        shown = "   ".join(self.say(name, loss=five(E).strip()) for name, E in losses if E is not None)
        return [shown, *([self.formula()] if self.chosen[0] else []), *filter(None, [self.parted[0], self.stop[0]])]

    @property
    def stop(self) -> tuple[str, list[tuple[int, str, str]]]:
        """The criterion of convergence in words, and where it was met: of the run in focus."""
        training = training_of(self.view)
        every = exp.batches(self.knobs, self.view.start).between(len(self.inputs["x"]))
        return stopping(self.stage, training.also[2][training.current], float(self.knobs["tolerance"]), every)

    @property
    def parted(self) -> tuple[str, list[tuple[int, str, str]]]:
        """Where the test loss of the run in focus was least, if it has risen since."""
        training = training_of(self.view)
        return parting(self.stage, training.also[1][training.current])

    def formula(self) -> str:
        """The chosen unit: f of its weighted inputs, with the weights' numbers."""
        n, j = self.chosen
        W, b = self.theta[f"W{n}"][j], float(self.theta[f"b{n}"][j, 0])
        below = [self.names(0, i) if n == 1 else f"h{subscript(str(i + 1))}" for i in range(len(W))]
        terms = [f"{five(float(w)).strip()} {name}" for w, name in zip(W, below, strict=True)]
        f = self.net.unit(n).name
        inside = " + ".join([*terms[:4], *(["…"] if len(terms) > 4 else []), five(b).strip()]).replace("+ −", "− ")
        return f"{f}({inside})" if f != "linear" else inside

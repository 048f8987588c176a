"""The stages of `convolution`: the picture with its window, the map that fills, the sum over places; the training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.images import cnn
from engine.images.beside_mlp import dense_weights, hidden, weights
from engine.walks.step import symbol
from lessons.building.picture_parts import map_of
from lessons.building.stage_parts import flow
from lessons.building.staging import Lengths, LessonStage
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Beside, Block, Curve, Heat, Item, Stage, Table, Tile, Tiles
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.history.convolution import experiment as exp

Frame = tuple[int, int, int, int]
Shown = tuple[str, Block, Frame | None]
"""What a picture is, its numbers, the window on it."""
SIDE, BORDER = exp.SLIDE.side, exp.SLIDE.padding


class ConvolutionStage(LessonStage):
    """A position. The first acts are about one filter `f` of the first layer, and one picture."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.net, self.f, self.started = exp.net_of(view.knobs), int(view.knobs["filter"]), len(view.path) > 1
        self.size, pool = cnn.sizes(self.net)[0], self.net.convolutions[0].pool
        assert pool is not None
        self.pool = pool
        self.i, self.j, self.m, self.n = (view.loop(name) or 0 for name in "ijmn")

    # small pictures, and numbers under them

    def places(self, family: str, title: str = "") -> Shown:
        """A map, framed at this place."""
        return title or family, map_of(self, family, self.size.maps[1:], self.f), (self.i, self.j, 1, 1)

    def kept(self, family: str, title: str = "") -> Shown:
        """What pooling keeps, framed at this square."""
        return title or family, map_of(self, family, self.size.kept[1:], self.f), (self.m, self.n, 1, 1)

    def picture(self) -> Shown:
        """The picture, and the window of the kernel on it, of which a part may lie in the padding."""
        x = np.array(self.inputs["x"])
        return "picture", Block("x", x, x.shape), (self.i - BORDER, self.j - BORDER, SIDE, SIDE)

    def filter(self, f: int, **flags: Any) -> Block:
        """A filter of the first layer: a row of K1."""
        held = self.view.get("K1")
        K = self.params["K1"] if held is None else held
        return Block("K1", K[f - 1].reshape(SIDE, SIDE), (SIDE, SIDE), "fold", f - 1, **flags)

    def part(self, laws: Sequence[str], pictures: Sequence[Shown], *names: tuple[str, str], **first: Block) -> Stage:
        """Laws, pictures side by side, each in a scale of its own, and symbols in digits: (symbol, its title)."""
        stacks = []
        for n, (title, block, frame) in enumerate(pictures):
            tile = Tile(block, self.say(title), window=frame if self.started else None)
            stacks.append([Tiles(id=f"tile{n}", priority=10, large=True, tiles=[tile])])
        shares = [max(block.shape[1], 8) + 1.0 for _, block, _ in pictures]
        items: dict[int, Item] = dict(enumerate([*first.values(), *(self.shown(name, title) for name, title in names)]))
        beside = Beside(id="pictures", priority=10, stacks=stacks, shares=shares)
        return [self.law(*laws), beside, flow("numbers", items, 9)]

    def here(self, family: str) -> str:
        """A symbol of this place."""
        return symbol(family, self.f, self.i, self.j)

    def won(self) -> list[tuple[str, str]]:
        """Which entry of this square was the largest."""
        name = symbol("won", self.f, self.m, self.n)
        return [] if self.pool.kind == "mean" else [(name, self.say("won"))]

    # acts

    def show_slide(self) -> Stage:
        """The window on the picture, the kernel, the map that fills."""
        u, v = self.view.loop("u"), self.view.loop("v")
        frame = None if u is None or v is None else (u, v, 1, 1)
        kernel = self.filter(self.f, title=self.say("kernel", f=self.f), row=u, only=v, read=u is not None)
        patch = symbol("patch", 1, self.i, self.j), self.say("patch")
        pictures = [self.picture(), ("kernel_tile", self.filter(self.f), frame), self.places("h", "map")]
        numbers = patch, (self.here("net"), "net"), (self.here("h"), "h")
        return self.part(("product", "h"), pictures, *numbers, kernel=kernel)

    def square(self) -> Shown:
        """The map, with this square on it."""
        side = self.pool.side
        return "map", map_of(self, "h", self.size.maps[1:], self.f), (side * self.m, side * self.n, side, side)

    def show_pool(self) -> Stage:
        """Every square of the map, and what is kept of it."""
        at = self.f, self.m, self.n
        numbers = (symbol("square", *at), self.say("square")), (symbol("p", *at), "p")
        laws = ["p", "won"] if self.pool.kind == "max" else ["p"]
        return self.part(laws, [self.square(), self.kept("p", "pooled")], *numbers, *self.won())

    def show_back(self) -> Stage:
        """Back through the pool and the unit, into the sum over places, and to the picture."""
        phase = self.view.path[1][0] if self.started else "unpool"
        shown: Stage = getattr(self, f"back_{phase}")()
        return shown

    def back_unpool(self) -> Stage:
        side, a, b = self.pool.side, *(self.view.loop(name) or 0 for name in "ab")
        self.i, self.j = side * self.m + a, side * self.n + b
        pictures = [self.kept("by_p"), self.square(), self.places("by_h")]
        came = symbol("by_p", self.f, self.m, self.n), "∂E/∂p"
        return self.part(("dh",), pictures, came, *self.won(), (self.here("by_h"), "∂E/∂h"))

    def back_error(self) -> Stage:
        pictures = [self.places("by_h"), self.places("h", "map"), self.places("delta", "error")]
        numbers = (self.here("by_h"), "∂E/∂h"), (self.here("h"), "h"), (self.here("delta"), "δ")
        return self.part(("delta",), pictures, *numbers)

    def back_kernel(self) -> Stage:
        total = symbol("by_K", self.f, 1)
        pictures = [self.picture(), self.places("delta", "error"), ("by_K", self.shown(total), None)]
        numbers = (
            (self.here("delta"), "δ"), (symbol("patch", 1, self.i, self.j), self.say("patch")),
            (symbol("term", self.f, 1, self.i, self.j), self.say("term")), (total, "∂E/∂K"),
        )  # fmt: skip
        return [*self.part(("term", "dK"), pictures, *numbers), self.ledger()]

    def ledger(self) -> Tiles:
        """The terms of this row of places, one for each place."""
        tiles = []
        for j in range(self.size.maps[2]):
            name = symbol("term", self.f, 1, self.i, j)
            block = Block(name, self.view.get(name), (SIDE, SIDE), **self.flags(name))
            tiles.append(Tile(block, str(j + 1), lit=block.written))
        return Tiles(id="ledger", priority=8, title=self.say("ledger", i=self.i + 1), tiles=tiles)

    def back_picture(self) -> Stage:
        first, turned = BORDER - SIDE + 1, symbol("turned", self.f, 1)
        name, delta, _ = self.places("delta", "error")
        by_x = map_of(self, "by_x", self.size.read[1:], 1)
        pictures = [
            (name, delta, (self.i + first, self.j + first, SIDE, SIDE)), ("turned", self.shown(turned), None),
            ("by_x", by_x, (self.i, self.j, 1, 1)),
        ]  # fmt: skip
        numbers = (self.here("near"), self.say("near")), (turned, self.say("turned"))
        return self.part(("dx",), pictures, *numbers, (symbol("by_x", 1, self.i, self.j), "∂E/∂x"))

    # training

    def show_train(self) -> Stage:
        """Both nets and their wrong answers; or one update opened. The filters, and the maps of a picture."""
        every = range(1, self.size.maps[0] + 1)
        filters = [Tile(self.filter(f), str(f)) for f in every]
        pictures: Stage = [Tiles(id="filters", priority=8, title=self.say("filters"), tiles=filters)]
        h, (_, rows, cols) = self.view.get("h1"), self.size.maps
        if h is not None:
            B = h.shape[1] // (rows * cols)
            first = h.reshape(-1, rows, cols, B)[..., 0]
            maps = [Tile(Block("h1", first[f - 1], (rows, cols), "fold", f - 1, B), str(f)) for f in every]
            pictures.append(Tiles(id="maps", priority=7, title=self.say("maps"), tiles=maps))
        if training_of(self.view).open:
            return [*opened(self), *pictures]
        return [standings(self), curve(self), *pictures]

    def fields(self) -> dict[str, Any]:
        _, rows, cols = self.size.maps
        where = "moved_by" if self.knobs["pictures"] == "moved" else "centred"
        E = self.number("E") if self.view.training is not None else exp.loss_of_one(self.knobs, self.view.start)
        return {
            "f": self.f, "filters": self.size.maps[0], "places": rows * cols, "side": self.pool.side,
            "kept": self.size.kept[1], "weights": f"{weights(self.net):,}", "units": hidden(self.net),
            "E": "·" if E is None else five(E).strip(), "batch": int(self.knobs["batch"]),
            "rate": f"{float(self.knobs['rate']):g}", "optimiser": self.knobs["optimiser"], "trained": self.say(where),
        }  # fmt: skip


def opened(stage: ConvolutionStage) -> Stage:
    """What the step of an update made, whole."""
    step = stage.view.step
    name = next(iter(step.values), "") if step is not None else ""
    value = stage.view.get(name) if name else None
    if step is None or value is None:
        return [stage.law("net1", "h1")]
    if value.size == 1 or value.ndim == 1:
        made = stage.scalar(name) if value.size == 1 else stage.vector(name, len(value))
        return [stage.law(step.op), flow("made", {0: made}, 10)]
    title = stage.say("op_columns" if name.startswith(("X", "net", "h", "p", "delta", "by_")) else "op_weights")
    block = Block(name, value, (value.shape[0], value.shape[1]), written=True)
    return [stage.law(step.op), Heat(id="made", priority=10, title=title, block=block)]


def standings(stage: ConvolutionStage) -> Table:
    """Both nets: weights, and the shares of wrong answers as last counted."""
    state, units = training_of(stage.view).state, hidden(stage.net)
    assert state is not None
    nets = (
        (stage.say("cnn"), weights(stage.net), state.data.cnn.reading.wrong),
        (stage.say("mlp", units=units), dense_weights(stage.net), state.data.missed),
    )
    rows = [(name, f"{n:,}", *(f"{100 * share:.1f} %" for share in wrong[::-1])) for name, n, wrong in nets]
    heads = [stage.say(key) for key in ("net", "weights", "still", "moved")]
    return Table(id="standings", priority=9, heads=heads, rows=rows)


def curve(stage: ConvolutionStage) -> Curve:
    """Wrong answers on moved pictures: of the net and the MLP, or of every run."""
    mine, other, *_ = training_of(stage.view).also
    both = [(stage.say("cnn_short"), *mine[0][1:]), (stage.say("mlp_short"), *other[0][1:])]
    lines = mine if len(mine) > 1 else both
    return training_curve(stage, stage.say("curve"), lines, now_and_then=True, least_top=1.0, top=1.0, ends=True)

"""What the lessons on one centre and its targets share: the loss as a function of whole tables, a row for a target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from engine.device import Array, Device
from engine.walks.gradient_check import Objective
from engine.walks.step import drain
from engine.words import pair
from lessons.building.defaults import column
from lessons.building.staging import LessonStage
from lessons.contract.panels import Block, Item, Row
from lessons.contract.view import Start


def numbers(device: Device, values: Iterable[float]) -> list[Array]:
    """Numbers on the device, each (1, 1)."""
    return [device.put([[float(value)]]) for value in values]


def objective(
    device: Device, start: Start, out: str, targets: Sequence[int], label: Sequence[Array], word: int | None = None
) -> Objective:
    """The loss of one centre, as a function of its vector v, or of the table V where `word` is its row, and of `out`.

    `targets` are rows of `out`, which is U, or Theta: nodes of a tree, `label` being the bits taken there.
    """
    tree, centre = out == "Theta", "v" if word is None else "V"
    whole = {name: column(device, start.params[name]) for name in (centre, out)}
    scores = pair.tree_scores if tree else pair.scores

    def vectors(held: Mapping[str, Array]) -> tuple[Array, list[Array]]:
        v = held["v"] if word is None else held["V"][word : word + 1, :].T
        return v, [held[out][row : row + 1, :].T for row in targets]

    def L(**moved: Array) -> Array:
        v, u = vectors({**whole, **moved})
        return device.xp.sum(drain(scores(device.xp, v, u, label)).L)

    v, u = vectors(whole)
    q = drain(scores(device.xp, v, u, label)).q
    slopes, (dv,) = drain(pair.gradients(v, u, q, 1, True, "theta" if tree else "u"))
    by_v = dv if word is None else device.scatter_add(0 * whole["V"], [word], dv.T)
    by_out = device.scatter_add(0 * whole[out], targets, device.xp.concat([slope.T for slope in slopes]))
    return Objective(whole, L, {centre: by_v, out: by_out})


class PairStage(LessonStage):
    """A position of one centre and its targets."""

    def target(self, label: str, j: int, *cells: Item) -> Row:
        """One line for target j, in which the innermost loop may stand; titles stand over the first line only."""
        titled = [replace(cell, title="") if j and isinstance(cell, Block) else cell for cell in cells]
        return Row(label, dict(enumerate(titled)), mark=self.view.loop("j") == j)

    def scored(
        self, label: str, j: int, vector: Block, wanted: Item, scores: Mapping[str, str], slope: Block | None
    ) -> Row:
        """The line of target j: its vector, what it should be, its scores by family with their titles, its slope.

        A score is shown as long as it goes with the vectors that it is made from, and no slope where it is None.
        """
        made_from = (vector.symbol, "v[0]")
        found = [self.score(f"{family}[{j}]", made_from, title) for family, title in scores.items()]
        return self.target(label, j, vector, wanted, *found, *([] if slope is None else [slope]))

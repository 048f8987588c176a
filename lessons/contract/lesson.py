"""The lesson contract: what a lesson gives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.device import Device, quiet
from engine.walks.gradient_check import Checked
from engine.walks.history import State, Track
from engine.walks.reel import Grains, Reel
from engine.walks.step import Path
from lessons.contract.card import Card, Lead
from lessons.contract.knobs import Value
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import NOTHING, Hides, Knobs, Start, View


@dataclass(frozen=True)
class Ask:
    """A prediction: asked before the first step at `where`; its truth is read from the run, never typed.

    `kind` is "choice" (the text lists the options, `answer` gives one's id) or "number" (right within the
    share `tolerance` of the truth, or `within` beside it). What it `hides` is not shown while it is open. Its verdict
    speaks of the run after the steps at `until`; after those at `where`, if that is None.
    """

    id: str
    where: Callable[[Knobs, Start], Path | None]
    kind: str
    answer: Callable[[View], str | float]
    tolerance: float = 0.05
    track: str = "reel"
    within: float = 0.0
    hides: Hides = NOTHING
    until: Callable[[Knobs, Start], Path | None] | None = None

    def truth(self, view: View) -> str | float:
        """The answer, overflow making no noise."""
        with quiet():
            return self.answer(view)


class Lesson(Protocol):
    """A lesson: an experiment that can be run and taken apart, and what is shown of it.

    `reel` is its finite part; `track`, where it has one, its training. `columns` are the families shown flat,
    `explains` those explained first when a step wrote several; those `counted` are whole numbers by what they mean.
    Loops in `from_zero`, and the values of families in `ordinals`, run from 0 and are shown from 1. A knob in
    `rebuilds` makes a new start, so that edits go; one in `draws`, where it is changed, has weights drawn, from seed 0
    where none is given, instead of the lecture's; without `example` there are none of the lecture's, and they are
    always drawn. A lesson holds no position and no setting; its callers see to it that overflow makes no noise.
    What follows from a declaration stands in
    `lessons.building.declared.DeclaredLesson`.
    """

    card: Card
    grains: Grains
    grain: str
    asks: tuple[Ask, ...]
    columns: Container[str]
    explains: tuple[str, ...]
    counted: frozenset[str]
    from_zero: frozenset[str]
    ordinals: frozenset[str]
    draws: frozenset[str]
    example: bool
    rebuilds: frozenset[str]

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        """The knobs, those that were not given as they follow from the others."""

    def prepare(self, knobs: Knobs, seed: int | None, start: Start | None, seconds: float) -> None:
        """Compute beforehand what takes long of `start`, or of `reel` with a start of the learner's own.

        Raises Far where that takes longer than so many seconds, and goes on from there when it is called again.
        """

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """What the experiment starts from. `seed` None asks for the lecture's own example where there is one."""

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """Knobs and start from an exported state. Raises Refused, naming the file."""

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        """The start with one entry changed. Raises Refused where it cannot be."""

    def nudged(self, start: Start, symbol: str, index: tuple[int, ...], by: int) -> str:
        """What an entry becomes, as typed, when it is moved by hand one notch up or down. Raises Refused."""

    def weights(self, start: Start) -> tuple[str, ...]:
        """The parameters that have a gradient."""

    def editable(self, symbol: str) -> bool:
        """Whether a symbol's entries may be put in by hand."""

    def at(self, start: Start, state: State, device: Device) -> Start:
        """The start as training has changed it."""

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        """All steps of the finite part."""

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        """Training from update 0, or from a forked state with `start`'s parameters in it."""

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        """Runs that training keeps beside the first from update 0: (what is other, knobs, start)."""

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        """The rule of every op, by op."""

    def panels(self, view: View, text: Text) -> Stage:
        """What is shown at a position."""

    def has_second_view(self, view: View) -> bool:
        """Whether `panels` shows something else at this position when `view.flipped` is set."""

    def lead(self, view: View) -> Lead | None:
        """Where another lesson shows what this position is about, if one does."""

    def says(self, view: View, text: Text) -> dict[str, Any]:
        """The numbers and names of this position, for the text's fields."""

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        """The result, as plain data: the `result` of `unroll show --json`."""

    @property
    def checks(self) -> str:
        """What the quantity is called whose gradient `check` gives: E, L, ½ Σ y²."""

    def check(self, view: View, symbol: str) -> Sequence[Checked]:
        """Gradient check of one parameter of what is shown, cell by cell."""

    def along(self, view: View) -> tuple[float, float]:
        """(gradient, central difference) of what is shown, along one random direction through all parameters."""

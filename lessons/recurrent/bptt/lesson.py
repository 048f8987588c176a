"""The lesson `bptt`: the experiment, its predictions and its stage, put together as the contract asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from engine.device import Device
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.recurrent.srn import COLUMNS, PARAMETERS, rules
from engine.recurrent.unrolled import Unrolled
from engine.walks.descent import rules as descent_rules
from engine.walks.gradient_check import Objective
from engine.walks.gradient_check import rules as check_rules
from engine.walks.history import State, Track
from engine.walks.reel import Reel
from engine.walks.step import split
from lessons.building.experiment import Experiment
from lessons.contract.card import Card
from lessons.contract.knobs import Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.recurrent.bptt import experiment, stage
from lessons.recurrent.bptt.asks import ASKS


class Bptt(Experiment):
    """See `contract.lesson.Lesson`, which says what each of these gives."""

    grains = experiment.GRAINS
    grain = "k"
    asks: tuple[Ask, ...] = ASKS
    explains: tuple[str, ...] = ("numeric",)
    draws = frozenset({"text", "hidden"})
    rebuilds = draws | {"start"}
    optional = frozenset({"b", "c", "s_init"})
    columns = COLUMNS | {f"{slot}_{p}" for slot in "Gmv" for p in "bc"}

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self.rules = lru_cache(maxsize=8)(self._rules)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return experiment.begin(knobs, seed)

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        return experiment.shapes(int(knobs["hidden"]), len(inputs["vocabulary"]))

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        return experiment.restored_inputs(file, given, str(knobs["text"]))

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        hidden = experiment.hidden_of(file, params, len(inputs["vocabulary"]))
        return {**knobs, "text": inputs["text"], "hidden": hidden}

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        if symbol.startswith("x["):
            return experiment.with_letter(start, split(symbol)[1][0], raw)
        return super().edit(start, symbol, index, raw)

    def nudged(self, start: Start, symbol: str, index: tuple[int, ...], by: int) -> str:
        if not symbol.startswith("x["):
            return super().nudged(start, symbol, index, by)
        letters, letter = start.inputs["vocabulary"], start.inputs["text"][split(symbol)[1][0]]
        return str(letters[(letters.index(letter) + by) % len(letters)])

    def editable(self, symbol: str) -> bool:
        return symbol.startswith("x[") or super().editable(symbol)

    def net(self, device: Device, knobs: Knobs, start: Start) -> Unrolled:
        """The unrolled net that everything below is taken from."""
        return experiment.unrolled(device, knobs, start)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        return experiment.ledger_reel(self.net(device, knobs, start))

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        return experiment.training(device, knobs, start, fork)

    def _rules(self, activation: str, optimiser: str) -> Mapping[str, str]:
        f = ACTIVATIONS[activation]
        return {**rules(f), **check_rules(PARAMETERS), **descent_rules(OPTIMISERS[optimiser], PARAMETERS)}

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return self.rules(str(knobs["activation"]), str(knobs["optimiser"]))

    def panels(self, view: View, text: Text) -> Stage:
        return stage.panels(view, text, self.rule(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return stage.says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        return experiment.results(device, self.net(device, knobs, start))

    def weights(self, start: Start) -> tuple[str, ...]:
        return PARAMETERS

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        net = self.net(device, knobs, start)
        return Objective(net.theta._asdict(), net.loss, net.ledger.grad._asdict())

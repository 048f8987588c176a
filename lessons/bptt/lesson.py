"""The lesson `bptt`: the experiment, its predictions and its stage, put together as the contract asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine.activations import ACTIVATIONS
from engine.check import Checked, along, cells, unit
from engine.check import H as NUDGE
from engine.check import rules as check_rules
from engine.device import Device, quiet, rng
from engine.history import State, Track
from engine.optimisers import OPTIMISERS
from engine.reel import Reel
from engine.srn import COLUMNS, PARAMETERS, rules
from engine.training import rules as training_rules
from engine.unrolled import Unrolled
from lessons.bptt import experiment, stage
from lessons.bptt.asks import ASKS
from lessons.contract import Knobs, Start, View
from lessons.course import Card
from lessons.knobs import Value
from lessons.panels import Stage
from lessons.text import Text


class Bptt:
    """See `lessons.contract.Lesson`, which says what each of these gives."""

    grains = experiment.GRAINS
    grain = "k"
    asks = ASKS
    explains = ("numeric",)
    columns = COLUMNS | {f"{slot}_{p}" for slot in "Gmv" for p in "bc"}

    def __init__(self, card: Card) -> None:
        self.card = card
        self.rules = lru_cache(maxsize=8)(self._rules)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return experiment.begin(knobs, seed)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        return experiment.restored(file, self.card.id, state, knobs)

    def edit(self, start: Start, symbol: str, index: tuple[int, ...], raw: str) -> Start:
        return experiment.changed(start, symbol, index, raw)

    def editable(self, symbol: str) -> bool:
        return symbol in experiment.SHOWN or symbol.startswith("x[")

    def at(self, start: Start, state: State, device: Device) -> Start:
        return experiment.learned(device, start, state)

    def net(self, device: Device, knobs: Knobs, start: Start) -> Unrolled:
        """The unrolled net that everything below is taken from."""
        return experiment.unrolled(device, knobs, start)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        return experiment.ledger_reel(self.net(device, knobs, start))

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        return experiment.training(device, knobs, start, fork)

    def _rules(self, activation: str, optimiser: str) -> Mapping[str, str]:
        f = ACTIVATIONS[activation]
        return {**rules(f), **check_rules(PARAMETERS), **training_rules(OPTIMISERS[optimiser])}

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return self.rules(str(knobs["activation"]), str(knobs["optimiser"]))

    def panels(self, view: View, text: Text) -> Stage:
        return stage.panels(view, text, self.rule(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return stage.says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        return experiment.results(device, self.net(device, knobs, start))

    def check(self, device: Device, knobs: Knobs, start: Start, symbol: str) -> Sequence[Checked]:
        net, found = self.net(device, knobs, start), []
        value, grad = getattr(net.theta, symbol), device.get(getattr(net.ledger.grad, symbol))
        for cell in cells(value.shape[0], value.shape[1], 64):
            nudge = NUDGE * unit(device, value, cell)
            with quiet():
                plus, minus = (float(device.get(net.loss(**{symbol: value + s * nudge}))) for s in (1, -1))
            found.append(Checked(symbol, cell, float(grad[cell]), (plus - minus) / (2 * NUDGE)))
        return found

    def along(self, device: Device, knobs: Knobs, start: Start) -> tuple[float, float]:
        net = self.net(device, knobs, start)
        with quiet():
            return along(
                device, lambda moved: net.loss(**moved), net.theta._asdict(), net.ledger.grad._asdict(), rng(0, 1)
            )

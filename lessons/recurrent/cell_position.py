"""Where a walk through a gated cell stands, forward or back: gate, layer, and the names of the symbols around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.gated.cell import Cell
from lessons.building.stage_parts import flow, lawful, subscripted
from lessons.contract.panels import Block, Label, Laws, Matrix, Row
from lessons.explaining.figures import five
from lessons.recurrent.in_time import TimeStage, parameter_step

Families = list[tuple[str, str]]
"""Families of symbols, each with what it is called on the stage: (label, family)."""


class CellPosition:
    """The position of a stage in its cell: in a pass over the text, or in the ledger, where every loss is `alone`.

    `t` is the timestep at work, whichever way the walk goes, and `loss` the row of the ledger; None before the first.
    """

    between = "  "
    """What stands between a gate's letter and its name."""
    unlit: tuple[str, ...] = ("cell", "error", "output")
    """Phases in which no gate is marked."""

    def __init__(self, stage: TimeStage, cell: Cell) -> None:
        self.stage, self.view, self.cell = stage, stage.view, cell
        self.t = stage.t if stage.k is None else stage.k
        layer = self.view.loop("layer") or 0  # there may be layers before the cell
        self.level = cell.levels[min(layer, cell.layers) - 1]
        self.phases = [name for name, index in self.view.path if index < 0]
        self.phase = self.phases[-1] if self.phases else "forward"
        self.back = "backward" in self.phases or "ledger" in self.phases
        self.stepping = bool({"clip", "step"} & set(self.phases))
        self.alone, self.loss = self.view.act == "ledger", stage.t

    @property
    def op(self) -> str:
        """The operation at work; "" before the first."""
        return self.view.step.op if self.view.step else ""

    @property
    def gate(self) -> str:
        """The gate at work: the one that was written last, else the one on the road."""
        name, op = self.phase, self.op
        if name in ("sum", "backward"):  # what was begun as a sum, or added to last: dUf_0, dWf2, dbf
            name = op[2:].removesuffix("_0").rstrip("0123456789") if op[:1] == "d" else ""
        name = name.removeprefix("gate_")
        return name if name and name in self.cell.gates else self.cell.road or self.cell.gates

    @property
    def lit(self) -> str:
        """The family at work; states and outputs are none."""
        if self.phase in self.unlit:
            return ""
        return f"delta_{self.gate}{self.level}" if self.back else f"{self.gate}{self.level}"

    # names

    def symbol(self, family: str, k: int) -> str:
        """The symbol of a family at timestep k; in the ledger, of what the loss at work sends back to there."""
        back = family in ("gh", "gc") or family.startswith("delta_")
        return f"{family}[{self.loss},{k}]" if back and self.alone else f"{family}[{k}]"

    def slope(self, by: str) -> str:
        """∂E/∂ of something; in the ledger ∂Eₜ/∂."""
        return f"∂{subscripted('E', self.loss) if self.alone and self.loss is not None else 'E'}/∂{by}"

    def error_sent(self, t: int) -> bool:
        """Whether the loss at t has sent its error into the net."""
        return self.back and self.stage.known(f"e[{t}]") and (not self.alone or t == self.loss)

    def gates(self, gates: Iterable[str]) -> Families:
        """Gates of the layer at work, by letter and name."""
        return [(f"{q}{self.level}{self.between}{self.stage.say(f'gate_{q}')}", f"{q}{self.level}") for q in gates]

    def gates_and_states(self) -> Families:
        """All gates, then the states; the one gate of a plain cell is its state."""
        states = [f"{state}{self.level}" for state in reversed(self.cell.states)]
        return [*self.gates(q for q in self.cell.gates if q != "h"), *zip(states, states, strict=True)]

    def errors(self) -> Families:
        """The errors at the states, then those at the gates."""
        states = [f"{state}{self.level}" for state in reversed(self.cell.states)]
        gates = [f"{q}{self.level}" for q in self.cell.gates]
        return [*((self.slope(s), f"g{s}") for s in states), *((f"δ{q}", f"delta_{q}") for q in gates)]

    # panels

    def rows(self, families: Families, vector: Callable[[str], Block]) -> list[Row]:
        """Families under every timestep, each symbol as `vector` shows it; the family at work is marked."""
        return [
            Row(label, {t: vector(self.symbol(family, t)) for t in self.stage.near}, mark=family == self.lit)
            for label, family in families
        ]

    def law_forward(self, output: Iterable[str] = ("a", "yhat", "E")) -> Laws:
        """The law of the gate, states or output at work; before a GRU's new content, of what its reset scales."""
        if self.phase == "output":
            return self.stage.law(*output)
        if self.phase == "cell" and self.cell.gates != "h":  # a plain cell's gate is its state
            return self.stage.law(*(f"{state}{self.level}" for state in reversed(self.cell.states)))
        before = ("m",) if self.gate == "n" and "bm" in self.cell.more else ()
        return self.stage.law(*(f"{op}{self.level}" for op in (*before, f"net{self.gate}", self.gate)))

    def law_back(self) -> Laws:
        """The law of a step of the way back; of a larger one, of what it is explained by: the error on the road, dU."""
        levels, k = tuple(reversed(self.cell.levels)), self.t or 0
        made = [self.symbol(f"g{self.cell.states[-1]}{level}", k) for level in levels]
        made += [f"dU{self.gate}{level}" for level in levels if self.phase == "sum"]
        found = self.view.writer(next((name for name in made if name in self.view.written), ""))
        return lawful(found[0] if found else self.view.rules[self.op])

    def end_of_update(self) -> Matrix:
        """The parameter that moves, and the norm of the gradient that it moves by."""
        names, norm = self.cell.names, self.stage.number("g_norm")
        moving = next((name for name, _ in reversed(self.view.path) if name in names), names[0])
        items = parameter_step(self.stage, moving)
        if norm is not None:
            items.append(Label(self.stage.say("norm", norm=five(norm).strip()), **self.stage.flags("g_norm")))
        return flow("step", dict(enumerate(items)), 9)

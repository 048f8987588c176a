"""A recurrent cell as encoder or as decoder: the same walks and rules, under symbols of its own.

What belongs to the encoder ends in _e, what belongs to the decoder in _d: Uz_e, z_d[t]. Only the state that is read
from outside has a letter of its own: h[s] in the encoder, d[t] in the decoder, and gh, gd for ∂E/∂h and ∂E/∂d.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from engine.device import Array
from engine.gated import cell as cells
from engine.gated.cell import FROM_ABOVE, Cell, Made, Theta
from engine.walks.step import Path, Walk, renamed

LETTERS = re.compile(r"(?<![A-Za-z_.])[A-Za-z_]+\b(?!\()")
"""A name in a rule that is no function and no attribute."""
LOOPS = {"t", "k"}
"""Indices in the rules of a cell: the timestep, forward and back."""


class Side:
    """A cell of one layer: `mark` is "e" or "d", `state` the letter of its h, `loop` that of its timesteps."""

    def __init__(self, cell: Cell, mark: str, state: str, loop: str) -> None:
        if cell.layers > 1:
            raise ValueError("an encoder and a decoder have one layer each")
        self.cell, self.mark, self.state, self.loop = cell, mark, state, loop
        self.own = tuple(map(self.name, cell.own))

    def name(self, family: str) -> str:
        """What a family of the cell is called on this side."""
        if family in ("h", "gh"):
            return family[:-1] + self.state
        return f"{family}_{self.mark}"

    def op(self, op: str) -> str:
        """What an op of the cell is called: as the family that it writes, with what tells two of them apart."""
        family, last, _ = op.partition("_last")
        return self.name(family) + last

    @cached_property
    def inward(self) -> str:
        """The letter of the matrices that take the input, found by their shape."""
        shapes = self.cell.shapes(2, 3, 5)
        return next(name[0] for name, shape in shapes.items() if shape == (2, 5))

    def shapes(self, H: int, inputs: int) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter, vectors flat."""
        shapes = self.cell.shapes(H, 1, inputs)
        return {self.name(p): shapes[p] for p in self.cell.own}

    def part(self, theta: Theta) -> dict[str, Array]:
        """The parameters of this side, under the names of the cell."""
        return {p: theta[self.name(p)] for p in self.cell.own}

    def step(self, xp: Any, theta: Theta, x: Array, states: Made, t: int, at: Path) -> Walk[dict[str, Any]]:
        """One timestep, forward; what it returns has the names of the cell."""
        walk = self.cell.step(xp, self.part(theta), x, states, t, at)
        made = yield from renamed(walk, self.name, self.op)
        return {**made, "x": x}

    def back(
        self, xp: Any, theta: Theta, now: Made, before: Made, gh: Array, later: Made, t: int, at: Path
    ) -> Walk[dict[str, Any]]:
        """Back through one timestep, from ∂E/∂h."""
        walk = self.cell.back(xp, self.part(theta), now, before, gh, later, t, at)
        handed = yield from renamed(walk, self.name, self.op)
        return {**now, **handed, "gh": gh}

    def by_input(self, theta: Theta, made: Made) -> Array:
        """∂E/∂(input) of a timestep: the sum over the gates."""
        return sum(theta[self.name(f"{self.inward}{q}")].T @ made[f"delta_{q}"] for q in self.cell.gates)

    def carried_state(self, state: str, later: Made) -> Array:
        """∂E/∂ a state that is no h, such as an LSTM's c, from the timestep after it: through the gate on its road."""
        return later[f"g{state}"] * later[self.cell.road]

    # rules

    def rule(self, rule: str, x: str) -> str:
        """A rule of the cell with the symbols of this side; `x` is what it reads."""

        def symbol(match: re.Match[str]) -> str:
            family = match[0]
            if family in LOOPS:
                return self.loop
            return x if family == "x" else family if family in ("batch", "tanh", "T", "B") else self.name(family)

        return LETTERS.sub(symbol, rule)

    def rules(self, x: str) -> dict[str, str]:
        """The rule of every op of this side; the input of the cell is called `x`."""
        whole, by_op = cells.rules(self.cell), dict[str, str]()
        for op, rule in whole.items():
            if (op in self.cell.rules and not op.startswith(("gh", "road"))) or op.removeprefix("d") in self.cell.own:
                by_op[self.op(op)] = self.rule(rule, x)
        return by_op

    @property
    def carried(self) -> str:
        """What timestep t + 1 adds to ∂E/∂h of timestep t, as a rule has it."""
        rule = self.cell.rules["gh"]
        assert FROM_ABOVE in rule
        right = rule.partition(" = ")[2].replace(f"{FROM_ABOVE} + ", "")
        return self.rule(right, "x")

    def of_start(self, rule: str) -> str:
        """The same for the start state, from timestep 0: indices t + 1 are 0."""
        return rule.replace(f"[{self.loop}+1]", "[0]").replace(f"[{self.loop} + 1]", "[0]")

    def by_input_rule(self) -> str:
        """The rule of `by_input`, its right side."""
        name, loop = self.name, self.loop
        return " + ".join(f"{name(f'{self.inward}{q}')}.T @ {name(f'delta_{q}')}[{loop}]" for q in self.cell.gates)

"""What the lessons on gated cells declare alike: the parameters of a cell, and which symbols are shown as vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.gated.cell import Cell
from lessons.building.holds import Net
from lessons.contract.view import Knobs

GATES = "ifogzrnh"
"""The letters of all gates, and of the new state of a plain cell."""


def parameters(
    cell: Callable[[Knobs], Cell], every: Iterable[Cell], lacking: str = "by bm", inputs: int | str = "K"
) -> Net:
    """The parameters of the cell that the knobs choose among `every`, of H units and K outputs.

    A state may leave out those in `lacking`; `inputs` is how many there are, or the letter of that length.
    """

    def shapes(knobs: Knobs, of: Mapping[str, int]) -> Mapping[str, tuple[int, ...]]:
        return cell(knobs).shapes(of["H"], of["K"], of[inputs] if isinstance(inputs, str) else inputs)

    names = frozenset(name for one in every for name in one.names)
    vectors = frozenset(name for name in names if name[0] == "b")
    return Net("V", ("K", "H"), shapes=shapes, names=names, vectors=vectors, lacking=frozenset(lacking.split()))


def columns(*levels: str) -> frozenset[str]:
    """The families that are vectors in every layer: what is made of a timestep, biases and all that is kept of them.

    `levels` are what stands at the names of layers above the first.
    """
    plain = {"h", "c", "m", "gh", "gc", "bm", "dbm", *(f"{slot}_bm" for slot in "Gmv")}
    prefixes = ("", "net", "delta_", "b", "db", "G_b", "m_b", "v_b")
    families = plain | {f"{prefix}{q}" for prefix in prefixes for q in GATES}
    states = {f"{state}{level}_init" for state in "hc" for level in ("", *levels)}
    output = {"x", "y", "a", "yhat", "e", "by", "dby", "G_by", "m_by", "v_by"}
    return frozenset({f"{family}{level}" for family in families for level in ("", *levels)} | states | output)


def seed_of(inputs: Mapping[str, Any]) -> int:
    """The seed among the inputs of a state: 0 where there is none, or no whole number of 0 or more."""
    seed = inputs.get("seed", 0)
    return seed if isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0 else 0

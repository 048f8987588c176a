"""Which share of the gradient at the last timestep reaches each timestep before it (slide 39).

g[k]      (H, B)  ∂E/∂(state k on the road): c in an LSTM, h where there is no c; of the top layer
end       ()      ‖g‖ at the last timestep         reach[k]  ()  ‖g[k]‖ / end
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.device import Array
from engine.gated.cell import Cell
from engine.walks.step import Path, Step, Walk


def rules(cell: Cell, T: int) -> dict[str, str]:
    """The rule of every op of `reach`, over T timesteps."""
    g = f"g{cell.lasting}"
    return {"end": f"end = sqrt(sum({g}[{T - 1}]**2))", "reach": f"reach[k] = sqrt(sum({g}[k]**2)) / end"}


def reach(xp: Any, g: Sequence[Array], at: Path = ()) -> Walk[list[Array]]:
    """‖g[k]‖ / ‖g[T-1]‖ from the last timestep back to the first. Returns them by k."""
    last = xp.sqrt(xp.sum(g[-1] ** 2))
    yield Step((*at, ("k", len(g) - 1)), "end", {"end": last})
    shares = []
    for k in range(len(g) - 1, -1, -1):
        share = xp.sqrt(xp.sum(g[k] ** 2)) / last
        yield Step((*at, ("k", k)), "reach", {f"reach[{k}]": share})
        shares.append(share)
    return shares[::-1]


def length(T: int) -> int:
    """How many steps `reach` takes."""
    return 1 + T

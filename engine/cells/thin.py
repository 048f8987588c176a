"""Products of a few rows with large matrices, as tiles that OpenBLAS multiplies without a copy of its own."""

from __future__ import annotations

from functools import cache

from engine.device import HOST, Array
from engine.flat import aligned

xp = HOST.xp
SMALL = 1_000_000
"""Multiplications up to which OpenBLAS takes the factors where they lie; for more it first copies both."""
NARROW, FEW = 64, 16
"""Columns of a tile, and the fewest rows that it is multiplied with."""


@cache
def wide() -> bool:
    """Whether NumPy works with vectors of 64 bytes here: only for those has OpenBLAS products that copy nothing."""
    known = xp.lib.introspect.opt_func_info(func_name="^exp$", signature="float32")
    return any("V4" in way["current"] or "AVX512" in way["current"] for way in known.get("exp", {}).values())


def cut(B: int, H: int, tiles: bool) -> tuple[int, int]:
    """In how many pieces B rows are cut, and how many columns of an (H, H) matrix are a tile; (1, H) without tiles."""
    if not tiles or B * H * H <= SMALL or H % NARROW:
        return 1, H
    pieces = 1
    while B // pieces * H * NARROW > SMALL and B % (2 * pieces) == 0:
        pieces *= 2
    rows = B // pieces
    return (pieces, NARROW) if rows >= FEW and rows * H * NARROW <= SMALL else (1, H)


class Thin:
    """(B, H) times each of `weights` (G, H, H), which are seen, not copied. What a product returns is written over."""

    def __init__(self, weights: Array, B: int, tiles: bool | None = None) -> None:
        G, H, _ = weights.shape
        pieces, cols = cut(B, H, wide() if tiles is None else tiles)
        self.rows = (pieces, B // pieces, H)
        self.tiles = weights.reshape((G, H, H // cols, cols), copy=False).swapaxes(1, 2)[:, :, None]
        self.made, self.sum = aligned((G, B, H), weights.dtype), aligned((B, H), weights.dtype)
        self.into = self.made.reshape(G, pieces, B // pieces, H // cols, cols).transpose(0, 3, 1, 2, 4)

    def each(self, h: Array) -> Array:
        """h W of every matrix: (G, B, H)."""
        xp.matmul(h.reshape(self.rows), self.tiles, out=self.into)
        return self.made

    def total(self, D: Array) -> Array:
        """Σ D[g] W[g] of D (G, B, H): (B, H)."""
        xp.matmul(D.reshape(len(D), 1, *self.rows), self.tiles, out=self.into)
        return self.made[0] if len(D) == 1 else xp.add.reduce(self.made, axis=0, out=self.sum)

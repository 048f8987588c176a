"""Matrix products in tiles so small that OpenBLAS multiplies them without first copying both factors."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from itertools import pairwise
from typing import Any

from engine.device import HOST, Array, wide
from engine.maths.packing import LINE, aligned

xp = HOST.xp
SMALL = 1_000_000
"""Multiplications up to which OpenBLAS copies no factor."""
NARROW = 64
"""Columns of a tile that cannot have all columns."""
FEW = 8
"""Fewest rows of a tile with all columns; if it would have fewer, the product is not cut."""
SOME = 10
"""Fewest rows of a tile of `NARROW` columns."""
TALL = 16
"""Fewest rows of a part of `Summed`."""
MANY = 1 << 24
"""Multiplications from which a product with one-hot rows takes longer than sums letter by letter."""
LONG = 256
"""Rows from which sums letter by letter can be faster."""
SLIM = 128
"""`Summed` is cut only if its result has at most so many rows or columns: adding up larger parts costs more."""


def lined(n: int, kind: Any) -> int:
    """n rounded up so that n numbers of dtype `kind` fill whole cache lines."""
    each: int = LINE // xp.dtype(kind).itemsize
    return -(-n // each) * each


def divisor(n: int, most: int) -> int:
    """The largest number up to `most` that divides n; 0 if there is none."""
    return next((d for d in range(min(n, most), 0, -1) if n % d == 0), 0)


def cut(rows: int, inner: int, cols: int, tiles: bool) -> tuple[int, int]:
    """(rows, columns) of a tile of the product (rows, inner) × (inner, cols); (rows, cols) if it is not cut."""
    if tiles and rows * inner * cols > SMALL:
        for width, few in ((cols, FEW), (NARROW, SOME)):
            height = divisor(rows, SMALL // (inner * width))
            if cols % width == 0 and height >= few:
                return height, width
    return rows, cols


class Product:
    """The product of (N, K) and each of `weights` (G, K, M), into `made` (G, N, M).

    Weights are views: a change to them is seen at once. But with `apart`, a `scale` (a factor for each of the G), or
    tiles narrower than M they are copied, and the product uses their values at the last `pack`.
    """

    def __init__(
        self, weights: Array, N: int, made: Array | None = None, tiles: bool | None = None, apart: bool = False,
        scale: Array | None = None,
    ) -> None:  # fmt: skip
        (G, K, M), kind = weights.shape, weights.dtype
        height, width = cut(N, K, M, wide() if tiles is None else tiles)
        self.rows = (N // height, height, K)
        tiled = seen = weights.reshape((G, K, M // width, width), copy=False).swapaxes(1, 2)
        self.packed, self.scale = [], None if scale is None else scale.reshape(G, 1, 1, 1)
        if apart or width < M or scale is not None:
            tiled = aligned((G, M // width, K, lined(width, kind)), kind)[..., :width]
            some = max(1, width // NARROW)  # a few columns at a time: of Wᵀ at once it takes twice as long
            self.packed = list(zip(*(xp.array_split(each, some, axis=3) for each in (seen, tiled)), strict=True))
        self._lie(tiled, aligned((G, N, M), kind) if made is None else made)

    def _lie(self, tiles: Array, made: Array) -> None:
        G, across, _, width = tiles.shape
        self.tiles, self.made = tiles[:, :, None], made
        self.into = made.reshape((G, *self.rows[:2], across, width), copy=False).transpose(0, 3, 1, 2, 4)
        self.whole = (tiles[0, 0], made[0]) if self.into.shape[:3] == (1, 1, 1) else None
        self.ones = xp.ones(G, made.dtype)

    def pack(self) -> None:
        """Copy the weights, if this product works on a copy."""
        for seen, into in self.packed:
            if self.scale is None:
                into[...] = seen
            else:
                xp.multiply(seen, self.scale, out=into)

    def of(self, which: slice) -> Product:
        """The product with some of the G matrices, which are packed together with the others."""
        part = copy(self)
        part.__dict__.pop("sum", None)  # a part adds up in a place of its own
        part._lie(self.tiles[which, :, 0], self.made[which])
        return part

    @cached_property
    def sum(self) -> Array:
        return aligned(self.made.shape[1:], self.made.dtype)

    def each(self, h: Array) -> Array:
        """h (N, K) times every matrix: (G, N, M). The next call overwrites it."""
        if self.whole:
            xp.dot(h, *self.whole)  # a microsecond less than matmul
        else:
            xp.matmul(h.reshape(self.rows), self.tiles, out=self.into)
        return self.made

    def total(self, D: Array) -> Array:
        """Σ_g D[g] W[g] for D (G, N, K): (N, M). The next call overwrites it."""
        if len(D) == 1:
            return self.each(D[0])[0]
        xp.matmul(D.reshape(len(D), 1, *self.rows), self.tiles, out=self.into)
        xp.dot(self.ones, self.made.reshape(len(D), -1), out=self.sum.reshape(-1))  # in one pass
        return self.sum


class Summed:
    """AᵀB (M, K) for A (N, M) and B (N, K), as a sum of the products of parts of the N rows."""

    def __init__(self, N: int, M: int, K: int, kind: Any, tiles: bool | None = None) -> None:
        self.tile = tuple(NARROW if n % NARROW == 0 else n for n in (M, K))
        self.height = divisor(N, SMALL // (self.tile[0] * self.tile[1]))
        tiles = wide() if tiles is None else tiles
        self.cut = tiles and N * M * K > SMALL and min(M, K) <= SLIM and self.height >= TALL
        self.shape = (N // self.height if self.cut else 1, M, K)
        self.kind = kind

    @cached_property
    def parts(self) -> Array:
        return aligned(self.shape, self.kind)

    def into(self, A: Array, B: Array, out: Array) -> None:
        """AᵀB, written into `out` (M, K)."""
        if not self.cut:
            xp.matmul(A.T, B, out=out)
            return
        (pieces, M, K), (high, broad) = self.shape, self.tile
        left = A.reshape(pieces, self.height, M // high, high).transpose(0, 2, 3, 1)[:, :, None]
        right = B.reshape((pieces, self.height, K // broad, broad), copy=False).swapaxes(1, 2)[:, None]
        xp.matmul(left, right, out=self.parts.reshape(pieces, M // high, high, K // broad, broad).swapaxes(2, 3))
        xp.add.reduce(self.parts, axis=0, out=out)


def by_letter(rows: int, letters: int, H: int) -> bool:
    """Whether `Letters` is faster than a product of (H, rows) with one-hot rows (rows, letters)."""
    return rows >= LONG and rows * letters * H >= MANY


class Letters:
    """One-hot rows X (N, K), given as codes (N,): AᵀX is the sum of the rows of A by letter."""

    def __init__(self, codes: Array, K: int) -> None:
        order = xp.argsort(codes.astype(xp.uint16) if K <= 1 << 16 else codes, kind="stable")  # short ones in one pass
        ends = [0, *xp.cumsum(xp.bincount(codes)).tolist()]
        self.where = [(k, order[a:b]) for k, (a, b) in enumerate(pairwise(ends)) if a < b]
        self.K = K

    def into(self, A: Array, out: Array) -> None:
        """AᵀX of A (N, M), written into `out` (M, K)."""
        sums, ones = xp.zeros((self.K, A.shape[1]), A.dtype), xp.ones(len(A), A.dtype)
        for letter, rows in self.where:
            xp.dot(ones[: len(rows)], A.take(rows, axis=0), out=sums[letter])
        out[...] = sums.T

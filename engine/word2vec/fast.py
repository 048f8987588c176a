"""The update of `engine.word2vec.batch` where speed counts: the same mathematics, in banded tiles, in place.

What makes it fast, and what the walk gives up for being read: every word of a batch is gathered once and read through
overlapping views; C tokens meet their C + 2 window neighbours in one matrix product; negatives are shared by a group
of tokens, each weighted so that a pair has as many as it should; the nodes at the top of a Huffman tree, which nearly
every path passes, are one dense product. A test holds it equal to the walk, a benchmark shows the need.

M (tiles, C, C + 2 window)   how much each pair counts, times the learning rate
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.device import Array, Tables
from engine.word2vec import rows
from engine.word2vec.chunk import Chunk, Shape, band
from engine.word2vec.paths import Paths, Ways


class Vectors(NamedTuple):
    """What is learned: `table` (V + 1, 2, D), v and u of every word; with a tree (V + 1, 1, D) and `nodes` (V, D)."""

    table: Array
    nodes: Array | None


def halves(vectors: Vectors) -> tuple[Array, Array]:
    """(V + 1, D) what words say, and (V + 1, D) or, of nodes, (V, D) what is said to: views, nothing is copied."""
    return vectors.table[:, 0, :], vectors.table[:, 1, :] if vectors.nodes is None else vectors.nodes


class Form(NamedTuple):
    """What is trained: `cbow` or skip-gram, a tree or `negatives` for each pair; `exact` hands a mean's 1/C back."""

    cbow: bool
    tree: bool
    negatives: float
    shared: int
    group: int
    exact: bool
    bound: float


class Kernel:
    """Rooms to work in for one shape of batch, and the update of one batch. One thread at a time."""

    def __init__(
        self,
        device: Tables,
        form: Form,
        shape: Shape,
        dim: int,
        dtype: Any,
        ways: Ways | None = None,
        alone: bool = True,
    ) -> None:
        self.device, self.form, self.shape, self.D = device, form, shape, dim
        xp = device.xp
        halves = 1 if form.tree else 2
        B, C, P = shape.tokens, shape.tile, shape.rows

        def room(*size: int) -> Array:
            return xp.zeros(size, dtype=dtype)

        self.band = device.send(band(shape).astype(dtype))
        self.M, self.turned = room(shape.tiles, C, shape.wide), room(shape.tiles, shape.wide, C)
        self.rows, self.move = (room(P, halves * dim) for _ in range(2))
        self.alone = alone
        self.S = room(shape.tiles, C, shape.wide)
        self.h, self.dh, self.more = room(B, dim), room(P, dim), room(B, dim)
        self.dtype, self.new = dtype, room
        if not form.tree:
            groups = B // form.group
            self.noise, self.dnoise = (room(groups * form.shared, dim) for _ in range(2))
            self.A = room(groups, form.group, form.shared)
        if ways is not None:
            self.ways = ways._replace(on=device.send(ways.on))
            self.passed, self.counts = room(P, 2 * ways.top), room(P, 2 * ways.top)
            self.theta, self.dtheta = (room(0, dim) for _ in range(2))
            self.eye = xp.eye(C, dtype=dtype)

    def update(self, vectors: Vectors, chunk: Chunk, paths: Paths | None, b: int) -> None:
        """Train on batch b of a chunk: the vectors are changed."""
        table, nodes = vectors.table.reshape(len(vectors.table), -1), vectors.nodes
        rows.gather(self.device, table, chunk.rows, b, self.rows)
        self.masks(chunk, b)
        if self.form.tree:
            assert nodes is not None
            assert paths is not None
            self.by_tree(nodes, chunk, paths, b)
        elif self.form.cbow:
            self.bag_by_noise(table, chunk, b)
        else:
            self.words_by_noise(table, chunk, b)
        halves = 1 if self.form.tree else 2
        move = self.move.reshape(len(self.move), halves, self.D)
        rows.add(self.device, table, chunk.rows, b, move, self.form.bound, self.rows, self.alone)
        if not self.form.tree:
            assert chunk.noise is not None
            move, flat = self.dnoise.reshape(-1, 1, self.D), table.reshape(-1, self.D)
            rows.add(self.device, flat, chunk.noise, b, move, self.form.bound, self.noise, False)

    def masks(self, chunk: Chunk, b: int) -> None:
        """M of batch b: the band, but for tiles that a sentence ends in. CBOW's is a mean: each row adds up to 1."""
        start, end = chunk.borders.ends[b], chunk.borders.ends[b + 1]
        self.M[...] = self.band
        if end > start:
            some = self.device.send(chunk.borders.tiles[start:end] - b * self.shape.tiles)
            self.M[some] *= self.device.send(chunk.borders.same[start:end])
        if not self.form.cbow:
            self.M *= chunk.rate[b]

    def words_by_noise(self, table: Array, chunk: Chunk, b: int) -> None:
        """Skip-gram with negatives: every pair of a tile at once. Moves are −rate × gradient."""
        xp, D, w, B = self.device.xp, self.D, self.shape.window, self.shape.tokens
        v, u = self.tiled(self.rows[w : w + B, :D]), self.near(self.rows[:, D:])
        xp.matmul(v, u.transpose(0, 2, 1), out=self.S)
        q = pulled(xp, self.S, self.M)
        xp.matmul(q, u, out=self.tiled(self.move[w : w + B, :D]))
        self.back(q, self.rows[:, :D], self.move[:, D:])
        weight = chunk.pairs[b] * (self.form.negatives / self.form.shared * chunk.rate[b])
        self.pushed(table, chunk, b, self.rows[w : w + B, :D], weight, self.more)
        self.move[w : w + B, :D] += self.more
        self.move[:w, :D] = 0
        self.move[w + B :, :D] = 0

    def bag_by_noise(self, table: Array, chunk: Chunk, b: int) -> None:
        """CBOW with negatives: the mean of the context says one word."""
        xp, D, w, B = self.device.xp, self.D, self.shape.window, self.shape.tokens
        there, back = self.bag(chunk, b)
        u = self.rows[w : w + B, D:]
        q = pulled(xp, xp.einsum("bd,bd->b", self.h, u), there)[:, None]
        dh = self.dh[w : w + B]
        xp.multiply(q, u, out=dh)
        xp.multiply(q, self.h, out=self.move[w : w + B, D:])
        self.move[:w, D:] = 0
        self.move[w + B :, D:] = 0
        weight = (chunk.pairs[b] > 0) * (self.form.negatives / self.form.shared * chunk.rate[b])
        self.pushed(table, chunk, b, self.h, weight, self.more)
        dh += self.more
        self.back(back, self.dh, self.move[:, :D])

    def bag(self, chunk: Chunk, b: int) -> tuple[Array, Array]:
        """Every token's h, the mean of its context: M's rows are made to add up to 1.

        Returns the rate of each token (B,), 0 where it has no context, and what hands the gradient of a mean back: M
        itself, or (word2vec.c) what it was.
        """
        xp, tile = self.device.xp, self.shape.tile
        pairs = self.device.send(chunk.pairs[b])
        given = None if self.form.exact else self.M.copy()
        self.M /= xp.maximum(pairs, self.dtype(1e-9)).reshape(-1, tile, 1)
        xp.matmul(self.M, self.near(self.rows[:, : self.D]), out=self.h.reshape(-1, tile, self.D))
        return (pairs > 0) * self.dtype(chunk.rate[b]), self.M if given is None else given

    def pushed(self, table: Array, chunk: Chunk, b: int, h: Array, weight: Any, dh: Array) -> None:
        """Negatives, shared by a group: what h (B, D) gets from them into `dh`, what they get into `dnoise`."""
        assert chunk.noise is not None
        device, form, D = self.device, self.form, self.D
        flat = table.reshape(-1, D)
        rows.gather(device, flat, chunk.noise, b, self.noise)
        u = self.noise.reshape(-1, form.shared, D)
        grouped = device.windows(h, form.group, form.group, len(u))
        device.xp.matmul(grouped, u.transpose(0, 2, 1), out=self.A)
        weights = device.send(weight.astype(self.dtype)).reshape(-1, form.group, 1)
        device.xp.negative(self.A, out=self.A)
        q = pulled(device.xp, self.A, -weights)
        device.xp.matmul(q, u, out=dh.reshape(-1, form.group, D))
        device.xp.matmul(q.transpose(0, 2, 1), grouped, out=self.dnoise.reshape(-1, form.shared, D))

    def by_tree(self, nodes: Array, chunk: Chunk, paths: Paths, b: int) -> None:
        """Every neighbour (skip-gram), or the mean of them (CBOW), answers the questions on each word's way."""
        xp, w, B, C = self.device.xp, self.shape.window, self.shape.tokens, self.shape.tile
        if not self.form.cbow:
            X, inputs, weights = self.rows, self.near(self.rows), self.M.reshape(B, -1)
            parts = self.ways_below(nodes, inputs, weights, paths, b)
            self.ways_above(nodes, X, chunk, b, self.move)
            self.fold(parts, self.move)
            return
        rate, back = self.bag(chunk, b)
        there, inputs = rate[:, None], self.h.reshape(-1, C, self.D)
        weights = there * xp.tile(self.eye, (self.shape.tiles, 1))
        parts = self.ways_below(nodes, inputs, weights, paths, b)
        dh = self.dh[w : w + B]
        self.ways_above(nodes, self.h, chunk, b, dh, there)
        dh += parts.reshape(B, self.D)
        self.back(back, self.dh, self.move)

    def ways_above(self, nodes: Array, X: Array, chunk: Chunk, b: int, dX: Array, there: Array | None = None) -> None:
        """The top nodes, all at once for all of X; what they say to it into `dX`, and they are moved."""
        xp, w, B, T = self.device.xp, self.shape.window, self.shape.tokens, self.ways.top
        words = chunk.rows.index[b][w : w + B]
        passed = self.passed[w : w + B]
        self.device.take(self.ways.on, words, passed)
        if there is None:
            self.back(self.M, self.passed, self.counts)
            counts = self.counts
        else:
            passed *= there
            counts = passed
        top = nodes[len(nodes) - 1 - T : len(nodes) - 1]
        a = X @ top.T
        xp.negative(a, out=a)
        q = counts[:, T:] - pulled(xp, a, counts[:, :T])
        xp.matmul(q, top, out=dX)
        move = q.T @ X
        rows.shorten(self.device, move, self.form.bound)
        top += move

    def ways_below(self, nodes: Array, inputs: Array, weights: Array, paths: Paths, b: int) -> Array:
        """The nodes below, tile by tile: what they say to `inputs` (tiles, n, D), and they are moved.

        `weights` (B, n): how much each input counts for the word of token b.
        """
        device, xp, D = self.device, self.device.xp, self.D
        owner, sign = device.send(paths.owner[b]), device.send(paths.sign[b])
        count = len(owner)
        if count > len(self.theta):
            self.theta, self.dtheta = (self.new(count, D) for _ in range(2))
        theta, dtheta = self.theta[:count], self.dtheta[:count]
        rows.gather(device, nodes, paths.rest, b, theta)
        tiled = theta.reshape(self.shape.tiles, -1, D)
        signs = sign.reshape(self.shape.tiles, -1, 1)
        a = xp.matmul(tiled, inputs.transpose(0, 2, 1))
        a *= signs
        q = pulled(xp, a, weights[owner].reshape(a.shape))
        q *= signs
        xp.matmul(q, inputs, out=dtheta.reshape(tiled.shape))
        said = xp.matmul(q.transpose(0, 2, 1), tiled)
        rows.add(device, nodes, paths.rest, b, dtheta.reshape(count, 1, D), self.form.bound, theta, self.alone)
        return said

    def fold(self, parts: Array, into: Array) -> None:
        """Every tile's neighbours (tiles, C + 2 window, D) added to the rows (B + 2 window, D) that they are."""
        B, C, w, _ = self.shape
        middle = into[w : w + B].reshape(-1, C, self.D)
        middle += parts[:, w : w + C]
        middle[1:, :w] += parts[:-1, C + w :]
        middle[:-1, C - w :] += parts[1:, :w]
        into[:w] += parts[0, :w]
        into[w + B :] += parts[-1, C + w :]

    def tiled(self, array: Array) -> Array:
        """(B, D) as tiles (tiles, C, D)."""
        return self.device.windows(array, self.shape.tile, self.shape.tile, self.shape.tiles)

    def near(self, array: Array) -> Array:
        """(B + 2 window, D) as each tile's neighbours (tiles, C + 2 window, D): they overlap, and are not copied."""
        return self.device.windows(array, self.shape.wide, self.shape.tile, self.shape.tiles)

    def back(self, q: Array, said: Array, into: Array) -> None:
        """into[j] = Σ q[i, j] said[i] over the tokens i of the batch, for every neighbour j (B + 2 window, D).

        `q` (tiles, C, C + 2 window) is turned so that a tile of neighbours has all its tokens in one product.
        """
        xp, (B, C, w, _) = self.device.xp, self.shape
        T = self.turned
        T[:, w : w + C] = q[:, :, w : w + C]
        T[1:, :w, :w] = q[:-1, C - w :, C + w :]
        T[:-1, C + w :, C - w :] = q[1:, :w, :w]
        xp.matmul(T.transpose(0, 2, 1), self.near(said), out=self.tiled(into[w : w + B]))
        into[:w] = q[0, :, :w].T @ said[w : w + C]
        into[w + B :] = q[-1, :, C + w :].T @ said[w + B - C : w + B]


def pulled(xp: Any, a: Array, weight: Array) -> Array:
    """weight × (1 − σ(a)): how far what did occur is from being certain, in place. `a` is used up."""
    xp.exp(a, out=a)
    a += 1
    return xp.divide(weight, a, out=a)

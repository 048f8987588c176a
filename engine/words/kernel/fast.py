"""The update of `engine.words.batch` where speed counts: the same mathematics, in tiles, in place.

What makes it fast, and harder to read than the walk: every word of a batch is gathered once and read through
overlapping views, which are made once; C tokens are multiplied by their C + 2 window neighbours in one matrix product;
negatives are shared by a group of tokens, with weights so that a pair has as many as it should; the Huffman nodes on a
tile's paths are gathered once, and multiplied by the whole tile. A test holds it equal to the walk, a benchmark shows
the need.

M (tiles, C, C + 2 window)  weight of each pair: in skip-gram with negatives times the learning rate, in CBOW as its
                            share of the mean; in skip-gram with a tree the words are in the order of leaves
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, Tables
from engine.words.kernel import rows
from engine.words.kernel.chunk import Chunk, Shape
from engine.words.kernel.node_scores import NodeScores, sigmoid_error
from engine.words.kernel.paths import SOME, STACK, Paths


class Vectors(NamedTuple):
    """The parameters: `table` (V + 1, 2, D), v and u of every word; with a tree (V + 1, 1, D) and `nodes` (V, D).

    The last row of each is padding, always 0.
    """

    table: Array
    nodes: Array | None


def halves(vectors: Vectors) -> tuple[Array, Array]:
    """The input vectors (V + 1, D), and the output vectors (V + 1, D), or of nodes (V, D): views, nothing is copied."""
    return vectors.table[:, 0, :], vectors.table[:, 1, :] if vectors.nodes is None else vectors.nodes


def packed(device: Tables, tables: Mapping[str, HostArray]) -> Vectors:
    """V (V, D) beside U (V, D), or beside Theta (V − 1, D) with a tree, as vectors: each with a last row of zeros."""
    xp, v, nodes = HOST.xp, tables["V"], tables.get("Theta")
    empty, both = xp.zeros((1, v.shape[1])), (v, tables["U"]) if nodes is None else (v,)
    table = xp.stack([xp.concat([each, empty]) for each in both], axis=1)
    return Vectors(device.send(table), None if nodes is None else device.send(xp.concat([nodes, empty])))


def unpacked(device: Device, vectors: Vectors) -> dict[str, HostArray]:
    """The tables of vectors, on the host: what `packed` takes."""
    names = ("V", "U" if vectors.nodes is None else "Theta")
    return {name: device.get(half)[:-1] for name, half in zip(names, halves(vectors), strict=True)}


class Form(NamedTuple):
    """The model: `cbow` or skip-gram; a tree (hierarchical softmax), or `negatives` for each pair.

    `exact`: in CBOW the gradient of a context word has the factor 1/C of the mean. Without a tree a `group` of tokens
    shares `shared` negatives. In CBOW with a tree a tile is `leaves` tokens that are near each other in the tree.
    `bound` is the longest move of a row in one batch.
    """

    cbow: bool
    tree: bool
    negatives: float
    shared: int
    group: int
    leaves: int
    exact: bool
    bound: float


class Kernel:
    """The update of one batch, with work arrays for one shape of batch. A thread needs one of its own."""

    def __init__(self, device: Tables, form: Form, shape: Shape, dim: int, dtype: Any) -> None:
        self.device, self.form, self.shape, self.D = device, form, shape, dim
        B, w, P = shape.tokens, shape.window, shape.rows
        halves = 1 if form.tree else 2

        def buffer(*size: int) -> Array:
            return device.xp.zeros(size, dtype=dtype)

        self.new, self.dtype = buffer, dtype
        self.M, self.turned = buffer(shape.tiles, shape.tile, shape.wide), buffer(shape.tiles, shape.wide, shape.tile)
        self.rows, self.move = buffer(P, halves * dim), buffer(P, halves, dim)
        self.word_sums = rows.Buffers(halves * dim, dtype)
        self.v, self.dv, self.dh = self.rows[:, :dim], self.move[:, 0], buffer(P, dim)
        self.near_v, self.middle = self.near(self.v), slice(w, w + B)
        if form.cbow:
            self.h, self.source, self.dtarget = buffer(B, dim), self.dh, self.dv
        else:
            self.h, self.source, self.dtarget = self.v[self.middle], self.v, self.move[:, -1]
        self.tiled_h, self.near_source = self.tiled(self.h), self.near(self.source)
        self.tiled_dtarget, self.tiled_dv = (self.tiled(of[self.middle]) for of in (self.dtarget, self.dv))
        if form.tree:
            self.node_scores = self.among_leaves() if form.cbow else self.among_neighbours()
            return
        groups = B // form.group
        self.noise, self.dnoise = buffer(groups, form.shared, dim), buffer(groups * form.shared, 1, dim)
        self.noise_sums, self.tiled_dnoise = rows.Buffers(dim, dtype), self.dnoise.reshape(self.noise.shape)
        self.A = buffer(groups, form.group, form.shared)
        self.grouped = device.windows(self.h, form.group, form.group, groups)
        self.more = buffer(B, 1 if form.cbow else 2, dim)  # its second half stays 0: adding whole rows takes a third
        self.grouped_more = device.windows(self.more[:, 0], form.group, form.group, groups)
        if form.cbow:
            self.u, self.own = self.rows[self.middle, dim:], buffer(shape.tiles, shape.tile, shape.tile)
            self.tiled_u, self.tiled_du = (self.tiled(of) for of in (self.u, self.move[self.middle, 1]))
            self.tiled_dh = self.tiled(self.dh[self.middle])
        else:
            self.S, self.near_u = buffer(shape.tiles, shape.tile, shape.wide), self.near(self.rows[:, dim:])

    def among_leaves(self) -> NodeScores:
        """Node scores for CBOW: the contexts are the means h of the tokens, in the order of the tree's leaves."""
        (B, *_), tile = self.shape, self.form.leaves
        self.sorted, self.dsorted = self.new(B, self.D), self.new(B, self.D)
        tiles = (of.reshape(-1, tile, self.D) for of in (self.sorted, self.dsorted))
        contexts, dcontexts = ([of[n : n + STACK] for n in range(0, B // tile, STACK)] for of in tiles)
        return NodeScores(self.device, contexts, dcontexts, False, self.form.bound)

    def among_neighbours(self) -> NodeScores:
        """Node scores for skip-gram: contexts of a tile are its neighbours, scored on the paths of all its words."""
        (B, tile, _, _), tiles, wide = self.shape, self.shape.tiles, self.shape.wide
        self.parts, self.sums = self.new(tiles, wide, self.D), self.new(tiles, tile + 1, wide)
        self.firsts = self.device.xp.tri(tile + 1, tile, -1, dtype=self.dtype)
        contexts = [self.rows[n : n + wide] for n in range(0, B, tile)]
        return NodeScores(self.device, contexts, list(self.parts), True, self.form.bound)

    def update(self, vectors: Vectors, chunk: Chunk, paths: Sequence[Paths] | None, b: int) -> None:
        """Train `vectors` in place on batch b of a chunk; `paths` with a tree."""
        table, nodes = vectors.table.reshape(len(vectors.table), -1), vectors.nodes
        rows.gather(self.device, table, chunk.rows, b, self.rows)
        if nodes is not None:
            assert paths is not None
            self.by_tree(nodes, chunk, paths, b)
        elif self.form.cbow:
            self.bag_by_noise(table, chunk, b)
        else:
            self.words_by_noise(table, chunk, b)
        rows.add(self.device, table, chunk.rows, b, self.move, self.form.bound, self.word_sums)
        if chunk.noise is not None:
            flat = table.reshape(-1, self.D)
            rows.add(self.device, flat, chunk.noise, b, self.dnoise, self.form.bound, self.noise_sums)

    def words_by_noise(self, table: Array, chunk: Chunk, b: int) -> None:
        """Skip-gram with negatives: every pair of a tile at once. Moves are −rate × gradient."""
        xp = self.device.xp
        self.weigh(chunk, b)
        xp.matmul(self.tiled_h, self.near_u.transpose(0, 2, 1), out=self.S)
        q = sigmoid_error(xp, self.S, self.M)
        xp.matmul(q, self.near_u, out=self.tiled_dv)
        self.back(q)
        self.noise_gradients(table, chunk, b, chunk.pairs[b] * (self.form.negatives / self.form.shared * chunk.rate[b]))
        self.move[self.middle] += self.more

    def weigh(self, chunk: Chunk, b: int) -> None:
        """M of skip-gram: the weights of pairs times the learning rate."""
        self.device.xp.multiply(self.device.send(chunk.mask[b]), self.dtype(chunk.rate[b]), out=self.M)

    def bag_by_noise(self, table: Array, chunk: Chunk, b: int) -> None:
        """CBOW with negatives: the mean of the context predicts its token.

        q is put on the diagonals of `own`: small matrix products, mostly of zeros, take half the time of scaling rows.
        """
        xp, own = self.device.xp, self.own
        there, back = self.bag(chunk, b)
        q = sigmoid_error(xp, xp.einsum("bd,bd->b", self.h, self.u), there)
        own.reshape(len(own), -1)[:, :: self.shape.tile + 1] = q.reshape(len(own), -1)
        xp.matmul(own, self.tiled_u, out=self.tiled_dh)
        xp.matmul(own, self.tiled_h, out=self.tiled_du)
        self.noise_gradients(
            table, chunk, b, (chunk.pairs[b] > 0) * (self.form.negatives / self.form.shared * chunk.rate[b])
        )
        self.dh[self.middle] += self.more[:, 0]
        self.back(back)

    def bag(self, chunk: Chunk, b: int) -> tuple[Array, Array]:
        """h of every token, the mean of its context: M is the mask with every row divided by its sum.

        Returns the learning rate of each token (B,), 0 without a context, and the factors of ∂L/∂h in the gradients of
        context words: M if `exact`, else (word2vec.c) the mask.
        """
        xp, pairs, mask = self.device.xp, self.device.send(chunk.pairs[b]), self.device.send(chunk.mask[b])
        xp.divide(mask, xp.maximum(pairs, self.dtype(1e-9)).reshape(-1, self.shape.tile, 1), out=self.M)
        xp.matmul(self.M, self.near_v, out=self.tiled_h)
        return (pairs > 0) * self.dtype(chunk.rate[b]), self.M if self.form.exact else mask

    def noise_gradients(self, table: Array, chunk: Chunk, b: int, weight: Any) -> None:
        """Negatives, all gradients times −rate: that of h (B, D) into `more[:, 0]`, those of negatives into `dnoise`.

        `weight` (B,) is the weight of each negative of a token, times the learning rate.
        """
        assert chunk.noise is not None
        device, form, D, u = self.device, self.form, self.D, self.noise
        rows.gather(device, table.reshape(-1, D), chunk.noise, b, u.reshape(-1, D))
        device.xp.matmul(self.grouped, u.transpose(0, 2, 1), out=self.A)
        weights = device.send(weight.astype(self.dtype)).reshape(-1, form.group, 1)
        device.xp.negative(self.A, out=self.A)
        q = sigmoid_error(device.xp, self.A, -weights)
        device.xp.matmul(q, u, out=self.grouped_more)
        device.xp.matmul(q.transpose(0, 2, 1), self.grouped, out=self.tiled_dnoise)

    def by_tree(self, nodes: Array, chunk: Chunk, laid: Sequence[Paths], b: int) -> None:
        """Hierarchical softmax: every neighbour (skip-gram), or their mean (CBOW), scored on the path of each word."""
        paths, at = laid[b // SOME], b % SOME
        order = paths.order[at]
        if self.form.cbow:
            _, back = self.bag(chunk, b)
            self.device.take(self.h, order, self.sorted)
            self.node_scores.update(nodes, paths, at, self.dtype(chunk.rate[b]))
            self.dh[self.middle][order] = self.dsorted
            self.back(back)
        else:
            self.add_up(chunk, b, order)
            self.node_scores.update(nodes, paths, at, self.sums)
            self.fold()

    def add_up(self, chunk: Chunk, b: int, order: Array) -> None:
        """`sums` (tiles, C + 1, C + 2 window): the weights of each neighbour summed over the first k words, × the rate.

        In float32 a difference of two sums may be about 1e-8 where it should be 0.
        """
        flat, M = self.device.send(chunk.mask[b]).reshape(-1, self.shape.wide), self.M
        self.device.take(flat, order, M.reshape(flat.shape))
        self.device.xp.matmul(self.firsts, M, out=self.sums)
        self.sums *= self.dtype(chunk.rate[b])

    def fold(self) -> None:
        """Sum the gradients of every tile's neighbours, `parts` (tiles, C + 2 window, D), into `dv`, one row each."""
        parts, into, middle, (B, C, w, _) = self.parts, self.dv, self.tiled_dv, self.shape
        middle[...] = parts[:, w : w + C]
        middle[1:, :w] += parts[:-1, C + w :]
        middle[:-1, C - w :] += parts[1:, :w]
        into[:w] = parts[0, :w]
        into[w + B :] = parts[-1, C + w :]

    def tiled(self, array: Array) -> Array:
        """(B, D) as tiles (tiles, C, D)."""
        return self.device.windows(array, self.shape.tile, self.shape.tile, self.shape.tiles)

    def near(self, array: Array) -> Array:
        """(B + 2 window, D) as each tile's neighbours (tiles, C + 2 window, D): overlapping views."""
        return self.device.windows(array, self.shape.wide, self.shape.tile, self.shape.tiles)

    def back(self, q: Array) -> None:
        """dtarget[j] = Σ q[i, j] source[i] over the tokens i of the batch, for every neighbour j (B + 2 window, D).

        `q` (tiles, C, C + 2 window) is turned so that a tile of neighbours has all its tokens in one product.
        """
        xp, (B, C, w, _) = self.device.xp, self.shape
        T, source, into = self.turned, self.source, self.dtarget
        T[:, w : w + C] = q[:, :, w : w + C]
        T[1:, :w, :w] = q[:-1, C - w :, C + w :]
        T[:-1, C + w :, C - w :] = q[1:, :w, :w]
        xp.matmul(T.transpose(0, 2, 1), self.near_source, out=self.tiled_dtarget)
        into[:w] = q[0, :, :w].T @ source[w : w + C]
        into[w + B :] = q[-1, :, C + w :].T @ source[w + B - C : w + B]

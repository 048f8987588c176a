"""Training word2vec on a text: settings, chunks, epochs (slide 48; Mikolov et al. 2013).

A text is a sequence of codes with an END after each sentence. It is read in chunks of a fixed size; the random numbers
of chunk c in epoch e are seeded by (seed, e, c), so that a run resumed at any chunk gives the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from engine.device import HOST, HostArray, Rng, Tables, quiet
from engine.words import alias, huffman
from engine.words.corpus.vocabulary import POWER, Vocabulary, keep_c, keep_paper, noise
from engine.words.kernel import examples, paths
from engine.words.kernel.chunk import TILE, Chunk, Shape, kept, lay
from engine.words.kernel.fast import Form, Kernel, Vectors, halves
from engine.words.kernel.paths import Paths
from engine.words.run import workers
from engine.words.run.sample import mean_loss, sample

xp = HOST.xp
STRETCH = 32768
"""Codes in a chunk."""
GROUPS = {"sg": 16, "cbow": 32}
"""Tokens that share negatives; fewer in skip-gram, where a token has all its neighbours as targets, not one."""
NEIGHBOURS = 16
"""Skip-gram with a tree: fewest tokens of a tile; with a window on either side it is a multiple of this."""
LEAVES = 16
"""CBOW with a tree: tokens in a tile."""
ROUND = 4
"""Chunks that each of several workers trains on before they synchronise."""
BOUND, LOW = 0.5, 0.25
"""The longest move of a row in one batch; the lower one in CBOW with a tree, whose top nodes every token moves."""


class Settings(NamedTuple):
    """The settings of a run. `batch` 0 chooses by the size of the vocabulary, `group` and `bound` 0 by the model.

    `exact`: in CBOW the gradient of h is divided by C, the number of context words; word2vec.c leaves that out.
    """

    model: str = "sg"
    loss: str = "ns"
    dim: int = 100
    window: int = 5
    negative: int = 5
    sample: float = 1e-3
    formula: str = "c"
    epochs: int = 5
    alpha: float = 0.025
    min_alpha: float = 0.0001
    seed: int = 0
    exact: bool = False
    batch: int = 0
    shared: int = 16
    group: int = 0
    bound: float = 0


class Text(Protocol):
    """A sequence of codes with an END after each sentence, of which slices are read."""

    def __len__(self) -> int:
        """The number of codes, ENDs included."""

    def __getitem__(self, stretch: slice) -> HostArray:
        """A slice of the codes, int32."""


class Laid(NamedTuple):
    """A chunk laid out; with a tree also the Huffman paths of its words, for `paths.SOME` batches each."""

    chunk: Chunk
    paths: list[Paths] | None


def tokens(words: int, most: int = 1024) -> int:
    """Tokens of a batch: about as many as words, since all its gradients are taken at the vectors before it."""
    return min(most, max(TILE, 1 << max(words, 1).bit_length() - 1))


class WordRun:
    """What a run needs and does not change: settings, noise distribution, tree, the shape of a batch."""

    def __init__(self, device: Tables, settings: Settings, vocabulary: Vocabulary, dtype: Any = xp.float32) -> None:
        self.device, self.settings, self.vocabulary, self.dtype = device, settings, vocabulary, xp.dtype(dtype).type
        V, total = len(vocabulary.words), sum(vocabulary.counts)
        cbow, tree = settings.model == "cbow", settings.loss == "hs"
        most = (2048 if cbow else 512) if tree else 1024  # in skip-gram the nodes fill the cache, in CBOW they are few
        batch = settings.batch or tokens(V, most)
        tile = -(-settings.window // TILE) * TILE
        if tree and not cbow and batch >= NEIGHBOURS:
            tile = -(-(max(NEIGHBOURS, tile) + 2 * settings.window) // NEIGHBOURS) * NEIGHBOURS - 2 * settings.window
        whole = -(-batch // tile) * tile
        group, leaves = min(settings.group or GROUPS[settings.model], whole), min(LEAVES, whole)
        unit = math.lcm(tile, (leaves if cbow else tile) if tree else group)
        self.shape = Shape(-(-batch // unit) * unit, tile, settings.window, V)
        bound = settings.bound or (LOW if cbow and tree else BOUND)
        self.form = Form(cbow, tree, settings.negative, settings.shared, group, leaves, settings.exact, bound)
        keep = {"c": keep_c, "paper": keep_paper}[settings.formula]
        self.keep = xp.array([keep(count / total, settings.sample) for count in vocabulary.counts], dtype=xp.float32)
        self.alias = None if tree else alias.table(noise(vocabulary.counts, POWER))
        self.paths: list[huffman.HuffmanCode] | None = None
        self.path_tables: paths.PathTables | None = None
        if tree:
            self.paths = huffman.codes(huffman.Tree(tuple(huffman.merges(vocabulary.counts)), V))
            self.path_tables = paths.pack(self.paths)

    def start(self) -> Vectors:
        """Initial vectors: v uniform from −1/D to 1/D (as in gensim), u and nodes zero."""
        V, D, tree = self.shape.words, self.settings.dim, self.form.tree
        table = xp.zeros((V + 1, 1 if tree else 2, D), dtype=self.dtype)
        drawn = self.chance(-1).random((V, D), dtype=xp.float32)
        table[:V, 0] = (2 * drawn - 1) / D
        nodes = xp.zeros((V, D), dtype=self.dtype) if tree else None
        return Vectors(self.device.send(table), None if nodes is None else self.device.send(nodes))

    def chance(self, *place: int) -> Rng:
        """The random generator of a place in the run: (epoch, chunk), or (−1,) for the initial vectors."""
        generator: Rng = xp.random.default_rng((self.settings.seed, *(1 + each for each in place)))
        return generator

    def kernel(self) -> Kernel:
        """A new kernel with its own work arrays, for one thread."""
        return Kernel(self.device, self.form, self.shape, self.settings.dim, self.dtype)

    def rate(self, done: Any) -> Any:
        """The learning rate after a share `done` of the run: linear from `alpha` to `min_alpha`, then constant."""
        first, last = self.settings.alpha, self.settings.min_alpha
        return first - (first - last) * xp.minimum(done, 1)

    def lay(self, text: Text, epoch: int, c: int) -> Laid:
        """Chunk c of an epoch: sub-sampled and laid out in batches; negatives and (in CBOW) window sizes are drawn."""
        rng = self.chance(epoch, c)
        stretch = text[c * STRETCH : (c + 1) * STRETCH]
        codes, sentence, place = kept(stretch, self.keep, rng)
        whole = len(text) * self.settings.epochs
        starts = place[:: self.shape.tokens] + c * STRETCH + epoch * len(text)
        rate = self.rate(starts / whole).astype(self.dtype)

        def negatives(count: int) -> HostArray:
            assert self.alias is not None
            groups = self.shape.tokens // self.form.group
            drawn = alias.draw(rng, self.alias, count * groups * self.form.shared)
            words: HostArray = drawn.reshape(count, -1)
            return words

        def windows(count: int) -> HostArray:
            sizes: HostArray = rng.integers(1, self.shape.window + 1, size=(count, self.shape.tokens), dtype=xp.int16)
            return sizes

        noise, reach = None if self.form.tree else negatives, windows if self.form.cbow else None
        chunk = lay(self.device, self.shape, codes, sentence, rate, noise, reach, self.dtype)
        return Laid(chunk, None if self.path_tables is None else self.lay_paths(self.path_tables, chunk))

    def lay_paths(self, tables: paths.PathTables, chunk: Chunk) -> list[Paths]:
        """The paths of a chunk's tokens, `paths.SOME` batches at a time; in CBOW of tokens with a context only."""
        w, form, shape = self.shape.window, self.form, self.shape
        codes = chunk.codes[w : len(chunk.codes) - w].reshape(-1, shape.tokens)
        words = xp.where(chunk.pairs > 0, codes, shape.words) if form.cbow else codes
        tile = form.leaves if form.cbow else shape.tile
        some = range(0, len(words), paths.SOME)
        return [paths.lay(self.device, tables, words[n : n + paths.SOME], tile, form.cbow) for n in some]

    def cross(self, kernel: Kernel, text: Text, vectors: Vectors, n: int) -> int:
        """Train in place on chunk n of the run; the number of tokens."""
        laid = self.lay(text, *divmod(n, chunks(text)))
        with quiet():
            for b in range(laid.chunk.batches):
                kernel.update(vectors, laid.chunk, laid.paths, b)
        return laid.chunk.tokens


def chunks(text: Text) -> int:
    """The number of chunks of a text, at least 1."""
    return max(1, -(-len(text) // STRETCH))


class Progress(NamedTuple):
    """The progress of a run: chunks done in all, and tokens trained on since it was started or resumed."""

    chunks: int
    tokens: int


def learn(run: WordRun, text: Text, vectors: Vectors, done: int = 0, threads: int = 1) -> Iterator[Progress]:
    """Train `vectors` in place from chunk `done` of the run on; yields where the run may be interrupted and resumed.

    One thread gives the same bits every time. With several, each is a process on the CPU; `vectors` are brought up to
    date before every yield. See `engine.words.run.workers`.
    """
    whole, tokens = chunks(text) * run.settings.epochs, 0
    if threads == 1:
        kernel = run.kernel()
        for n in range(done, whole):
            tokens += run.cross(kernel, text, vectors, n)
            yield Progress(n + 1, tokens)
        return
    with workers.workers(run, text, vectors, threads) as several:
        while done < whole:
            numbers = range(done, min(done + ROUND * threads, whole))
            tokens += several.cross(numbers)
            done += len(numbers)
            for mine, shared in zip(vectors, several.vectors, strict=True):
                if mine is not None:
                    mine[...] = shared
            yield Progress(done, tokens)


def loss(run: WordRun, vectors: Vectors, laid: Laid, b: int, most: int = 32) -> float:
    """The mean loss of a pair (of a token, in CBOW) over the first `most` tokens of batch b."""
    device = run.device
    some = sample(device, examples.examples(device, run.form, laid.chunk, b, run.paths, most), run.form.tree)
    return mean_loss(device.xp, some, *halves(vectors))

"""word2vec training as a sequence of states: an update is one batch or a few, at full speed; any can be opened.

The vectors of a state are never changed in place, so that the screen can read them while the next state is made. Where
copying them would take longer than training on a batch, an update has several batches.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from engine.device import HOST, Device, HostArray, Tables
from engine.walks.history import State, Track
from engine.walks.reel import Grains, Reel
from engine.walks.step import Path
from engine.words.batch import Example
from engine.words.corpus.vocabulary import Vocabulary
from engine.words.kernel import examples
from engine.words.kernel.chunk import kept
from engine.words.kernel.examples import Pair
from engine.words.kernel.fast import Kernel, Vectors, halves
from engine.words.run import training
from engine.words.run.opened import Opened
from engine.words.run.sample import mean_loss, sample
from engine.words.run.training import STRETCH, Laid, Settings, Text, WordRun
from engine.words.vectors import directions, purity

xp = HOST.xp
COPIED = 2 << 20
"""Bytes of vectors for each batch of an update: the larger the tables, the more batches an update has."""
INTERVAL, EARLY_INTERVAL = 250, 25
"""Updates between two readings; the second in the first `INTERVAL` updates."""
SAMPLED = 128
"""Examples that the loss is measured on: the same ones at every reading."""
REPLAYED = 200
"""Most updates recomputed to return to a state, where an update has several batches."""
LAID = 4
"""Chunks whose layout is kept."""


class Reading(NamedTuple):
    """Measurements after n updates: the mean loss of a pair, and the share of nearest words that have the right class.

    `places` (W, V) is the rank of every word among the nearest of each watched word, 0 the nearest.
    """

    n: int
    loss: float
    right: float
    places: HostArray


class WordState(NamedTuple):
    """The data of a State: vectors, the next batch (chunk of the run, number in it), and tokens trained on so far.

    `reading` is the last one and `before` the one before it; `seconds` is what all updates so far took.
    """

    vectors: Vectors
    chunk: int
    batch: int
    tokens: int
    reading: Reading
    before: Reading
    seconds: float = 0.0


class Stretch(NamedTuple):
    """A chunk as it stands in the text: its codes, with ENDs, and which of them sub-sampling leaves (bool)."""

    codes: HostArray
    stays: HostArray


class Live:
    """Training on a text: how each state follows from the one before.

    `classes` are those of some words, by code; `watched` are the words whose neighbours are measured.
    """

    def __init__(
        self,
        device: Tables,
        settings: Settings,
        vocabulary: Vocabulary,
        text: Text,
        classes: Mapping[int, str],
        watched: Sequence[int],
    ) -> None:
        self.device, self.text, self.classes, self.watched = device, text, classes, list(watched)
        self.run = WordRun(device, settings, vocabulary, xp.float64)
        self.whole = training.chunks(text) * settings.epochs
        size = 8 * len(vocabulary.words) * settings.dim * 2
        self.per = min(16, 1 + size // COPIED)
        self.size = size + 4096
        self._own = threading.local()  # the screen may replay a state while training goes on
        self._laid: OrderedDict[int, Laid] = OrderedDict()
        self._lock = threading.Lock()
        some = self.examples(self.whole, 0, SAMPLED, device)
        self.sample = sample(device, some, self.run.form.tree)

    @property
    def kernel(self) -> Kernel:
        """This thread's kernel, with buffers of its own."""
        kernel: Kernel | None = getattr(self._own, "kernel", None)
        if kernel is None:
            kernel = self._own.kernel = self.run.kernel()
        return kernel

    def laid(self, chunk: int) -> Laid:
        """A chunk of the run, laid out in batches; the last few are kept."""
        with self._lock:
            laid = self._laid.get(chunk)
            if laid is None:
                laid = self.run.lay(self.text, *divmod(chunk, training.chunks(self.text)))
                self._laid[chunk] = laid
                while len(self._laid) > LAID:
                    self._laid.popitem(last=False)
            self._laid.move_to_end(chunk)
            return laid

    def stretch(self, chunk: int) -> Stretch:
        """A chunk of the run before it is laid out."""
        epoch, c = divmod(chunk, training.chunks(self.text))
        codes = xp.asarray(self.text[c * STRETCH : (c + 1) * STRETCH])
        stays = xp.zeros(len(codes), dtype=bool)
        stays[kept(codes, self.run.keep, self.run.chance(epoch, c))[2]] = True
        return Stretch(codes, stays)

    def place(self, chunk: int, batch: int) -> tuple[int, int]:
        """(chunk, batch) of this batch, or if the chunk has no such one, of the first batch after it.

        Sub-sampling may leave a chunk without batches; a hundred of these in a row are skipped at most.
        """
        for _ in range(100):
            if batch < self.laid(chunk).chunk.batches:
                break
            chunk, batch = chunk + 1, 0
        return chunk, batch

    def places(self, data: WordState) -> list[tuple[int, int]]:
        """(chunk, batch) of every batch of the update that starts from a state."""
        batches = [self.place(data.chunk, data.batch)]
        while len(batches) < self.per:
            chunk, batch = batches[-1]
            batches.append(self.place(chunk, batch + 1))
        return batches

    def pairs(self, chunk: int, batch: int) -> list[Pair]:
        """The pairs of a batch, from left to right; none where there is no such batch."""
        laid = self.laid(chunk).chunk
        return examples.pairs(laid, batch) if batch < laid.batches else []

    def examples(self, chunk: int, batch: int, most: int | None = None, device: Device = HOST) -> list[Example]:
        """A batch's examples on a device; with `most` that many, from the batches after it too where it has fewer.

        At most a hundred chunks are read: in some texts hardly any two words are within a window.
        """
        collected: list[Example] = []
        run, shape, last = self.run, self.run.shape, chunk + 100
        while chunk <= last:
            chunk, batch = self.place(chunk, batch)
            laid = self.laid(chunk).chunk
            if batch < laid.batches:
                collected += examples.examples(device, run.form, laid, batch, run.paths)
            if most is None or len(collected) >= most or batch * shape.tokens >= laid.tokens:
                break
            batch += 1
        return collected[:most]

    def start(self, vectors: Vectors) -> State:
        """The state that update 0 starts from."""
        chunk, batch = self.place(0, 0)
        reading = self.read(0, vectors)
        return State(0, WordState(vectors, chunk, batch, 0, reading, reading))

    def fork(self, state: State, vectors: Vectors) -> State:
        """A state with these vectors, which goes on from the same place in the text; measured anew if they differ."""
        data: WordState = state.data
        xp = self.device.xp
        same = all(
            (a is None and b is None) or (a is not None and b is not None and bool(xp.array_equal(a, b)))
            for a, b in zip(vectors, data.vectors, strict=True)
        )
        reading = data.reading if same else self.read(state.n, vectors)
        return State(state.n, data._replace(vectors=vectors, reading=reading))

    def read(self, n: int, vectors: Vectors) -> Reading:
        """The measurements after update n."""
        v = self.device.get(vectors.table)[:-1, 0]
        right = purity(v, self.classes) if self.classes else float("nan")
        return Reading(n, mean_loss(self.device.xp, self.sample, *halves(vectors)), right, places(v, self.watched))

    def advance(self, state: State) -> State:
        """One update at full speed."""
        began = time.perf_counter()
        data: WordState = state.data
        vectors = copied(data.vectors)
        tokens, B = data.tokens, self.run.shape.tokens
        chunk, batch = data.chunk, data.batch
        for chunk, batch in self.places(data):
            laid = self.laid(chunk)
            if batch < laid.chunk.batches:
                self.kernel.update(vectors, laid.chunk, laid.paths, batch)
                tokens += min(B, laid.chunk.tokens - batch * B)
        n, reading, before = state.n + 1, data.reading, data.before
        if n % (EARLY_INTERVAL if n < INTERVAL else INTERVAL) == 0:
            reading, before = self.read(n, vectors), reading
        elif not all(xp.isfinite(float(xp.sum(each))) for each in vectors if each is not None):
            reading = reading._replace(loss=float("nan"))
        chunk, batch = self.place(chunk, batch + 1)
        seconds = data.seconds + time.perf_counter() - began
        return State(n, WordState(vectors, chunk, batch, tokens, reading, before, seconds))

    def done(self, state: State) -> bool:
        """Whether all epochs are done; training may go on, at the lowest learning rate."""
        return bool(state.data.chunk >= self.whole)

    def inside(self, state: State, grains: Grains) -> Reel:
        """One update as a reel: batch by batch, example by example, one operation at a time."""
        sections = []
        get, put, (v, out) = self.device.get, self.device.put, halves(state.data.vectors)
        late = {"V": lambda: put(get(v)[:-1]), "Theta" if self.run.form.tree else "U": lambda: put(get(out)[:-1])}
        for i, (chunk, batch) in enumerate(self.places(state.data)):
            at: Path = (("update", state.n), *((("batch", i),) if self.per > 1 else ()))
            sections += self.opened(chunk, batch, self.beginning(state, i), at).sections(late)
        return Reel(sections, grains)

    def rate(self, chunk: int, batch: int) -> float:
        """The learning rate of a batch of the run, 0 if there is no such batch."""
        laid = self.laid(chunk).chunk
        return float(laid.rate[batch]) if batch < laid.batches else 0.0

    def opened(
        self, chunk: int, batch: int, begin: Callable[[], Vectors], at: Path, device: Device | None = None
    ) -> Opened:
        """A batch of the run to walk through at path `at`, on the run's device or another.

        `begin()` gives the vectors before it, on the run's device.
        """

        def hosted() -> Vectors:
            return Vectors(*(None if each is None else self.device.get(each) for each in begin()))

        there, form, rate = device or self.device, self.run.form, self.rate(chunk, batch)
        some = self.examples(chunk, batch, device=there)
        return Opened(there, some, hosted, rate, form.bound, form.tree, at)

    def beginning(self, state: State, i: int) -> Callable[[], Vectors]:
        """A function giving the vectors before batch i of an update: the state's, trained on the batches before i."""

        def begin() -> Vectors:
            data: WordState = state.data
            if i == 0:
                return data.vectors
            vectors = copied(data.vectors)
            for chunk, batch in self.places(data)[:i]:
                laid = self.laid(chunk)
                self.kernel.update(vectors, laid.chunk, laid.paths, batch)
            return vectors

        return begin

    def track(self, begin: State, grains: Grains) -> Track:
        """Training from a state on, with curves of the loss, the share of the right class, tokens and seconds."""
        return Track(
            "train",
            begin,
            self.advance,
            lambda state: self.inside(state, grains),
            lambda state: float(state.data.reading.loss),
            self.size,
            (
                lambda state: float(state.data.reading.right),
                lambda state: float(state.data.tokens),
                lambda state: float(state.data.seconds),
            ),
            self.done,
            REPLAYED if self.per > 1 else 0,
            (WordState, Vectors, Reading),
        )


def copied(vectors: Vectors) -> Vectors:
    """A copy of vectors, to be changed in place."""
    return Vectors(*(None if each is None else each.copy() for each in vectors))


def places(v: HostArray, words: Sequence[int]) -> HostArray:
    """(W, V): the rank of every word by cosine with each of `words`, 0 the nearest; the word itself is last."""
    unit = directions(v)
    cosines = unit[list(words)] @ unit.T
    cosines[xp.arange(len(words)), list(words)] = -2
    order = xp.argsort(-cosines, axis=1, kind="stable")
    ranks: HostArray = xp.empty_like(order)
    xp.put_along_axis(ranks, order, xp.broadcast_to(xp.arange(v.shape[0]), order.shape), axis=1)
    return ranks

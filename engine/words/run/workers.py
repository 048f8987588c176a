"""Several workers on one run: processes that change one table in shared memory, without locks (Niu et al. 2011).

Threads would do, but for the interpreter, which only one of them has at a time: between two matrix products of a batch
it is wanted too often. Where two workers write the same row at once, one of the two moves is lost; that is rare.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.shared_memory import SharedMemory
from typing import Any, NamedTuple, Protocol

from engine.device import HOST, HostArray
from engine.words.kernel.fast import Kernel, Vectors

xp = HOST.xp


class Trains(Protocol):
    """What a worker runs: see `engine.words.run.training.WordRun`."""

    def kernel(self) -> Kernel:
        """A kernel of its own, for vectors on the host."""

    def cross(self, kernel: Kernel, text: Any, vectors: Vectors, n: int) -> int:
        """Train `vectors` in place on chunk n of the run; the words learned from."""


class Shared(NamedTuple):
    """An array in memory that processes share."""

    room: SharedMemory
    shape: tuple[int, ...]
    dtype: Any

    def array(self) -> HostArray:
        """The array itself: what one process writes there all others see."""
        array: HostArray = xp.ndarray(self.shape, self.dtype, self.room.buf)
        return array


class Worker:
    """What a worker holds: the run, the shared table, rooms of its own."""

    def __init__(self, run: Trains, text: Any, table: Shared, nodes: Shared | None) -> None:
        self.run, self.text, self.rooms = run, text, (table, nodes)  # the rooms live as long as their arrays
        self.vectors = Vectors(table.array(), None if nodes is None else nodes.array())
        self.kernel: Kernel = run.kernel()


_mine: list[Worker] = []


def _begin(run: Trains, text: Any, table: Shared, nodes: Shared | None) -> None:
    """Begin as a worker: leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow, daemon=True).start()
    _mine[:] = [Worker(run, text, table, nodes)]


def _follow() -> None:
    """End where the parent has ended, however it did."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _cross(n: int) -> int:
    """Chunk n of the run; the words learned from."""
    mine = _mine[0]
    return mine.run.cross(mine.kernel, mine.text, mine.vectors, n)


@contextmanager
def workers(run: Trains, text: Any, vectors: Vectors, count: int) -> Iterator[Workers]:
    """So many workers, and the table that they share; `vectors` are what it begins with."""
    rooms = [None if each is None else share(each) for each in vectors]
    table, nodes = rooms
    assert table is not None
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(count, context, _begin, (run, text, table, nodes))
    try:
        yield Workers(pool, Vectors(table.array(), None if nodes is None else nodes.array()))
    finally:
        pool.shutdown(cancel_futures=True)
        for each in rooms:
            if each is not None:
                each.room.unlink()


def share(array: HostArray) -> Shared:
    """A copy of an array in shared memory."""
    shared = Shared(SharedMemory(create=True, size=array.nbytes), array.shape, array.dtype)
    shared.array()[...] = array
    return shared


class Workers(NamedTuple):
    """Workers, and what they learn."""

    pool: ProcessPoolExecutor
    vectors: Vectors

    def cross(self, chunks: Sequence[int]) -> int:
        """Chunks of the run, one each; the words learned from."""
        with warnings.catch_warnings():  # of forking while matrix products have threads, which the children do not use
            warnings.simplefilter("ignore", DeprecationWarning)
            return sum(self.pool.map(_cross, chunks))

"""Several processes on one run, which change one table in shared memory without locks (Hogwild!, Niu et al. 2011).

Threads would be slower: they share one interpreter lock, and a batch has too much Python between its matrix products.
Where two processes write the same row at once, one of the two changes is lost; that is rare.
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
        """A new kernel, for vectors on the host."""

    def cross(self, kernel: Kernel, text: Any, vectors: Vectors, n: int) -> int:
        """Train `vectors` in place on chunk n of the run; the number of tokens."""


class Shared(NamedTuple):
    """An array in shared memory, by what a process needs to open it."""

    room: SharedMemory
    shape: tuple[int, ...]
    dtype: Any

    def array(self) -> HostArray:
        """The array itself, a view of the shared memory."""
        array: HostArray = xp.ndarray(self.shape, self.dtype, self.room.buf)
        return array


class Worker:
    """The state of a worker process: the run, the text, the shared vectors, a kernel."""

    def __init__(self, run: Trains, text: Any, table: Shared, nodes: Shared | None) -> None:
        self.run, self.text, self.rooms = run, text, (table, nodes)  # the shared memory must live as long as its arrays
        self.vectors = Vectors(table.array(), None if nodes is None else nodes.array())
        self.kernel: Kernel = run.kernel()


_mine: list[Worker] = []


def _begin(run: Trains, text: Any, table: Shared, nodes: Shared | None) -> None:
    """Initialise a worker process: it ignores Ctrl-C, which its parent handles, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow, daemon=True).start()
    _mine[:] = [Worker(run, text, table, nodes)]


def _follow() -> None:
    """End this process when its parent ends, for whatever reason."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _cross(n: int) -> int:
    """Train on chunk n of the run, in a worker; the number of tokens."""
    mine = _mine[0]
    return mine.run.cross(mine.kernel, mine.text, mine.vectors, n)


@contextmanager
def workers(run: Trains, text: Any, vectors: Vectors, count: int) -> Iterator[Workers]:
    """A pool of `count` workers and the vectors that they share, at first copies of `vectors`."""
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
    """A pool of workers, and the shared vectors that they train."""

    pool: ProcessPoolExecutor
    vectors: Vectors

    def cross(self, chunks: Sequence[int]) -> int:
        """Train on these chunks of the run, each in one worker; the number of tokens."""
        with warnings.catch_warnings():  # of forking while matrix products have threads, which the children do not use
            warnings.simplefilter("ignore", DeprecationWarning)
            return sum(self.pool.map(_cross, chunks))

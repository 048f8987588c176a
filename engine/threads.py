"""How many threads the library that multiplies matrices may have: decided here, unless the environment says so.

It imports no array library: what is decided before NumPy is loaded costs nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What the libraries are told by, when they are loaded."""
LARGE = 1 << 25
"""Multiplications in a product from which several threads are faster: see the benchmark notes."""
_given: dict[str, str] | None = None


def given() -> Mapping[str, str]:
    """What the user has set in the environment, by variable: what is set here is not the user's."""
    global _given
    if _given is None:
        _given = {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
    return _given


def cores() -> int:
    """The cores that this process may use, which are fewer than the machine's where it is held to some."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def hold_to_one_thread() -> None:
    """Let products be made on one thread, unless the user has set another number in the environment.

    Matrices of a lesson are small: two threads take several times as long where the other core is busy, and from each
    other's and the screen's time. Apple's library, once loaded, cannot be told.
    """
    if given():
        return
    if "numpy" not in sys.modules:
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        return
    allow(1)


def suited(product: int) -> int:
    """How many threads suit products of so many multiplications: one, or where they are large, every core."""
    return cores() if product >= LARGE else 1


def allow(threads: int) -> None:
    """Let products be made on so many threads, at most the cores there are, unless the user has set another number.

    To be called from the main thread, with NumPy loaded.
    """
    if given():
        return
    from threadpoolctl import threadpool_limits

    threadpool_limits(min(threads, cores()), user_api="blas")


class Library(NamedTuple):
    """A library that multiplies matrices: its name, its version, and the threads it has now."""

    name: str
    version: str
    threads: int


def libraries() -> list[Library]:
    """The libraries that NumPy has loaded; none where it cannot be asked, as Apple's."""
    from threadpoolctl import threadpool_info

    found = (each for each in threadpool_info() if each["user_api"] == "blas")
    return [Library(each["internal_api"], each["version"] or "?", each["num_threads"]) for each in found]

"""Numbers that take long to compute, one after the other: each is computed when something first asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock


class Counted:
    """What an iterator of numbers gives, kept as far as it has been asked for; several threads may ask."""

    def __init__(self, counts: Iterator[int]) -> None:
        self._counts, self._known, self._lock = counts, list[int](), Lock()

    def after(self, part: int) -> int:
        """The number of part `part`, from 1."""
        with self._lock:
            while len(self._known) < part:
                self._known.append(next(self._counts))
            return self._known[part - 1]

"""What is too far to be reached at once: raised by histories and reels, whose callers go there in slices."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Far(Exception):
    """A state or step takes longer to compute than was allowed. `done` of `whole` steps to it are made by now.

    `again(seconds)` goes on from there, for so many seconds, and raises Far once more where they are not enough.
    """

    def __init__(self, done: int, whole: int, again: Callable[[float], object]) -> None:
        super().__init__(f"computed {done} of {whole}")
        self.done, self.whole, self.again = done, whole, again


class Sliced(Generic[T]):
    """What is computed in so many steps, in slices of time: `advance(n, state)` gives the state after step n."""

    def __init__(self, begin: T, advance: Callable[[int, T], T], steps: int) -> None:
        self._state, self._advance, self._steps, self._n = begin, advance, steps, 0

    def reach(self, seconds: float = float("inf")) -> T:
        """The state at the end. Raises Far where that takes longer than so many seconds; it goes on from there."""
        end = time.monotonic() + seconds
        while self._n < self._steps:
            self._state, self._n = self._advance(self._n, self._state), self._n + 1
            if self._n < self._steps and time.monotonic() > end:
                raise Far(self._n, self._steps, self.reach)
        return self._state

"""What is too far to be reached at once: raised by histories and reels, whose callers go there in slices."""

from __future__ import annotations

from collections.abc import Callable


class Far(Exception):
    """A state or step takes longer to compute than was allowed. `done` of `whole` steps to it are made by now.

    `again(seconds)` goes on from there, for so many seconds, and raises Far once more where they are not enough.
    """

    def __init__(self, done: int, whole: int, again: Callable[[float], object]) -> None:
        super().__init__(f"computed {done} of {whole}")
        self.done, self.whole, self.again = done, whole, again

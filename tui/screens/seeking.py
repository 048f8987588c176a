"""A thread that finds something out beside the screen: it reads, and changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Seeking(Generic[T]):
    """What a function gives, found out by a thread. What it raises is raised where the find is taken over."""

    def __init__(self, name: str, find: Callable[[], T]) -> None:
        self._find = find
        self.found: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; again, nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def _run(self) -> None:
        try:
            self.found = self._find()
        except Exception as error:  # raised again where it can be seen: a thread must not touch the screen
            self._error = error

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def taken(self) -> T | None:
        """What was found, once it no longer runs."""
        if self._error is not None:
            raise self._error
        return self.found

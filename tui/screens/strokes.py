"""Keys that are held down, told from keys that are pressed again: a terminal reports only that a key came."""

from __future__ import annotations

FIRST, NEXT = 0.6, 0.3
"""Seconds within which the same key again counts as held down: a system waits longest before the first repeat."""


class Strokes:
    """The keys of a screen as they come. `state` is whatever tells what a key would do: the mode, the card."""

    def __init__(self) -> None:
        self._key, self._at, self._count = "", float("-inf"), 0
        self._begun: object = None
        self._now: object = None

    def came(self, key: str, at: float, state: object) -> None:
        """A key has come at this time, in seconds, before it is acted upon."""
        if key == self._key and at - self._at < (FIRST if self._count == 1 else NEXT):
            self._count += 1
        else:
            self._key, self._count, self._begun = key, 1, state
        self._at, self._now = at, state

    def clicked(self) -> None:
        """What is done next was asked for by the mouse."""
        self._key, self._begun = "", self._now

    @property
    def held(self) -> bool:
        """Whether the key is held down since before there was what it would act upon now."""
        return self._begun != self._now

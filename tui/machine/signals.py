"""SIGTERM, SIGHUP and SIGQUIT: the app ends as by `q`, whatever it is doing, and within two seconds in any case."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

NAMES = ("SIGTERM", "SIGHUP", "SIGQUIT")
"""Signals that ask a process to end. SIGHUP also where it came ignored: without its terminal the app is of no use."""
PATIENCE = 1.5
"""Seconds that the app may take for its own end."""
RESTORE = b"\x1b[?2004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?2048l\x1b[<u\x1b[?1049l\x1b[?25h"
"""Pastes without brackets, no reports of mouse, focus and size, plain keys, the normal screen, a cursor."""


class Ending:
    """What ends an app from a signal's handler: `leave(number)` in the app's event loop, as soon as the app runs.

    On its way into the terminal an app must not be broken off.
    """

    def __init__(self, leave: Callable[[int], None]) -> None:
        self._leave = leave
        self._loop: asyncio.AbstractEventLoop | None = None
        self._came = 0

    def begin(self) -> None:
        """The app runs, in this event loop."""
        self._loop = asyncio.get_running_loop()
        if self._came:
            self(self._came)

    def __call__(self, number: int) -> bool:
        """A signal has come. False where the app has ended."""
        if self._loop is not None and self._loop.is_closed():
            return False
        self._came = number
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._leave, number)
        return True


@contextlib.contextmanager
def ending(end: Callable[[int], bool], last: Callable[[], None]) -> Iterator[None]:
    """Inside, such a signal calls `end(number)` on the main thread: it has the app end soon, and is False without one.

    If the app has not ended after `PATIENCE`, `last` is called, the terminal is restored, and the process ends.
    """
    modes, came = terminal_modes(), list[int]()

    def give_up(number: int) -> None:
        with contextlib.suppress(Exception):
            last()
        restore(modes)
        os._exit(128 + number)

    def handle(number: int, frame: FrameType | None) -> None:
        came.append(number)
        watch = threading.Timer(PATIENCE, give_up, [number])
        watch.daemon = True
        watch.start()
        if not end(number):
            sys.exit(128 + number)

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:  # the app may have been on its way into the terminal, or out of it
            restore(modes)


def terminal_modes() -> list[object] | None:
    """How the terminal is set now; None where there is none, or no such thing."""
    try:
        import termios

        return termios.tcgetattr(sys.stdin.fileno())
    except Exception:  # no POSIX, no terminal, no standard input
        return None


def restore(modes: list[object] | None) -> None:
    """Leave the terminal as it was found, as far as it is still there."""
    with contextlib.suppress(Exception):
        os.write(sys.__stderr__.fileno(), RESTORE)  # type: ignore[union-attr]
    if modes is not None:
        with contextlib.suppress(Exception):
            import termios

            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, modes)  # type: ignore[arg-type]

"""Training in one thread: it advances the history it is given and touches nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from engine.walks.history import History

MOST = 1_000_000
"""A run stops by itself after so many updates."""
WAY = 0.25
"""Seconds for which the screen has the interpreter to itself at most, if it does not say that it needs no more."""


class Trainer:
    """Runs `history.advance` until it is stopped, reaches the end or `MOST`, or the loss is finite no more.

    Started past the end it goes on.

    `beside` are other runs, which are kept in step.
    """

    def __init__(self, history: History, rate: float | None = None, beside: Sequence[History] = ()) -> None:
        self.history, self.beside = history, beside
        self.rate = rate
        self.error: BaseException | None = None
        self._way = 0.0
        self._stop, self._back, self._waits = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        history, measure = self.history, self.history.track.measure
        try:
            ended = history.track.done(history.latest)
            while not self._stop.is_set() and history.latest.n < MOST:
                began = time.perf_counter() if self.rate is not None else 0.0
                state = history.advance()
                for other in self.beside:
                    if len(other) < state.n:
                        other.advance()
                loss = measure(state)
                if loss - loss != 0:  # NaN or infinite; an update may take no longer than a call of NumPy
                    return
                if not ended and history.track.done(state):
                    return
                if self.rate is not None:
                    self._stop.wait(max(0.0, 1 / self.rate - (time.perf_counter() - began)))
                if self._way:
                    self._yield()
        except Exception as error:  # shown by the screen, which a thread must not touch
            self.error = error

    def _yield(self) -> None:
        """Wait until the screen has had its time, or says that it needs no more."""
        self._waits.set()
        while (left := self._way - time.perf_counter()) > 0 and not self._stop.is_set():
            if self._back.wait(left):
                break
        self._way = 0.0
        self._waits.clear()

    def give_way(self, seconds: float = 0.0) -> None:
        """Leave the interpreter to the screen until `go_on`: it would get it back 5 ms later at every turn.

        Waits so many seconds at most for the update under way: then all runs stand at the same one.
        """
        self._back.clear()
        self._way = time.perf_counter() + WAY
        if seconds and self.rate is None and self.running:
            self._waits.wait(seconds)

    def go_on(self) -> None:
        """The screen has done what it was given way for."""
        self._back.set()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop after the update that is under way."""
        self._stop.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

"""Where learners left their lessons: written down, and come back to, at once or beside the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lessons.contract.knobs import Refused
from tui.machine.store import Store

if TYPE_CHECKING:
    from lessons.player.bookmark import Back
    from lessons.player.player import Player
    from tui.screens.lesson import LessonScreen

AT_ONCE = 0.25
"""Seconds that coming back to a lesson may hold the screen."""


class Keeper:
    """Keeps places in a store: the bookmark in the progress, training in a checkpoint of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._runs: dict[str, list[tuple[int, int]]] = {}

    def keep(self, player: Player, place: bool) -> None:
        """Write down what was answered and seen; with `place` also where the learner is, and the training runs."""
        lesson, progress = player.lesson.card.id, self.store.progress
        kept = progress.lessons.setdefault(lesson, {})
        acts = sorted({*kept.get("acts", []), *player.seen})
        kept.update(acts=acts, record=dict(player.record), done=bool(kept.get("done")) or player.finished)
        kept["tries"] = [*kept.get("tries", []), *player.questions.take_tries()]
        if place:
            self._keep_place(player, kept)
        progress.last = lesson
        self.store.save_progress()

    def keep_all(self, screens: Sequence[object], beside: Player | None) -> None:
        """Write down all lessons that are open, but for the place of one `beside`; whatever state the app is in."""
        from tui.screens.lesson import LessonScreen

        for screen in screens:
            if isinstance(screen, LessonScreen):
                with suppress(Exception):  # what the app is about to change may be half changed
                    self.keep(screen.player, place=screen.player is not beside)

    def _keep_place(self, player: Player, kept: dict[str, Any]) -> None:
        """Where the learner is; the training runs where they have gone on."""
        from lessons.player.bookmark import keep, take

        lesson, place = player.lesson.card.id, keep(player)
        kept.update(place=place, address=place["address"], act=player.act, step=player.progress[0])
        runs = [(id(branch.history), len(branch.history)) for branch in player.branches]
        taken = take(player, place) if player.owed is None and self._runs.get(lesson) != runs else None
        if taken is not None:
            self._runs[lesson] = runs
            self.store.save_run(lesson, taken)

    def come_back(self, screen: LessonScreen, left: Mapping[str, Any], then: Callable[[bool], None]) -> None:
        """Bring a lesson back to where it was left: at once, or where that takes long beside the screen.

        `then` is done at the end, with whether the place was found.
        """
        screen.player.owed = left
        slices, end = self._slices(screen, left, then), time.monotonic() + AT_ONCE
        while time.monotonic() < end:
            if next(slices, None) is None:
                return
        screen.call_later(screen.catching_up.start, slices)

    def _slices(self, screen: LessonScreen, left: Mapping[str, Any], then: Callable[[bool], None]) -> Iterator[Back]:
        from lessons.player.bookmark import Lost

        player, brought = screen.player, True
        try:
            yield from self._by_checkpoint(player, left)
            act, step = screen.text.phrase("acts", player.act), f"{player.progress[0]:,}"
            screen.said = screen.words("say.restored", act=act, step=step)
        except Lost as lost:
            brought, why = False, lost.__cause__
            screen.said = screen.words("say.lost")
            if isinstance(why, Refused):  # a file that is gone, for one
                screen.said += f": {why.say(screen.words)}"
        player.owed = None
        then(brought)

    def _by_checkpoint(self, player: Player, left: Mapping[str, Any]) -> Iterator[Back]:
        """The slices of coming back: by the checkpoint, and without it where it turns out to be damaged."""
        from engine.walks.packing import PackingError
        from lessons.player.bookmark import returning
        from lessons.player.checkpoint import Checkpoint

        lesson = player.lesson.card.id
        packed = self.store.load_run(lesson) if left.get("branches") else None
        if packed is not None:
            try:
                yield from returning(player, left, Checkpoint(packed, left))
                return
            except PackingError as error:
                self.store.put_run_aside(lesson, str(error))
        yield from returning(player, left)

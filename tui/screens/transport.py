"""Play, training in the background, and their pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeGuard

from lessons.player.player import Player
from tui.picture import notices
from tui.picture.boxes import Notice
from tui.picture.lesson_picture import LessonPicture
from tui.picture.look import Look
from tui.screens.base import Context
from tui.screens.trainer import Trainer

FASTEST, SLOWEST = 4096.0, 0.5
"""Steps a second."""
FULL = 1024.0
"""From this speed on, training waits for nothing."""
USUAL = 4.0
"""Steps a second where what is kept is no speed."""
FRAMES = 12.0
KEPT_EVERY = 5.0
"""Seconds between two checkpoints while training runs."""
FOR_UPDATE = 0.02
"""Seconds that a picture waits for the update under way."""
SHARE = 0.07
"""The share of one core that painting may take while training runs."""


def within(speed: object) -> TypeGuard[float]:
    """Whether what was kept is a speed."""
    return isinstance(speed, float | int) and not isinstance(speed, bool) and 0 < speed < float("inf")


class Stoppable(Protocol):
    """A timer."""

    def stop(self) -> None: ...


Every = Callable[[float, Callable[[], bool]], Stoppable]
"""Does something every so many seconds, and paints where it says so."""


class Transport:
    """Plays the player's steps; on the training curve it lets a thread make updates. `keep` asks to keep the place."""

    def __init__(
        self,
        context: Context,
        player: Player,
        look: Look,
        picture: LessonPicture,
        every: Every,
        keep: Callable[[], None],
    ) -> None:
        self.context, self.player, self.look, self.picture = context, player, look, picture
        self.trainer: Trainer | None = None
        self._every, self._keep = every, keep
        self._timer: Stoppable | None = None
        self._cpu, self._kept, self._before_full = 0.0, 0.0, USUAL
        self._frame_gap = self._least_gap = 0.1
        self._next_frame = 0.0
        self._key_came = False

    @property
    def is_playing(self) -> bool:
        return self._timer is not None

    @property
    def on_curve(self) -> bool:
        """Whether play would train."""
        return self.player.spot.training and not self.player.spot.open

    @property
    def end(self) -> str:
        """What is said where there is no step further."""
        return "say.end_all" if self.player.act == self.player.setup.acts[-1] else "say.end"

    @property
    def speed(self) -> float:
        """Steps a second: this lesson's, once it was chosen there, else that of the settings."""
        kept = self.context.store.progress.lessons.get(self.player.lesson.card.id, {}).get("speed")
        speed = self.context.store.settings.speed if not within(kept) else kept
        return min(FASTEST, max(SLOWEST, speed)) if within(speed) else USUAL

    def said(self) -> str:
        """What the transport says: whether it plays, how fast."""
        words, speed = self.context.words, self.speed
        shown = words("play.full") if speed >= FULL else words("play.speed", speed=f"{speed:g}")
        return f"{words('play.playing' if self.is_playing else 'play.paused')} · {shown}"

    def start(self) -> None:
        """Play: steps at the speed set; on the training curve, updates in the background."""
        player, settings, speed = self.player, self.context.store.settings, self.speed
        if not self.on_curve:
            self._timer = self._every(1 / min(speed, FRAMES), self._play)
            return
        player.end()
        if len(player.history) == 0:
            player.forward()  # the first update, or the prediction before it
        if player.has_question():
            return
        beside = [branch.history for branch in player.branches if branch is not player.branch]
        self.trainer = Trainer(player.history, None if speed >= FULL else speed, beside)
        self.trainer.start()
        self._cpu, self._kept = time.thread_time(), time.perf_counter()
        self._frame_gap = self._least_gap = 0.5 if settings.reduced_motion else 0.1
        self._timer = self._every(0.05, self._watch)

    def _play(self) -> bool:
        """One frame of play: as many steps as the speed asks, up to the end of the act."""
        for _ in range(max(1, round(self.speed / FRAMES))):
            moved = self.player.forward()
            ended = self.player.ends_act and self.player.asked is None
            if not moved or ended or self.player.asked is not None:
                self.pause()
                said = "" if moved else self.end
                said = "say.act_end" if moved and ended else said
                self.look.status = self.context.words(said) if said else ""
                break
        return True

    def _watch(self) -> bool:
        """Look at the training: seldom enough that painting takes no more than its share of a core."""
        trainer = self.trainer
        if trainer is None:
            return False
        now = time.perf_counter()
        if trainer.running and now < self._next_frame:
            return False
        used = time.thread_time() - self._cpu  # since the last frame, all that it led to included
        self._cpu += used
        self._frame_gap = min(2.0, max(self._least_gap, (self._frame_gap + used / SHARE) / 2))
        self._next_frame = now + self._frame_gap
        trainer.give_way(FOR_UPDATE)  # a picture takes many turns of the interpreter
        self.player.follow()
        if not trainer.running:
            self.pause()
        elif now - self._kept > KEPT_EVERY:
            self._kept = now
            self._keep()
        return True

    def painted(self) -> None:
        """The screen has been painted: training has the interpreter again, unless it gives way to a key."""
        if self.trainer is not None and not self._key_came:
            self.trainer.go_on()

    def give_way(self) -> Callable[[], None]:
        """A key has come: leave the interpreter to the screen until what is returned here is called."""
        self._key_came = True
        if self.trainer is not None:
            self.trainer.give_way()
        return self._go_on

    def _go_on(self) -> None:
        """What the key has done stands on the terminal."""
        self._key_came = False
        self.painted()

    def pause(self) -> None:
        """Stop playing; where training was running, land on the latest update."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        trainer, self.trainer = self.trainer, None
        if trainer is not None:
            trainer.stop()
            self.player.follow()
            if trainer.error is not None:
                self.look.drawer = Notice(self.context.words("drawer.stopped"), str(trainer.error))
            self.check()
            self._keep()

    def check(self) -> None:
        """Where the last update's loss is finite no more, say so."""
        found = notices.diverged(self.player, self.context.words, self.picture.text)
        if found is not None:
            self.look.drawer = found

    def full_speed(self) -> None:
        """As fast as it goes; from there back to the speed before."""
        full = self.speed >= FULL
        if not full:
            self._before_full = self.speed
        self.set_speed((self._before_full if full else FASTEST) / self.speed)

    def set_speed(self, factor: float) -> None:
        """Faster or slower, in this lesson from now on."""
        speed = min(FASTEST, max(SLOWEST, self.speed * factor))
        self.context.store.progress.lessons.setdefault(self.player.lesson.card.id, {})["speed"] = speed
        self._keep()
        if self.is_playing:
            self.pause()
            if self.player.asked is None:
                self.start()

"""Moving through a lesson: steps, grains, acts, play, and training in the background."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.timer import Timer

from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words
from lessons.contract.text import Text, load
from lessons.contract.view import View
from lessons.explaining.typeset import name as symbol_name
from lessons.player.player import Player
from tui.draw.pen import Cursor
from tui.picture.boxes import Drawer, Notice
from tui.picture.frame import at_name, op_name
from tui.screens.predicting import Predicting
from tui.screens.trainer import Trainer
from tui.widgets.prompt import Prompt

FASTEST = 4096.0
FULL = 1024.0
FRAMES = 12.0
SHARE = 0.07
"""The share of one core that painting may take while training runs."""


class Steering(Predicting):
    """The part of the lesson screen that moves the player. What it needs of the rest is named first."""

    def __init__(self, player: Player) -> None:
        super().__init__()
        self.player = player
        self.view: View = player.view()
        self.drawer: Drawer | None = None
        self.alone: tuple[str, ...] = ()
        self.left_out: tuple[str, ...] = ()
        self.cursor: Cursor | None = None
        self.said = ""
        self.text_top = 0
        self.trainer: Trainer | None = None
        self._timer: Timer | None = None
        self._cpu = 0.0
        self._frame_gap = self._least_gap = 0.1
        self._next_frame = 0.0
        self.finished_before = False

    @property
    def words(self) -> Words:
        return self.unroll.words

    @property
    def text(self) -> Text:
        """The lesson's text in the language in use."""
        return load(type(self.player.lesson).__module__.rpartition(".")[0], self.words.lang)

    def settle(self) -> None:
        """Stop playing, and keep the place."""
        self._pause()
        self.keep()

    def ask_line(self, label: str, then: Callable[[str], str | None], value: str = "", chosen: bool = True) -> None:
        """Ask for a line of typing; `value` stands there first, chosen so that typing replaces it."""
        self.query_one(Prompt).ask(label, then, value, chosen)

    def keep(self) -> None:
        """Write down where the learner is."""
        self.unroll.keep(self.player)

    # steps

    def _moved(self, moved: bool, edge: str) -> None:
        if isinstance(self.drawer, Notice) and self.drawer.passing:
            self.drawer = None
        self.said = "" if moved else self.words(edge)
        self.paint()

    @property
    def _end(self) -> str:
        """What is said where there is no step further."""
        return "say.end_all" if self.player.act == self.player.lesson.card.acts[-1] else "say.end"

    def action_step_forward(self) -> None:
        """The full stop: a step; or, behind a figure, the point in the number that a card asks for."""
        if not self._type("."):
            self.step_on()

    def step_on(self) -> None:
        """One step at the grain; with a card open, past the card: unanswered, it shows its truth first."""
        self._pause()
        if (asked := self.open_question) is not None:
            self._moved(True, "")
            if not asked.trying:
                self.skip()
            return
        before = self.player.act
        self._moved(self.player.forward(), self._end)
        if self.player.act != before:
            self._new_act()
        self._check_divergence()
        self._check_done()

    def action_step_back(self) -> None:
        """One step back at the grain."""
        self._pause()
        self._moved(self.player.back(), "say.start")

    def action_first(self) -> None:
        self._pause()
        self.player.home()
        self._moved(True, "")

    def action_last(self) -> None:
        self._pause()
        self.player.end()
        self._moved(True, "")

    def action_act(self, by: int) -> None:
        """The next act, or the one before."""
        self._pause()
        moved = self.player.next_act(by)
        self._new_act()
        self._moved(moved, "say.last_act" if by > 0 else "say.first_act")

    def to_act(self, act: str) -> None:
        """To an act that was clicked."""
        self._pause()
        self.player.to_act(act)
        self._moved(True, "")
        self._new_act()

    def _new_act(self) -> None:
        self.text_top = 0
        self.cursor = None
        self.alone = ()
        self.keep()
        self.paint()

    # play

    @property
    def is_playing(self) -> bool:
        return self._timer is not None

    def give_way(self) -> None:
        if self.trainer is not None:
            self.trainer.give_way()

    def playing(self) -> str:
        """What the transport says."""
        speed = self.unroll.store.settings.speed
        shown = self.words("play.speed", speed=f"{speed:g}")
        if self.player.spot.training and not self.player.spot.open and speed >= FULL:
            shown = self.words("play.full")
        return f"{self.words('play.playing' if self.is_playing else 'play.paused')} · {shown}"

    def action_play(self) -> None:
        """Play or pause: steps at the speed set; on the training curve, updates in the background."""
        if self.is_playing:
            self._pause()
            self.paint()
            return
        if self.player.asked is not None:
            return
        self.said = ""
        training = self.player.spot.training and not self.player.spot.open
        if training:
            self.player.end()
            if len(self.player.history) == 0:
                self.player.forward()  # the first update, or the prediction before it
            if self.player.has_question():
                self.paint()
                return
            speed = self.unroll.store.settings.speed
            beside = [branch.history for branch in self.player.branches if branch is not self.player.branch]
            self.trainer = Trainer(self.player.history, None if speed >= FULL else speed, beside)
            self.trainer.start()
            self._cpu = time.thread_time()
            self._frame_gap = self._least_gap = 0.5 if self.unroll.store.settings.reduced_motion else 0.1
            self._timer = self.set_interval(0.05, self._watch)
        else:
            speed = self.unroll.store.settings.speed
            self._timer = self.set_interval(1 / min(speed, FRAMES), self._play)
        self.paint()

    def _play(self) -> None:
        """One frame of play: as many steps as the speed asks."""
        speed = self.unroll.store.settings.speed
        for _ in range(max(1, round(speed / FRAMES))):
            moved = self.player.forward()
            if not moved or self.player.asked is not None:
                self._pause()
                self.said = "" if moved else self.words(self._end)
                break
        self.paint()

    def _watch(self) -> None:
        """Look at the training: seldom enough that painting takes no more than its share of a core."""
        trainer = self.trainer
        if trainer is None:
            return
        now = time.perf_counter()
        if trainer.running and now < self._next_frame:
            return
        used = time.thread_time() - self._cpu  # since the last frame, all that it led to included
        self._cpu += used
        self._frame_gap = min(2.0, max(self._least_gap, (self._frame_gap + used / SHARE) / 2))
        self._next_frame = now + self._frame_gap
        trainer.give_way()  # a picture takes many turns of the interpreter, 5 ms each if it has to wait for them
        self.player.follow()
        self.paint()
        trainer.go_on()
        if not trainer.running:
            self._pause()
            self.paint()

    def _pause(self) -> None:
        """Stop playing; where training was running, land on the latest update."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        trainer, self.trainer = self.trainer, None
        if trainer is not None:
            trainer.stop()
            self.player.follow()
            if trainer.error is not None:
                self.drawer = Notice(self.words("drawer.stopped"), str(trainer.error))
            self._check_divergence()
            self.keep()

    def _check_divergence(self) -> None:
        """Where the last update's loss is finite no more: name the operation, and land just before it."""
        player = self.player
        if not player.spot.training or player.spot.open or player.spot.n == 0:
            return
        loss = player.history.value(player.spot.n - 1)
        found = player.divergence() if loss is not None and loss - loss != 0 else None
        if found is None:
            return
        n, p = found
        step = player.history.track.inside(player.history.state(n)).step(p)
        assert step is not None
        where = f"{at_name(self.text, step.path)}, {op_name(self.text, step)}"
        what = ", ".join(symbol_name(symbol) for symbol in step.values)
        knobs = player.branch.knobs
        recipe = ", ".join(f"{k} {v}" for k, v in knobs.items() if k in ("activation", "optimiser", "rate", "clip"))
        said = self.words("drawer.diverged", where=where, what=what)
        keys = (("←", "finite"), ("k", "knobs"), ("esc", "leave"))
        self.drawer = Notice(self.words("drawer.stopped"), said, keys, recipe, {"n": n, "p": p})

    def _check_done(self) -> None:
        """When the last act's end has been reached, say once what was done and what to look at again."""
        player, words = self.player, self.words
        if self.finished_before or self.drawer is not None or not set(player.lesson.card.acts) <= player.seen:
            return
        self.finished_before = True
        count = list(player.record.values()).count
        said = words(
            "drawer.done_acts", acts=len(player.seen), all=len(player.lesson.card.acts), asks=len(player.record)
        )
        hint = words("drawer.done_right", right=count("right"), wrong=count("wrong"), skipped=count("skipped"))
        self.drawer = Notice(words("drawer.done", id=player.lesson.card.id), said, hint=hint, passing=True)
        self.keep()
        self.paint()

    def last_finite(self, notice: Notice) -> None:
        """To just before the step that a divergence notice names."""
        self.drawer = None
        self.player.land(notice.fields["n"], is_open=True)
        self.player.move(self.player.inside(), notice.fields["p"] - 1)
        self.paint()

    def _speed(self, factor: float) -> None:
        settings = self.unroll.store.settings
        settings.speed = min(FASTEST, max(0.5, settings.speed * factor))
        self.unroll.store.save_settings()
        if self.is_playing:
            self.action_play()
            self.action_play()
        self.paint()

    def action_faster(self) -> None:
        self._speed(2)

    def action_slower(self) -> None:
        if not self._type("-"):
            self._speed(0.5)

    def action_jump(self) -> None:
        """Ask where to, and go there."""
        self._pause()
        self.ask_line(self.words("prompt.jump"), self._jump)

    def _jump(self, typed: str) -> str | None:
        before = self.player.act
        try:
            self.player.jump(typed)
        except Refused as refused:
            return refused.say(self.words)
        self.said = ""
        if self.player.act != before:
            self._new_act()
        self.paint()
        return None

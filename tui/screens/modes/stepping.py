"""What is always there: steps both ways, acts, play, and all that can be opened from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic

from lessons.contract.card import Lead
from lessons.contract.knobs import Refused
from lessons.player.exam import has_exam
from lessons.player.player import Player
from tui.canvas.canvas import Hit
from tui.draw.pen import Cursor
from tui.keys import Hint
from tui.picture import notices
from tui.picture.again import Again
from tui.picture.boxes import Notice
from tui.picture.lesson_picture import BESIDE
from tui.picture.look import Look
from tui.picture.question import what_does
from tui.screens.modes.base import LAST, Change, Command, Mode, axis_keys, tune_keys


class Playing(Mode):
    """Steps are being played, or updates made."""

    def wants(self, look: Look, player: Player) -> bool:
        return self.parts.transport.is_playing

    def keys(self) -> Sequence[Hint]:
        return [Hint("space", "pause", "play"), Hint("+ -", "speed", "faster"), Hint("←", "back", "back"), *LAST]

    def knows(self) -> Mapping[str, Command]:
        return {"play": self.pause, "out": self.stop}

    def pause(self) -> Change:
        self.parts.transport.pause()
        return Change()

    def stop(self) -> Change:
        self.parts.transport.pause()
        return Change("")


EXAM = Hint("E", "exam", "exam")
NEXT = Hint("n", "next", "next_act")
"""The keys that stand at the last step."""
PAUSE = 0.5
"""Seconds that lie at least between the press that says what comes after the lesson and the one that opens it."""


class Stepping(Mode):
    """The lesson itself: how it is stepped through, played, restarted and asked again."""

    def wants(self, look: Look, player: Player) -> bool:
        return True

    def keys(self) -> Sequence[Hint]:
        player = self.player
        ended = player.scrub is not None and not player.spot.training and player.spot.p >= player.scrub.total
        focus, parts = player.focus(), len(player.parts())
        grain = [Hint("↑↓", "grain", "coarser" if focus else "finer")] if parts > 1 else []
        last = player.act == player.setup.acts[-1]
        over = [*([NEXT] * (not last)), *([EXAM] * has_exam(self.picture.text))]
        goes = over if ended else [Hint("space", "play", "play")]
        found = [*axis_keys(self.picture, self.look), *([Hint("→", "step", "forward")] * (not ended)), *grain, *goes]
        if self.parts.context.came_from:
            found.append(Hint("backspace", "return", "erase"))
        if self.leads:
            found.append(Hint("D" if player.spot.training else "↵", "lead", "lead"))
        if player.spot.training:
            found.append(Hint("esc", "curve", "out") if player.spot.open else Hint("↵", "open", "enter"))
        cells = bool(self.picture.cells)
        found += [*([Hint("tab", "cell", "cursor")] if cells else []), *tune_keys(self.picture)]
        forks, checks = player.spot.training, bool(player.lesson.weights(player.start))
        letters = " ".join(letter for letter, on in zip("icgk", (cells, True, checks, True), strict=True) if on)
        if self.picture.size[0] < BESIDE:
            others = Hint(f"{letters} f l" if forks else f"{letters} l", "", "help")
            return [*found, Hint("t", "text", "text"), others, *LAST]
        found += [] if self.picture.wide else [Hint("t", "text", "text")]
        found += [*([Hint("i", "inspect", "inspect")] * cells), Hint("c", "code", "code")]
        found += [*([Hint("g", "check", "check")] * checks), Hint("k", "knobs", "knobs")]
        found += [Hint("f", "fork", "fork")] if forks else []
        return [*found, Hint("l", "other", "app.language"), *LAST]

    def knows(self) -> Mapping[str, Command]:
        grains: dict[str, Command] = {f"digit_{n}": partial(self.grain, n) for n in range(10)}
        return {
            **grains,
            "forward": self.forward,
            "step_forward": self.forward,
            "back": self.back,
            "step_back": self.back,
            "coarser": self.coarser,
            "finer": self.finer,
            "play": self.play,
            "faster": partial(self.speed, 2),
            "slower": partial(self.speed, 0.5),
            "full_speed": self.full_speed,
            "first": self.first,
            "last": self.last,
            "next_act": partial(self.act, 1),
            "previous_act": partial(self.act, -1),
            "text_down": partial(self.page, 1),
            "text_up": partial(self.page, -1),
            "jump": self.jump,
            "cursor": partial(self.cursor, 1),
            "cursor_back": partial(self.cursor, -1),
            "enter": self.enter,
            "lead": self.follow,
            "out": self.out,
            "out_too": self.out,
            "erase": self.go_back,
            "quit": self.leave,
            "again": self.again,
            "restart": self.restart,
            "restart_lesson": self.restart_lesson,
        }

    _pressed_at_end: float | None = None
    """When a key was pressed last at the end of the lesson; None elsewhere. A key that is held opens nothing."""

    def at_end(self, said: str) -> Change:
        """There is no way on in this lesson: say so and what comes next, and open it when the key is pressed again."""
        context = self.parts.context
        following = context.following(self.player.lesson.card.id)
        if following is None or context.stops:
            return Change(self.say(said))
        now, before = monotonic(), self._pressed_at_end
        self._pressed_at_end = now
        if before is not None and now - before >= PAUSE:
            context.go(following.id)
            return Change("")
        title = f"{context.number_of(following)} {following.title[self.picture.words.lang]}"
        return Change(self.say("say.next_lesson", said=self.say(said), lesson=title))

    # moving

    def moved(self, moved: bool = True, edge: str = "", act: bool = False) -> Change:
        """After a move: a notice that passes goes, and where there was none, it is said why."""
        if not moved and edge in ("say.end_all", "say.last_act"):
            return self.at_end(edge)
        self._pressed_at_end = None
        if isinstance(self.look.drawer, Notice) and self.look.drawer.passing:
            self.look.drawer = None
        return Change("" if moved else self.say(edge), act=act)

    def forward(self) -> Change:
        """One step at the grain, past a card that has its verdict; an open question stays as it is."""
        self.parts.transport.pause()
        asked = self.player.asked
        if asked is not None and not asked.verdict:
            return Change(self.say(what_does(asked)))
        change = self.moved(self.player.forward(), self.parts.transport.end, act=True)
        self.parts.transport.check()
        if not self.look.finished and self.look.drawer is None:
            self.look.drawer = notices.done(self.player, self.picture.words)
            self.look.finished = self.look.drawer is not None
            return Change(change.status, keep=self.look.finished, act=True)
        return change

    def back(self) -> Change:
        self.parts.transport.pause()
        return self.moved(self.player.back(), "say.start")

    def scroll(self, by: int) -> bool:
        """Some lines of the text down or up. False where there is no text in that direction."""
        if not (self.picture.more_text if by > 0 else self.look.text_top):
            return False
        self.look.text_top = max(0, self.look.text_top + 4 * by)
        return True

    def page(self, by: int) -> Change:
        """What a presenter's remote sends: the text scrolled where there is more of it, else a step."""
        if self.scroll(by):
            return Change()
        return self.forward() if by > 0 else self.back()

    def first(self) -> Change:
        self.parts.transport.pause()
        self.player.home()
        return self.moved()

    def last(self) -> Change:
        return self.gone(self.player.end)

    def act(self, by: int) -> Change:
        return self.gone(partial(self.player.next_act, by), "say.last_act" if by > 0 else "say.first_act")

    def to_act(self, act: str) -> Change:
        return self.gone(partial(self.player.to_act, act))

    def gone(self, go: Callable[[], object], edge: str = "") -> Change:
        """After going on otherwise than by steps: predictions that were passed by count as skipped, which is said."""
        self.parts.transport.pause()
        before = self.player.act
        passed = self.player.questions.pass_by(self.player.position, go)
        self.look.new_act()
        change = self.moved(not edge or self.player.act != before, edge, act=True)
        return Change(self.say("say.passed", n=passed), keep=True, act=True) if passed else change

    def coarser(self) -> Change:
        self.player.coarser()
        return self.moved()

    def finer(self) -> Change:
        self.player.finer()
        return self.moved()

    def grain(self, n: int) -> Change:
        if n:
            self.player.set_grain(n - 1)
        return Change()

    @property
    def leads(self) -> Lead | None:
        """Where another lesson shows what this position is about."""
        return self.player.lesson.lead(self.picture.view)

    def enter(self) -> Change:
        """Open the update in focus; elsewhere, the lesson that this position leads to."""
        self.parts.transport.pause()
        if self.leads is not None and not self.player.spot.training:
            return self.follow()
        self.player.go_in()
        return Change()

    def follow(self, lead: Lead | None = None) -> Change:
        """Where this leads to; else to the lesson that this position leads to, if it leads to one."""
        self.parts.transport.pause()
        if (lead := lead or self.leads) is not None:
            self.parts.context.follow(lead, self.player.lesson.card.id)
        return Change("")

    def go_back(self) -> Change | None:
        """To the lesson that led here, if one did."""
        if not self.parts.context.came_from:
            return None
        self.parts.transport.pause()
        self.parts.context.go_back()
        return Change("")

    def out(self) -> Change:
        """Out of the update in focus; with nothing open, it is said which key leaves the lesson."""
        return Change("" if self.player.go_out() else self.say("say.leaves"))

    def leave(self) -> Change:
        """Back to the contents, the place kept."""
        self.parts.transport.pause()
        self.parts.context.keep(self.player)
        self.parts.context.leave_lesson()
        return Change("")

    def jump(self) -> Change:
        self.parts.transport.pause()
        self.parts.ask(self.say("prompt.jump"), self._jump)
        return Change()

    def _jump(self, typed: str) -> str | Change:
        try:
            self.player.jump(typed)
        except Refused as refused:
            return refused.say(self.picture.words)
        return Change("", act=True)

    def play(self) -> Change:
        self.parts.transport.start()
        return Change("")

    def speed(self, factor: float) -> Change:
        self.parts.transport.set_speed(factor)
        return Change()

    def full_speed(self) -> Change:
        self.parts.transport.full_speed()
        return Change()

    def restart(self) -> Change:
        """This act from its first step, all else as it is."""
        self.parts.transport.pause()
        trained = self.player.spot.training
        if not self.player.restart_act():
            return self.moved(False, "say.act_begun")
        self.look.drawer = self.look.cursor = None
        self.moved()
        return Change(self.say("say.trained_again" if trained else "say.act_again"), keep=True)

    def restart_lesson(self) -> Change:
        """The lesson from its first step, knobs and text its own again."""
        self.parts.transport.pause()
        self.player.restart(self.picture.words.lang)
        self.look.drawer = self.look.cursor = self.look.waiting = None
        self.moved()
        return Change(self.say("say.lesson_again"), keep=True, act=True)

    def again(self) -> Change:
        """Choose which predictions are asked again; where none was met, say so."""
        if not self.player.record:
            return Change(self.say("say.again", n=0))
        self.parts.transport.pause()
        self.look.drawer = None if isinstance(self.look.drawer, Again) else Again()
        return Change()

    # cells

    def cursor(self, by: int) -> Change | None:
        """The cursor on, or to the next kind of number."""
        cells, here = self.picture.cells, self.look.cursor
        if not cells:
            return None
        wanted = self.picture.in_focus() if here is None else next_kind(cells, here, by)
        is_there = wanted is not None and any(hit.target[1] == wanted[0] for hit in cells)
        self.look.cursor = wanted if is_there else cells[0].target[1:]
        return Change()


def next_kind(cells: Sequence[Hit], here: Cursor, by: int) -> Cursor:
    """The first cell of the next kind of number; of a kind with a block at each place, of that nearest to here."""
    first = {hit.target[1]: hit for hit in reversed(cells)}
    kinds = list(dict.fromkeys(kind(hit.target[1]) for hit in cells))
    at = kinds.index(kind(here[0])) if kind(here[0]) in kinds else -by
    x = next((hit.x for hit in cells if hit.target[1:] == here), 0)
    symbols = dict.fromkeys(hit.target[1] for hit in cells)
    some = [first[symbol] for symbol in symbols if kind(symbol) == kinds[(at + by) % len(kinds)]]
    found: Cursor = min(some, key=lambda hit: abs(hit.x - x)).target[1:]
    return found


def kind(symbol: str) -> str:
    """What a symbol is one of: s of s[3]."""
    return symbol.partition("[")[0]

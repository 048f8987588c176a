"""The law of the line of keys, in every lesson: each key that is shown does something, and no event paints twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from lessons.contract.card import Card
from lessons.course import course
from tests.tui.driving import at_rest, seen
from tui.app import UnrollApp
from tui.keys import ALL, DIGITS
from tui.machine.store import Store
from tui.picture.exam import Exam
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

CARDS = {card.id: card for card in course().values() if isinstance(card, Card)}
STATES: dict[str, tuple[str, ...]] = {
    "start": (), "stepped": ("full_stop",), "last": ("end",), "playing": ("space",), "jump": ("j",),
    "cell": ("full_stop", "tab"), "editable": ("full_stop", "to an editable cell"), "alone": ("z",), "text": ("t",),
    "inspect": ("full_stop", "i"), "code": ("full_stop", "c"), "code_at_start": ("c",), "check": ("g",),
    "other_weight": ("g", "right"), "knobs": ("k",), "knob": ("k", "e"), "changed": ("k", "right"), "seed": ("k", "up"),
    "help": ("question_mark",), "asked": ("to a question",), "number": ("to a number", "1"),
    "answered": ("to a question", "escape"),
}  # fmt: skip
TRAINING: dict[str, tuple[str, ...]] = {
    "curve": ("train",), "trained": ("train", "full_stop"), "open": ("train", "enter"),
    "open_cell": ("train", "enter", "tab"), "open_end": ("train", "enter", "end"), "fork": ("train", "full_stop", "f"),
    "training": ("train", "space"), "forked": ("train", "full_stop", "f", "enter", "enter"),
}  # fmt: skip
RUNNING = ("playing", "training")
"""States in which the clock paints too, as it does where an exam is worked out beside the screen."""
SIZES = ((120, 36), (80, 24))
CASES = [
    (id, state, SIZES[(n + m) % 2])
    for n, (id, card) in enumerate(CARDS.items())
    for m, state in enumerate([*STATES, *(TRAINING if "train" in card.acts else ())])
]
COMMANDS = ALL | {key.id: key for key in DIGITS}
SIGNS = {key.sign: key.keys.partition(",")[0] for key in ALL.values()}
TOGETHER = ("←→", "↑↓", "←↑↓→", "+ -", "[ ]", ", .")
"""Keys that go both ways: of these one at least does something, for there may be an end on the other side."""


def keys_of(sign: str) -> list[str]:
    """The keys that a sign in the line stands for."""
    if sign == "0-9":
        return ["1"]
    if sign in SIGNS:
        return [SIGNS[sign]]
    return [SIGNS[each] for each in (sign.split() if " " in sign else sign)]


class Driven:
    """The app, and how often a lesson was painted: in each event since the last key, those outside of any first."""

    def __init__(self, app: UnrollApp, pilot: Pilot[None], id: str) -> None:
        self.app, self.pilot, self.id, self.paints = app, pilot, id, [0]

    async def at(self, state: Sequence[str]) -> LessonScreen | None:
        """The lesson as if opened for the first time, and then these keys; None where it cannot be brought there."""
        app, settings = self.app, self.app.store.settings
        self.app.leave_lesson()
        app.store.progress.lessons.clear()
        settings.speed, settings.other_notation = 1.0, False
        if app.words.lang != "en":
            app.action_language()
        app.open_lesson(self.id)
        await self.pilot.pause(0)
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        asks = [each for each in state if each.startswith("to a")]
        if not asks:
            screen.player.record = {ask.id: "skipped" for ask in screen.player.lesson.asks}
        for key in state:
            if not await self.step(screen, key):
                return None
        await self.pilot.pause(0)
        await at_rest(self.pilot, screen)  # steps that take long are made beside the screen
        if state[-1:] == ("tab",) and screen.look.cursor is None and not screen.picture.cells:
            return None  # nothing to point at here
        self.count(screen)
        return screen

    def count(self, screen: LessonScreen) -> None:
        draw, event, inside = screen.picture.draw, screen.event, [False]

        def counted(*args: object) -> object:
            self.paints[-1 if inside[0] else 0] += 1
            return draw(*args)  # type: ignore[arg-type]

        @contextmanager
        def one(key: bool = False) -> Iterator[None]:
            outer, inside[0] = not inside[0], True
            if outer:
                self.paints.append(0)
            try:
                with event(key):
                    yield
            finally:
                inside[0] = not outer

        screen.picture.draw, screen.event = counted, one  # type: ignore[assignment, method-assign]

    async def step(self, screen: LessonScreen, key: str) -> bool:
        player = screen.player
        match key:
            case "train":
                player.to_act("train")
                screen.paint()
            case "to a question" | "to a number":
                kinds = ("number",) if key == "to a number" else ("number", "choice")
                p = next((p for p, ask in player.asks() if ask.kind in kinds), None)
                if p is None:
                    return False
                first = next(ask.id for at, ask in player.asks() if at == p and ask.kind in kinds)
                player.record = {ask.id: "skipped" for ask in player.lesson.asks if ask.id != first}
                player.move(player.reel, p)
                player.forward()
                assert player.has_question()
                screen.paint()
            case "to an editable cell":
                cells = screen.picture.cells
                symbol = next((hit.target[1:] for hit in cells if player.lesson.editable(hit.target[1])), None)
                screen.look.cursor = symbol
                screen.paint()
                return symbol is not None
            case _:
                await self.pilot.press(key)
        return True

    async def does(self, screen: LessonScreen, key: str, command: str = "", running: bool = False) -> bool:
        """Whether this key, or a click on it, does something; asserts that it paints once at most."""
        before, asking, self.paints = seen(screen), screen.prompt.classes, [0]
        if command:
            screen.query_one("#foot", Lines).post_message(Lines.Clicked(("key", command), 0, 0, False))
            await self.pilot.pause(0)
        else:
            await self.pilot.press(key)
        running = running or screen.transport.is_playing or isinstance(screen.look.drawer, Exam)
        assert (max(self.paints) if running else sum(self.paints)) <= 1, (command or key, self.paints)
        if self.app.screen is not screen:
            return True
        nothing = screen.look.status == screen.words("say.nothing_here")
        return not nothing and (seen(screen) != before or screen.prompt.classes != asking)


@pytest.mark.representative("neuron-*(80, 24)", "playground-changed*", "lstm-open_cell*", "bptt-forked*")
@pytest.mark.parametrize(("id", "state", "size"), CASES, ids=str)
async def test_each_key_that_is_shown_does_something_and_paints_once(
    id: str, state: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lessons.player.branches.SOON", 60.0)  # what takes long is painted when it is made too
    monkeypatch.setattr("tui.app.PATIENCE", 60.0)
    steps, running = (STATES | TRAINING)[state], state in RUNNING
    app = UnrollApp(None, Store(tmp_path))
    async with app.run_test(size=size) as pilot:
        driven = Driven(app, pilot, id)
        screen = await driven.at(steps)
        for hint in screen.key_hints() if screen is not None else ():
            if hint.command == "quit":
                continue
            done, keys = dict[str, bool](), keys_of(hint.sign)
            for key in keys:
                screen = await driven.at(steps)
                assert screen is not None
                done[key] = await driven.does(screen, key, running=running)
            if keys != [COMMANDS[hint.command.removeprefix("app.")].keys.partition(",")[0]]:
                screen = await driven.at(steps)
                assert screen is not None
                assert await driven.does(screen, "", hint.command, running), hint
            assert any(done.values()) if hint.sign in TOGETHER else all(done.values()), (hint, done)

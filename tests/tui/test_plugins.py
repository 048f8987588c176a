"""A lesson of somebody else's that fails at any point: it is said, and everything else goes on."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import lessons.course as courses
from engine.device import HOST
from lessons.contract.card import Broken, Card
from lessons.contract.knobs import Refused
from lessons.course import course, open_lesson
from lessons.feedforward.neuron.lesson import OneNeuron
from tui.app import UnrollApp
from tui.machine.store import Store
from tui.screens.contents import Contents
from tui.screens.failing import opened
from tui.screens.lesson import LessonScreen

NEURON: Any = course()["neuron"]


class Silent(Exception):
    """An error that fails at saying why."""

    def __str__(self) -> str:
        raise ValueError


def leaves() -> Card:
    raise SystemExit(3)


def unspoken() -> Card:
    raise Silent


CARDS: dict[str, Callable[[], Any]] = {
    "exit": leaves,
    "silent": unspoken,
    "no-card": lambda: 3,
    "slides": lambda: replace(NEURON, id="slides", slides=None),
    "acts": lambda: replace(NEURON, id="acts", acts=()),
    "knobs": lambda: replace(NEURON, id="knobs", knobs=None),
    "title": lambda: replace(NEURON, id="title", title={"en": "x"}),
    "escape": lambda: replace(NEURON, id="escape", title={"en": "\x1b[2J", "zh": "x"}),
    "load": lambda: replace(NEURON, id="load", load="neuron"),
    "minutes": lambda: replace(NEURON, id="minutes", minutes="many"),
    "another": lambda: replace(NEURON, id="../another"),
}


class Point:
    """An entry point whose card is made when it is loaded."""

    group, value = courses.GROUP, "elsewhere:CARD"

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        self.name, self.load = name, make


def announce(monkeypatch: pytest.MonkeyPatch, **cards: Callable[[], Any]) -> None:
    own = EntryPoint("neuron", "lessons.feedforward.neuron:CARD", courses.GROUP)
    points = [own, *(Point(name.replace("_", "-"), make) for name, make in cards.items())]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points)


def test_cards_of_every_wrong_kind_are_listed_as_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    announce(monkeypatch, **CARDS)
    found = course()
    assert [name for name, card in found.items() if isinstance(card, Card)] == ["neuron"]
    for name in CARDS:
        broken = found[name]
        assert isinstance(broken, Broken)
        assert broken.error.isprintable()
        with pytest.raises(Refused, match=name):
            open_lesson(broken)


def failing(where: str) -> type[OneNeuron]:
    """The lesson `neuron`, of which one thing fails whenever it is asked for."""

    def fail(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{where} is broken\nin two lines \x1b[2J")

    own = getattr(OneNeuron, where, None)
    body = {"__module__": OneNeuron.__module__, where: fail if callable(own) else property(fail)}
    return type("Failing", (OneNeuron,), body)


def test_a_lesson_without_texts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = type("Bare", (OneNeuron,), {"__module__": "tests.tui.nowhere"})
    monkeypatch.setattr("lessons.feedforward.neuron.lesson.Bare", bare, raising=False)
    with pytest.raises(Refused, match="cannot be loaded"):
        opened(replace(NEURON, id="bad", load="lessons.feedforward.neuron.lesson:Bare"), HOST, 1.0, "en")


KEYS = (
    "right", "full_stop", "comma", "tab", "i", "escape", "e", "2", "enter", "k", "escape", "g", "c", "question_mark",
    "escape", "space", "space", "v", "y", "n", "p",
)  # fmt: skip


@pytest.mark.representative("panels", "start", "acts", "rule")
@pytest.mark.parametrize("where", [name for name in dir(OneNeuron) if not name.startswith("_")])
async def test_a_lesson_that_fails_anywhere_is_left(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lessons.feedforward.neuron.lesson.Failing", failing(where), raising=False)
    bad = replace(NEURON, id="bad", load="lessons.feedforward.neuron.lesson:Failing")
    announce(monkeypatch, bad=lambda: bad)
    app = UnrollApp(None, Store(tmp_path))
    app.forgives = True
    async with app.run_test(size=(100, 30)) as pilot:
        app.go("bad")
        await pilot.pause(0.05)
        for key in KEYS:
            await pilot.press(key)
        await pilot.pause(0.05)
        if isinstance(app.screen, Contents):
            assert "bad" in app.screen.said
            assert "\x1b" not in app.screen.said
        app.go("neuron")
        await pilot.pause(0.1)
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.player.lesson.card.id == "neuron"
        await pilot.press("right")
    assert app.return_code in (None, 0)

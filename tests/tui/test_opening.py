"""The law of opening: with knobs at their largest a lesson answers again before long, at each act, drawn and stepped.

What takes long is done in slices between which the app looks at the keys. How long a slice is depends on the machine,
so work is counted in its stead: calls of functions, from one answer to the next.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from engine.device import HOST
from engine.walks.far import Far
from engine.walks.history import History, State
from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words
from lessons.course import open_lesson
from lessons.player.player import Player
from tests.lessons.largest import doing, forget, in_slices, together
from tests.lessons.playing import CARDS
from tests.tui.driving import at_rest, go, lesson, until
from tui.app import PATIENCE
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look

MOST_CALLS = 2_500_000
"""About a second."""
QUICK = ("neuron", "hebb")
HEAVY = ("memory", "generate", "caption", "translate", "music", "word2vec")
"""Lessons whose largest knobs take minutes, or seven gigabytes: only where the environment has UNROLL_LARGEST."""


class Work:
    """Calls of functions between two answers."""

    def __init__(self) -> None:
        self.calls = self.longest = 0

    def _count(self, frame: FrameType, event: str, arg: Any) -> None:
        self.calls += event in ("call", "c_call")

    def __call__(self, do: Callable[[], object]) -> int:
        """The most calls of one slice, where something is done with no patience; what was far is done again."""
        self.longest = 0
        in_slices(do, 0.0, self._slice)
        return self.longest

    def _slice(self, do: Callable[[], object]) -> None:
        self.calls, before = 0, sys.getprofile()
        sys.setprofile(self._count)
        try:
            do()
        finally:
            sys.setprofile(before)
            self.longest = max(self.longest, self.calls)


asked_for = pytest.mark.skipif("UNROLL_LARGEST" not in os.environ, reason="takes minutes: set UNROLL_LARGEST")


@pytest.mark.representative(*QUICK)
@pytest.mark.parametrize(
    "card", [pytest.param(card, id=card.id, marks=asked_for if card.id in HEAVY else ()) for card in CARDS]
)
def test_a_lesson_with_knobs_at_their_largest_soon_answers(card: Card) -> None:
    work, opened = Work(), 0
    for knobs in together(card):
        forget()
        player = Player(open_lesson(card), HOST, patience=0.0)
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
        try:
            assert work(partial(player.set_knobs, knobs)) < MOST_CALLS, knobs
        except Refused:
            continue
        opened += 1
        picture = LessonPicture(player, Look(), Manner(Words("en", "tui")))
        for act in player.setup.acts:
            for what, do in doing(player, act):
                assert work(do) < MOST_CALLS, (what, knobs)
                assert work(partial(picture.draw, 120, 36, "", list)) < MOST_CALLS, (f"{what}: picture", knobs)
    assert opened


def test_work_is_counted() -> None:
    work = Work()
    slices = iter([3, 50, 7])

    def go(seconds: float = 0.0) -> None:
        n = next(slices, None)
        if n is not None:
            for _ in range(n):
                abs(n)
            raise Far(0, 1, go)

    assert 50 < work(go) < 60


async def test_an_update_that_takes_long_can_be_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen says that it computes; esc leaves it, and it is there when one comes again."""
    async with lesson(tmp_path, (80, 24), id="playground") as (pilot, screen):
        player, advance, let = screen.player, History.advance, threading.Event()

        def slow(history: History) -> State:
            let.wait(60)
            return advance(history)

        monkeypatch.setattr(History, "advance", slow)
        go(screen, "train")
        player.patience = player.runs.patience = PATIENCE
        await pilot.press("full_stop")
        assert screen.catching_up.busy
        assert "0 of 1" in screen.look.status
        await pilot.press("t")
        assert screen.catching_up.busy
        await pilot.press("escape")
        assert not screen.catching_up.busy
        assert screen.look.status == screen.words("say.not_gone")
        assert player.spot.n == 0
        let.set()
        await until(pilot, lambda: len(player.history) == 1)
        await pilot.press("full_stop")
        await at_rest(pilot, screen)
        assert player.spot.n == 1

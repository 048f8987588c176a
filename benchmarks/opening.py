"""CPU seconds to open every lesson at every act and draw it, with its knobs at their largest, alone and together.

    python -m benchmarks.opening [--above 0.5] [--json FILE] [LESSON…]

As in the app, from the lesson's own setting: the knobs are set, the act is gone to, its first picture drawn at 120×36;
so is a step at the lesson's grain and one over the act; an update is opened. What takes long is computed in slices
between which the app answers: `longest` is the longest stretch without an answer, `all` the sum. Caches are cleared
between settings.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

from engine.device import HOST
from engine.threads import hold_to_one_thread
from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words
from lessons.course import course, open_lesson
from lessons.player.bookmark import SLICE
from lessons.player.player import Player
from tests.lessons.largest import alone, doing, forget, in_slices, together
from tui.app import PATIENCE
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look

SIZE = (120, 36)


class Stretches:
    """CPU seconds between two answers: the longest, and their sum."""

    def __init__(self) -> None:
        self.longest = self.all = 0.0

    def __call__(self, do: Callable[[], object]) -> None:
        """Do something as the app does."""
        in_slices(do, SLICE, self._made)

    def _made(self, do: Callable[[], object]) -> None:
        begun = time.process_time()
        try:
            do()
        finally:
            took = time.process_time() - begun
            self.longest, self.all = max(self.longest, took), self.all + took


def opened(card: Card, given: dict[str, Any]) -> Iterator[tuple[str, Stretches, str]]:
    """What was done, what it took, and why it could not be, if so."""
    forget()
    player = Player(open_lesson(card), HOST, patience=PATIENCE)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    stretches = Stretches()
    try:
        stretches(partial(player.set_knobs, given))
    except Refused as refused:
        yield "set", stretches, str(refused)
        return
    yield "set", stretches, ""
    picture = LessonPicture(player, Look(), Manner(Words("en", "tui")))
    for act in (act for act in card.acts if act in player.setup.acts):
        for what, do in doing(player, act):
            for name, it in ((what, do), (f"{what}: picture", partial(picture.draw, *SIZE, "", list))):
                stretches, why = Stretches(), ""
                try:
                    stretches(it)
                except Exception as error:
                    why = f"ERROR {error!r}"
                yield name, stretches, why


def short(given: dict[str, Any]) -> str:
    return " ".join(f"{name}={str(value)[:12]}" for name, value in given.items()) or "own"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("lessons", nargs="*")
    asked.add_argument("--above", type=float, default=0.5, help="seconds from which on a line is shown")
    asked.add_argument("--json", default="", help="a file to which all is added, a line each")
    given = asked.parse_args()
    hold_to_one_thread()
    for id in given.lessons or course():
        card, begun = course()[id], time.process_time()
        assert isinstance(card, Card)
        for setting in chain(alone(card), together(card)):
            for what, took, why in opened(card, setting):
                if took.all >= given.above or why.startswith("ERROR"):
                    print(f"{id:12} {what:22} {took.longest:6.2f} {took.all:6.2f}  {short(setting)} {why}", flush=True)
                elif why and what == "set":
                    print(f"{id:12} refused: {short(setting)}: {why}", flush=True)
                if given.json:
                    with open(given.json, "a", encoding="utf-8") as file:
                        print(json.dumps([id, setting, what, took.longest, took.all, why]), file=file)
        print(f"{id:12} done in {time.process_time() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()

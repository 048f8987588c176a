"""CPU seconds to open every lesson at every act and draw it, with its knobs at their largest, alone and together.

    python benchmarks/opening.py [--above 0.5] [--json FILE] [LESSON…]

As in the app, from the lesson's own setting: the knobs are set, the act is gone to, its first picture drawn at 120×36;
so is a step at the lesson's grain and one over the act; an update is opened. What takes long is computed in slices
between which the app answers: `longest` is the longest stretch without an answer, `all` the sum. Caches are cleared
between settings.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable, Iterator
from functools import _lru_cache_wrapper, partial
from itertools import chain, count, islice
from typing import Any

from engine.device import HOST
from engine.threads import hold_to_one_thread
from engine.walks.far import Far
from lessons.contract.card import Card
from lessons.contract.knobs import Knob, Refused
from lessons.contract.phrases import Words
from lessons.course import course, open_lesson
from lessons.player.bookmark import SLICE
from lessons.player.player import Player
from tui.app import PATIENCE
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look

SIZE = (120, 36)
FEWER = {("windows", "centre"): 60, ("rivals", "k"): 400}
"""Where not all that the knob allows goes with the others at their largest."""
KEPT = ("lessons.course", "lessons.contract", "lessons.explaining")
"""What caches here is there before a lesson is set up."""
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def words(most: int, more: str = "") -> str:
    """So many different words, among them those that lessons ask for by default."""
    made = chain(("cat", "dog", "king", "queen"), (f"x{LETTERS[n // 26]}{LETTERS[n % 26]}" for n in count()))
    return " ".join(word + more for word in islice(made, most))


def largest(lesson: str, knob: Knob) -> list[Any]:
    """The largest values of a knob; of a choice every other one. A text has 60 different words at most, a tree 40."""
    if (lesson, knob.id) in FEWER:
        return [FEWER[lesson, knob.id]]
    if knob.kind in ("int", "float"):
        return [knob.high] if knob.high != knob.default else []
    if knob.kind == "sizes":
        return [",".join([f"{knob.high:.0f}"] * knob.most)]
    if knob.kind == "several":
        return [",".join(knob.choices)]
    if knob.choices:
        return [choice for choice in knob.choices if choice != knob.default]
    most = int(knob.high)
    match lesson, knob.id:
        case ("words" | "windows" | "negative-sampling", "text"):
            return [words(60)]
        case "words", "words":
            return []
        case "word2vec", "watch":
            return []
        case "hierarchical-softmax", "words":
            return [words(40, ":9")]
        case "hierarchical-softmax", "target":
            return []
        case "negative-sampling", "words":
            return ["aaa; bbb, ccc; ddd, eee, fff, ggg, hhh"]
        case "tree", "tree":
            return ["(" * 15 + "1" + "+2)" * 15]
        case "generate", "text":
            return [(LETTERS * (most // len(LETTERS) + 1))[:most]]
        case (("translate" | "shapes" | "caption" | "generate"), _):
            return []
    return [(LETTERS * (most // len(LETTERS) + 1))[:most], "ab" * (most // 2)]


def settings(card: Card) -> Iterator[dict[str, Any]]:
    """Each knob at its largest alone, and all together with every choice of each."""
    values = {knob.id: largest(card.id, knob) for knob in card.knobs}
    yield {}
    yield from ({name: value} for name, several in values.items() for value in several)
    numbers = {knob.id: values[knob.id][0] for knob in card.knobs if not knob.choices and values[knob.id]}
    yield numbers
    for knob in card.knobs:
        if knob.choices and knob.kind != "several":
            yield from ({**numbers, knob.id: choice} for choice in knob.choices if choice != knob.default)


def forget() -> None:
    """Clear the caches of what lessons computed."""
    for each in gc.get_objects():
        where = each.__module__ if isinstance(each, _lru_cache_wrapper) else ""
        if where.startswith(("lessons.", "engine.")) and not where.startswith(KEPT):
            each.cache_clear()


class Stretches:
    """CPU seconds between two answers: the longest, and their sum."""

    def __init__(self) -> None:
        self.longest = self.all = 0.0

    def __call__(self, do: Callable[[], Any]) -> None:
        """Do something as the app does: what is far in slices, and then it is done again."""
        attempt, again = (lambda _: do()), False
        while True:
            begun = time.process_time()
            try:
                attempt(SLICE)
                done = True
            except Far as far:
                attempt, again, done = far.again, True, False
            took = time.process_time() - begun
            self.longest, self.all = max(self.longest, took), self.all + took
            if done and again:
                attempt, again = (lambda _: do()), False
            elif done:
                return


def doing(player: Player, act: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is done in an act, by name: it is gone to, and a step made at the lesson's grain and at the coarsest."""
    yield act, partial(player.to_act, act)
    yield f"{act} →", player.forward
    if act == "train":
        yield f"{act} inside", player.go_in
        player.go_out()
    grain = player.grain
    player.set_grain(0)
    yield f"{act} act →", player.forward
    player.set_grain(grain)


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
        for setting in settings(card):
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

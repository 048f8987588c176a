"""The knobs of a lesson at their largest, alone and together, and going through its acts with them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from functools import _lru_cache_wrapper, partial
from itertools import chain, count, islice
from typing import Any

from engine.walks.far import Far
from lessons.contract.card import Card
from lessons.contract.knobs import Knob
from lessons.player.player import Player

FEWER = {
    ("windows", "centre"): 60, ("rivals", "k"): 400, ("caption", "example"): 154, ("mlp", "example"): 4,
    ("playground", "example"): 900,
}  # fmt: skip
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


def together(card: Card) -> Iterator[dict[str, Any]]:
    """All numbers and texts at their largest, and with them every other choice of each knob that is not live."""
    values = {knob.id: largest(card.id, knob) for knob in card.knobs}
    numbers = {knob.id: values[knob.id][0] for knob in card.knobs if not knob.choices and values[knob.id]}
    yield numbers
    for knob in card.knobs:
        if knob.choices and knob.kind != "several" and not knob.live:
            yield from ({**numbers, knob.id: choice} for choice in values[knob.id])


def alone(card: Card) -> Iterator[dict[str, Any]]:
    """A lesson's own knobs, and each at its largest alone."""
    yield {}
    yield from ({knob.id: value} for knob in card.knobs for value in largest(card.id, knob))


def forget() -> None:
    """Clear the caches of what lessons computed."""
    for each in gc.get_objects():
        where = each.__module__ if type(each) is _lru_cache_wrapper else ""  # isinstance asks some what they are
        if where.startswith(("lessons.", "engine.")) and not where.startswith(KEPT):
            each.cache_clear()


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


def in_slices(do: Callable[[], object], seconds: float, made: Callable[[Callable[[], object]], object]) -> None:
    """Do something as the app does: what is far in slices of so many seconds, and then again; each by `made`."""

    def first(seconds: float) -> object:
        return do()

    more: Callable[[float], object] | None = first
    again = False
    while more is not None:
        try:
            made(partial(more, seconds))
            more, again = first if again else None, False
        except Far as far:
            more, again = far.again, True

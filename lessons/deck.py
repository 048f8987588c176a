"""A deck: the stops of a lecture. A stop is a line as it is typed after `unroll`, so that each can be tried alone.

# comments and blank lines are left out
36                                          the places of a slide
bptt --at dW/t=3/k=1 --set text=hello       a lesson at a place, with knobs
srn --at cell/t=3 --notation second --note "the same net, the other names"
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lessons.contract.card import Broken, Card, Place
from lessons.contract.knobs import Refused, read_all
from lessons.contract.notations import NOTATIONS
from lessons.finding import all_places, find_places

OPTIONS = ("--at", "--set", "--seed", "--notation", "--note")


@dataclass(frozen=True)
class Stop:
    """One stop of a lecture: a lesson, a place in it, the slide that it shows, and a note that is said there.

    `line` is its line in the file, 0 where it is from none.
    """

    lesson: str
    place: Place
    note: str = ""
    slide: int = 0
    line: int = 0


def slides_deck(course: Mapping[str, Card | Broken]) -> list[Stop]:
    """Every slide of the lecture that has a screen, from the places on the cards."""
    return [Stop(lesson, place, slide=slide) for slide, lesson, place in all_places(course)]


def read_deck(text: str, file: str, course: Mapping[str, Card | Broken]) -> list[Stop]:
    """The stops in a deck's text. Raises Refused with the number of the line; `file` is what the deck is called."""
    stops: list[Stop] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        try:
            stops += [replace(stop, line=number) for stop in _line(line, course)]
        except Refused as refused:
            raise Refused("deck_line", file=file, line=number, why=refused.say) from None
        except ValueError as error:  # an open quotation mark
            raise Refused("deck_line", file=file, line=number, why=str(error).lower()) from None
    if not stops:
        raise Refused("deck_empty", file=file)
    return stops


def _line(line: str, course: Mapping[str, Card | Broken]) -> Iterator[Stop]:
    words = shlex.split(line, comments=True)
    if not words:
        return
    query: list[str] = []
    given: dict[str, str] = {}
    said: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in OPTIONS:
            value = value if equals else next(rest, "")
            if name == "--set":
                knob, equals, value = value.partition("=")
                if not equals or not knob.strip():
                    raise Refused("set", value=repr(knob))
                given[knob.strip()] = value
            else:
                said[name] = value
        elif word.startswith("--"):
            raise Refused("deck_option", option=word, options=", ".join(OPTIONS))
        else:
            query.append(word)
    yield from _stops(" ".join(query), given, said, course)


def _stops(
    query: str, given: Mapping[str, str], said: Mapping[str, str], course: Mapping[str, Card | Broken]
) -> Iterator[Stop]:
    """The stops that a line names: of a slide with several places, all."""
    found = find_places(query, course)
    exact = [each for each in found if each.is_exact] or found[:1]
    notation, seed = said.get("--notation", ""), said.get("--seed", "")
    if notation and notation not in NOTATIONS:
        raise Refused("choice", knob="--notation", value=notation, choices=", ".join(NOTATIONS))
    if seed and not (seed.isdecimal() and len(seed) <= 18):
        raise Refused("seed", value=repr(seed))
    for each in exact if exact[0].slide else exact[:1]:
        card, place = course[each.lesson], each.place or Place()
        knobs = {**place.knobs, **given}
        if isinstance(card, Card):
            read_all(card.knobs, knobs)
        place = replace(place, at=said.get("--at", place.at), knobs=knobs)
        place = replace(place, notation=NOTATIONS.get(notation, place.notation), seed=int(seed) if seed else place.seed)
        yield Stop(each.lesson, place, said.get("--note", ""), each.slide)

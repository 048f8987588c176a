"""From what someone types to a place in the course: the number of a slide, a lesson, a title, or a term of the field.

Slides and terms are declared on the cards; terms also stand in bold in the texts of acts, whose titles are found too.
No lesson is loaded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lessons.contract.card import Broken, Card, Place
from lessons.contract.knobs import Refused
from lessons.contract.phrases import LANGUAGES
from lessons.course import unknown

Course = Mapping[str, Card | Broken]

SLIDE = re.compile(r"(?:slide|page|p|第)?\s*(\d{1,3})\s*页?", re.IGNORECASE)
ACT = re.compile(r"^## act\.(?P<act>\w+): *(?P<title>.*?)(?: *\{en [0-9a-f]{8}\})?$", re.MULTILINE)
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
RANGE = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
EXACT, BEGINS, WITHIN = 1, 3, 4
"""How well a name fits: it is what was typed, begins with it, has it within; one more for the title of an act."""
MOST = 12
"""Places that are offered at most."""


@dataclass(frozen=True)
class Found:
    """A place that fits what was typed. `name` is what it was found by, by language.

    `place` is None where a lesson is meant as such. The lower the `rank`, the better it fits; up to `EXACT` it is what
    was typed. `slide` is the number that it was found by, if it was one.
    """

    lesson: str
    place: Place | None
    name: Mapping[str, str]
    rank: int
    slide: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether it is what was typed, and not only like it."""
        return self.rank <= EXACT


def find_places(query: str, course: Course) -> list[Found]:
    """The places that fit, the best first and otherwise in the order of the course; the id of a lesson fits alone.

    Raises Refused, with those that are near, where there is none.
    """
    if slide := SLIDE.fullmatch(query.strip()):
        return slide_places(int(slide[1]), course)
    lesson, _, rest = query.strip().partition("/")
    card = course.get(lesson.strip().lower())
    if card is not None:
        return [Found(card.id, Place(rest.strip()) if rest.strip() else None, _titles(card), 0)]
    wanted = plain(query)
    best: dict[tuple[str, str], Found] = {}
    for found in _ranked(wanted, course) if wanted else ():
        key = (found.lesson, found.place.at if found.place is not None else "")
        if key not in best or found.rank < best[key].rank:
            best[key] = found
    if not best:
        raise _nothing(query, course)
    return sorted(best.values(), key=lambda found: found.rank)[:MOST]


def slide_places(slide: int, course: Course) -> list[Found]:
    """The places that show a slide, else the lessons that name it. Raises Refused where there is none."""
    name = {"en": f"slide {slide}", "zh": f"第 {slide} 页"}
    cards = [card for card in course.values() if isinstance(card, Card)]
    found = [Found(card.id, card.places[slide], name, 0, slide) for card in cards if slide in card.places]
    found += [
        Found(card.id, None, name, BEGINS, slide)
        for card in cards
        if slide not in card.places and slide in slides_of(card)
    ]  # fmt: skip
    if not found:
        known = sorted({n for card in cards for n in (*card.places, *slides_of(card))}, key=lambda n: abs(n - slide))
        raise Refused("slide", slide=slide, near=", ".join(map(str, sorted(known[:4]))) or "–")
    return found


def one_place(found: list[Found]) -> Found | None:
    """The place that is meant beyond doubt: the only one that fits, or fits exactly. None where one must choose."""
    exact = [each for each in found if each.is_exact]
    return found[0] if len(found) == 1 or len(exact) == 1 else None


def slides_of(card: Card) -> list[int]:
    """The slides that a card names: "10–12, 34" is 10, 11, 12, 34."""
    parts = RANGE.findall(card.slides)
    return [n for first, last in parts for n in range(int(first), int(last or first) + 1)]


def all_places(course: Course) -> list[tuple[int, str, Place]]:
    """(slide, lesson, place) of every slide that has a screen, by slide, and then in the order of the course."""
    cards = [card for card in course.values() if isinstance(card, Card)]
    return sorted(
        ((slide, card.id, place) for card in cards for slide, place in card.places.items()), key=lambda each: each[0]
    )


def plain(text: str) -> str:
    """What is compared: small letters and digits of any script, full-width ones and indices as plain ones."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in text if char.isalnum() or char in "∂∇σδ")


def _ranked(wanted: str, course: Course) -> Iterator[Found]:
    """Every name that fits, with the place that it leads to."""
    for lesson, place, name, names, worse in _names(course):
        ranks = [rank + worse for each in names if (rank := _rank(wanted, plain(each)))]
        if ranks:
            yield Found(lesson, place, name, min(ranks))


def _rank(wanted: str, name: str) -> int:
    """How well a name fits, 0 where it does not."""
    if name == wanted:
        return EXACT
    return BEGINS if name.startswith(wanted) else WITHIN if wanted in name else 0


Name = tuple[str, Place | None, Mapping[str, str], tuple[str, ...], int]


def _names(course: Course) -> Iterator[Name]:
    """(lesson, place, what it is called, all its names, how much less it counts) of everything that can be found."""
    for card in course.values():
        if isinstance(card, Broken):
            continue
        yield card.id, None, _titles(card), (card.id, *card.title.values()), 0
        for term in card.terms:
            yield card.id, Place(term.at), {"en": term.en, "zh": term.zh}, term.names, 0
        for act, (en, zh) in bold_terms(card):
            yield card.id, Place(act), {"en": en, "zh": zh}, (en, zh), 0
        for act, name in act_titles(card).items():
            yield card.id, Place(act), name, tuple(name.values()), 1


def bold_terms(card: Card) -> list[tuple[str, tuple[str, str]]]:
    """The terms that stand in bold in the texts of a lesson's acts: (act, its two names)."""
    package = card.load.partition(":")[0].rpartition(".")[0]
    both = [_bold(package, lang) for lang in LANGUAGES]
    shared = [act for act in both[0] if len(both[0][act]) == len(both[1].get(act, ()))]
    return [(act, (en, zh)) for act in shared for en, zh in zip(both[0][act], both[1][act], strict=True)]


@cache
def _bold(package: str, lang: str) -> dict[str, tuple[str, ...]]:
    """The terms in bold of each act's text, in their order."""
    said = _said(package, lang)
    heads = [*ACT.finditer(said)]
    ends = [said.find("\n## ", head.end()) for head in heads]
    return {
        head["act"]: tuple(BOLD.findall(said[head.end() : end if end >= 0 else len(said)]))
        for head, end in zip(heads, ends, strict=True)
    }  # fmt: skip


def _titles(card: Card | Broken) -> Mapping[str, str]:
    return card.title if isinstance(card, Card) else dict.fromkeys(LANGUAGES, card.id)


def act_titles(card: Card) -> dict[str, dict[str, str]]:
    """The titles of a lesson's acts by language; none where its text cannot be read."""
    package = card.load.partition(":")[0].rpartition(".")[0]
    found: dict[str, dict[str, str]] = {}
    for lang in LANGUAGES:
        for act, title in _heads(package, lang):
            found.setdefault(act, {})[lang] = title.replace("`", "")
    return {act: {lang: titles.get(lang, act) for lang in LANGUAGES} for act, titles in found.items()}


@cache
def _heads(package: str, lang: str) -> tuple[tuple[str, str], ...]:
    """(act, title) from the heads of a text, which costs less than parsing it."""
    return tuple((found["act"], found["title"]) for found in ACT.finditer(_said(package, lang)))


@cache
def _said(package: str, lang: str) -> str:
    """A lesson's text as it is written; "" where there is none."""
    try:
        return (files(package) / f"{lang}.md").read_text(encoding="utf-8")
    except (OSError, ImportError, ValueError, TypeError):  # a third-party lesson without a text breaks nothing here
        return ""


def _nothing(query: str, course: Course) -> Refused:
    """That nothing was found, and what is near: names that are spelled alike."""
    from difflib import get_close_matches

    known = {plain(each): each for _, _, _, names, _ in _names(course) for each in names}
    near = [known[each] for each in get_close_matches(plain(query), list(known), 3, 0.6)]
    if near:
        return Refused("find_near", query=query, near=_listed(near))
    return unknown(query, course)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))

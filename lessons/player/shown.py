"""An address as the screen shows it, in either language, as it is typed: "∂E/∂W › t=3 › k=1" is "dW/t=3/k=1".

The screen numbers the parts of an address, puts the grain in brackets, and ends with what the step did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice, product
from typing import NamedTuple

from lessons.contract.lesson import Lesson
from lessons.contract.phrases import LANGUAGES
from lessons.contract.text import load, package_of

BETWEEN = re.compile(r"\s*[›>]\s*")
NUMBERED = re.compile(r"^\d+ +(?=\D)")
INDEXED = re.compile(r"^(?P<name>.*?)(?: *= *| +)(?P<index>\d[\d,]*)(?: +[A-Z])?$")
MOST = 32
"""Readings of one address that are tried: a name may stand for several places."""

Called = Mapping[str, tuple[str, ...]]
"""What a name that is shown may stand for in an address."""


class Names(NamedTuple):
    """What a lesson's acts, places and operations are called on the screen."""

    acts: Called
    places: Called
    ops: Called


class Reading(NamedTuple):
    """An address as it may be meant. `exact`: the last step at just this address, for what it did has no name."""

    typed: str
    exact: bool = False


def readings(lesson: Lesson, text: str) -> Iterator[Reading]:
    """The addresses that a text may mean, the likeliest first; what is typed as it should be stays as it is."""
    names = _names(package_of(lesson), lesson.card.acts)
    whole = _bare(text)
    if not BETWEEN.search(text):
        acts = names.acts.get(_folded(whole), ())
        if acts or "/" not in whole:
            yield from (Reading(each) for each in (*acts, *_meant(whole, names, first=True), text))
            return
        parts = _split(whole, names)
        yield from _combined(parts, names)
        return
    parts = [_bare(part) for part in BETWEEN.split(text.strip())]
    *before, last = parts
    pieces = [piece for part in before for piece in _split(part, names)]
    yield from _combined([*pieces, *_split(last, names)], names)
    if before:
        for typed, _ in _combined(pieces, names):
            yield from (Reading(f"{typed}/{op}") for op in names.ops.get(_folded(last), ()))
            yield Reading(typed, exact=True)


def _combined(parts: list[str], names: Names) -> Iterator[Reading]:
    """Every way to read the parts; a part that is no name stays as it is."""
    meant = [_meant(part, names, first=i == 0) or (part,) for i, part in enumerate(parts) if part]
    yield from (Reading("/".join(each)) for each in islice(product(*meant), MOST))


def _split(text: str, names: Names) -> list[str]:
    """The parts between slashes, a name that has a slash itself in one piece."""
    if _folded(text) in names.acts or _folded(text) in names.places:
        return [text]
    for name in sorted({name for name in (*names.acts, *names.places) if "/" in name}, key=len, reverse=True):
        if len(_folded(text)) == len(text) and (at := _folded(text).find(name)) >= 0:
            text = text[:at] + (names.acts.get(name) or names.places[name])[0] + text[at + len(name) :]
    return [part.strip() for part in text.split("/")]


def _bare(part: str) -> str:
    """A part of an address without its number and its brackets."""
    return NUMBERED.sub("", part.strip().strip("[]").strip())


def _meant(part: str, names: Names, first: bool) -> tuple[str, ...]:
    """What one part may stand for, none where it is no name that is shown. Acts stand first in an address."""
    folded = _folded(part)
    known = (names.acts, names.places) if first else (names.places, names.acts)
    found = [each for called in known for each in called.get(folded, ())]
    if indexed := INDEXED.match(part):
        index = indexed["index"].replace(",", "")
        found += [f"{each}={index}" for each in names.places.get(_folded(indexed["name"]), ())]
    return tuple(dict.fromkeys(found))


def _folded(name: str) -> str:
    return name.strip().casefold()


@cache
def _names(package: str, acts: tuple[str, ...]) -> Names:
    of_acts: dict[str, list[str]] = {}
    of_places: dict[str, list[str]] = {"update": ["update"]}
    of_ops: dict[str, list[str]] = {}
    for lang in LANGUAGES:
        text = load(package, lang)
        for act in acts:
            title = text[f"act.{act}"].title.replace("`", "")
            for name in (act, text.phrase("acts", act, act), title):
                of_acts.setdefault(_folded(name), []).append(act)
        for section, names in (("places", of_places), ("ops", of_ops)):
            for id, said in text.sections[section].phrases().items() if section in text else ():
                name = re.split("[:：]| {", said)[0] if section == "ops" else said
                names.setdefault(_folded(name), []).append(id)
    return Names(
        *({name: tuple(dict.fromkeys(ids)) for name, ids in each.items()} for each in (of_acts, of_places, of_ops))
    )

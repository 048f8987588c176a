"""Who is near whom among learned vectors, drawn: the nearest of watched words in tables, and all words on a map."""

from __future__ import annotations

from collections.abc import Sequence

from engine.device import HostArray
from engine.words import vectors
from engine.words.run.live import Reading
from lessons.contract.panels import Beside, Cloud, Table
from lessons.explaining.figures import cut, five
from lessons.language.word2vec.experiment import Held

NEAREST = 5
LONG = 10
"""Cells of a word in a table or on the map."""
MAPPED = 150
"""Words of the map: those with a class, or the most frequent."""
INKS = ("forward", "backward", "update", "curve", "curve2", "", "label", "dim", "written")


def tables(held: Held, v: HostArray, last: Reading, title: str) -> Beside:
    """The nearest of each watched word, their cosines, and how their place has changed since the last reading."""
    stacks = []
    near = vectors.neighbours(v, held.watched, NEAREST)
    for word, row, was in zip(held.watched, near, last.places, strict=True):
        rows = []
        for place, (other, cosine) in enumerate(row):
            same = held.classes.get(other) == held.classes.get(word)
            sign = ("●" if same else "○") if word in held.classes else " "
            said = f"{place + 1} {sign} {cut(held.words[other], LONG)}"
            rows.append((said, five(cosine), arrow(int(was[other]) - place)))
        stacks.append([Table(id=f"near{word}", heads=(f"[{held.words[word]}]", "", ""), rows=rows)])
    return Beside(id="nearest", priority=10, title=title, stacks=stacks)


def arrow(up: int) -> str:
    """How many places a word has risen or fallen."""
    return "=" if up == 0 else f"{'▲' if up > 0 else '▼'}{min(abs(up), 99)}"


def cloud(held: Held, v: HostArray, title: str) -> Cloud:
    """The map: watched words in full, others by a letter of their class; without classes as words, nearest first."""
    near = [] if held.classes else [n.word for row in vectors.neighbours(v, held.watched, NEAREST) for n in row]
    words = list(held.classes)[:MAPPED] or [*near, *range(min(MAPPED, len(held.words)))]
    words = list(dict.fromkeys([*held.watched, *words]))
    letters = lettered(list(dict.fromkeys(held.classes.values())))
    inks = {kind: INKS[n % len(INKS)] for n, kind in enumerate(letters)}
    points = []
    for (x, y), w in zip(vectors.plane(v[words]), words, strict=True):
        kind, full = held.classes.get(w, ""), w in held.watched
        said = cut(held.words[w], LONG) if full or not kind else letters[kind]
        points.append((float(x), float(y), said, "head" if full else inks.get(kind, "dim")))
    legend = "  ".join(f"{letter}\N{NO-BREAK SPACE}{kind}" for kind, letter in letters.items())
    return Cloud(id="map", priority=7, title=title, points=points, legend=legend)


def lettered(kinds: Sequence[str]) -> dict[str, str]:
    """A letter for every class: one of its own, that no other has."""
    found: dict[str, str] = {}
    for kind in kinds:
        found[kind] = next(letter for letter in (*kind, *kind.upper(), *"xyzw") if letter not in found.values())
    return found

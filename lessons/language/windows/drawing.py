"""A sentence drawn with the window over it, and who is predicted from whom."""

from __future__ import annotations

from collections.abc import Sequence

from lessons.contract.panels import Picture
from lessons.explaining.figures import cells

WIDE = 76
Marks = list[tuple[int, int, str, str]]


def framed(tokens: Sequence[str], centre: int, window: int, others: Sequence[int], met: str) -> Picture:
    """The words, those in the window in a frame, the centre marked; it and `others` joined below, with the word `met`.

    Words are places in the sentence, counted from 0.
    """
    first, last = max(0, centre - window), min(len(tokens) - 1, centre + window)
    begin = max(0, min(first, centre - 6))
    marks: Marks = [(0, 0, "…", "dim")] if begin else []
    x, where = 2 if begin else 1, {}
    for i in range(begin, len(tokens)):
        token = tokens[i]
        if x + cells(token) + 4 > WIDE:
            marks.append((0, x, "…", "dim"))
            break
        if i == first:
            marks.append((0, x, "[", "head"))
            x += 1
        if i == centre:
            marks.append((0, x, "►", "written"))
        where[i] = x + 1 + cells(token) // 2
        marks.append((0, x + 1, token, "head" if first <= i <= last else ""))
        x += cells(token) + 2
        if i == last:
            marks.append((0, x, "]", "head"))
            x += 2
    ends = sorted({where[each] for each in (*others, centre) if each in where}) if centre in where else []
    if len(ends) > 1:
        low, *inner, high = ends
        marks.append((1, low, "└" + "─" * (high - low - 1) + "┘", "forward"))
        marks += [(1, x, "┴", "forward") for x in inner]
    if others and centre in where:
        marks.append((2, where[centre], met, "forward"))
    return Picture(id="sentence", priority=10, marks=marks)


def direction(form: str, words: Sequence[str], centre: str) -> Picture:
    """Skip-gram: from the centre to each neighbour; CBOW: from all of them to the centre."""
    marks: Marks = []
    wide = max((cells(word) for word in words), default=1)
    middle = len(words) // 2
    for i, word in enumerate(words):
        last = i == len(words) - 1
        if form == "skipgram":
            line = ("─┬─→" if len(words) > 1 else "───→") if i == 0 else " └─→" if last else " ├─→"
            marks.append((i, 8 + cells(centre), line, "forward"))
            marks.append((i, 13 + cells(centre), word, "head"))
        else:
            line = ("─┴" if last else "─┼") if i == middle else "─┐" if i == 0 else "─┘" if last else "─┤"
            marks.append((i, 7, word, "head"))
            marks.append((i, 8 + wide, line if len(words) > 1 else "──", "forward"))
    if form == "skipgram":
        marks.append((0, 7, centre, "head"))
    else:
        marks.append((middle, 10 + wide, "──→", "forward"))
        marks.append((middle, 14 + wide, centre, "head"))
    return Picture(id="direction", priority=7, marks=marks)

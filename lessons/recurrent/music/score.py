"""Letters as bars on a stave: what each bar adds up to, which note breaks it, which bars are new."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from fractions import Fraction

from engine.sequences import abc
from engine.sequences.abc import Bar, Note, State
from lessons.contract.panels import Measure, Sung

Cell = tuple[str, tuple[int, ...]]
PITCH = re.compile(r"([_^=]*)([A-Ga-g])([,']*)")


def eighths(length: Fraction) -> str:
    """A length in eighths as it is said: 6, or 13/2."""
    return str(length * 8)


def measures(
    text: str,
    state: State,
    known: Collection[str],
    cell: Callable[[int], Cell] | None = None,
    written: Collection[str] = (),
) -> list[Measure]:
    """The bars of a text as a stave shows them; `cell` is the cell that wrote the letter at an offset."""
    return [_measure(text, bar, known, cell, written) for bar in abc.bars(text, state)]


def _measure(
    text: str, bar: Bar, known: Collection[str], cell: Callable[[int], Cell] | None, written: Collection[str]
) -> Measure:
    notes, at, breaks = list[Sung](), Fraction(0), bar.breaks
    for n, note in enumerate(bar.notes):
        symbol, index = cell(note.start) if cell is not None else ("", ())
        made = any(cell is not None and cell(each)[0] in written for each in range(note.start, note.end))
        notes.append(_sung(text, note, bar.key, at, (symbol, index), made, breaks is not None and n >= breaks))
        at += note.length
    metre, long = bar.metre or bar.length, eighths(bar.length)
    whole = bar.sign != "" and (bar.inner or bar.fault is not None or bar.length >= metre)
    said = long if not whole or bar.adds_up else f"{long} {'<' if bar.length < metre else '>'} {eighths(metre)}"
    if bar.fault is not None:
        said = f"{bar.fault.found or text[bar.fault.at]!r}?"
    elif breaks is not None:
        whole, said = True, f"{long} > {eighths(metre)}"
    new = bar.inner and "".join(text[bar.start : bar.end].split()) not in known
    return Measure(notes, float(metre * 8), said, ("right" if bar.adds_up else "wrong") if whole else "", new)


def _sung(text: str, note: Note, key: str, at: Fraction, cell: Cell, written: bool, wrong: bool) -> Sung:
    letters, found = text[note.start : note.end], PITCH.search(text[note.start : note.end])
    start, length = float(at * 8), float(note.length * 8)
    if not note.pitches or found is None:
        return Sung(start, length, None, "", letters, "0", 0, *cell, written, wrong)
    sign, letter, marks = found.groups()
    octave = letter.islower() + marks.count("'") - marks.count(",")
    return Sung(
        start, length, "CDEFGAB".index(letter.upper()) + 7 * octave, {"^": "#", "_": "b"}.get(sign[:1], sign[:1]),
        letters, *abc.numbered(note.pitches[0], key), *cell, written, wrong,
    )  # fmt: skip

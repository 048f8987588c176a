"""Whether the bars of tunes add up, and how many of them are new: what a writer of tunes is judged by."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from engine.sequences.abc import Bar, State, bars


class Tally(NamedTuple):
    """Of `bars` between two bar lines `right` add up; `new` stand in no known tune, of these `new_right` add up."""

    bars: int = 0
    right: int = 0
    new: int = 0
    new_right: int = 0

    def share(self, of: str = "right", among: str = "bars") -> float:
        """One count as a share of another; NaN where that is 0."""
        whole = getattr(self, among)
        return getattr(self, of) / whole if whole else float("nan")


def inner(text: str, state: State) -> list[tuple[str, Bar]]:
    """The bars between two bar lines, but for the first and last of a strain, each with its letters.

    An upbeat may make those at a strain's borders shorter, so that they prove nothing.
    """
    return [("".join(text[bar.start : bar.end].split()), bar) for bar in bars(text, state) if bar.inner]


def known(text: str, state: State) -> frozenset[str]:
    """The different bars of a text, by their letters."""
    return frozenset(letters for letters, _ in inner(text, state))


def tally(texts: Iterable[str], of: Collection[str], state: State) -> Tally:
    """The bars of texts, counted; those that are not among `of` are new."""
    found = [(bar.adds_up, letters not in of) for text in texts for letters, bar in inner(text, state)]
    return Tally(
        len(found), sum(right for right, _ in found), sum(new for _, new in found), sum(r and n for r, n in found)
    )

"""Counting letters: how often each letter followed the `order` letters before it (Markov 1913, Shannon 1948)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable


class Counts:
    """The counts of a text for contexts of `order` letters and of fewer, which are used where a context is new."""

    def __init__(self, text: str, order: int) -> None:
        self.order = order
        self._after: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for at in range(len(text)):
            for n in range(min(order, at) + 1):
                self._after[text[at - n : at]][text[at]] += 1

    def following(self, context: str) -> Counter[str]:
        """What followed the longest end of `context` that occurs, and how often."""
        for n in range(min(self.order, len(context)), -1, -1):
            found = self._after.get(context[len(context) - n :])
            if found:
                return found
        raise ValueError("no letter was counted")

    def likelihood(self, context: str, letter: str) -> float:
        """The share of a letter among those that followed."""
        found = self.following(context)
        return found[letter] / found.total()

    def write(self, start: str, chances: Iterable[float]) -> str:
        """A letter after `start` for each of `chances`, numbers from 0 to 1, in proportion to the counts."""
        text = start
        for u in chances:
            found = self.following(text)
            left = u * found.total()
            for letter, count in found.items():  # noqa: B007 - rounding may leave the last one
                left -= count
                if left < 0:
                    break
            text += letter
        return text[len(start) :]

"""The list of lessons by chapter, with what the learner has done of each, and the chosen lesson in a few lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from lessons.contract.card import Broken, Card
from lessons.contract.phrases import Words
from lessons.course import CHAPTERS
from tui.canvas.canvas import Canvas, fit, wrap


def chapter_of(card: Card | Broken) -> str:
    """The chapter of a lesson; "other" if it is broken or names none of the course."""
    return card.chapter if isinstance(card, Card) and card.chapter in CHAPTERS else "other"


class CourseMap:
    """All `cards` in the order of the course; `progress` is what is kept of each lesson, by its id."""

    def __init__(
        self,
        cards: Sequence[Card | Broken],
        progress: Mapping[str, Mapping[str, Any]],
        words: Words,
        number_of: Callable[[Card | Broken], str],
        ascii_only: bool,
    ) -> None:
        self._cards, self._progress, self._words = cards, progress, words
        self._number_of, self._ascii_only = number_of, ascii_only

    def chapters(self, width: int, chosen: int) -> tuple[Canvas, int]:
        """(All chapters with their lessons, the line of the chosen lesson). A chapter goes into the shortest column."""
        words, cards, at = self._words, self._cards, 0
        canvas = Canvas(width, 0, self._ascii_only)
        columns = max(1, min(3, width // 40))
        wide = width // columns
        heights = [0] * columns
        for number, chapter in enumerate([*CHAPTERS, "other"], 1):
            members = [card for card in cards if chapter_of(card) == chapter]
            if chapter == "other" and not members:
                continue
            column = heights.index(min(heights))
            x, y = 2 + column * wide, heights[column]
            canvas.put(x, y, fit(f"{number} {words(f'chapter.{chapter}')}", wide - 3), "head" if members else "dim")
            y += 1
            for i, card in enumerate(members, 1):
                at = y if cards.index(card) == chosen else at
                self._card(canvas, x, y, card, f"{number}.{i}", wide - 3, cards.index(card) == chosen)
                y += 1
            if not members:
                canvas.put(x + 2, y, words("contents.not_here"), "dim")
                y += 1
            heights[column] = y + 1
        return canvas, at

    def about(self, canvas: Canvas, card: Card | Broken, y: int) -> None:
        """Title, first line of the text, and stored position of a lesson, from line y on."""
        words, width = self._words, canvas.width
        canvas.fill(1, y, width - 2, "╌", "rule")
        if isinstance(card, Broken):
            canvas.put(2, y + 1, card.id, "head")
            canvas.put(2, y + 2, fit(card.error, width - 4), "warn")
            return
        x = canvas.put(2, y + 1, f"{self._number_of(card)} {card.id}   {card.title[words.lang]}", "head")
        about = words("contents.about", slides=card.slides, acts=len(card.acts), minutes=card.minutes)
        if x + cell_len(about) + 4 < width:
            canvas.put(x + 4, y + 1, about, "dim")
        lines = wrap(card.lead[words.lang], width - 6)
        canvas.put(2, y + 2, lines[0] + (" …" if len(lines) > 1 else ""))
        kept = self._progress.get(card.id, {})
        extra = []
        if kept.get("address"):
            act = kept.get("act", "")
            number = card.acts.index(act) + 1 if act in card.acts else 1
            extra.append(words("contents.next", act=number, step=kept.get("step", 0)) + "   ↵")
        if card.needs:
            extra.append(words("contents.needs", needs=", ".join(card.needs)))
        canvas.put(2, y + 3, fit("   ".join(extra), width - 4), "dim")

    def summary(self) -> str:
        """The first line: lessons done and begun, predictions answered and right."""
        cards = [card for card in self._cards if isinstance(card, Card)]
        kept = [self._progress.get(card.id, {}) for card in cards]
        done = sum(self._done(card) for card in cards)
        begun = sum(self._begun(card) for card in cards) - done
        records = [verdict for entry in kept for verdict in entry.get("record", {}).values()]
        return self._words(
            "contents.done", done=done, all=len(cards), begun=begun, asked=len(records), right=records.count("right")
        )

    def _acts(self, card: Card) -> int:
        """The number of acts of a lesson that were finished."""
        seen = self._progress.get(card.id, {}).get("acts", [])
        return len(set(seen) & set(card.acts))

    def _begun(self, card: Card) -> bool:
        """Whether an act was finished, or the stored position is beyond the first step."""
        kept = self._progress.get(card.id, {})
        return self._acts(card) > 0 or bool(kept.get("step")) or kept.get("act", card.acts[0]) in card.acts[1:]

    def _done(self, card: Card) -> bool:
        return self._acts(card) == len(card.acts)

    def _card(self, canvas: Canvas, x: int, y: int, card: Card | Broken, number: str, width: int, chosen: bool) -> None:
        ink = "head" if chosen else ""
        if chosen:
            canvas.put(x - 1, y, "►", "written")
        canvas.hit(x - 1, y, width, 1, "lesson", self._cards.index(card))
        if isinstance(card, Broken):
            canvas.put(x, y, f"! {number} {card.id}", "warn")
            return
        acts = self._acts(card)
        mark = "●" if self._done(card) else "◐" if self._begun(card) else "○"
        canvas.put(x, y, f"{mark} {number} {card.id}", ink)
        right = f"{acts}/{len(card.acts)}"
        canvas.right(x + width - 2, y, right, "dim")
        canvas.right(x + width - 3 - cell_len(right), y, f"{fit(card.slides, 8)}  ", "dim")

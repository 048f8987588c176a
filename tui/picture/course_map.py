"""The list of lessons by chapter, with what the learner has done of each, and the chosen lesson in a few lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

from rich.cells import cell_len

from lessons.contract.card import Broken, Card
from lessons.contract.phrases import Words
from lessons.course import CHAPTERS
from tui.canvas.canvas import Canvas, fit, wrap
from tui.picture.boxes import slides_of

TWO, TITLES, SLIDES = 78, 100, 48
"""Columns from which on there are two chapters beside each other, a line of the text, and the slides of a lesson."""
LEAST_TITLE = 8
"""Where a title that is not English has less room than this, and is longer, it stands in the place of the id."""


def chapter_of(card: Card | Broken) -> str:
    """The chapter of a lesson; "other" if it is broken or names none of the course."""
    return card.chapter if isinstance(card, Card) and card.chapter in CHAPTERS else "other"


class CourseMap:
    """All `cards` in the order of the course; `progress` is what is kept of each lesson, by its id.

    `last` is the id of the lesson that was opened last, "" where none was.
    """

    def __init__(
        self,
        cards: Sequence[Card | Broken],
        progress: Mapping[str, Mapping[str, Any]],
        words: Words,
        number_of: Callable[[Card | Broken], str],
        ascii_only: bool,
        last: str = "",
    ) -> None:
        self._cards, self._progress, self._words, self._last = cards, progress, words, last
        self._number_of, self._ascii_only = number_of, ascii_only

    def chapters(self, width: int, room: int, chosen: int) -> tuple[Canvas, int]:
        """(All chapters with their lessons, the line of the chosen lesson), for `room` lines.

        One column with the titles where it fits, else two, or three where that is too high: the chapters in order,
        parted where they are most alike.
        """
        blocks = [found for chapter in (*CHAPTERS, "other") if (found := self._members(chapter))]
        whole = sum(len(block) + 2 for block in blocks) - 1
        if width < TWO or (width >= TITLES and whole <= room) or len(blocks) < 2:
            columns = [blocks]
        else:
            columns = self._parted(blocks, 2)
            if self._highest(columns, 0) > room and len(blocks) > 2:
                columns = self._parted(blocks, 3)
        gap = 1 if self._highest(columns, 1) <= room else 0
        canvas, at, wide = Canvas(width, 0, self._ascii_only), 0, width // len(columns)
        for n, column in enumerate(columns):
            x, y = 2 + n * wide, 0
            for block in column:
                at = self._chapter(canvas, x, y, block, wide - 3, chosen, at)
                y += len(block) + 1 + gap
        return canvas, at

    def _members(self, chapter: str) -> list[Card | Broken]:
        return [card for card in self._cards if chapter_of(card) == chapter]

    def _parted(self, blocks: list[list[Card | Broken]], count: int) -> list[list[list[Card | Broken]]]:
        """The chapters in so many columns, in order, the highest of which is as low as it can be."""
        cuts = ((0, *cut, len(blocks)) for cut in combinations(range(1, len(blocks)), count - 1))
        parts = ([blocks[a:b] for a, b in pairwise(cut)] for cut in cuts)
        return min(parts, key=lambda part: self._highest(part, 1))

    @staticmethod
    def _highest(columns: Sequence[Sequence[Sequence[object]]], gap: int) -> int:
        """Lines of the highest column, a chapter's name over its lessons."""
        return max(sum(len(block) + 1 + gap for block in column) - gap for column in columns)

    def _chapter(
        self, canvas: Canvas, x: int, y: int, members: Sequence[Card | Broken], width: int, chosen: int, at: int
    ) -> int:
        """One chapter from line y on; the line of the chosen lesson if it is in it, else `at`."""
        chapter = chapter_of(members[0])
        number = [*CHAPTERS, "other"].index(chapter) + 1
        canvas.put(x, y, fit(f"{number} {self._words(f'chapter.{chapter}')}", width), "head")
        ids = max(len(card.id) for card in members)
        for i, card in enumerate(members, 1):
            at = y + i if self._cards.index(card) == chosen else at
            self._card(canvas, x, y + i, card, f"{number}.{i}", width, self._cards.index(card) == chosen, ids)
        return at

    def begin(self) -> Card | None:
        """The lesson to go on with: the one opened last, as long as it is not done.

        Else the first that is not done and needs nothing that is not; None when all is done.
        """
        cards = {card.id: card for card in self._cards if isinstance(card, Card)}
        last = cards.get(self._last)
        if last is not None and not self._done(last):
            return last
        open_ones = [card for card in cards.values() if not self._done(card)]
        ready = [card for card in open_ones if all(need not in cards or self._done(cards[need]) for need in card.needs)]
        return next(iter(ready or open_ones), None)

    def where_to_begin(self) -> str:
        """The lesson to begin or go on with, in words; "" when all is done."""
        card = self.begin()
        if card is None:
            return ""
        begun = any(self._begun(each) for each in self._cards if isinstance(each, Card))
        name = f"{self._number_of(card)} {card.title[self._words.lang]}"
        return self._words("contents.go_on" if begun else "contents.begin", lesson=name)

    def about(self, canvas: Canvas, card: Card | Broken, y: int) -> None:
        """Title, first line of the text, and stored position of a lesson, from line y on."""
        words, width = self._words, canvas.width
        canvas.fill(1, y, width - 2, "╌", "rule")
        if isinstance(card, Broken):
            canvas.put(2, y + 1, card.id, "head")
            canvas.put(2, y + 2, fit(card.error, width - 4), "warn")
            return
        x = canvas.put(2, y + 1, f"{self._number_of(card)} {card.id}   {card.title[words.lang]}", "head")
        key = "contents.about" if len(card.acts) > 1 else "contents.about_one"
        about = words(key, slides=slides_of(card, words), acts=len(card.acts), minutes=card.minutes)
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
        """Whether its acts were seen and its predictions met; of an older progress, whether the acts were."""
        return bool(self._progress.get(card.id, {}).get("done", self._acts(card) == len(card.acts)))

    def _card(
        self, canvas: Canvas, x: int, y: int, card: Card | Broken, number: str, width: int, chosen: bool, ids: int
    ) -> None:
        """One lesson in a line: its mark, number, id, title, slides and acts, as far as there is room."""
        ink = "head" if chosen else ""
        if chosen:
            canvas.put(x - 1, y, "►", "written")
        canvas.hit(x - 1, y, width, 1, "lesson", self._cards.index(card))
        if isinstance(card, Broken):
            canvas.put(x, y, f"! {number} {card.id}", "warn")
            return
        acts = self._acts(card)
        mark = "●" if self._done(card) else "◐" if self._begun(card) else "○"
        right = f"{acts}/{len(card.acts)}"
        if width >= SLIDES:
            right = f"{fit(card.slides, 14)}  {right}"
        canvas.right(x + width - 2, y, right, "dim")
        room = x + width - 3 - cell_len(right)
        title = card.title[self._words.lang]
        start = canvas.put(x, y, f"{mark} {number} ", ink)
        english = self._words.lang == "en"  # there the id says what the title says
        if not english and room - start - cell_len(card.id) - 2 < min(LEAST_TITLE, cell_len(title)):
            canvas.put(start, y, fit(title, room - start), ink)  # its number says which lesson it is
            return
        start = canvas.put(start, y, card.id, ink) + 2
        if width >= SLIDES:
            start = max(start, x + cell_len(f"{mark} {number} ") + ids + 1)
        if room - start >= 4:
            start = canvas.put(start, y, fit(title, room - start), ink) + 2
        if width >= TITLES - 3 and room - start >= 20:
            canvas.put(start, y, fit(card.lead[self._words.lang], room - start), "dim")

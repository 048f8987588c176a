"""Help and notices, and what all drawers share. Light: the contents need them before any lesson is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from lessons.contract.card import Broken, Card
from lessons.contract.phrases import Words
from tui.canvas.canvas import Canvas, boxed, fit, wrap
from tui.keys import ALL, Hint

if TYPE_CHECKING:
    from lessons.contract.text import Text
    from lessons.contract.view import View
    from lessons.finding import Found
    from lessons.player.player import Player
    from tui.draw.pen import Cursor

Styled = list[tuple[str, str]]
Told = Callable[[Words, "Text", int], Styled]
"""Lines of at most so many columns, in the words of a language and of a lesson."""


@dataclass
class Desk:
    """What a drawer may look at."""

    player: Player
    words: Words
    text: Text
    view: View
    cursor: Cursor | None
    ascii_only: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    """What symbols are called instead, in the notation chosen."""


def slides_of(card: Card, words: Words) -> str:
    """The slides of a lesson, in words: one or several."""
    return words("title.one_slide" if card.slides.isdecimal() else "title.slides", slides=card.slides)


class Drawer:
    """A drawer: its canvas, and what the arrows do in it. Keys that it does not take go on to the lesson."""

    keys: Sequence[tuple[str, str]] = (("esc", "leave"),)

    @property
    def aside(self) -> bool:
        """Whether it stands over the text, where there is a column of it, so that the stage is seen whole."""
        return False

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        """The drawer, at most so large."""
        raise NotImplementedError

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        """The keys that do something as it stands now."""
        return list(self.keys)

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        """An arrow; False where the drawer has no use for it."""
        return False


class Scrolled(Drawer):
    """A drawer of more lines than it may have room for, through which the arrows go."""

    top = most = 0
    """The first line that is seen, and the largest that it may be."""

    def seen(self, lines: Styled, height: int) -> Styled:
        """The lines that a drawer of this height has room for."""
        room = max(1, height - 2)
        self.most = max(0, len(lines) - room)
        self.top = min(self.top, self.most)
        return lines[self.top : self.top + room]

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        self.top = max(0, min(self.most, self.top + dy))
        return dy != 0 or dx != 0

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        return [key for key in self.keys if self.most or key[0] != "↑↓"]


class Choices(Drawer):
    """Places that fit what was typed, of which one is chosen."""

    keys = (("↑↓", "choose"), ("↵", "open"), ("esc", "leave"))

    def __init__(self, query: str, found: Sequence[Found], course: Mapping[str, Card | Broken]) -> None:
        self.query, self.found, self.at = query, found, 0
        self._course = course

    @property
    def chosen(self) -> Found:
        """The place that the mark stands at."""
        return self.found[self.at]

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        width, room = min(width, 76), max(1, height - 2)
        top = max(0, min(self.at - room // 2, len(self.found) - room))
        wide = max(cell_len(found.lesson) for found in self.found)
        lines: Styled = []
        for i, found in enumerate(self.found[top : top + room], top):
            said = f"{found.lesson:<{wide}}  {self._name(found, desk.words.lang)}"
            at = found.place.at if found.place is not None else ""
            said = fit(said, width - 8 - cell_len(at))
            gap = " " * (width - 6 - cell_len(said) - cell_len(at))
            lines.append((f"{'►' if i == self.at else ' '} {said}{gap}{at}", "head" if i == self.at else ""))
        return boxed(f"/ {self.query}", lines, width, desk.ascii_only)

    def _name(self, found: Found, lang: str) -> str:
        """What was found; of a slide, which has no name of its own, the title of the lesson."""
        card = self._course.get(found.lesson)
        return card.title[lang] if found.slide and isinstance(card, Card) else found.name[lang]

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        self.at = (self.at + dy) % len(self.found)
        return dy != 0

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        return list(self.keys if len(self.found) > 1 else self.keys[1:])


class Help(Scrolled):
    """All keys by their ids; before them those that do something at this moment, and the legend of the stage."""

    keys = (("↑↓", "more"), ("esc", "leave"))

    def __init__(self, ids: Sequence[str], now: Sequence[Hint] = (), legend: Told | None = None) -> None:
        self.ids, self.legend = ids, legend
        self.now = [hint for hint in now if hint.words]

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        words = desk.words
        lines: Styled = [(f"{hint.sign:<10}{words(f'keys.{hint.words}')}", "head") for hint in self.now]
        if self.now:
            lines = [(words("help.now"), "label"), *lines, ("", "")]
            told = [] if self.legend is None else self.legend(words, desk.text, min(width, 60) - 4)
            lines += [*told, *([("", "")] if told else []), (words("help.all"), "label")]
        lines += [(f"{ALL[key].sign:<10}{words(f'help.{key}')}", "") for key in self.ids]
        lines += [(words("help.digits"), "dim")]
        return boxed(words("drawer.help"), self.seen(lines, height), min(width, 60), desk.ascii_only)


@dataclass
class Notice(Drawer):
    """One message, on what, where and the way out; it waits until it is closed."""

    heading: str
    said: str
    keys: Sequence[tuple[str, str]] = (("esc", "leave"),)
    hint: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    passing: bool = False
    """Whether it goes with the next move."""

    @property
    def aside(self) -> bool:
        return self.passing

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        width = min(width, 60)
        lines: Styled = [(line, "") for line in wrap(self.said, width - 4)]
        if self.hint:
            lines += [("", ""), *((line, "dim") for line in wrap(self.hint, width - 4))]
        return boxed(self.heading, lines, width, desk.ascii_only)

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        return False

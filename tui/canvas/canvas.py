"""A canvas is a grid of characters, each with an ink: what every picture of the app is drawn on before it is painted.

Text is placed by cell width, so Chinese keeps the columns; a hit says what a click or the cell cursor finds there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from rich.cells import cell_len, get_character_cell_size, split_graphemes

from lessons.contract.text import MARK
from tui.canvas.visible import visible

_PAIRS = (
    "►> ◄< •* ·. −- ─- ━= │| ┃| ┌+ ┐+ "
    "└+ ┘+ ├+ ┤+ ┬+ ┴+ ┼+ ┏+ ┓+ ┗+ ┛+ ┳+ ┻+ ┣+ ╌- ═= ╸= ▲^ ▼v ●o ○. ◐@ ✓v ✗x …~ –- →> ←< ↑^ ↓v ⇐< ⇒> ⇓v ░. ▒: ▓# ≡% "
    "▁_ ▂_ ▃- ▄- ▅= ▆= ▇# ◉8 ◎: ◓^ ◒v "
    "█# ▌| δd ΣS ∂D ŷy ηn θo σs ∘* ‖| ∞8 √V ≤< ≥> ×x ▏| ▎| ▍| ▋| ▊| ▉| ↵/ ᵀ' ⁻- ␣_ ⏎/ ⇥> “\" ”\" ‘' ’' ▸> ⇄= ̂^ ̃~ Δd "
    "▀' ▄, ⁺+ ⟨< ⟩> ʰh ᵛv ›> ≈~ ╲\\ ╱/ ┊| ◆* ◇. ◦, ′' ρp ωw τt ΠP"
)
ASCII = {ord(pair[0]): pair[1] for pair in _PAIRS.split(" ") if len(pair) == 2}
_SMALL = zip("₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵉᵈˢˣ", "0123456789+-aehijklmnoprstuvxedsx", strict=True)
ASCII |= {ord(small): plain for small, plain in _SMALL}
"""For terminals that draw ambiguous characters double: one ASCII character for each, so that no column moves."""
BRAILLE = range(0x2800, 0x2900)


JOINER = "\u200d"


def columns(char: str) -> int:
    """How many columns a character takes."""
    return 1 if char < "\u0300" else get_character_cell_size(char)


def letters(text: str) -> Iterator[tuple[str, int]]:
    """What is drawn as one of a text, with its marks and joiners, and how many columns it takes."""
    for start, end, size in split_graphemes(text)[0]:
        whole = text[start:end].rstrip(JOINER)  # which would join it to what stands in the next cell
        yield whole, size


@lru_cache(maxsize=1 << 14)
def narrow(text: str) -> bool:
    """Whether every character takes one column."""
    return all(columns(char) == 1 for char in text)


def to_ascii(text: str) -> str:
    """The same columns in ASCII; Chinese stays, braille becomes stars."""
    plain = text.replace("²", "^2").translate(ASCII)
    if any(0x2800 <= ord(c) < 0x2900 for c in plain):
        plain = "".join(("*" if ord(c) > 0x2800 else " ") if ord(c) in BRAILLE else c for c in plain)
    return plain


class Hit(NamedTuple):
    """A rectangle of the canvas and what stands there: ("cell", symbol, index), ("act", id), ("key", action), …

    `lower` is set for the lower one of two numbers that share a line, one over the other.
    """

    x: int
    y: int
    width: int
    height: int
    target: tuple[Any, ...]
    lower: bool = False

    @property
    def level(self) -> float:
        """How far down it stands, in lines."""
        return self.y + self.lower / 2


class Run(NamedTuple):
    """Neighbouring characters of one ink."""

    text: str
    ink: str


class Canvas:
    """A grid `width` wide that grows downwards as it is drawn on. Ink is a word, or several joined by "+".

    `lacks` names what was left out for want of room, where nothing on the canvas says so.
    """

    def __init__(self, width: int, height: int = 0, ascii_only: bool = False) -> None:
        self.width, self.ascii_only = max(width, 0), ascii_only
        self.chars: list[list[str]] = []
        self.inks: list[list[str]] = []
        self.hits: list[Hit] = []
        self.lacks: list[str] = []
        self._grow(height)

    @property
    def height(self) -> int:
        return len(self.chars)

    def _grow(self, height: int) -> None:
        while len(self.chars) < height:
            self.chars.append([" "] * self.width)
            self.inks.append([""] * self.width)

    def put(self, x: int, y: int, text: str, ink: str = "") -> int:
        """Draw text from (x, y), cut at the right edge; the column after it. A wide character is never halved.

        A mark goes into the cell of its letter; control characters are shown as signs. What stands between two `MARK`
        is a term, in an ink of its own.
        """
        if y < 0:
            return x
        if MARK in text:
            for n, part in enumerate(text.split(MARK)):
                x = self.put(x, y, part, "term" if n % 2 else ink)
            return x
        text = visible(text)
        self._grow(y + 1)
        chars, inks = self.chars[y], self.inks[y]
        if self.ascii_only:
            text = to_ascii(text)
        if text and 0 <= x < self.width and narrow(text):  # all at once, as most text is
            end = min(x + len(text), self.width)
            self._clear(chars, x, end - x)
            chars[x:end], inks[x:end] = text[: end - x], [ink] * (end - x)
            return end
        for whole, size in letters(text):
            if size == 0:
                continue
            if x + size > self.width:
                break
            if x >= 0:
                self._clear(chars, x, size)
                chars[x], inks[x] = whole, ink
                if size == 2:
                    chars[x + 1], inks[x + 1] = "", ink
            x += size
        return x

    def _clear(self, chars: list[str], x: int, size: int) -> None:
        """Where what is drawn falls on half of a wide character, the other half becomes a space."""
        if chars[x] == "" and x > 0:
            chars[x - 1] = " "
        end = x + size
        if end < self.width and chars[end] == "":
            chars[end] = " "

    def row(self, x: int, y: int, char: str, inks: Sequence[str]) -> None:
        """One narrow character many times, each with its ink: a line of a picture, cut at the right edge."""
        self._grow(y + 1)
        end = min(x + len(inks), self.width)
        self.chars[y][x:end] = [char] * (end - x)
        self.inks[y][x:end] = inks[: end - x]

    def right(self, x: int, y: int, text: str, ink: str = "") -> None:
        """Draw text so that it ends before column x."""
        self.put(x - cell_len(text), y, text, ink)

    def fill(self, x: int, y: int, width: int, char: str, ink: str = "") -> None:
        """The same character `width` times."""
        self.put(x, y, char * max(width, 0), ink)

    def hit(self, x: int, y: int, width: int, height: int, *target: Any, lower: bool = False) -> None:
        """Say what a rectangle is."""
        self.hits.append(Hit(x, y, width, height, target, lower))

    def at(self, x: int, y: int) -> tuple[Any, ...] | None:
        """What stands at a place: the topmost hit there."""
        for hit in reversed(self.hits):
            if hit.x <= x < hit.x + hit.width and hit.y <= y < hit.y + hit.height:
                target: tuple[Any, ...] = hit.target
                return target
        return None

    def copy(self) -> Canvas:
        """What is drawn now, without what a click finds there."""
        found = Canvas(self.width, 0, self.ascii_only)
        found.chars, found.inks = [row[:] for row in self.chars], [row[:] for row in self.inks]
        return found

    def stamp(self, other: Canvas, x: int, y: int, height: int | None = None) -> None:
        """Copy another canvas, or its first `height` lines, to (x, y)."""
        lines = other.height if height is None else min(height, other.height)
        self._grow(y + lines)
        width = min(other.width, self.width - x)
        for row in range(lines):
            if width > 0:
                self._clear(self.chars[y + row], x, width)
            self.chars[y + row][x : x + width] = other.chars[row][:width]
            self.inks[y + row][x : x + width] = other.inks[row][:width]
        self.hits += [hit._replace(x=hit.x + x, y=hit.y + y) for hit in other.hits if hit.y < lines]
        self.lacks += other.lacks

    def part(self, first: int, last: int) -> Canvas:
        """Lines `first` to before `last`."""
        found = Canvas(self.width, 0, self.ascii_only)
        found.chars, found.inks = self.chars[first:last], self.inks[first:last]
        found.hits = [hit._replace(y=hit.y - first) for hit in self.hits if first <= hit.y < last]
        return found

    def runs(self, y: int) -> Iterator[Run]:
        """Line y as runs of one ink."""
        chars, inks = self.chars[y], self.inks[y]
        start = 0
        for x in range(1, self.width + 1):
            if x == self.width or inks[x] != inks[start]:
                if x > start:
                    yield Run("".join(chars[start:x]), inks[start])
                start = x

    def line(self, y: int) -> str:
        """Line y as plain text."""
        return "".join(self.chars[y])

    def looks_like(self, other: Canvas, y: int) -> bool:
        """Whether line y is the same on both."""
        return self.chars[y] == other.chars[y] and self.inks[y] == other.inks[y]

    def text(self) -> str:
        """The whole canvas as plain text, without trailing blanks."""
        return "\n".join(self.line(y).rstrip() for y in range(self.height))


def fit(text: str, width: int) -> str:
    """Text cut to a width in cells, with … where something is missing."""
    if cell_len(text) <= width:
        return text
    kept, used = "", 0
    for letter, size in letters(text):
        if used + size > width - 1:
            break
        kept, used = kept + letter, used + size
    return kept + "…" if width > 0 else ""


CLOSING = "，。；：！？、）》」』”’,.;:!?)]}…"
OPENING = "（《「『“‘"


@lru_cache(maxsize=512)
def wrap(text: str, width: int) -> tuple[str, ...]:
    """Text in lines of at most `width` cells (2 at least): words stay whole, Chinese breaks between characters.

    No line begins with a closing mark or ends with an opening one. A term that is parted is one in both lines.
    """
    if MARK in text:
        return tuple(_marked(text, wrap(text.replace(MARK, ""), width)))
    lines, line, used = [], "", 0
    width = max(width, 2)
    for piece in _pieces(text):
        size = cell_len(piece)
        if piece == " ":
            if line:
                line, used = line + " ", used + 1
            continue
        if used + size > width and line:
            lines.append(line.rstrip())
            line, used = "", 0
        while size > width:
            head = _head(piece, width)
            lines.append(head)
            piece = piece[len(head) :]
            size = cell_len(piece)
        line, used = line + piece, used + size
    return (*lines, line.rstrip()) if line.strip() or not lines else tuple(lines)


def _marked(text: str, lines: Sequence[str]) -> Iterator[str]:
    """The lines of a text with the marks that it has, a pair in each line."""
    at, inside = 0, False
    for line in lines:
        found = MARK if inside else ""
        for char in line:
            while text[at] != char:  # a mark, or spaces at the end of a line
                if text[at] == MARK:
                    inside, found = not inside, found + MARK
                at += 1
            found, at = found + char, at + 1
        if inside and text[at : at + 1] == MARK:
            inside, at, found = False, at + 1, found + MARK
        yield found + MARK if inside else found


def _pieces(text: str) -> Iterator[str]:
    """What stays together: a word or wide character with the marks that open before it and close behind it; spaces."""
    piece = ""
    for word in _words(text):
        marks = piece not in ("", " ") and (piece[-1] in OPENING or all(char in CLOSING for char in word))
        if marks and word != " ":
            piece += word
        else:
            if piece:
                yield piece
            piece = word
    if piece:
        yield piece


def _words(text: str) -> Iterator[str]:
    """Words, spaces, and single wide characters."""
    word = ""
    for start, end, size in split_graphemes(text)[0]:
        letter = text[start:end]
        if size == 2 or letter == " ":
            if word:
                yield word
            word = ""
            yield letter
        else:
            word += letter
    if word:
        yield word


def _head(word: str, width: int) -> str:
    kept, used = "", 0
    for _, end, size in split_graphemes(word)[0]:
        used += size
        if used > width:
            break
        kept = word[:end]
    return kept or word[:1]


def key_line(pairs: Sequence[tuple[str, str, str]], width: int, ascii_only: bool) -> Canvas:
    """Keys and what they do, (sign, words, action); cut from the right, the last two never."""
    canvas = Canvas(width, 1, ascii_only)
    if ascii_only:  # an arrow as > would be another key
        names = {"→": "right", "←": "left", "↑↓": "up/down", "↵": "enter", "←→": "left/right", "←↑↓→": "arrows"}
        pairs = [(names.get(sign, sign), said, action) for sign, said, action in pairs]
    sizes = [cell_len(f"{sign} {said}") + 2 for sign, said, _ in pairs]
    kept = list(range(len(pairs)))
    while sum(sizes[i] for i in kept) > width - 1 and len(kept) > 2:
        kept.pop(-3)
    x = 1
    for i in kept:
        sign, said, action = pairs[i]
        start = x
        x = canvas.put(x, 0, sign, "key")
        x = canvas.put(x + 1, 0, said, "dim")
        canvas.hit(start, 0, x - start, 1, "key", action)
        x += 2
    return canvas


def boxed(heading: str, lines: Sequence[tuple[str, str]], width: int, ascii_only: bool) -> Canvas:
    """Lines in a frame with a heading."""
    canvas = Canvas(width, len(lines) + 2, ascii_only)
    canvas.put(0, 0, "┌ ", "frame")
    x = canvas.put(2, 0, fit(heading, width - 6), "head")
    canvas.put(x, 0, " " + "─" * max(0, width - x - 2), "frame")
    canvas.put(width - 1, 0, "┐", "frame")
    for y, (line, ink) in enumerate(lines, 1):
        canvas.put(0, y, "│", "frame")
        canvas.put(2, y, fit(line, width - 3), ink)
        canvas.put(width - 1, y, "│", "frame")
    bottom = len(lines) + 1
    canvas.put(0, bottom, "└" + "─" * (width - 2) + "┘", "frame")
    return canvas

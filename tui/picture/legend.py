"""The legend of a stage: what the signs on it stand for, and what its symbols are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.walks.step import split
from lessons.contract.panels import (
    Beside,
    Curve,
    Field,
    Graph,
    Matrix,
    Multiples,
    Net,
    Network,
    Panel,
    Picture,
    Plot,
    Stave,
    Strip,
    Table,
    Tiles,
    TimeAxis,
    Tree,
)
from lessons.contract.phrases import Words
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.glossary import meaning
from lessons.explaining.typeset import name
from tui.canvas.canvas import Canvas, to_ascii, wrap
from tui.picture.lens import flat


class Sign(NamedTuple):
    """A sign of a stage: its phrase is `legend.<id>`; it is there where one of `chars` is, in an ink that begins so.

    With `kinds`, only where a panel of such a kind is on the stage.
    """

    id: str
    chars: str
    inks: tuple[str, ...] = ("",)
    kinds: tuple[type[Panel], ...] = ()


SHADED = ("pos", "neg")
WORDS = ("label", "law")
"""Inks of words, which may explain a sign themselves."""
FIELDS = (Field, Multiples, Network)
BRAILLE = "".join(map(chr, range(0x2801, 0x2900)))
SIGNS = (
    Sign("written", "►", ("written",)),
    Sign("read", "•"),
    Sign("unknown", "·", ("dim",)),
    Sign("column", "┌", ("frame",)),
    Sign("plus", "░▒▓", ("pos",)),
    Sign("minus", "-=≡", ("neg", "curve2")),
    Sign("halves", "▀"),
    Sign("cursor", "[", ("key",)),
    Sign("classes", "●○", ("head", "dot", "written"), FIELDS),
    Sign("several", "◉◎", ("head", "dot", "written"), FIELDS),
    Sign("both", "◓◒◐", ("head", "dot", "written"), FIELDS),
    Sign("wires", f"{BRAILLE}.:#-=%", ("wire",)),
    Sign("units", "●○", ("written", "head", "dim"), (Net,)),
    Sign("forward", "→↑", (), (Graph,)),
    Sign("backward", "⇐⇓", (), (Graph,)),
    Sign("next", "→", ("dim",), (Multiples,)),
    Sign("curves", "●○◆◇■□×+", ("curve", "forward", "backward", "update"), (Curve, Plot)),
    Sign("line", BRAILLE, ("curve",), (Curve, Plot)),
    Sign("here", "▲", ("head",), (Curve,)),
    Sign("place", "●▲", (), (Plot,)),
    Sign("zero", "╌┊", ("rule",), (Plot,)),
    Sign("same", "┐┘◄", ("right",), (Table,)),
    Sign("listed", "●○", (), (Table,)),
    Sign("own", "◆", ("head", "dot", "written"), FIELDS),
    Sign("live", "━┃┏┓┗┛┳┻═", ("forward+written", "backward+written", "update+written"), (Graph, Picture)),
    Sign("bar", "■░▒▓█", (), (Matrix, Picture)),
    Sign("years", "●◆○", (), (TimeAxis,)),
    Sign("span", "░", ("label",), (TimeAxis,)),
    Sign("path", "━┃┏┳┓┻", (), (Tree,)),
    Sign("note", "●◉◒z", (), (Stave,)),
    Sign("judged", "✓✗"),
    Sign("tile", "░▒▓█", (), (Tiles,)),
    Sign("token", "█", (), (Strip,)),
    Sign("hidden", "◄►…▲▼", ("key",)),
)


def kinds(panels: Sequence[Panel]) -> set[type[Panel]]:
    """The kinds of the panels, those side by side and those of several parts among them."""
    return {type(panel) for panel in flat(panels) if not isinstance(panel, Beside)}


def shown(canvas: Canvas, panels: Sequence[Panel]) -> list[Sign]:
    """The signs that stand on a stage."""
    there, cells = kinds(panels), set(_cells(canvas))

    def stands(sign: Sign) -> bool:
        chars = to_ascii(sign.chars) if canvas.ascii_only else sign.chars
        return any(char in chars and _fits(ink, sign.inks) for char, ink in cells)

    return [sign for sign in SIGNS if (not sign.kinds or there & set(sign.kinds)) and stands(sign)]


def _fits(ink: str, inks: tuple[str, ...]) -> bool:
    """Whether an ink begins so; where none is named, whether it is one of neither words nor magnitudes."""
    return ink.startswith(inks) if inks else ink not in WORDS and ink[:3] not in SHADED


def _cells(canvas: Canvas) -> Iterator[tuple[str, str]]:
    """(character, ink) of each cell; of a number its digits, point and sign are none."""
    for chars, inks in zip(canvas.chars, canvas.inks, strict=True):
        for x, (char, ink) in enumerate(zip(chars, inks, strict=True)):
            beside = chars[max(0, x - 1) : x] + chars[x + 1 : x + 2]
            if char != " " and not (ink[:3] in SHADED and any(each.isdigit() or each in ".−" for each in beside)):
                yield char, ink


def symbols(panels: Sequence[Panel], view: View) -> list[str]:
    """The families of symbols on a stage and in the step that led to it, the first symbol of each."""
    found = [block.symbol for panel in flat(panels) for block in panel.blocks()]
    found += sorted((*view.written, *(each for each in view.read if not view.hides(each))))
    firsts: dict[str, str] = {}
    for symbol in found:
        firsts.setdefault(split(symbol)[0], symbol)
    return list(firsts.values())


class Legend(NamedTuple):
    """What is said of a stage: its signs and its symbols, in the order of the stage."""

    signs: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()

    @classmethod
    def of(cls, canvas: Canvas, panels: Sequence[Panel], view: View) -> Legend:
        """That of a stage as it was drawn."""
        return cls(tuple(sign.id for sign in shown(canvas, panels)), tuple(symbols(panels, view)))

    def lines(self, words: Words, text: Text, width: int) -> list[tuple[str, str]]:
        """Lines for the help."""
        lines: list[tuple[str, str]] = []
        if self.signs:
            lines += [(words("help.legend"), "label")]
            lines += [(line, "") for sign in self.signs for line in hung(words(f"legend.{sign}"), width)]
        said = {name(split(each)[0]): meaning(text, words, each) for each in self.symbols}
        if any(said.values()):
            lines += [("", ""), (words("help.symbols"), "label")] if lines else [(words("help.symbols"), "label")]
            wide = max(8, *(len(symbol) + 2 for symbol, meant in said.items() if meant and len(symbol) < 14))
            for symbol, meant in said.items():
                lines += [(line, "") for line in hung(f"{symbol:<{wide}}{meant}", width, wide) if meant]
        return lines


def hung(said: str, width: int, by: int = 2) -> list[str]:
    """A line; of one that is too long the rest indented."""
    lines = wrap(said, width)
    first, *rest = lines if len(lines) == 1 else wrap(said, width - by)
    return [first, *(" " * by + line for line in rest)]

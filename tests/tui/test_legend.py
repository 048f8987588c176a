"""The help says what is drawn on the stage at this moment, and what its symbols are, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.device import HOST
from engine.walks.far import Far
from engine.walks.step import split
from lessons.contract.card import Card
from lessons.contract.phrases import LANGUAGES, Words
from lessons.course import course, open_lesson
from lessons.explaining.glossary import meaning
from lessons.explaining.typeset import name
from lessons.player.player import Player
from tests.tui.driving import go, lesson, shown
from tui.canvas.canvas import Canvas
from tui.picture import legend
from tui.picture.lens import flat
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look

CARDS = [card for card in course().values() if isinstance(card, Card)]
SIZES = ((80, 24), (100, 30), (120, 36))
EXPLAINED = set("►•░▒▓≡▀◉◎◓◒◐◆◇■□⇐⇓✓✗●○▲◄━┃┏┳┓┻⠿")
"""Characters that are signs wherever they stand on a stage."""


def pictures(card: Card) -> Iterator[LessonPicture]:
    """The lesson at the beginning of every act and a step further, as far as that is there at once."""
    player = Player(open_lesson(card), HOST, patience=0.5)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    for n, act in enumerate(card.acts):
        for step in (False, True):
            try:
                player.to_act(act)
                if step:
                    player.forward()
                    player.forward()
            except Far:
                continue
            picture = LessonPicture(player, Look(), Manner(Words("en", "tui")))
            picture.draw(*SIZES[(n + step) % 3], "", tuple)
            yield picture


def cells(canvas: Canvas) -> set[str]:
    """The characters of a stage; arrows of drawings aside, and what words of the stage explain themselves."""
    pairs = [
        (char, ink)
        for row, inks in zip(canvas.chars, canvas.inks, strict=True)
        for char, ink in zip(row, inks, strict=True)
    ]
    explained = {char for char, ink in pairs if ink in legend.WORDS}
    return {char for char, ink in pairs if char not in explained and (char, ink) != ("►", "dim")}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_sign_and_every_symbol_of_a_stage_is_explained(card: Card) -> None:
    seen = 0
    for picture in pictures(card):
        stage, panels = picture._bare
        found = picture.legend()
        chars = "".join(sign.chars for sign in legend.SIGNS if sign.id in found.signs)
        assert cells(stage) & EXPLAINED <= set(chars), (
            picture.player.path,
            sorted(cells(stage) & EXPLAINED - set(chars)),
        )
        for lang in LANGUAGES:
            words, text = Words(lang, "tui"), picture.text
            lines = [line for line, _ in found.lines(words, text, 56)]
            assert all(words(f"legend.{sign}")[:8] in " ".join(lines) for sign in found.signs)
            for symbol in {block.symbol for panel in flat(panels) for block in panel.blocks()}:
                said = meaning(text, words, symbol)
                assert not said or any(line.startswith(name(split(symbol)[0])) for line in lines), symbol
        seen += 1
    assert seen


def test_no_sign_is_explained_that_is_not_there() -> None:
    canvas = Canvas(40)
    canvas.put(0, 0, "► .500", "")
    canvas.put(0, 1, "−.500  -.500", "neg2")
    assert legend.shown(canvas, ()) == []
    canvas.put(0, 2, "≡=", "neg3")
    canvas.put(0, 3, "►", "written")
    assert [sign.id for sign in legend.shown(canvas, ())] == ["written", "minus"]
    ascii_only = Canvas(40, 0, ascii_only=True)
    ascii_only.put(0, 0, "  .500  -.500", "neg2")
    assert legend.shown(ascii_only, ()) == []
    ascii_only.put(0, 1, "▓ ░", "pos3")
    assert [sign.id for sign in legend.shown(ascii_only, ())] == ["plus"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_help_has_the_legend(tmp_path: Path, size: tuple[int, int], lang: str) -> None:
    async with lesson(tmp_path, size, id="bptt") as (pilot, screen):
        go(screen, "dW/t=3/k=1")
        if lang == "zh":
            await pilot.press("l")
        await pilot.press("question_mark")
        said = ""
        for _ in range(12):
            said += shown(screen, "stage")
            await pilot.press("pagedown")
        plain = re.sub("[│ ]+", " ", said)
        for key in ("help.legend", "help.symbols", "legend.written", "legend.read", "legend.backward"):
            assert screen.words(key) in plain
        assert re.search("δ +" + {"en": "∂Eₜ/∂netₖ of one loss", "zh": "一个损失的 ∂Eₜ/∂netₖ"}[lang], plain)
        assert plain.index(screen.words("help.now")) < plain.index(screen.words("help.legend"))


async def test_colours_are_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lesson(tmp_path, (120, 36), id="playground") as (pilot, screen):
        await pilot.press("question_mark")
        found = screen.picture.legend().signs
        assert "halves" not in found
        go(screen, "train/update=2")
        found = screen.picture.legend().signs
        assert "halves" not in found
        assert {"plus", "minus", "classes", "wires"} <= set(found)

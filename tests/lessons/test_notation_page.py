"""docs/notation.md has every symbol of every formula, stage and inspector; the app has the table of the page."""

from __future__ import annotations

import re

import pytest

from lessons.contract.card import Card
from lessons.course import course
from lessons.explaining.table import entries
from tests.notation_page import PAGE, base, own

CARDS = [card for card in course().values() if isinstance(card, Card)]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_no_symbol_is_missing_on_the_page(card: Card) -> None:
    """Made anew by `python -m tests.notation_page`."""
    page = PAGE.read_text(encoding="utf-8")
    listed = page.partition(f"\n## {card.id}\n")[2].partition("\n## ")[0]
    on_page = set(re.findall(r"(?m)^\| `([^`]+)` \|", listed))
    assert {base(symbol) for symbol in own(card)} - on_page == set()


def test_the_letters_of_the_course_stand_first_once_each() -> None:
    head = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    letters = re.findall(r"(?m)^\| `([^`]+)` \|", head)
    assert letters == [entry.symbol for entry in entries()]
    assert len(set(letters)) == len(letters)
    assert all(entry.en and entry.zh and entry.first for entry in entries())

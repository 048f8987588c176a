"""Every symbol that a rule or a state names, and every knob, is said in a few words, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from engine.step import split
from lessons.course import Card, course
from lessons.glossary import meaning, setting
from lessons.text import Text, load
from lessons.words import LANGUAGES, Words
from tests.lessons.playing import played

CARDS = [card for card in course().values() if isinstance(card, Card)]
VARIED = ("reset", "model", "cell", "loss", "optimiser", "activation")
"""Knobs that change what rules there are."""
both = pytest.mark.parametrize("lang", LANGUAGES)
every = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)


def text_of(card: Card, lang: str) -> Text:
    return load(card.load.partition(":")[0].rpartition(".")[0], lang)


def variants(card: Card) -> Iterator[dict[str, Any]]:
    knobs = [knob for knob in card.knobs if knob.id in VARIED and knob.choices]
    for values in product(*(knob.choices for knob in knobs)):
        yield dict(zip((knob.id for knob in knobs), values, strict=True))


def named(rule: str) -> set[str]:
    """The symbols of a rule: neither its functions nor the indices in brackets."""
    tree = ast.parse(rule)
    calls = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    within = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Subscript) for inner in ast.walk(node.slice)}
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in calls | within}


def symbols(card: Card) -> set[str]:
    found: set[str] = set()
    for given in variants(card):
        made = played(card, **given)
        for rule in made.lesson.rule(made.knobs).values():
            found |= named(rule)
        found |= {split(name)[0] for name in (*made.start.params, *made.start.inputs)}
    return found


@every
def test_every_symbol_is_explained(card: Card) -> None:
    used = symbols(card)
    assert len(used) > 8
    for lang in LANGUAGES:
        text, words = text_of(card, lang), Words(lang)
        assert {symbol for symbol in used if not meaning(text, words, symbol)} == set()
        assert set(text["symbols"].phrases()) - used == set(), "explained, but nowhere used"


@every
@both
def test_every_knob_is_explained(card: Card, lang: str) -> None:
    text, words = text_of(card, lang), Words(lang)
    ids = {knob.id for knob in card.knobs}
    assert {knob for knob in {*ids, "seed"} if not setting(text, words, knob)} == set()
    if "knobs" in text:
        assert set(text["knobs"].phrases()) <= ids


def test_parts_of_gates_and_layers_and_what_comes_of_them() -> None:
    text, words = text_of(next(card for card in CARDS if card.id == "lstm"), "en"), Words("en")
    assert meaning(text, words, "Uf") == "weights from the state before into the forget gate f"
    assert meaning(text, words, "delta_g[2]") == "error of the new content g: how E changes with its net input"
    assert meaning(text, words, "dWi[1,0]") == "gradient: how E changes with Wi"
    assert meaning(text, words, "G_by") == "what the optimiser remembers of the gradients of by"
    assert meaning(text, words, "W2") == "weights into layer 2"
    assert meaning(text, words, "dq") == meaning(text, words, "Wx") == meaning(text, words, "nothing") == ""

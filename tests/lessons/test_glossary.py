"""Every symbol that a rule or a state names, and every knob, is said in a few words, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from engine.walks.step import split
from lessons.contract.card import Card
from lessons.contract.phrases import LANGUAGES, Words
from lessons.contract.text import Text, load
from lessons.course import course
from lessons.explaining.glossary import meaning, setting
from lessons.explaining.typeset import SIDES, START
from tests.lessons.playing import played

CARDS = [card for card in course().values() if isinstance(card, Card)]
VARIED = ("reset", "model", "cell", "loss", "optimiser", "activation", "kernel", "attention")
"""Knobs that change what rules there are."""
both = pytest.mark.parametrize("lang", LANGUAGES)
every = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)


def text_of(card: Card, lang: str) -> Text:
    return load(card.load.partition(":")[0].rpartition(".")[0], lang)


def variants(card: Card) -> Iterator[dict[str, Any]]:
    knobs = {knob.id: knob.choices for knob in card.knobs if knob.id in VARIED and knob.choices}
    if card.id == "generate":
        knobs["layers"] = ("1", "2")
    if card.id == "caption":
        knobs |= {"eye": ("linear", "mlp", "cnn"), "trained": ("0",)}
    for values in product(*knobs.values()):
        yield dict(zip(knobs, values, strict=True))


def named(rule: str) -> set[str]:
    """The symbols of a rule, with an index where they have one; of what may be the timestep before, the start too."""
    tree = ast.parse(rule)
    calls = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    indexed = {id(node.value): node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    within = {id(inner) for index in indexed.values() for inner in ast.walk(index)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in calls | within:
            index = indexed.get(id(node))
            found.add(node.id if index is None else f"{node.id}[0]")
            if isinstance(index, ast.BinOp) and isinstance(index.op, ast.Sub):
                found.add(node.id + START)
    return found


def symbols(card: Card) -> set[str]:
    found: set[str] = set()
    for given in variants(card):
        made = played(card, **given)
        for rule in made.lesson.rule(made.knobs).values():
            found |= named(rule)
        found |= {*made.start.params, *made.start.inputs}
    return found


@every
def test_every_symbol_is_explained(card: Card) -> None:
    used, rows = symbols(card), {each.rows for each in getattr(played(card).lesson, "holds", ())}
    assert len(used) > 5
    for lang in LANGUAGES:
        text, words = text_of(card, lang), Words(lang)
        assert {symbol for symbol in used if not meaning(text, words, symbol)} == set()
        keys = {key.replace("[t]", "[0]") for key in text["symbols"].phrases()}
        families = {split(symbol)[0] for symbol in used}
        families |= {family[:-2] for family in families if family[-2:] in SIDES}
        assert keys - used - rows - families == set(), "explained, but nowhere used"


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
    assert meaning(text, words, "Wf") == "weights from the state before into the forget gate f"
    error = "error of the candidate state g: derivative of E with respect to its net input"
    assert meaning(text, words, "delta_g[2]") == error
    assert meaning(text, words, "dUi[1,0]") == "gradient: derivative of E with respect to Ui"
    assert meaning(text, words, "G_by") == "what the optimiser accumulates of the gradients of by"
    assert meaning(text, words, "W2") == "weights into layer 2"
    assert meaning(text, words, "Wf2") == "weights from the state before into the forget gate f, layer 2"
    assert meaning(text, words, "dWf2") == "gradient: derivative of E with respect to Wf₂"
    assert meaning(text, words, "h2[3]") == f"{meaning(text, words, 'h[3]')}, layer 2"
    assert meaning(text, words, "c2_init") == "start state: c₂ before the first timestep"
    assert meaning(text, words, "dq") == meaning(text, words, "Wx") == meaning(text, words, "nothing") == ""


def test_one_letter_for_two_things() -> None:
    """A GRU's n[t] is its content, and plain n, as in 0.9ⁿ, the update; its z₂ is a gate, another net's a net input."""
    words = Words("en")
    for id in ("gru", "memory", "generate"):
        text = text_of(next(card for card in CARDS if card.id == id), "en")
        assert meaning(text, words, "n[3]") == "candidate state"
        assert meaning(text, words, "n") == "number of the update"
        assert meaning(text, words, "z2[1]").startswith("update gate")
    text = text_of(next(card for card in CARDS if card.id == "network"), "en")
    assert meaning(text, words, "net2") == "net inputs of layer 2"
    assert meaning(text, words, "b2") == "biases of layer 2"

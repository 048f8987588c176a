"""Lessons that are begun in Chinese: which defaults they have, that these are kept; and English stays as it was."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from engine.device import HOST
from lessons.contract.card import Card, Place
from lessons.contract.knobs import Knob
from lessons.course import open_lesson
from lessons.data.corpora import WORLDS
from lessons.player.bookmark import bring_back, is_set_up_as, keep
from lessons.player.player import Player
from lessons.player.show import everything
from tests.lessons.playing import CARDS, CHINESE, in_chinese

HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2,}")
BY_ID = {card.id: card for card in CARDS}
chinese = pytest.mark.parametrize("card", CHINESE, ids=lambda card: card.id)


def begun(card: Card, language: str = "zh", **given: Any) -> Player:
    return Player(open_lesson(card), HOST, given, language=language)


def english(knob: Knob) -> bool:
    """Whether a lesson begun in Chinese would have something English there, and could have something Chinese."""
    value = str(knob.begins("zh"))
    if knob.choices:
        return value in ("en", "world-en", "python") and bool({"zh", *WORLDS} & {*knob.choices})
    return knob.kind == "text" and ENGLISH.search(value) is not None


def test_no_default_is_english_where_there_is_a_chinese_one() -> None:
    assert [(card.id, knob.id) for card in CARDS for knob in card.knobs if english(knob)] == []
    assert {card.id for card in CHINESE} >= {
        "srn", "bptt", "lstm", "gru", "generate", "shapes", "caption",
        "words", "windows", "negative-sampling", "hierarchical-softmax", "word2vec",
    }  # fmt: skip
    texts = [str(knob.zh) for card in CARDS for knob in card.knobs if knob.zh is not None and not knob.choices]
    assert all(HAN.search(text) and not ENGLISH.search(text) for text in texts)


@chinese
def test_what_json_says_of_them(card: Card) -> None:
    found, plain = (everything(begun(card, language), all_steps=False) for language in ("zh", "en"))
    assert found["defaults"] == "zh"
    assert "defaults" not in plain
    assert plain == everything(Player(open_lesson(card), HOST), all_steps=False)
    own = {knob.id: knob.zh for knob in card.knobs if knob.zh is not None}
    assert {name: found["knobs"][name] for name in own} == own
    again = begun(in_chinese(card), "en")  # with a seed or without: as if these were given on the card
    assert everything(again, all_steps=False) == {name: each for name, each in found.items() if name != "defaults"}


@chinese
def test_a_place_that_was_left_has_the_language_it_was_begun_in(card: Card) -> None:
    for first, later in (("zh", "en"), ("en", "zh")):
        player = begun(card, first)
        player.forward()
        kept = json.loads(json.dumps(keep(player)))
        back = begun(card, later)
        assert bring_back(back, kept)
        assert back.knobs == player.knobs
        assert not back.changed - {"symbols"}  # which follows from the text
        assert is_set_up_as(kept, Place("x"), card.knobs)
        back.set_knobs({}, 5)
        back.undo()
        assert back.knobs == player.knobs
        back.restart(later)
        assert back.knobs == begun(card, later).knobs
    del kept["language"]  # written before there were defaults in two languages
    assert bring_back(back, kept)
    assert back.knobs == begun(card, "en").knobs


def test_a_place_fits_what_was_kept_by_what_its_knobs_come_to() -> None:
    windows = BY_ID["windows"]
    fox = windows.places[44]
    for language, fits in (("en", True), ("zh", False)):
        assert is_set_up_as(keep(begun(windows, language)), fox, windows.knobs) == fits


def test_hello_and_its_chinese_have_the_same_numbers() -> None:
    """Five letters of four kinds in the same order: the lecture's weights, and all that was worked out with them."""
    for id in ("srn", "bptt"):
        one, other = (everything(begun(BY_ID[id], language), all_steps=False) for language in ("en", "zh"))
        assert (one["knobs"]["text"], other["knobs"]["text"]) == ("hello", "他说慢慢来")
        assert one["params"] == other["params"]
        assert one["result"] == other["result"]


def test_the_small_text_has_words_and_likeness() -> None:
    """Cat is like dog and king like queen, by company and by dense vectors; one-hot vectors are all alike."""
    found = everything(begun(BY_ID["words"]), all_steps=False)["result"]
    assert {"国王", "王后"} <= set(found["words"])
    for kind in ("company", "dense"):
        cosine = {tuple(pair): each["cosine"] for pair, each in zip(found["pairs"], found[kind], strict=True)}
        near = min(cosine.pop(("猫", "狗")), cosine.pop(("国王", "王后")))
        assert near > 0.4 + max(cosine.values())


@pytest.mark.parametrize("kinds", [30, 41, 300])
def test_a_text_is_asked_how_many_letters_it_has(kinds: int) -> None:
    text = "".join(chr(0x4E00 + i % kinds) for i in range(900))
    player = begun(BY_ID["generate"], "en", text=text, hidden=2)
    assert len(player.start.inputs["letters"]) == kinds
    assert player.knobs["symbols"] == max(40, kinds)
    few = begun(BY_ID["generate"], "en", text=text, hidden=2, symbols=20)
    assert len(few.start.inputs["letters"]) == 20


@pytest.mark.exhaustive
def test_rare_letters_of_english_are_left_out_as_before_and_a_run_that_had_fewer_comes_back() -> None:
    card = BY_ID["generate"]
    assert begun(card, "en").knobs["symbols"] == 40
    player = begun(card, "en", corpus="world-zh", hidden=4, symbols=40)
    player.jump("train/update=3")
    kept = keep(player)
    del kept["given"]["symbols"]  # as it was written when 40 were the default of every text
    kept["schema"] = 2
    back = begun(card, "en")
    assert bring_back(back, kept)
    assert back.knobs == player.knobs
    assert back.history.curve() == player.history.curve()

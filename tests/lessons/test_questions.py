"""Predictions: what is recorded of them, what is asked again, and laws over the questions of all lessons."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import partial

import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.lesson import Ask
from lessons.contract.phrases import LANGUAGES
from lessons.contract.text import fill, load, parse
from lessons.course import course, open_lesson
from lessons.player.player import Player
from lessons.player.questions import KINDS
from tests.lessons.playing import CARDS, every_card

MOST = 0.4
"""The share of the questions in which the right choice may stand at the same place."""


def choices(card: Card, train: bool = True) -> Iterator[tuple[Ask, str]]:
    """The questions of a lesson that have options, with the truth at its own knobs; those about training if wanted."""
    player = Player(open_lesson(card), HOST)
    for ask in player.lesson.asks:
        if ask.kind == "choice" and (train or ask.track == "reel"):
            if ask.where(player.knobs, player.start) is None:
                continue
            if ask.track == "train":
                player.to_act("train")
            yield ask, str(ask.truth(player.ahead(ask)))


@pytest.mark.representative("neuron", "bptt", "words")
@every_card()
def test_every_wrong_option_is_answered_in_both_languages(card: Card) -> None:
    lesson, remarks = open_lesson(card), dict[str, dict[str, list[str]]]()
    truths = {ask.id: truth for ask, truth in choices(card, train=False)}
    for lang in LANGUAGES:
        text = load(type(lesson).__module__.rpartition(".")[0], lang)
        for ask in lesson.asks:
            section = text[f"ask.{ask.id}"]
            said = {key: section.remark(key) for key in section.phrases() if section.remark(key)}
            assert bool(said) == (ask.kind == "choice"), ask.id
            missing = set(section.phrases()) - set(said)
            assert missing <= {truths.get(ask.id, "")}, (ask.id, lang)
            assert len(set(said.values())) == len(said)
            assert lang == "en" or all(re.search("[\u4e00-\u9fff]", remark) for remark in said.values())
            remarks.setdefault(ask.id, {})[lang] = list(said)
    assert all(found["en"] == found["zh"] for found in remarks.values())


@pytest.mark.exhaustive
def test_the_right_choice_has_no_favourite_place() -> None:
    for lang in LANGUAGES:
        places = Counter[int]()
        for card in CARDS:
            for ask, truth in choices(card):
                text = load(type(open_lesson(card)).__module__.rpartition(".")[0], lang)
                places[list(text[f"ask.{ask.id}"].phrases()).index(truth)] += 1
        assert max(places.values()) <= MOST * places.total(), places


def asking() -> Player:
    """A neuron at its first question."""
    player = Player(open_lesson(course()["neuron"]), HOST)
    player.grain = player.lesson.grains["act"]
    player.forward()
    assert player.asked is not None
    return player


def test_every_try_is_recorded_with_what_was_chosen_and_when() -> None:
    player = asking()
    player.answer(0.5)
    assert player.ask_again(KINDS["wrong"]) == 1
    player.home()
    player.forward()
    player.answer(0.7)
    player.forward()
    while player.asked is None or player.asked.verdict:
        player.forward()
    player.skip()
    assert player.record == {"net": "right", "felt": "skipped"}
    tries = player.questions.take_tries()
    told = [(each["id"], each["chosen"], each["verdict"]) for each in tries]
    assert told == [("net", 0.5, "wrong"), ("net", 0.7, "right"), ("felt", None, "skipped")]
    assert all(datetime.fromisoformat(each["at"]).tzinfo for each in tries)
    assert player.questions.take_tries() == []


def test_a_try_outlives_a_change_of_knobs() -> None:
    player = asking()
    player.answer(0.5)
    player.set_knobs({"inputs": 2})
    assert [each["verdict"] for each in player.questions.take_tries()] == ["wrong"]


def test_one_chooses_what_is_asked_again() -> None:
    record = {"a": "right", "b": "wrong", "c": "skipped", "d": "wrong"}
    player = asking()
    for kind, count, left in (("skipped", 1, "abd"), ("wrong", 2, "ac"), ("all", 4, "")):
        player.record = dict(record)
        assert len(player.questions.again(KINDS[kind])) == count
        assert player.ask_again(KINDS[kind]) == count
        assert "".join(player.record) == left


@pytest.mark.representative("neuron", "bptt", "rivals", "network")
@every_card()
def test_from_act_to_act_no_open_question_is_left_behind(card: Card) -> None:
    """At three grains: what is passed by counts as skipped, what waits ahead does not."""
    lesson = open_lesson(card)
    for grain in {lesson.grains["act"], lesson.grains[lesson.grain], max(lesson.grains.values())}:
        player = Player(lesson, HOST)
        player.grain, passed = grain, 0
        while player.act != card.acts[-1]:
            before = set(player.record)
            gone = player.questions.pass_by(player.position, player.next_act)
            assert gone == len(set(player.record) - before)
            passed += gone
            if not player.spot.training:
                first = player.reel.start(player.spot.p, lesson.grains["act"])
                for at, ask in player.asks():
                    assert (ask.id in player.record) == (at < player.spot.p), (ask.id, grain)
                    assert not first <= at < player.spot.p, (ask.id, grain)
        assert player.record == dict.fromkeys(player.record, "skipped")
        assert len(player.questions.take_tries()) == passed
        assert player.questions.pass_by(player.position, partial(player.to_act, card.acts[0])) == 0


def test_an_address_passes_no_question_by() -> None:
    player = Player(open_lesson(course()["bptt"]), HOST)
    player.jump("dW/t=3/k=1")
    assert player.record == {}
    player.jump("forward/t=1")
    assert player.questions.pass_by(player.position, player.end) > 0


def test_a_question_about_a_new_act_stands_in_it_and_its_first_step_is_not_shown_yet() -> None:
    player = Player(open_lesson(course()["network"]), HOST)
    player.grain = player.lesson.grains["act"]
    while player.asked is None:
        player.forward()
    assert (player.asked.ask.id, player.act) == ("bent", "nonlinear")
    assert player.view().get("oa") is None
    assert player.view().written == frozenset()
    player.answer("no")
    assert player.view().get("oa") is not None


def test_fine_steps_do_not_slip_past_a_question_at_the_first_step_of_an_act() -> None:
    player = Player(open_lesson(course()["network"]), HOST)
    player.grain = max(player.lesson.grains.values())
    while player.asked is None:
        assert player.act == "forward", "the first step of the act would have been shown"
        player.forward()
    assert player.asked.ask.id == "bent"


def test_a_marked_sentence_waits_for_the_answer() -> None:
    said = "One. {?a b}Two {n}.{/} Three."
    assert fill(said, {"n": 2}, ["b"]) == "One. Three."
    assert fill(said, {"n": 2}, ["c"]) == "One. Two 2. Three."
    assert fill("{?a}All of it.{/}", {}, ["a"]) == ""


def test_remarks_belong_to_the_option_above_them() -> None:
    section = parse("## ask.a: A\n\nWhich?\n\n- x: one\n  - not one\n- y: two\n- z: three\n  - not three\n\nWhy.\n")[
        "ask.a"
    ]
    assert section.phrases() == {"x": "one", "y": "two", "z": "three"}
    assert [section.remark(key) for key in "xyz"] == ["not one", "", "not three"]
    assert section.after == ("Why.",)

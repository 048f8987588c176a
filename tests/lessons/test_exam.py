"""Exam questions: three for each lesson, and whatever is computed in them holds for all that a learner can set."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.knobs import Knob, Refused
from lessons.contract.phrases import LANGUAGES
from lessons.contract.text import Text, load, parse
from lessons.course import course, open_lesson
from lessons.explaining.computed import CONDITION, PLACEHOLDER, Unresolved, written
from lessons.explaining.inspect import Inspection
from lessons.player.exam import SECTION, Paper, Run, Worked, exam
from lessons.player.player import Player
from lessons.player.show import everything, exam_object

CARDS = {card.id: card for card in course().values() if isinstance(card, Card)}
UPDATES = 3


def text_of(id: str, lang: str = "en") -> Text:
    return load(CARDS[id].load.partition(":")[0].rpartition(".")[0], lang)


each = pytest.mark.parametrize("id", CARDS)


def opened(id: str, seed: int | None = None, **given: Any) -> Player:
    return Player(open_lesson(CARDS[id]), HOST, given, seed)


@cache
def default(id: str) -> Player:
    return opened(id)


def holds(player: Player) -> tuple[Worked, ...]:
    """Everything is computed, and to the same numbers in both languages."""
    paper = Paper(Run.of(player))
    en, zh = (paper.questions(text_of(player.lesson.card.id, lang), {}) for lang in LANGUAGES)
    for one, other in zip(en, zh, strict=True):
        assert one.unresolved == other.unresolved == ()
        assert one.values.keys() == other.values.keys()
        assert kinds(one) == kinds(other)
        for paragraph in (*one.asked, *one.answer, *other.asked, *other.answer):
            assert isinstance(paragraph, Inspection) or not {"{", "}", "·" * 2} & set(paragraph)
    return en


def kinds(worked: Worked) -> list[bool]:
    return [isinstance(each, Inspection) for each in (*worked.asked, *worked.answer)]


def other(knob: Knob) -> Any:
    """A value that is not the default; None where there is none to be had so easily."""
    if knob.kind == "several":
        return ",".join(knob.choices[1:4])
    if knob.choices:
        return knob.choices[(knob.choices.index(str(knob.default)) + 1) % len(knob.choices)]
    if knob.kind == "int":
        beyond = int(knob.default) + 1
        return beyond if beyond <= knob.high else beyond - 2
    if knob.kind == "float":
        return next((x for x in (float(knob.default) * 1.5, knob.high, knob.low) if knob.low <= x <= knob.high), None)
    return None


def changed(id: str) -> Iterator[tuple[str, Player]]:
    """The lesson with each knob at another value in turn."""
    for knob in CARDS[id].knobs:
        if knob.id == "trained" or other(knob) in (None, knob.default):
            continue
        try:
            yield knob.id, opened(id, **{knob.id: other(knob)})
        except Refused:
            continue


def together(id: str) -> Player:
    """The lesson with as many knobs as go together at other values."""
    given: dict[str, Any] = {}
    for knob in CARDS[id].knobs:
        if knob.kind in ("int", "float", "choice") and knob.high < 1e5 and other(knob) is not None:
            try:
                opened(id, **given, **{knob.id: other(knob)})
            except Refused:
                continue
            given[knob.id] = other(knob)
    return opened(id, **given)


def test_every_lesson_has_three() -> None:
    for id in CARDS:
        count = sum(section.startswith(SECTION) for section in text_of(id).sections)
        assert count == 3, (id, count)


@each
def test_sections_stand_at_the_end_and_have_an_answer(id: str) -> None:
    for lang in LANGUAGES:
        sections = text_of(id, lang).sections
        assert all(section.startswith(SECTION) for section in list(sections)[-3:])
        for section in list(sections.values())[-3:]:
            assert section.before
            assert section.after
            assert PLACEHOLDER.search("\n".join(section.after)), f"{section.id} computes nothing"


@each
def test_everything_is_computed(id: str) -> None:
    for worked in holds(default(id)):
        assert worked.answer


@each
def test_everything_is_computed_at_other_knobs(id: str) -> None:
    holds(together(id))


@each
@pytest.mark.exhaustive
def test_everything_is_computed_whatever_knob_is_turned(id: str) -> None:
    for knob, player in changed(id):
        try:
            holds(player)
        except AssertionError as error:
            raise AssertionError(f"{knob} = {player.knobs[knob]}: {error}") from error


@each
def test_everything_is_computed_after_an_edit_and_in_training(id: str) -> None:
    player = opened(id)
    weights = player.lesson.weights(player.start)
    if weights:
        symbol = next((s for s in (weights[0], f"{weights[0]}[1]") if player.lesson.editable(s)), None)
        assert symbol is not None
        index = (0,) * player.start.params[weights[0]].ndim if symbol == weights[0] else (0,)
        player.edit(symbol, index, player.lesson.nudged(player.start, symbol, index, 1))
    holds(player)
    if player.trains:
        player.to_act("train")
        player.jump(f"update {UPDATES}")
        holds(player)


def test_an_edit_changes_the_answers() -> None:
    player = opened("neuron")
    before = {key: value for worked in holds(player) for key, value in worked.values.items()}
    player.edit("w[1]", (0,), "2")
    after = {key: value for worked in holds(player) for key, value in worked.values.items()}
    assert abs(before["net"] - 0.7) < 1e-12
    assert abs(after["net"] - 1.9) < 1e-12
    o = 1 / (1 + np.exp(-1.9))
    assert abs(after["do_w[1]"] - o * (1 - o)) < 1e-12
    assert abs(after["-sum(w*x)"] + 2.4) < 1e-12


def test_conditions_follow_the_run() -> None:
    player = opened("neuron")
    assert "smaller, by" in said(player)
    player.edit("b", (0,), "-3")
    assert "larger, by" in said(player)


def said(player: Player) -> str:
    return "\n".join(str(each) for worked in exam(player, text_of(player.lesson.card.id)) for each in worked.answer)


def test_json_has_the_exam() -> None:
    found = exam_object(opened("neuron"), text_of("neuron", "zh"))
    assert [each["id"] for each in found] == ["output", "slope", "bias"]
    assert abs(found[0]["values"]["net"] - 0.7) < 1e-12
    assert everything(opened("neuron"), all_steps=False)["result"]["net"] == found[0]["values"]["net"]


# the language of placeholders


def value(player: Player, expression: str, at: str = "") -> Any:
    return Paper(Run.of(player)).computed.value(expression, at)


def test_symbols_entries_and_families() -> None:
    player = opened("bptt")
    states = {step["path"][-1][1]: step["values"] for step in everything(player, True)["steps"] if step["op"] == "s"}
    assert value(player, "s[3][1]") == states[3]["s[3]"][1]
    assert value(player, "s[last][1]") == states[3]["s[3]"][1]
    assert value(player, "W[0,1]") == player.start.params["W"][0, 1]
    losses = [value(player, f"E[{t}]") for t in range(4)]
    assert abs(value(player, "sum(E)") - sum(losses)) < 1e-12
    assert value(player, "argmax(E)") == int(np.argmax(losses))
    assert value(player, "vocabulary[argmax(x[0])]") == player.start.inputs["text"][0]
    assert value(player, "s[0]", "forward/t=0")[0] == states[0]["s[0]"][0]
    assert value(player, "E[last]", "forward/t=last") == losses[3]
    np.testing.assert_array_equal(value(player, "dW[last]"), value(player, "dW[3]"))  # not the second row of their sum
    with pytest.raises(Unresolved, match="not known"):
        value(player, "E[3]", "forward/t=1")
    assert value(player, "known(E[3])", "forward/t=1") is False
    assert value(player, 'E[0] - there(E[3], "forward")', "forward/t=1") == losses[0] - losses[3]
    np.testing.assert_allclose(value(player, "W @ s[2]"), player.start.params["W"] @ value(player, "s[2]"))
    assert value(player, "radius(W)") == max(abs(np.linalg.eigvals(player.start.params["W"])))


def test_training_is_that_of_the_learner() -> None:
    player = opened("bptt")
    player.to_act("train")
    player.jump("update 7")
    W, at_start = player.start_here().params["W"], opened("bptt").start.params["W"]
    np.testing.assert_array_equal(value(player, "W", "train"), W)
    assert Paper(Run.of(player)).own.history.first == 7  # from the state in focus: no update is made again for it
    np.testing.assert_array_equal(value(player, "W", "train/update=0"), at_start)
    assert value(player, "len(curve[0])", "train") == 7
    assert value(player, "curve[0][6]", "train") == player.history.value(6)
    player.fork("rate", 0.5)
    player.jump("update 9")
    np.testing.assert_array_equal(value(player, "W", "train"), player.start_here().params["W"])
    assert value(player, "curve[0][2]", "train") == player.history.value(2)


@pytest.mark.parametrize(
    "wrong",
    ["__import__('os')", "open('x')", "w.sort()", "[w for w in x]", "w[", "nothing", "(lambda: 1)()", "w if w else x"],
)
def test_nothing_else_of_python_is_understood(wrong: str) -> None:
    with pytest.raises(Unresolved):
        value(opened("neuron"), wrong)


def test_what_cannot_be_computed_stands_as_a_dot_and_is_named() -> None:
    text = Text(
        parse("## exam.a: A\n\nB {= nothing} c {if nowhere}d{/}.\n\n---\n\n{work w[9] at fire}\n\n{= net at moon}\n")
    )
    worked = exam(opened("neuron"), text)[0]
    assert worked.asked == ("B · c .",)
    assert worked.answer == ("·", "·")
    assert len(worked.unresolved) == 4


def test_how_values_are_written() -> None:
    assert written(0.12345) == ".123"
    assert written(0.12345, ".4") == "0.1235"
    assert written(-0.5, ".3") == "−0.500"
    assert written(0.12345678, "8") == ".12345678"
    assert written(3) == "3"
    assert written(2.0) == "2"
    assert written(0.5, "%") == "50.0 %"
    assert written(np.array([0.25, -1.0])) == "(.250, −1)"
    assert written(np.arange(12.0)).endswith(", 7, …)")
    with pytest.raises(Unresolved):
        written(np.zeros((2, 2)))


def test_a_question_is_parted_from_its_answer() -> None:
    section = parse("## exam.a: A\n\nB.\n\n- c\n- d\n\n---\n\nE.\n\nF.\n")["exam.a"]
    assert (section.before, section.items, section.after) == (("B.",), ("c", "d"), ("E.", "F."))
    assert CONDITION.search("{if a/b < 2 at fire}x{else}y{/}")

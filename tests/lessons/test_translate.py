"""The lesson `translate`: its data, what it claims of attention over five seeds, and its predictions."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from engine.device import HOST
from engine.sequences import looking
from engine.sequences.training import PairsRun, translate, upto_end
from engine.walks.history import State, advanced
from lessons.building.defaults import on_device
from lessons.contract.card import Card
from lessons.contract.knobs import Refused, read_all
from lessons.course import course, open_lesson
from lessons.data.translations.read import END, Pairs, cut, digits, number, pairs_of, translation
from lessons.explaining.inspect import inspect
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.recurrent.translate import experiment as exp
from tests.lessons.playing import played

CARD = course()["translate"]
assert isinstance(CARD, Card)
SEEDS = range(5)
UPDATES = 700


def test_numbers_are_said_as_one_says_them() -> None:
    said = {0: "零 zero", 10: "十 ten", 12: "十二 twelve", 20: "二十 twenty", 105: "一百零五 one hundred five",
            110: "一百一十 one hundred ten", 321: "三百二十一 three hundred twenty one",
            1001: "一千零一 one thousand one", 1010: "一千零一十 one thousand ten",
            2222: "两千二百二十二 two thousand two hundred twenty two"}  # fmt: skip
    for n, both in said.items():
        source, target = number(n)
        assert f"{''.join(source)} {' '.join(target)}" == both
    assert len({number(n)[0] for n in range(10_000)}) == len({number(n)[1] for n in range(10_000)}) == 10_000
    assert digits([3, 8, 1]) == (("三", "八", "一"), ("three", "eight", "one"))
    assert cut("你好 world, a1") == ("你", "好", "world,", "a1")


def test_sets_of_pairs() -> None:
    data = pairs_of("digits", 500, 1)
    assert (data.target[0], len(data.source), len(data.target)) == (END, 10, 11)
    assert {len(a) for a, _ in data.train} == set(range(1, 13))
    assert {len(a) for a, _ in data.longer} == {13, 14, 15, 16}
    learned = set(data.train)
    assert not any(pair in learned and len(pair[0]) > 3 for pair in data.test)
    assert data.ranges == ((1, 4), (5, 8), (9, 12))
    numbers = pairs_of("numbers", 500, 1)
    assert not set(numbers.train) & set(numbers.test)
    assert translation("digits", data, "三x八") == (("三", "x", "八"), ("three", "eight"))
    (pair,) = data.coded([translation("digits", data, "三x八")])
    assert pair.source == (3, len(data.source), 8)


@cache
def trained(attention: str, seed: int) -> tuple[PairsRun, State, Pairs]:
    """A net after 700 updates."""
    knobs = read_all(CARD.knobs, {"attention": attention})  # type: ignore[union-attr]
    start = exp.begin(knobs, seed)
    run = exp.training(HOST, knobs, start)
    run.every = UPDATES
    return run, advanced(run.advance, run.start(on_device(HOST, start.params)), UPDATES), exp.pairs(knobs, seed)


@pytest.mark.exhaustive
def test_attention_against_none_by_length() -> None:
    """With attention nearly every sentence is exact; without, none of the long ones: five seeds, 700 updates."""
    with_it, without = ([trained(kind, seed)[1].data.reading for seed in SEEDS] for kind in ("general", "none"))
    assert np.mean([each.exact for each in with_it]) > 0.9
    assert min(each.by_length[2] for each in with_it) > 0.6
    assert max(each.by_length[2] for each in without) < 0.05
    assert np.mean([each.exact for each in without]) < 0.35
    assert all(a.exact > b.exact + 0.4 for a, b in zip(with_it, without, strict=True))


@pytest.mark.exhaustive
def test_forced_words_are_right_more_often_than_free_ones_and_sentences_as_often() -> None:
    for seed in SEEDS:
        run, state, _ = trained("none", seed)
        assert state.data.reading.forced > state.data.reading.free + 0.05
        found = run.answers(state.data.theta, run.tests)
        T = max(len(pair.target) for pair in run.tests) + 2
        forced = exp_exact(run, state, T)
        np.testing.assert_array_equal(forced, found.exact)


def exp_exact(run: PairsRun, state: State, longest: int) -> list[bool]:
    """Which sentences are exact where the right words are read."""
    written = translate(HOST, run.net, state.data.theta, run.tests, longest, forced=True)
    return [tuple(upto_end(codes)) == pair.target for codes, pair in zip(written, run.tests, strict=True)]


@pytest.mark.exhaustive
def test_neither_translates_sentences_longer_than_any_that_was_learned() -> None:
    for kind in ("general", "none"):
        exact = []
        for seed in SEEDS:
            run, state, data = trained(kind, seed)
            exact.append(run.answers(state.data.theta, data.coded(data.longer)).exact.mean())
        assert np.mean(exact) < 0.15
        assert max(exact) < 0.3


@pytest.mark.exhaustive
def test_the_largest_weight_lies_on_the_character_that_is_translated() -> None:
    for seed in SEEDS:
        run, state, _ = trained("general", seed)
        before, own, after = looking.sides(HOST, run.net, state.data.theta, run.tests)
        assert own > 0.93
        assert max(before, after) < 0.06


def test_predictions_are_what_training_comes_to() -> None:
    player = Player(open_lesson(CARD), HOST, {"pairs": 40, "hidden": 4}, 2)
    found = exp.ahead(player.knobs, player.start)
    assert found.without == found.longer == 0
    assert sum(found.where) == pytest.approx(1)
    assert [ask.id for ask in player.lesson.asks if ask.where(player.knobs, player.start)] == [
        "even", "long", "where", "longer",
    ]  # fmt: skip
    blind = Player(open_lesson(CARD), HOST, {"pairs": 40, "hidden": 4, "attention": "none"}, 2)
    assert exp.other(blind.knobs, blind.start)[0] == "attention=general"


def test_a_state_of_other_words_is_refused() -> None:
    player = Player(open_lesson(CARD), HOST, {"hidden": 3, "pairs": 40})
    state = everything(player, all_steps=False)
    state["inputs"]["words"] = ["a", *state["inputs"]["words"][1:]]
    with pytest.raises(Refused, match="its words are others"):
        player.lesson.read("state.json", state, player.knobs)


def test_places_count_from_0_in_every_entry_of_the_context() -> None:
    """The state at place s is hₛ, as on the stage of the encoder, not a row of a matrix counted from 1."""
    assert isinstance(CARD, Card)
    made = played(CARD, 0, hidden=4, pairs=40)
    made.to_act("backward")
    made.end()
    view = made.view()
    assert inspect(view, "c[0]", (1,)).symbols.startswith("(h₀)₂·(α₀)₀ + (h₁)₂·(α₀)₁")
    assert inspect(view, "galpha[0]", (1,)).symbols.startswith("(h₁)₁·(∂E/∂c₀)₁ + (h₁)₂·(∂E/∂c₀)₂")
    assert inspect(view, "ghs", (1, 2)).label == "(∂E/∂h₁)₃"
    assert inspect(view, "ge[0]", (1,)).label == "(∂E/∂e₀)₁"
    assert inspect(view, "e[0]", (1,)).label == "(e₀)₁"
    assert inspect(view, "alpha[0]", (1,)).symbols.startswith("e^(e₀)₁ / ")
    made.to_act("train")
    made.history.advance()
    made.land(1, is_open=True)
    made.move(made.inside(), made.inside().total)
    assert inspect(made.view(), "c[0]", (1, 1)).symbols.startswith("(h₀)₂₂·(α₀)₀₂ + (h₁)₂₂·(α₀)₁₂")

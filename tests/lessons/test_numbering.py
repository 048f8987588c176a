"""Indices on a screen: timesteps from 0; inputs, units, examples, points and places from 1, as on the slides."""

from __future__ import annotations

import ast

import pytest

from engine.device import HOST
from engine.walks import rules as ruling
from engine.walks.step import symbol
from lessons.contract.card import Card
from lessons.course import find, open_lesson
from lessons.explaining.formulas import law
from lessons.explaining.inspect import inspect
from lessons.explaining.numbering import numbering, part
from lessons.explaining.typeset import name
from lessons.player.player import Player
from tests.lessons.playing import every_card

IN_TIME = {
    "boltzmann": {"n"}, "rivals": {"s"}, "activations": {"k"}, "srn": {"t"}, "bptt": {"t", "k"},
    "vanishing": {"t", "k", "v"}, "lstm": {"t", "k"}, "gru": {"t", "k"}, "memory": {"t", "k"}, "generate": {"t", "k"},
    "shapes": {"t", "k"}, "caption": {"t", "k"}, "translate": {"t", "s"}, "music": {"t"},
    "windows": {"j"}, "word2vec": {"j"}, "hierarchical-softmax": {"j"}, "negative-sampling": {"j"},
}  # fmt: skip
"""Loops that run from 0 on the screen too: timesteps, and what is counted from a start that has the number 0."""
CHOSEN = {"argmax", "argmin", "nearest", "argmaxes"}


def player_of(card: Card) -> Player:
    player = Player(open_lesson(card), HOST)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    return player


@every_card()
def test_no_loop_but_that_of_timesteps_begins_at_0_on_the_screen(card: Card) -> None:
    player, found = player_of(card), set()
    total = player.reel.total
    for n in {*range(1, min(total, 120)), *range(1, total + 1, max(1, total // 120))}:
        step = player.reel.step(n)
        assert step is not None
        with numbering(player.lesson, player.knobs, step.path):
            found |= {loop for loop, index in step.path if index >= 0 and part(loop, index) == 0}
    assert found == IN_TIME.get(card.id, set())


@every_card()
def test_the_number_of_what_is_chosen_is_shown_as_its_entries_count(card: Card) -> None:
    """argmax(3: .5, …) = 3: what such a rule writes or compares is a number from 0, shown from 1."""
    player, found = player_of(card), set()
    for rule in player.lesson.rule(player.knobs).values():
        target, expression = ruling.parse(rule)
        for node in ast.walk(expression):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CHOSEN:
                pairs = [
                    each for each in ast.walk(expression) if isinstance(each, ast.Compare) and node in each.comparators
                ]
                found |= {ast.unparse(pair.left).partition("[")[0] for pair in pairs}
                found |= {ast.unparse(target).partition("[")[0]} if node is expression else set()
    assert found <= player.lesson.ordinals


def test_places_of_a_picture_count_from_1_in_names_laws_and_formulas() -> None:
    player = player_of(find("convolution"))
    rules = player.lesson.rule(player.knobs)
    assert name("net[1,0,2]") == "net₁,₀,₂"
    with numbering(player.lesson, player.knobs, player.path):
        assert (name("net[1,0,2]"), name("by_K[1,1]"), name("K1")) == ("net₁,₁,₃", "∂E/∂K₁,₁", "K₁")
        assert "x[c,i+u-2,j+v-2]" in law(rules["product"])
        assert "x₁,₂,₄" in law(rules["product"], {"f": 1, "c": 1, "i": 1, "j": 2, "u": 1, "v": 2})
        assert law(rules["dh"]).startswith("∂E/∂h[f,2*m+a-2,2*n+b-2] =")
        assert "∂E/∂h₁,₄,₆" in law(rules["dh"], {"f": 1, "m": 1, "n": 2, "a": 1, "b": 1})


@pytest.mark.parametrize(
    ("id", "place", "family", "at"),
    [
        ("rivals", "knn/j=3", "near", (3,)), ("rivals", "tree/s=2", "chosen", (2,)),
        ("rivals", "boosting/t=2", "cut", (2,)),
        ("convolution", "pool/m=2/n=4", "won", (1, 2, 4)),
    ],
)  # fmt: skip
def test_a_chosen_number_is_one_more_on_the_screen_than_in_the_array(
    id: str, place: str, family: str, at: tuple[int, ...]
) -> None:
    player = player_of(find(id))
    player.jump(place)
    held = player.view().get(symbol(family, *at))
    assert held is not None
    with numbering(player.lesson, player.knobs, player.path):
        said = inspect(player.view(), symbol(family, *at), (0, 0))
        assert said.lines(1000)[-1].endswith(f"=  {int(held.reshape(-1)[0]) + 1}")
        assert f"{int(held.reshape(-1)[0]) + 1}: " in said.numbers


def test_a_family_that_two_acts_have_is_numbered_as_each_counts() -> None:
    """cut[n] of node n, from 0, and cut[t] of round t, from 1."""
    player = player_of(find("rivals"))
    for place, shown in (("tree/s=1", "cut₂"), ("boosting/t=1", "cut₁")):
        player.jump(place)
        with numbering(player.lesson, player.knobs, player.path):
            assert (name("cut[1]"), name("p[5]")) == (shown, "p₆")
    player.jump("compare/i=2")
    with numbering(player.lesson, player.knobs, player.path):
        assert "(ŷ₂)₁" in inspect(player.view(), "train[2]", (0, 0)).symbols

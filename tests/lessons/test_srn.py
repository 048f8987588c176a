"""What `srn` claims: the lecture's numbers, softmax, one shared weight, and that it is the same net as `bptt`'s."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lessons.contract.knobs import Refused
from lessons.player.player import Player
from lessons.recurrent.bptt import CARD as BPTT
from lessons.recurrent.srn import CARD
from tests.lessons.playing import played, result

SEEDS = range(5)


def player(seed: int | None = None, **given: Any) -> Player:
    made = played(CARD, seed, **given)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    return made


def test_the_lectures_numbers() -> None:
    found = result(player())
    assert found["losses"] == pytest.approx([1.698326, 1.243145, 1.427682, 1.496269], abs=1e-6)
    assert found["loss"] == pytest.approx(5.865422191, abs=1e-9)
    assert found["dw"] == pytest.approx(0.487554, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("units", ["tanh", "sigmoid", "relu", "linear"])
def test_it_is_the_net_of_bptt_and_forward_differentiation_finds_the_same(seed: int, units: str) -> None:
    """∂E/∂w for every weight of W, from the left; the whole gradient, from the right: the same numbers."""
    given = {"text": "abcabdacb", "hidden": 3, "activation": units, "start": "random"}
    there = result(played(BPTT, seed, **given))
    for row in range(3):
        for column in range(3):
            here = result(player(seed, **given, row=row, column=column))
            assert here["losses"] == pytest.approx(there["losses"], abs=1e-12)
            assert here["dw"] == pytest.approx(there["grad"]["W"][row][column], abs=1e-10)
    assert np.abs(there["grad"]["W"]).max() > 1e-3


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_adds_up_and_keeps_the_order(seed: int) -> None:
    made = player(seed, text="the cat sat", hidden=5)
    for t in range(10):
        made.jump(f"cell/t={t}/output")
        view = made.view()
        yhat, z = view.get(f"yhat[{t}]"), view.get(f"z[{t}]")
        assert yhat is not None
        assert z is not None
        assert yhat.sum() == pytest.approx(1)
        assert (np.argsort(yhat) == np.argsort(z)).all()
        assert (yhat > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_one_weight_moves_every_state_and_an_edit_moves_every_step(seed: int) -> None:
    made = player(seed, text="abcabc", hidden=3, start="random")
    moves = np.array(result(made)["moves"])
    assert (np.abs(moves).max(axis=1) > 0).all()
    before = np.array(result(made)["s"])
    made.edit("W", (0, 0), str(made.start.params["W"][0, 0] + 1e-6))
    np.testing.assert_allclose((np.array(result(made)["s"]) - before) / 1e-6, moves, atol=1e-5)


def test_a_weight_that_is_not_there() -> None:
    with pytest.raises(Refused, match="takes 0 to 1"):
        player(row=2)


def test_the_wanted_letter_is_among_those_shown_and_the_sum_is_told_at_the_end() -> None:
    from lessons.contract.panels import Matrix
    from lessons.contract.text import load

    made, text = (
        player(0, text="zyxwvutsrqponmlkjihgfedcbaabcdefghijklmnopqrstuvwxyz"),
        load("lessons.recurrent.srn", "en"),
    )
    for t in (0, 20, 40):
        made.jump(f"cell/t={t}/output")
        (shown,) = (p for p in made.lesson.panels(made.view(), text) if p.id == "softmax")
        assert isinstance(shown, Matrix)
        assert len(shown.rows) == 12
        assert sum("←" in row.label for row in shown.rows) == 1
    made = player()
    made.jump("shared/t=1")
    assert made.lesson.says(made.view(), text)["dw"] == "·"
    made.jump("shared/t=3")
    assert made.lesson.says(made.view(), text)["dw"] == ".488"

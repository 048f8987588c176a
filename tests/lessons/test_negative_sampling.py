"""What `negative-sampling` claims: its numbers, that a step raises the likelihood, and where many steps lead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST, rng
from engine.words import limit
from lessons.contract.knobs import Refused
from lessons.contract.panels import Block, Matrix, Picture, Plot
from lessons.contract.text import load
from lessons.explaining.figures import five
from lessons.language.negative_sampling import CARD
from lessons.language.negative_sampling.meetings import words_of
from lessons.player.player import Player
from tests.lessons.playing import played, result


def player(seed: int | None = None, **given: Any) -> Player:
    return played(CARD, seed, **given)


def test_the_pair_worked_out_by_hand() -> None:
    found = result(player())
    assert found["loss"] == pytest.approx(2.1132817293, abs=1e-10)
    assert found["loss_after"] == pytest.approx(2.038478, abs=1e-6)
    assert found["grad"]["v"] == pytest.approx([-0.22256365, 0.25636978, -0.06161911], abs=1e-8)
    assert found["grad"]["U"][0] == pytest.approx([-0.05025, -0.1005, 0.05025], abs=1e-5)
    made = player()
    made.jump("step/after")
    L = made.view().get("L")
    assert L is not None
    assert float(L[0]) == pytest.approx(found["loss_after"], rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_a_small_step_raises_the_likelihood_and_q_has_its_sign(seed: int) -> None:
    found = result(player(seed, negatives=1 + seed % 8, dim=1 + seed % 8, rate=0.1))
    assert found["loss_after"] < found["loss"]
    assert found["q"][0] < 0
    assert all(q > 0 for q in found["q"][1:])


def test_each_vector_moves_against_its_gradient() -> None:
    made = player(3)
    before = {name: value.copy() for name, value in made.start.params.items()}
    found = result(made)
    made.jump("step/after")
    view = made.view()
    for j in range(3):
        moved = view.get(f"u[{j}]")
        assert moved == pytest.approx(before["U"][j] - 0.5 * np.array(found["grad"]["U"][j]), abs=1e-14)
    assert view.get("v[0]") == pytest.approx(before["v"] - 0.5 * np.array(found["grad"]["v"]), abs=1e-14)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("k", [1, 2])
def test_many_steps_lead_to_pmi_less_ln_k(seed: int, k: int) -> None:
    words, codes = words_of("the cat sat on the mat and the dog sat on the rug")
    N, M = limit.meetings(codes, len(words), 2, k)
    draw, V = rng(seed), len(words)
    begun = draw.normal(0, 0.5, (V, V)), draw.normal(0, 0.5, (V, V))
    U, W = limit.descended(HOST.xp, *begun, limit.Met(N, M, float(N.sum())), 3 / (1 + k), 800)[-1]
    share = N / N.sum()
    met = N > 0
    pmi = np.log(share[met] / (share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True))[met])
    assert np.abs((U @ W.T)[met] - (pmi - np.log(k))).max() < 0.05
    assert (U @ W.T)[~met].max() < -2


def test_the_last_act_shows_its_gap() -> None:
    made = player()
    made.jump("limit/n=400")
    text = load("lessons.language.negative_sampling", "en")
    panels = made.lesson.panels(made.view(), text)
    plot = next(panel for panel in panels if isinstance(panel, Plot))
    found = result(made)["limit"]
    met = np.array(found["counts"]) > 0
    assert len(plot.points) == met.sum()
    X = made.view().get("X")
    assert X is not None
    gap = np.abs(X - np.where(met, found["pmi_minus_ln_k"], np.nan))[met].max()
    assert f"{gap:.3f}".lstrip("0") in plot.title
    assert gap < 0.1
    assert made.lesson.asks[2].answer(made.view()) == "yes"


def test_targets_are_edited() -> None:
    made = player()
    made.edit("u[1]", (2,), "1.5")
    assert made.start.params["U"][1].tolist() == [-0.2, 0.1, 1.5]
    made.edit("v[0]", (0,), "0.9")
    assert made.start.params["v"][0] == 0.9
    with pytest.raises(Refused, match="computed"):
        made.edit("q[0]", (0,), "1")
    made.undo()
    assert made.start.params["v"][0] == 0.1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"text": "alone"}, "two words"),
        ({"negatives": 0}, "range"),
        ({"dim": 99}, "range"),
        ({"text": ""}, "length|characters"),
    ],
)
def test_bad_knobs(given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        player(**given)


def test_counts_of_a_text() -> None:
    words, codes = words_of("I am a student")
    N, M = limit.meetings(codes, len(words), 1, 5)
    assert words == ["i", "am", "a", "student"]
    assert N.sum() == 6
    assert N[words.index("am"), words.index("a")] == 1
    assert N[words.index("i"), words.index("a")] == 0
    assert (N == N.T).all()
    assert M.sum() == pytest.approx(5 * N.sum())
    assert any(
        isinstance(panel, Matrix)
        for panel in player().lesson.panels(player().view(), load("lessons.language.negative_sampling", "zh"))
    )


def test_a_number_is_shown_as_long_as_it_goes_with_its_vectors() -> None:
    made = player()
    for where, seen in (("gradient", "all"), ("step/move/j=0", "others"), ("step/after/j=0", "first")):
        made.jump(where)
        panels = {
            panel.id: panel
            for panel in made.lesson.panels(made.view(), load("lessons.language.negative_sampling", "en"))
        }
        targets, loss = panels["targets"], panels["loss"]
        assert isinstance(targets, Matrix)
        assert isinstance(loss, Matrix)
        for j, row in enumerate(targets.rows):
            wanted = seen == "all" or (j == 0) == (seen == "first")
            cells = [row.items[i] for i in (2, 3, 4)]
            assert all((cell.values is not None) == wanted for cell in cells if isinstance(cell, Block)), (where, j)
        L = loss.rows[0].items[0]
        assert isinstance(L, Block)
        assert (L.values is not None) == (seen != "others")


def test_what_comes_after_a_step_is_told_once_it_is_known() -> None:
    """The vectors have moved, and the score has not been made anew: the one of before is not that of after."""
    made, text = player(), load("lessons.language.negative_sampling", "en")
    made.jump("act 3")
    made.grain = max(made.lesson.grains.values())
    told = []
    while made.forward() and made.act == "step":
        line = next(panel for panel in made.lesson.panels(made.view(), text) if panel.id == "line")
        assert isinstance(line, Picture)
        told.append(next((said for y, _, said, _ in line.marks if y == 0 and "→" in said), ""))
        if told[-1]:
            p = made.view().get("p[0]")
            assert p is not None
            assert told[-1] == f"{told[-1].split()[0]} → {five(float(p.reshape(-1)[0]))}"
            assert told[-1].split()[0] != told[-1].split()[-1]
    assert "" in told
    assert told[-1]

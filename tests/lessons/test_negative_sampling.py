"""What `negative-sampling` claims: its numbers, that a step raises the likelihood, and where many steps lead."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, rng
from engine.walks.step import address
from engine.words import limit
from lessons.contract.knobs import Refused
from lessons.contract.panels import Block, Matrix, Picture, Plot
from lessons.contract.text import load
from lessons.explaining.figures import five
from lessons.language.negative_sampling import CARD
from lessons.language.negative_sampling.meetings import words_of
from lessons.player.bookmark import bring_back
from lessons.player.player import Player
from lessons.player.state import restore
from tests.lessons.playing import played, result


def player(seed: int | None = None, **given: Any) -> Player:
    return played(CARD, seed, **given)


def test_the_lecture_s_pairs_worked_out_by_hand() -> None:
    """(brown; quick, fox; dog), slide 45: the likelihoods of the positive pairs and of the negative one, and a step."""
    made = player()
    found = result(made)
    v, U, t = np.array([0.1, 0.2, -0.1]), np.array([[0.3, -0.1, 0.2], [-0.2, 0.1, 0.4], [0.05, 0.3, -0.3]]), [1, 1, 0]
    sigma = 1 / (1 + np.exp(-np.array([-0.01, -0.04, 0.095])))  # the scores u·v
    assert found["q"] == pytest.approx(sigma - t, abs=1e-12)
    assert found["likelihood_positive"] == pytest.approx(sigma[0] * sigma[1], abs=1e-12)
    assert found["likelihood_negative"] == pytest.approx(1 - sigma[2], abs=1e-12)
    assert (found["likelihood_positive"], found["likelihood_negative"]) == pytest.approx((0.243776, 0.476268), abs=1e-6)
    assert found["loss"] == pytest.approx(-np.log(sigma[0] * sigma[1] * (1 - sigma[2])), abs=1e-12)
    assert np.array(found["grad"]["v"]) == pytest.approx((sigma - t) @ U, abs=1e-12)
    assert np.array(found["grad"]["U"]) == pytest.approx(np.outer(sigma - t, v), abs=1e-12)
    made.jump("step/likelihood/j=2")
    after = [made.view().get(name) for name in ("P_pos", "P_neg")]
    both = float(np.prod([each for each in after if each is not None]))
    assert both == pytest.approx(np.exp(-found["loss_after"]), rel=1e-12)
    assert both > found["likelihood_positive"] * found["likelihood_negative"]


@pytest.mark.parametrize("words", ["a; b; c", "a; b, c, d, e; f, g, h, i", "棕色；敏捷，狐狸；狗", "x; y; z z z"])
def test_the_likelihoods_are_those_of_the_two_kinds_of_pairs(words: str) -> None:
    made = player(words=words, dim=4)
    found, positive = result(made), [len(part.replace("，", ",").split(",")) for part in re.split("[;；]", words)][1]
    sigma = 1 / (1 + np.exp(-made.start.params["U"] @ made.start.params["v"]))
    assert found["likelihood_positive"] == pytest.approx(sigma[:positive].prod(), rel=1e-12)
    assert found["likelihood_negative"] == pytest.approx((1 - sigma[positive:]).prod(), rel=1e-12)
    assert all(q < 0 for q in found["q"][:positive])
    assert all(q > 0 for q in found["q"][positive:])
    assert len(found["q"]) == len(made.start.params["U"])


@pytest.mark.parametrize(
    "words", ["a", "a; b", "a; b; c; d", "; b; c", "a b; c; d", "a; ; c", "a; b; c d e f g h i j k"]
)
def test_what_is_no_pair_is_refused(words: str) -> None:
    with pytest.raises(Refused, match="brown; quick, fox; dog"):
        player(words=words)


def test_what_was_written_before_the_words_had_names_still_opens() -> None:
    """One positive target and so many drawn ones, as many as the knob said: bookmarks, edits and states."""
    old: dict[str, Any] = {"v": [0.5, 0.1], "U": [[0.1 * i, 0.2] for i in range(5)]}
    kept = {
        "schema": 2, "given": {"negatives": 4, "dim": 2}, "seed": None, "grain": 2, "record": {}, "branches": [],
        "spot": {"training": False, "p": 9, "n": 0, "open": False}, "address": "scores/j=1", "current": 0,
        "start": {"params": old, "inputs": {"text": "a b a c"}},
    }  # fmt: skip
    back = player()
    assert bring_back(back, kept)
    assert back.start.params["U"].shape == (5, 2)
    assert back.knobs["words"] == ""
    assert [round(q, 1) < 0 for q in result(back)["q"]] == [True, *[False] * 4]
    assert address(back.path) == "scores/j=1"
    state = {"lesson": CARD.id, "schema": 2, "seed": None, "params": old, "inputs": {"text": "a b a c"}}
    for knobs in ({"negatives": 4, "dim": 2}, {}):
        found, start, _ = restore(back.lesson, "f.json", {}, {**state, "knobs": knobs})
        assert (found["negatives"], found["words"]) == (4, "")
        assert result(Player(back.lesson, HOST, found, None, start))["loss"] == result(back)["loss"]
    fresh = player()
    assert bring_back(fresh, {**kept, "given": {}, "start": None})
    assert result(fresh)["loss"] == pytest.approx(2.1132817293, abs=1e-10)


def test_the_pair_worked_out_by_hand() -> None:
    found = result(player(words=""))
    assert found["loss"] == pytest.approx(2.1132817293, abs=1e-10)
    assert found["loss_after"] == pytest.approx(2.038478, abs=1e-6)
    assert found["grad"]["v"] == pytest.approx([-0.22256365, 0.25636978, -0.06161911], abs=1e-8)
    assert found["grad"]["U"][0] == pytest.approx([-0.05025, -0.1005, 0.05025], abs=1e-5)
    made = player(words="")
    made.jump("step/after")
    L = made.view().get("L")
    assert L is not None
    assert float(L[0]) == pytest.approx(found["loss_after"], rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_a_small_step_raises_the_likelihood_and_q_has_its_sign(seed: int) -> None:
    found = result(player(seed, words="", negatives=1 + seed % 8, dim=1 + seed % 8, rate=0.1))
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

"""What `windows` claims: the lecture's pairs, the noise, and what each direction predicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import rng
from engine.words import windows
from lessons.contract.knobs import Refused
from lessons.contract.text import load
from lessons.language.windows import CARD
from lessons.language.windows.sentence import tokens_of
from lessons.player.player import Player
from lessons.player.show import everything
from tests.lessons.playing import played, result
from tui.draw import Pen, draw


def player(seed: int | None = None, **given: Any) -> Player:
    return played(CARD, seed, **given)


def test_the_lectures_sentence() -> None:
    found = result(player())
    assert len(found["pairs"]) == 16
    assert ["brown", "quick"] in found["pairs"]
    assert ["brown", "fox"] in found["pairs"]
    assert ["brown", "dog"] not in found["pairs"]
    noise = dict(zip(found["words"], found["noise"], strict=True))
    assert noise["the"] == pytest.approx(0.194, abs=5e-4)
    assert noise["dog"] == pytest.approx(0.115, abs=5e-4)
    assert noise["the"] / noise["dog"] == pytest.approx(2**0.75)


def test_the_counts_to_the_power_are_asked_for_before_they_are_shown() -> None:
    here = player()
    here.record.pop("ratio")
    while here.forward() and here.act != "noise":
        pass
    assert here.questions.asked is not None
    assert here.questions.asked.ask.id == "ratio"
    assert here.view().hides("powers")


@pytest.mark.parametrize("seed", range(10))
def test_pairs_are_all_that_stand_within_the_window(seed: int) -> None:
    draw = rng(seed)
    length, window = int(draw.integers(2, 20)), int(draw.integers(1, 6))
    found = list(windows.pairs(length, window))
    wanted = {(a, b) for a in range(length) for b in range(length) if 0 < abs(a - b) <= window}
    assert len(found) == len(wanted)
    assert set(found) == wanted


@pytest.mark.parametrize("seed", range(10))
def test_negatives_are_no_neighbours(seed: int) -> None:
    for centre in (1, 4, 9):
        made = player(seed, centre=centre, window=2, negatives=12)
        found = result(made)
        tokens = [token.lower() for token in tokens_of(str(made.knobs["text"]))]
        near = {tokens[i] for i in range(max(0, centre - 3), min(len(tokens), centre + 2))}
        assert not near & set(found["drawn"])


def test_a_number_falls_on_its_word() -> None:
    made = player(2, negatives=12)
    noise = np.cumsum(result(made)["noise"])
    made.jump("draw")
    view = made.view()
    for n in range(1, 13):
        r, k = view.get(f"r[{n}]"), view.get(f"k[{n}]")
        assert r is not None
        assert k is not None
        assert int(k[0]) == int(np.searchsorted(noise, r[0]))


def test_both_directions_on_i_am_a_student() -> None:
    made = player(1, text="I am a student", centre=2, negatives=1)
    V, U = made.start.params["V"], made.start.params["U"]
    made.jump("skipgram")
    view = made.view()
    for j, word in enumerate((0, 2)):  # i, a
        a = view.get(f"a[{j}]")
        assert a is not None
        assert float(a[0]) == pytest.approx(float(U[word] @ V[1]), abs=1e-14)
    made.jump("cbow")
    view = made.view()
    assert view.get("h") == pytest.approx((V[0] + V[2]) / 2, abs=1e-14)
    a = view.get("a[0]")
    assert a is not None
    assert float(a[0]) == pytest.approx(float(U[1] @ (V[0] + V[2])) / 2, abs=1e-14)


def test_chinese_is_read_by_character_without_spaces() -> None:
    assert tokens_of("我是一个学生") == list("我是一个学生")
    assert tokens_of("我 是 一个 学生") == ["我", "是", "一个", "学生"]
    assert len(result(player(text="我 是 一个 学生", centre=2))["pairs"]) == 6


def test_the_loss_is_that_of_the_pairs_shown() -> None:
    made = player(3)
    made.jump("skipgram")
    L = made.view().get("L")
    assert L is not None
    assert float(L[0]) == pytest.approx(result(made)["loss"], rel=1e-12)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"text": "alone here", "centre": 3}, "no word 3; the sentence has 2"),
        ({"text": "   a  "}, r"1 word\(s\)"),
        ({"text": "w " * 81}, r"81 word\(s\)"),
        ({"window": 0}, "range"),
        ({"centre": 0}, "range"),
    ],
)
def test_bad_sentences(given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        player(**given)
    made = player()
    before = everything(made, all_steps=False)
    with pytest.raises(Refused, match=says):
        made.set_knobs(given)
    assert everything(made, all_steps=False) == before


def drawing(made: Player, id: str) -> list[str]:
    panel = next(p for p in made.lesson.panels(made.view(), load("lessons.language.windows", "en")) if p.id == id)
    return [line.strip() for line in draw(panel, 78, Pen()).text().split("\n")]


@pytest.mark.parametrize(
    ("centre", "window", "wanted"),
    [
        (1, 1, ["b ────→ a"]),
        (3, 1, ["b ─┐", "d ─┴──→ c"]),
        (2, 2, ["a ─┐", "c ─┼──→ b", "d ─┘"]),
        (3, 2, ["a ─┐", "b ─┤", "d ─┼──→ c", "e ─┘"]),
    ],
)
def test_neighbours_are_joined_to_the_centre(centre: int, window: int, wanted: list[str]) -> None:
    made = player(text="a b c d e", centre=centre, window=window)
    made.to_act("cbow")
    assert [line.replace("  ", " ") for line in drawing(made, "direction")] == wanted


def test_the_arcs_of_a_window_are_one_line() -> None:
    made = player(text="a b c d e", centre=3, window=2)
    made.to_act("cbow")
    arcs = drawing(made, "sentence")[1]
    assert (arcs[0], arcs[-1], arcs.count("┴")) == ("└", "┘", 3)


def test_a_word_drawn_is_negative_unless_it_met_or_is_the_centre() -> None:
    made = player(text="a b c d e", centre=3, window=1, negatives=12)
    made.jump("draw/n=12")
    rows = [line.replace("►", "").split(maxsplit=3) for line in drawing(made, "draws")[1:]]
    assert len(rows) == 12
    barred = {"c": "left out: the centre itself", "b": "left out: in the window", "d": "left out: in the window"}
    assert {row[2] for row in rows} >= {"c", "b", "e"}
    assert all(row[3] == barred.get(row[2], "negative sample, t = 0") for row in rows)

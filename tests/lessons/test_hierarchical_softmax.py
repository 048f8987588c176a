"""What `hierarchical-softmax` claims: the tree's codes, chances that add up to 1, and who learns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lessons.contract.knobs import Refused
from lessons.contract.text import load
from lessons.language.hierarchical_softmax import CARD
from lessons.language.hierarchical_softmax.word_tree import counted, read
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.player.state import restore
from tests.lessons.playing import played, result
from tui.draw import Pen, draw


def player(seed: int | None = None, **given: Any) -> Player:
    return played(CARD, seed, **given)


def test_the_codes_of_the_five_words() -> None:
    found = result(player())
    assert {word: len(code) for word, code in found["codes"].items()} == {
        "the": 1,
        "fox": 3,
        "dog": 3,
        "cat": 3,
        "cow": 3,
    }
    assert found["weighted_length"] == 87


@pytest.mark.parametrize("seed", range(10))
def test_chances_add_up_to_one_and_the_loss_is_that_of_the_target(seed: int) -> None:
    words = " ".join(f"w{i}:{1 + (7 * i + seed) % 23}" for i in range(2 + seed))
    found = result(player(seed, words=words, target="w1"))
    assert sum(found["p"].values()) == pytest.approx(1.0, abs=1e-12)
    assert found["loss"] == pytest.approx(-np.log(found["p"]["w1"]), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_only_the_way_learns_and_the_target_gains(seed: int) -> None:
    made = player(seed, rate=0.1)
    found = result(made)
    rows = np.abs(np.array(found["grad"]["Theta"])).sum(axis=1) > 0
    assert set(np.flatnonzero(rows)) == set(found["path"]["nodes"])
    made.jump("step/after")
    P = made.view().get("P")
    assert P is not None
    assert float(P[0]) > found["p"]["cat"]
    assert made.lesson.asks[2].answer(made.view()) == "rises"


def test_another_target_keeps_the_tree() -> None:
    made = player(1)
    theta = made.start.params["Theta"].copy()
    before = result(made)
    made.set_knobs({"target": "the"})
    assert (made.start.params["Theta"] == theta).all()
    after = result(made)
    assert after["codes"] == before["codes"]
    assert len(after["path"]["bits"]) == 1
    made.jump("path")
    P = made.view().get("P")
    assert P is not None
    assert float(P[0]) == pytest.approx(after["p"]["the"], rel=1e-12)


def test_a_text_is_counted() -> None:
    assert counted("The cat saw the dog") == {"the": 2, "cat": 1, "saw": 1, "dog": 1}
    found = result(player(words="the cat saw the dog", target="dog"))
    assert found["codes"]["the"]


def test_a_tree_of_many_words_has_a_line_for_each_node() -> None:
    made = player(words=" ".join(f"word{i}:{i + 1}" for i in range(40)), target="word3")
    panels = made.lesson.panels(made.view(), load("lessons.language.hierarchical_softmax", "en"))
    lines = draw(next(panel for panel in panels if panel.id == "tree"), 78, Pen()).text().splitlines()
    assert all(line.count("word") + line.count("n") for line in lines)
    assert 10 < len(lines) < 30
    assert sum(read(made.knobs, made.start).chances(**made.start.params)) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"words": "the:15 fox:x"}, "fox:x does not fit"),
        ({"words": "the:15 the:3"}, "the:3 does not fit"),
        ({"words": "the:15 :3"}, "does not fit"),
        ({"words": "one:0 two:1"}, "one:0"),
        ({"words": "alone"}, "1 different words"),
        ({"words": " ".join(f"w{i}" for i in range(60))}, "60 different words"),
        ({"target": "bird"}, "bird is none of the words"),
    ],
    ids=str,
)
def test_bad_words(given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        player(**given)
    made = player()
    before = everything(made, all_steps=False)
    with pytest.raises(Refused, match=says):
        made.set_knobs(given)
    assert everything(made, all_steps=False) == before


def shown(made: Player) -> dict[str, Any]:
    return {
        panel.id: panel
        for panel in made.lesson.panels(made.view(), load("lessons.language.hierarchical_softmax", "en"))
    }


@pytest.mark.parametrize("target", ["cat", "the", "cow"])
def test_a_number_is_shown_as_long_as_it_goes_with_its_vectors(target: str) -> None:
    made = player(target=target)
    last = len(result(made)["path"]["bits"]) - 1
    for where, blank in (("step/move/j=0", True), (f"step/after/j={last}", False)):
        made.jump(where)
        scores = [row.items[2].values for row in shown(made)["questions"].rows]
        assert (scores[0] is None) == blank  # its θ has moved, or has been asked anew
        v = made.view().get("v[0]")
        assert v is not None
        for j in range(1 if blank else 0, last + 1):
            theta = made.view().get(f"theta[{j}]")
            assert theta is not None
            assert scores[j][0, 0] == pytest.approx(float(theta @ v), rel=1e-12)


@pytest.mark.parametrize("target", ["cat", "the", "cow"])
def test_the_table_has_the_chances_after_the_step(target: str) -> None:
    made = player(target=target)
    made.jump("step/after")
    table = shown(made)["codes"]
    assert table.heads[-2:] == ("p before", "p after")
    assert table.rows[-1][-2:] == ("1.000000", "1.000000")
    P = made.view().get("P")
    assert P is not None
    row = next(row for row in table.rows if row[0] == target)
    assert float(row[-1]) == pytest.approx(float(P[0]), abs=5e-4)
    assert float(row[-2]) == pytest.approx(result(made)["p"][target], abs=5e-4)
    assert made.lesson.asks[2].answer(made.view()) == "rises"


def test_a_target_chosen_after_an_edit_is_the_one_that_is_asked_about() -> None:
    made = player()
    made.edit("v", (0,), "0.5")
    made.set_knobs({"target": "the"})
    assert made.lesson.asks[1].where(made.knobs, made.start) == (("path", -1), ("j", 0))
    made.jump("step/after")
    assert shown(made)["codes"].lit == 0
    P = made.view().get("P")
    assert P is not None
    assert made.lesson.asks[2].answer(made.view()) == "rises"
    assert float(P[0]) > result(made)["p"]["the"]


def test_a_rare_target_among_many_words_is_in_sight() -> None:
    made = player(words=" ".join(f"w{i}:{40 - i}" for i in range(20)), target="w17")
    made.jump("step/after")
    table = shown(made)["codes"]
    drawn = draw(table, 78, Pen()).text()
    assert "►w17" in drawn
    assert table.rows[-1][-1] == "1.000000"


def test_before_the_way_is_walked_again_nothing_is_told_of_it() -> None:
    made = player()
    for where in ("step/move/j=0", "step/after/j=0"):
        made.jump(where)
        panels = shown(made)
        items = panels["centre"].rows[0].items
        fresh = where.startswith("step/after")
        assert all((items[i].values is not None) == fresh for i in (2, 3))  # P and L begin anew
        assert all(row[-1] == "·" for row in panels["codes"].rows)
        chances = [node.value for node in panels["tree"].nodes if node.value]
        assert len(chances) == (2 if fresh else 4)  # of the first question; of the two that have not moved yet


def test_what_was_edited_and_asked_for_comes_back_from_its_file(tmp_path: Path) -> None:
    made = player()
    made.edit("v", (0,), "0.5")
    made.set_knobs({"target": "the"})
    found = everything(made, all_steps=False)
    file = tmp_path / "state.json"
    file.write_text(json.dumps(found), encoding="utf-8")
    knobs, start, _ = restore(made.lesson, str(file), {})
    assert knobs["target"] == "the"
    assert start.params["v"][0] == 0.5
    found["inputs"]["target"], found["knobs"] = "cow", {}  # as a file may name it that was written by hand
    file.write_text(json.dumps(found), encoding="utf-8")
    assert restore(made.lesson, str(file), {})[0]["target"] == "cow"

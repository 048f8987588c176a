"""What `words` claims: one-hot vectors know no likeness, company does, and dense vectors keep it in few numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import rng
from lessons.contract.knobs import Refused
from lessons.data.world import world
from lessons.language.words import CARD
from lessons.language.words.company import counted, read, sentences
from lessons.language.words.lesson import ppmi, principal
from lessons.language.words.stage import SIZES
from lessons.player.player import Player
from tests.lessons.playing import played, result


def player(seed: int | None = None, **given: Any) -> Player:
    return played(CARD, seed, **given)


def test_all_one_hot_vectors_are_equally_far_apart() -> None:
    found = result(player())
    assert [each["distance"] for each in found["one_hot"]] == pytest.approx([np.sqrt(2)] * 6)
    assert [each["cosine"] for each in found["one_hot"]] == [0.0] * 6


def test_company_and_dense_vectors_tell_animals_from_rulers() -> None:
    found = result(player())
    assert found["pairs"][0] == ["cat", "dog"]
    assert found["pairs"][5] == ["king", "queen"]
    for way in ("company", "dense"):
        cosines = [each["cosine"] for each in found[way]]
        assert min(cosines[0], cosines[5]) > max(cosines[1:5]) + 0.2, way


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_so_it_is_in_any_text_of_the_small_world(language: str, seed: int) -> None:
    """Two words of a class are more alike than two of different classes, by their company; one-hot sees none of it."""
    small = world(language)
    said = list(small.sentences(1500, seed))
    words = list(dict.fromkeys(word for sentence in said for word in sentence))
    codes = {word: i for i, word in enumerate(words)}
    counts = np.zeros((len(words), len(words)))
    for sentence in said:
        for i, word in enumerate(sentence):
            for near in sentence[max(0, i - 2) : i] + sentence[i + 1 : i + 3]:
                counts[codes[word], codes[near]] += 1
    dense = principal(ppmi(counts), 20).T
    unit = dense / np.linalg.norm(dense, axis=1, keepdims=True)
    kinds = {codes[word]: kind for word, kind in small.classes().items() if word in codes}
    like: list[float] = []
    other: list[float] = []
    for a in kinds:
        for b in kinds:
            if a < b:
                (like if kinds[a] == kinds[b] else other).append(float(unit[a] @ unit[b]))
    assert np.mean(like) > np.mean(other) + 0.4


def test_contexts_are_counted_within_a_sentence_and_a_window() -> None:
    text = "One two three four. Two one! 猫吃鱼。"
    assert sentences(text) == [["one", "two", "three", "four"], ["two", "one"], ["猫", "吃", "鱼"]]
    seen = read(text, "one 猫", 2)
    words = seen.words
    assert [words[o] for o in seen.beside[words.index("one")]] == ["two", "three", "two"]
    assert [words[o] for o in seen.beside[words.index("猫")]] == ["吃", "鱼"]
    counts = counted(text, 1)
    assert counts[words.index("one"), words.index("two")] == 2
    assert (counts == counts.T).all()
    assert counts[words.index("four"), words.index("猫")] == 0


def test_ppmi_and_principal_directions() -> None:
    counts = np.array([[0.0, 4.0, 1.0], [4.0, 0.0, 0.0], [1.0, 0.0, 2.0]])
    found = ppmi(counts)
    total = counts.sum()
    assert found[0, 1] == pytest.approx(np.log(4 * total / (5 * 4)))
    assert found[0, 0] == found[1, 2] == 0.0
    rows = rng(3).normal(size=(7, 7))
    W = principal(rows, 7)
    np.testing.assert_allclose(W.T @ W, rows @ rows.T, atol=1e-12)  # all directions keep all products
    assert principal(rows[:2], 4).shape == (4, 2)


@pytest.mark.parametrize("seed", range(5))
def test_turning_along_the_gradient_makes_them_more_alike(seed: int) -> None:
    made = player(seed, dim=4)
    before = result(made)
    W = made.start.params["W"] + 0.05 * np.array(before["grad"]["W"])
    seen = read(made.start.inputs["text"], str(made.knobs["words"]), int(made.knobs["window"]))
    a, b = (W[:, w] for w in seen.pairs[0])
    assert a @ b / np.sqrt((a @ a) * (b @ b)) > before["loss"]


def test_what_a_vocabulary_costs() -> None:
    made = player(wide=300)
    made.jump("size/i=5")
    view = made.view()
    for i, V in enumerate(SIZES):
        assert view.get(f"sparse[{i}]") == V * V
        assert view.get(f"dense[{i}]") == 300 * V
        assert view.get(f"ones[{i}]") == pytest.approx(1 / V)


def test_an_edit_of_a_dense_vector_is_an_edit_of_its_column() -> None:
    made = player()
    made.jump("dense/n=0")
    seen = read(made.start.inputs["text"], str(made.knobs["words"]), 2)
    made.edit(f"v[{seen.chosen[1]}]", (1,), "9")
    assert made.start.params["W"][1, seen.chosen[1]] == 9
    assert made.view().get(f"v[{seen.chosen[1]}]")[1] == 9  # type: ignore[index]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"words": "cat dgo"}, "dgo is not in the text; did you mean dog"),
        ({"words": "cat"}, "takes 2 to 5"),
        ({"text": "one two"}, "3 different words"),
        ({"text": "a b c / alone", "words": "a alone"}, "beside no other"),
        ({"text": " ".join(f"w{i}" for i in range(70)), "words": "w1 w2"}, "70 different words"),
    ],
)
def test_what_it_cannot_take(given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        player(**given)

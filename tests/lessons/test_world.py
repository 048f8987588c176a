"""The small world, and what is claimed of it: all four forms put each word among its own class, and know analogies."""

from __future__ import annotations

import numpy as np
import pytest

from engine.device import HOST
from engine.words import vectors
from engine.words.corpus import vocabulary
from engine.words.kernel.chunk import END
from engine.words.run import training
from lessons.data.world import world

SEEDS = range(5)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_its_grammar(language: str) -> None:
    found = world(language)
    classes = found.classes()
    columns = [c for table in found.tables.values() for c in table.columns]
    assert len(classes) == sum(len(t.rows) * len(t.columns) for t in found.tables.values()), "no word has two classes"
    assert set(classes.values()) == set(columns)
    for questions in found.analogies().values():
        assert len(questions) == 90
        assert all(classes[a] == classes[c] and classes[b] == classes[d] for a, b, c, d in questions)
    said = list(found.sentences(4000, 1))
    assert said == list(found.sentences(4000, 1)) != list(found.sentences(4000, 2))
    assert set(classes) <= {word for sentence in said for word in sentence}
    assert not any("{" in word for sentence in said for word in sentence)


@pytest.mark.representative("zh-sg-ns")
@pytest.mark.parametrize("loss", ["ns", "hs"])
@pytest.mark.parametrize("model", ["sg", "cbow"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_form_learns_the_small_world(language: str, model: str, loss: str) -> None:
    small = world(language)
    said = list(small.sentences(10_000))
    known = vocabulary.build(word for sentence in said for word in sentence)
    codes = known.codes()
    text = np.array([code for sentence in said for code in (*(codes[word] for word in sentence), END)])
    classes = {codes[word]: kind for word, kind in small.classes().items()}
    pure, solved = [], []
    for seed in SEEDS:
        settings = training.Settings(model, loss, dim=64, window=3, epochs=10, alpha=0.02, seed=seed)
        school = training.WordRun(HOST, settings, known)
        learned = school.start()
        for _ in training.learn(school, text, learned):
            pass
        v = learned.table[:-1, 0]
        pure.append(vectors.purity(v, classes))
        solved.append(
            [
                vectors.solved(v, [(codes[a], codes[b], codes[c], codes[d]) for a, b, c, d in questions])
                for questions in small.analogies().values()
            ]
        )
    assert min(pure) >= 0.95, pure
    assert np.mean(solved) >= 0.9, solved
    assert np.mean(solved, axis=0).min() >= 0.8, solved

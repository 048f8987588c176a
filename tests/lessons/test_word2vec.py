"""What `word2vec` claims: meaning appears as neighbours, who is ahead in the race, and what is read from the text."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.walks.history import History
from engine.words import vectors
from engine.words.kernel.examples import Pair
from engine.words.run import live
from lessons.contract.knobs import Refused
from lessons.contract.panels import Beside, Cloud, Curve, Picture, Table
from lessons.contract.text import load
from lessons.data.corpora import TEXTS
from lessons.data.world import world
from lessons.language.word2vec import CARD
from lessons.language.word2vec import experiment as exp
from lessons.language.word2vec.training import GOAL
from lessons.player.player import Player
from lessons.player.state import restore
from tests.lessons.playing import played, result

SEEDS = range(5)


def player(seed: int | None = None, **given: Any) -> Player:
    made = played(CARD, seed, **given)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    return made


@cache
def run(seed: int, model: str, loss: str, updates: int) -> History:
    """A run of the small world."""
    made = player(seed, model=model, loss=loss, sentences=3000)
    made.to_act("train")
    made.history.grow(updates)
    return made.history


@pytest.mark.representative("ns-1")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_skip_gram_needs_fewer_words_than_cbow(seed: int, loss: str) -> None:
    """Word for word: it makes a pair of each neighbour, where CBOW makes one example of all of them."""
    reached = {}
    for model in ("sg", "cbow"):
        right = np.array(run(seed, model, loss, 2500).curve(1))
        there = np.flatnonzero(right >= 0.8)
        reached[model] = there[0] if len(there) else len(right)
    assert reached["sg"] < reached["cbow"]
    assert reached["sg"] < 2500


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cosine_is_to_be_read_against_the_mean_and_like_comes_first(seed: int) -> None:
    """Words are near to their like, not to those that stand beside them; and any two have something in common."""
    made = player(seed, sentences=3000)
    held = exp.held(made.knobs)
    v = run(seed, "sg", "ns", 2500).state(2000).data.vectors.table[:-1, 0]
    assert vectors.mean_cosine(v) > 0.1
    unit = vectors.directions(v)
    for questions in held.questions.values():
        a, b, c, _ = (list(each) for each in zip(*questions, strict=True))
        assert (unit[a] * unit[c]).sum(axis=1).mean() > (unit[a] * unit[b]).sum(axis=1).mean()


@pytest.mark.representative("en")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_whole_run_puts_words_among_their_own_class(language: str) -> None:
    made = player(0, corpus=f"world-{language}")
    made.to_act("train")
    track = made.history.track
    while not track.done(made.history.latest):
        made.history.advance()
    made.jump(f"update={len(made.history)}")
    found = made.lesson.result(HOST, made.knobs, made.start_here())
    assert found["right_class"] >= GOAL
    assert np.mean(list(found["analogies"].values())) >= 0.8
    assert found["loss_of_a_pair"] < 1.5
    first = next(iter(found["neighbours"].values()))
    assert len(first) == 10
    assert first[0]["cosine"] > found["mean_cosine"] + 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_in_the_first_batch_the_speakers_are_told_nothing(seed: int) -> None:
    found = result(player(seed))
    assert not np.array(found["grad"]["V"]).any()
    assert np.array(found["grad"]["U"]).any()
    assert found["loss"] > 0


@pytest.mark.parametrize(("model", "loss"), exp.FORMS)
def test_the_check_finds_every_form_right_in_training_too(model: str, loss: str) -> None:
    made = player(1, model=model, loss=loss, dim=6, window=3)
    made.jump("update=300")
    view = made.view()
    for name in made.lesson.weights(made.start_here()):
        found = made.lesson.check(view, name)
        assert max(c.gap for c in found) < 1e-7
    exact, numeric = made.lesson.along(view)
    assert abs(exact) > 1e-3
    assert exact == pytest.approx(numeric, rel=1e-6)


def test_the_chances_of_words() -> None:
    made = player()
    counts = np.array(exp.held(made.knobs).corpus.vocabulary.counts, dtype=float)
    made.jump("corpus/w=23")
    view = made.view()
    for w in (0, 7, 23):
        f = counts[w] / counts.sum()
        assert view.get(f"keep[{w}]") == pytest.approx(min(1, (np.sqrt(f / 1e-3) + 1) * 1e-3 / f), rel=1e-12)
        assert view.get(f"P[{w}]") == pytest.approx(counts[w] ** 0.75 / (counts**0.75).sum(), rel=1e-12)
    lv = exp.live(HOST, made.knobs, made.start)
    stayed = lv.stretch(0)
    some = stayed.codes == 0
    assert stayed.stays[some].mean() == pytest.approx(float(view.get("keep[0]")[0]), abs=0.03)  # type: ignore[index]


@pytest.mark.parametrize("model", ["sg", "cbow"])
def test_the_pairs_of_the_first_batch_are_those_of_the_text(model: str) -> None:
    made = player(window=3, model=model)
    lv = exp.live(HOST, made.knobs, made.start)
    codes, stays = lv.stretch(0)
    line = np.cumsum(codes < 0)[stays]
    word = codes[stays]
    drawn = lv.laid(0).chunk.reach
    assert (drawn is None) == (model == "sg")
    reach = [3] * 8 if drawn is None else list(map(int, drawn[0]))
    wanted = [
        Pair(i + 1, j + 1, int(word[i]), int(word[j]), reach[i])
        for i in range(8)
        for j in range(len(word))
        if i != j and abs(i - j) <= reach[i] and line[i] == line[j]
    ]
    assert lv.pairs(*lv.place(0, 0)) == wanted
    made.jump(f"samples/n={len(wanted)}")
    view = made.view()
    for n, pair in enumerate(wanted, 1):
        share = (3 - abs(pair.centre - pair.other) + 1) / 3
        assert view.get(f"m[{n}]") == pytest.approx(share if drawn is None else 1)


def test_a_race_is_four_forms_in_step_on_the_same_words() -> None:
    made = player(race="four", sentences=500, epochs=2)
    made.to_act("train")
    for _ in range(3):
        made.forward()
    assert [(b.knobs["model"], b.knobs["loss"]) for b in made.branches] == list(exp.FORMS)
    assert [len(b.history) for b in made.branches] == [3] * 4
    tokens = {b.history.latest.data.tokens for b in made.branches}
    assert len(tokens) == 1
    for b in made.branches[1:]:
        np.testing.assert_array_equal(b.start.params["V"], made.start.params["V"])
    text = load("lessons.language.word2vec", "en")
    panels = made.lesson.panels(made.view(), text)
    curves = [p for row in panels if isinstance(row, Beside) for stack in row.stacks for p in stack]
    assert [p.id for p in curves] == ["sg_ns", "sg_hs", "cbow_ns", "cbow_hs"]
    assert all(isinstance(p, Curve) and p.top == 1.0 for p in curves)
    made.swap()
    assert "Theta" in made.start_here().params
    made.go_in()
    inside = made.inside()
    written = [name for n in range(len(inside.sections)) for step in inside.tape(n) for name in step.values]
    assert any(name.startswith("theta[") for name in written)


def test_a_fork_goes_on_from_its_place_in_the_text() -> None:
    made = player(sentences=500)
    made.jump("update=30")
    made.fork("rate", "0.4")
    assert made.history.track.begin.data.tokens == made.branches[0].history.state(30).data.tokens
    made.history.grow(40)
    one, other = (b.history.grow(40).data for b in made.branches)
    assert (one.chunk, one.batch, one.tokens) == (other.chunk, other.batch, other.tokens)
    assert not np.allclose(one.vectors.table, other.vectors.table)
    made.swap()
    made.edit(f"v[{exp.held(made.knobs).watched[0]}]", (0,), "2.5")
    assert made.start_here().params["V"][exp.held(made.knobs).watched[0], 0] == 2.5


def test_a_large_vocabulary_goes_back_as_far_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "COPIED", 30_000)
    monkeypatch.setattr(live, "REPLAYED", 20)
    exp._live.cache_clear()
    made = player(sentences=2000)
    made.to_act("train")
    first = made.branch
    assert exp.live(HOST, made.knobs, made.start).per == 4
    made.branches = [replace(first, history=History(first.history.track, bound=4 * first.history.track.size))]
    made.jump("update=130")
    edge = made.history.earliest
    assert 20 < edge < 130
    (recipe,) = (
        p for p in made.lesson.panels(made.view(), load("lessons.language.word2vec", "en")) if p.id == "recipe"
    )
    assert isinstance(recipe, Picture)
    assert f"update {edge} and later ones" in recipe.marks[1][2]
    with pytest.raises(Refused, match=f"the first within reach is {edge}"):
        made.jump(f"update={edge - 1}")
    made.jump(f"update={edge}")
    assert not made.back()
    assert made.spot.n == edge
    made.go_in()
    made.move(made.inside(), 0)
    assert not made.back()
    made.go_out()
    made.scrub_to(0.5 * edge / 130)
    assert made.spot.n == edge
    made.home()
    assert made.spot.n == 0
    assert np.array_equal(made.start_here().params["V"], made.start.params["V"])


def test_tables_say_what_rose_and_the_map_has_every_class() -> None:
    made = player(sentences=2000)
    made.jump("update=2600")
    text, held = load("lessons.language.word2vec", "en"), exp.held(made.knobs)
    panels = made.lesson.panels(made.view(), text)
    (near,) = [p for p in panels if isinstance(p, Beside) and p.id == "nearest"]
    (below,) = [p for p in panels if isinstance(p, Beside) and p.id == "below"]
    v, before = made.start_here().params["V"], made.history.state(2500).data.vectors.table[:-1, 0]
    for (table,), word in zip(near.stacks, held.watched, strict=True):
        assert isinstance(table, Table)
        order = [n.word for n in vectors.neighbours(before, [word], len(v) - 1)[0]]
        for place, (row, now) in enumerate(zip(table.rows, vectors.neighbours(v, [word], 5)[0], strict=True)):
            up = order.index(now.word) - place
            assert row[0].split()[2] == held.words[now.word]
            assert row[0].split()[1] == ("●" if held.classes.get(now.word) == held.classes[word] else "○")
            assert row[2] == ("=" if not up else f"{'▲' if up > 0 else '▼'}{min(99, abs(up))}")
    cloud = below.stacks[0][0]
    assert isinstance(cloud, Cloud)
    letters = [part.split()[0] for part in cloud.legend.split("  ")]
    assert len(set(letters)) == len(set(held.classes.values()))


@pytest.mark.parametrize("corpus", TEXTS)
def test_every_text_can_be_learned_from(corpus: str) -> None:
    made = player(corpus=corpus)
    made.jump("update=25")
    assert made.history.latest.data.reading.n == 25
    for lang in ("en", "zh"):
        assert made.lesson.panels(made.view(), load("lessons.language.word2vec", lang))
    assert len(exp.held(made.knobs).watched) == 3
    if corpus == "python":
        assert made.knobs["min_count"] == 5
        assert len(exp.held(made.knobs).words) > 1500
        made.go_in()
        made.move(made.inside(), made.inside().total)
        assert made.lesson.panels(made.view(), load("lessons.language.word2vec", "en"))


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_text("The cat sat on the mat.\nA dog sat on the rug, and a cat ran.\n" * 30, encoding="utf-8")
    made = player(corpus=str(file), min_count=1)
    assert {"cat", "rug"} <= set(exp.held(made.knobs).words)
    made.jump("update=20")
    state = made.history.state(20)
    assert np.isnan(state.data.reading.right)
    assert made.lesson.panels(made.view(), load("lessons.language.word2vec", "zh"))
    made.set_knobs({"race": "four"})
    made.jump("update=30")
    assert made.lesson.panels(made.view(), load("lessons.language.word2vec", "en"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"corpus": "world-fr"}, "none of world-en"),
        ({"corpus": "./nowhere.txt"}, "no such file"),
        ({"corpus": "./"}, "a folder"),
        ({"watch": "pariss"}, "did you mean paris"),
        ({"watch": "zzzzzz"}, "not among the 202"),
        ({"min_count": 999}, "at least two must occur"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        player(**({"sentences": 500} if "min_count" in given else {}), **given)


@pytest.mark.parametrize(("content", "says"), [(b"", "no words"), (b"\0\1", "binary"), (b"word " * 50, "at least two")])
def test_files_that_are_no_text(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.txt"
    file.write_bytes(content)
    with pytest.raises(Refused, match=says):
        player(corpus=str(file))


def test_a_state_of_other_words_is_refused(tmp_path: Path) -> None:
    made = player(sentences=500)
    from lessons.player.show import everything

    printed = everything(made, all_steps=False)
    printed["inputs"]["words"] = ["other"]
    file = tmp_path / "state.json"
    file.write_text(json.dumps(printed), encoding="utf-8")
    with pytest.raises(Refused, match="other words than the text"):
        restore(made.lesson, str(file), {})


def test_a_text_without_pairs_is_refused_and_a_tiny_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text("a\nb\nc\na\nb\nd\n" * 5, encoding="utf-8")
    with pytest.raises(Refused, match="no two words stand in one line"):
        player(corpus=str(file), min_count=1)
    file = tmp_path / "tiny.txt"
    file.write_text("a b c\n", encoding="utf-8")
    for loss in ("ns", "hs"):
        for sample in (1e-6, 1.0):
            made = player(corpus=str(file), min_count=1, loss=loss, sample=sample)
            assert exp.held(made.knobs).corpus.sentences == 1
            made.jump("update=5")
            assert made.lesson.panels(made.view(), load("lessons.language.word2vec", "en"))
            assert np.isfinite(result_of(made)["loss"])


def result_of(made: Player) -> dict[str, Any]:
    return dict(made.lesson.result(HOST, made.knobs, made.start_here()))


def test_a_file_that_changes_or_goes_while_its_lesson_is_open(tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_text("the cat sat on the mat\na dog ran to the cat\n" * 30, encoding="utf-8")
    made, text = player(corpus=str(file), min_count=1), load("lessons.language.word2vec", "en")
    made.jump("update=20")
    words = exp.held(made.knobs).words
    file.write_text("other words altogether\n" * 9, encoding="utf-8")
    for place in ("update=20", "corpus/w=2", "learn/n=1"):
        made.jump(place)
        assert made.lesson.panels(made.view(), text)
        made.lesson.says(made.view(), text)
    assert exp.held(made.knobs).words == words
    file.unlink()
    made.jump("update=25")
    assert made.lesson.panels(made.view(), text)
    with pytest.raises(Refused, match="no such file"):
        player(corpus=str(file), min_count=1)


@pytest.mark.parametrize("given", [{"vocabulary": 2}, {"vocabulary": 3, "loss": "hs", "model": "cbow"}])
def test_a_batch_without_examples_can_be_asked_for(given: dict[str, Any]) -> None:
    made = player(sentences=300, **given)
    made.jump("update=10")
    with pytest.raises(Refused, match="no such place"):
        made.jump("learn/n=77")
    made.go_in()
    assert made.lesson.panels(made.view(), load("lessons.language.word2vec", "en"))


def test_a_race_is_brought_back_as_it_was_left() -> None:
    from lessons.player.bookmark import bring_back, keep

    made = player(race="four", sentences=300)
    made.jump("update=40")
    kept = json.loads(json.dumps(keep(made)))
    again = player(race="four", sentences=300)
    bring_back(again, kept)
    assert [len(branch.history) for branch in again.branches] == [40] * 4
    for one, other in zip(made.branches, again.branches, strict=True):
        np.testing.assert_array_equal(one.history.latest.data.vectors.table, other.history.latest.data.vectors.table)


def test_the_window_stands_on_the_strip_however_far_the_pair_is() -> None:
    made = player(corpus="python")
    for n in (1, 101, 301):
        made.jump(f"samples/n={n}")
        (strip,) = (
            p for p in made.lesson.panels(made.view(), load("lessons.language.word2vec", "en")) if p.id == "sentence"
        )
        assert isinstance(strip, Picture)
        said = [mark[2] for mark in strip.marks]
        assert any("►" in each for each in said)
        assert any(each.startswith("└") for each in said)


def test_a_symbol_of_one_act_asked_for_in_another_is_not_there() -> None:
    """m has one index among the samples and two in a batch: the cursor may still stand on the one."""
    made = played(CARD, sentences=100)
    made.jump("learn/n=1")
    assert made.view().get("m[1,0]") is not None
    assert made.view().get("m[0,0]") is None, "examples count from 1"
    assert made.view().get("m[0]") is None
    assert made.view().get("h[1,1]") is None


def test_kinds_of_analogies_have_names_in_both_languages() -> None:
    """What a world calls its kinds is in that world's language; the screen says it in the reader's."""
    for lang in ("en", "zh"):
        text = load("lessons.language.word2vec", lang)
        said = [text.phrase("labels", f"kind_{kind}") for small in ("en", "zh") for kind in world(small).analogies()]
        assert len(said) == 6
        assert all(name.isascii() == (lang == "en") for name in said)

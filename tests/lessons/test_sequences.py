"""The data of the lessons on sequences: grammars with negation, sentences of one's own, clips, names, numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lessons.contract.knobs import Refused
from lessons.data.sequences import names
from lessons.data.sequences.sentences import GRAMMARS, WORDS, grammar, parted, read_sentences, typed, words_of
from lessons.data.sequences.task import AGES, SHAPES, numbers_of, task
from lessons.data.sequences.video import FRAMES, clips

DATA = Path(__file__).parents[2] / "docs" / "data"
languages = pytest.mark.parametrize("language", GRAMMARS)


@languages
@pytest.mark.parametrize("seed", range(3))
def test_a_label_is_what_the_words_say(language: str, seed: int) -> None:
    """Recomputed from the words; half are negated, the labels are even, and pairs of the test's last group are new."""
    of, found = GRAMMARS[language], grammar(language, seed)
    negating = {tuple(each.split()) for each in of.negations}

    def parts(words: tuple[str, ...]) -> tuple[str, tuple[str, ...] | None]:
        at = next(i for i, word in enumerate(words) if word in (*of.negative, *of.positive))
        before = [words[max(0, at - n) : at] for n in (2, 1)]
        return words[at], next((each for each in before if each in negating), None)

    learned = {parts(each.words) for each in found.learn}
    for each in (*found.learn, *found.test):
        adjective, negation = parts(each.words)
        assert each.label == of.labels[(adjective in of.positive) != (negation is not None)]
        assert each.group == (0 if negation is None else 1) or each.group == 2
    assert all(parts(each.words) not in learned for each in found.test if each.group == 2)
    shares = [np.mean([each.label == of.labels[1] for each in some]) for some in (found.learn, found.test)]
    assert all(0.4 < share < 0.6 for share in shares)
    counts = np.bincount([each.group for each in found.test])
    assert counts.sum() == 600
    assert counts[0] > 240
    assert counts[2] > 60
    assert not any(each.group == 2 for each in found.learn)


def test_a_text_as_words() -> None:
    assert words_of("The film -- isn't GOOD, 2 stars!") == ("the", "film", "isn't", "good", "2", "stars")
    assert words_of("这部电影不太好看", {"电影", "不太", "好看"}) == ("这", "部", "电影", "不太", "好看")
    assert words_of("这部电影 不好") == ("这部电影", "不好")
    assert words_of("我爱NLP课") == ("我", "爱", "nlp", "课")
    assert words_of(" …! ") == ()


def test_a_sentence_that_is_typed() -> None:
    assert typed("good, Not very bad.", {"bad"}, ("bad", "good")).words == ("not", "very", "bad")
    for line, said in {
        "not bad": "no label", "fine, not bad": "no label; write label, text with one of bad, good",
        "good, !": r"0 word\(s\)", "good, " + "very " * 30: r"30 word\(s\) .* 1 to 24",
    }.items():  # fmt: skip
        with pytest.raises(Refused, match=said):
            typed(line, (), ("bad", "good"))


def test_sentences_of_ones_own() -> None:
    """The file that ships: a fifth is kept for the test, no label is lost, nothing stands in both."""
    file = str(DATA / "sentences.csv")
    found = parted(file, 0)
    assert found.labels == ("happy", "sad")
    assert len(found.test) == 3
    assert sorted((*found.learn, *found.test)) == sorted(read_sentences(file))
    some = task("many_to_one", "en", file, 0)
    assert some.classes == ("happy", "sad")
    assert "mixed" in some._fields
    assert some.mixed is not None
    assert some.mixed.sum() == some.test_x.sum()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text\na b\n", "no column label; the first line should name label and text"),
        ("label,words\nx,a\n", "no column text"),
        ("label,text\ngood,a b\n,c d\n", "line 3: no label; every sentence needs one"),
        ("label,text\ngood,...\n", "line 2: no words in text"),
        ("label,text\ngood,a\ngood,b\n", r"1 class\(es\) in the column label \(good\); it should have 2 to 10"),
        ("label,text\n", r"0 class\(es\)"),
        ("label,text\ngood," + "a " * (WORDS + 1) + "\nbad,b\n", "line 2: 25 words; a sentence may have 24"),
        ("label,text\n" + "good,a\nbad,b\n" * 1001, "more than 2000 sentences"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Refused, match=said):
        task("many_to_one", "en", str(file), 0)


def test_other_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"label,text\ngood,\xff\xfe\x00\n")
    for name, said in {"": "a folder", "none.csv": "no such file", "bytes.csv": "no CSV text"}.items():
        with pytest.raises(Refused, match=said):
            read_sentences(str(tmp_path / name))


def test_clips_flicker_and_change() -> None:
    """A change is to another digit; how long one has been there is counted from its first frame."""
    learn, test = clips(0)
    for some in (learn, test):
        turned = some.y[:, 1:] != some.y[:, :-1]
        assert 0.05 < turned.mean() < 0.07
        assert ((some.since[:, 1:] == 0) == turned).all()
        assert (np.where(turned, 0, some.since[:, :-1] + 1) == some.since[:, 1:]).all()
        assert (some.changed == (np.cumsum(some.since == 0, axis=1) > 1)).all()
        assert some.x.shape[1:] == (FRAMES, 64)
        halves = np.abs(some.x.reshape(-1, 8, 8)).mean(axis=(0, 2))
        assert halves.std() < 0.1


def test_numbers_and_names() -> None:
    said = {0: "zero", 7: "seven", 12: "twelve", 20: "twenty", 100: "one hundred", 321: "three hundred twenty one",
            805: "eight hundred five", 915: "nine hundred fifteen"}  # fmt: skip
    chinese = {0: "零", 7: "七", 10: "十", 12: "十二", 20: "二十", 100: "一百", 110: "一百一十", 205: "二百零五",
               321: "三百二十一", 915: "九百一十五"}  # fmt: skip
    assert all(" ".join(names.english(n)) == words for n, words in said.items())
    assert all("".join(names.chinese(n)) == words for n, words in chinese.items())
    for make in (names.english, names.chinese):
        assert len({tuple(make(n)) for n in range(1000)}) == 1000


@languages
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_its_inputs_and_losses(shape: str, language: str) -> None:
    """Where the slide draws a box below there is an input, where it draws one above a target."""
    some = task(shape, language, "grammar", 1)
    T, first = some.x.shape[1], some.first
    read = np.asarray(some.test_x.any(axis=2))
    if shape in ("one_to_one", "one_to_many"):
        assert (T == 1) == (shape == "one_to_one")
        assert first == 0
        assert (read == (np.arange(T) == 0)).all()
    elif shape == "many_to_one":
        assert first == T - 1
        assert read[:, -1].all()
    elif shape == "many_to_many":
        assert 0 < first < T - 1
        assert read[:, first].all()
        assert not read[:, first + 1 :].any()
    else:
        assert first == 0
        assert read.all()
    x, y = some.example(0)
    assert x[0] is not None
    assert sum(each is not None for each in y) == T - first
    assert some.fits(x, y)
    assert (numbers_of(x, some.vocabulary) == some.test_x[0][T - len(x) :]).all()


def test_an_example_keeps_the_words_that_are_not_known() -> None:
    """They stand in no sentence to learn from; as numbers they are 0."""
    some = task("many_to_one", "en", str(DATA / "sentences.csv"), 0)
    examples = [some.example(n) for n in range(3)]
    odd = [(x, t) for x, _ in examples for t, word in enumerate(x) if word not in some.vocabulary]
    assert odd
    assert all(isinstance(x[t], str) and not numbers_of(x, some.vocabulary)[t].any() for x, t in odd)
    assert all(y[:-1] == [None] * (len(x) - 1) and y[-1] in some.classes for x, y in examples)


def test_what_is_no_sequence_of_a_task() -> None:
    some = task("many_to_one", "en", "grammar", 0)
    video = task("in_step", "en", "grammar", 0)
    assert some.fits(["gorp", None], [None, "positive"])
    for x, y in (([], []), (["a"], ["none"]), (["a"], [None]), ([3], ["positive"]), (["a", "b"], ["positive"])):
        assert not some.fits(x, y)
    assert video.fits([[0.5] * 64], ["3"])
    assert not video.fits([[0.5] * 63], ["3"])
    assert not video.fits(["seven"], ["3"])


def test_right_answers_by_group() -> None:
    """All targets, those of each group, and whole sequences where there are no groups."""
    video, numbers = task("in_step", "en", "grammar", 2), task("many_to_many", "en", "grammar", 2)
    found = video.scores(lambda x: video.test_y)
    assert set(found) == {"all", *(f"{kind}{n}" for kind in ("still", "changed") for n in AGES)}
    assert all(share == 1 for share in found.values())
    wrong = numbers.test_y.copy()
    wrong[:50, -1] = (wrong[:50, -1] + 1) % len(numbers.classes)
    found = numbers.scores(lambda x: wrong)
    assert found["whole"] == pytest.approx(150 / 200)
    assert found["all"] == pytest.approx(1 - 50 / wrong.size)

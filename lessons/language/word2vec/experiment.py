"""What `word2vec` learns from and how: the text that the knobs choose, what is known of its words, and the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple

from engine.device import HOST
from engine.words.corpus.reading import Corpus
from engine.words.kernel.fast import unpacked
from engine.words.run.live import Live
from engine.words.run.training import Settings
from lessons.contract.card import Lead, Place
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start, View
from lessons.data.corpora import PYTHON
from lessons.data.corpora import read as corpora

xp = HOST.xp
BATCH, LARGER, MANY = 8, 64, 1000
"""Tokens of a batch, and of one where there are more words than `MANY`: they are not all met so soon."""
REAL: Mapping[str, Value] = {"min_count": 5, "window": 5, "dim": 50, "epochs": 3, "rate": 0.025}
"""What a real text asks for, where nothing else was given."""
WATCHED = {
    "world-en": "paris,cow,queen",
    "world-zh": "巴黎,老师,王后",
    PYTHON: "string,file,integer",
}
FIRST = 24
"""Words whose chances are worked out one by one."""
FORMS = (("sg", "ns"), ("sg", "hs"), ("cbow", "ns"), ("cbow", "hs"))


class Held(NamedTuple):
    """What is learned from, and what should come of it: the class of words, and analogies, where they are known."""

    corpus: Corpus
    classes: Mapping[int, str]
    questions: Mapping[str, list[tuple[int, int, int, int]]]
    watched: tuple[int, ...]

    @property
    def words(self) -> tuple[str, ...]:
        return self.corpus.vocabulary.words


def read(knobs: Knobs, look: bool = False) -> Corpus:
    """The text; a file as it was when it was last looked at. Raises Refused."""
    sentences, min_count, most = (int(knobs[name]) for name in ("sentences", "min_count", "vocabulary"))
    corpus = corpora.read(str(knobs["corpus"]), sentences, min_count, most, look)
    if look:
        word = xp.asarray(corpus.text[: len(corpus.text)]) >= 0
        if not (word[1:] & word[:-1]).any():
            raise Refused("no_pairs", corpus=knobs["corpus"])
    return corpus


def held(knobs: Knobs) -> Held:
    """The text and what is known of its words. Raises Refused."""
    return _held(tuple(sorted(knobs.items())), id(read(knobs)))


@lru_cache(maxsize=8)
def _held(given: tuple[tuple[str, Value], ...], corpus_id: int) -> Held:
    """`corpus_id` tells a file that was changed from what it was: what is kept here keeps the corpus, and so its id."""
    knobs = dict(given)
    name, corpus = str(knobs["corpus"]), read(knobs)
    codes, small = corpus.vocabulary.codes(), corpora.small_world(name)
    watched = tuple(watch(codes, str(knobs["watch"]), name))
    if small is None:
        return Held(corpus, {}, {}, watched)
    classes = {codes[word]: kind for word, kind in small.classes().items() if word in codes}
    questions = {
        kind: [(codes[a], codes[b], codes[c], codes[d]) for a, b, c, d in some if {a, b, c, d} <= codes.keys()]
        for kind, some in small.analogies().items()
    }
    return Held(corpus, classes, {kind: some for kind, some in questions.items() if some}, watched)


def watch(codes: Mapping[str, int], asked: str, name: str) -> list[int]:
    """The words whose neighbours are watched: three at most. Raises Refused where one that was asked for is missing."""
    wanted = [word for word in asked.replace("，", ",").replace(" ", ",").split(",") if word]
    for word in wanted:
        if word not in codes:
            near = ", ".join(get_close_matches(word, codes, 3, 0.6))
            raise Refused("watch_missing" if near else "watch_unknown", word=word, count=len(codes), near=near)
    if not wanted:
        wanted = [word for word in WATCHED.get(name, "").split(",") if word in codes]
    if not wanted:  # words that are frequent, and long enough to mean something
        wanted = sorted(codes, key=lambda word: (len(word) < 4 and word.isascii(), codes[word]))
    return [codes[word] for word in dict.fromkeys(wanted)][:3]


def settings(knobs: Knobs, seed: int, words: int) -> Settings:
    """What the engine is told. Noise is drawn anew for every eight tokens, as many words as a pair has negatives."""
    plan: dict[str, Any] = {name: knobs[name] for name in ("model", "loss", "dim", "window", "sample", "epochs")}
    plan |= {"negative": knobs["negatives"], "shared": knobs["negatives"], "group": BATCH}
    rate, batch = float(knobs["rate"]), BATCH if words <= MANY else LARGER
    return Settings(**plan, alpha=rate, min_alpha=min(0.0001, rate), batch=batch, seed=seed, exact=True)


def live(device: Any, knobs: Knobs, start: Start) -> Live:
    """The text and how it is learned from."""
    return _live(device, tuple(sorted(knobs.items())), int(start.inputs["seed"]), id(read(knobs).text))


@lru_cache(maxsize=8)
def _live(device: Any, knobs: tuple[tuple[str, Value], ...], seed: int, text_id: int) -> Live:
    """`text_id` tells a file that was changed from what it was: what is kept here keeps the text, and so its id."""
    found = held(dict(knobs))
    vocabulary = found.corpus.vocabulary
    plan = settings(dict(knobs), seed, len(vocabulary.words))
    return Live(device, plan, vocabulary, found.corpus.text, found.classes, found.watched)


def out_name(knobs: Knobs) -> str:
    """The table of the vectors that are spoken to: of words, or of nodes."""
    return "Theta" if knobs["loss"] == "hs" else "U"


def begun(knobs: Knobs, inputs: Mapping[str, Any]) -> Start:
    """V drawn by the seed among the inputs, as the trainer draws it; the other table is zero."""
    return Start(unpacked(HOST, live(HOST, knobs, Start({}, inputs)).run.start()), inputs)


def lead(knobs: Knobs, start: Start, model: str, loss: str) -> Lead:
    """To the first batch of one of the four forms, all else as it is."""
    form = {**knobs, "model": model, "loss": loss}
    return Lead("word2vec", Place("learn", form, seed=int(start.inputs["seed"]) or None))


def next_form(lesson: object, view: View) -> Lead | None:
    """A method of the lesson: to the form after this one, in the order of `FORMS`."""
    if view.act not in ("corpus", "learn"):
        return None
    at = FORMS.index((str(view.knobs["model"]), str(view.knobs["loss"])))
    return lead(view.knobs, view.start, *FORMS[(at + 1) % len(FORMS)])


def rivals(knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
    """In a race the three other forms, on the same text with the same seed, from the same v."""
    if knobs["race"] != "four":
        return ()
    found = []
    for form in FORMS:
        if form != (knobs["model"], knobs["loss"]):
            other = {**knobs, "model": form[0], "loss": form[1]}
            params = {**begun(other, start.inputs).params, "V": start.params["V"]}
            found.append((" + ".join(form), other, Start(params, start.inputs)))
    return found

"""The predictions of `word2vec`."""

from __future__ import annotations

from engine.device import HOST, HostArray
from engine.walks.history import History
from engine.words import vectors
from engine.words.kernel.fast import unpacked
from lessons.building.acts import Trial
from lessons.building.asks import Question
from lessons.language.word2vec import experiment as exp

AHEAD = 2000
"""Updates that a prediction looks ahead."""


def stays(trial: Trial) -> float:
    """The share of its occurrences that the most frequent word keeps."""
    return trial.number("corpus/keep[0]")


def first_moves(trial: Trial) -> str:
    """Whether a word that spoke is told anything in the first example of all."""
    assert trial.view is not None
    heard = trial.view.get("dh[1]")
    assert heard is not None
    return "some" if heard.any() else "none"


def then(trial: Trial) -> HostArray:
    """The input vectors after `AHEAD` updates."""
    track = trial.lesson.track(HOST, trial.knobs, trial.start)
    assert track is not None
    return unpacked(HOST, History(track).grow(AHEAD).data.vectors)["V"]


def usual(trial: Trial) -> str:
    """The mean cosine of two words by then."""
    cosine = vectors.mean_cosine(then(trial))
    return "zero" if abs(cosine) < 0.1 else "some" if abs(cosine) < 0.9 else "one"


def comes_first(trial: Trial) -> str:
    """Whether words lie nearer to their own class, or to the word that they are paired with, by then."""
    v = vectors.directions(then(trial))
    questions = next(iter(exp.held(trial.knobs).questions.values()))
    a, b, c, _ = (list(each) for each in zip(*questions, strict=True))
    like, with_ = (v[a] * v[c]).sum(axis=1).mean(), (v[a] * v[b]).sum(axis=1).mean()
    return "like" if like > with_ else "with"


QUESTIONS = (
    Question("stays", "corpus/w=0/keep", "number", stays, 0.2),
    Question("first", "learn/n=1/hear", "choice", first_moves),
    Question("usual", "update=0", "choice", usual, track="train"),
    Question(
        "order", "update=0", "choice", comes_first, when=lambda s: bool(exp.held(s.knobs).questions), track="train"
    ),
)

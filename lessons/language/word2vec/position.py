"""A position in `word2vec`: its text, its words, and the first entries of their vectors."""

from __future__ import annotations

from typing import Any

from engine.device import HOST
from engine.words.vectors import mean_cosine
from lessons.building.staging import Lengths, LessonStage
from lessons.contract.panels import Block
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five, number
from lessons.language.word2vec import experiment as exp

PART = 4
"""Entries of a long vector that are shown."""


class WordStage(LessonStage):
    """A position; `held` is the text, `live` how it is learned from, `tree` whether nodes of a tree are spoken to."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.held, self.live = exp.held(view.knobs), exp.live(HOST, view.knobs, view.start)
        self.words, self.dim = self.held.words, self.lengths["dim"]
        self.tree = view.knobs["loss"] == "hs"

    def some(self, symbol: str, title: str, row: int | None = None) -> Block:
        """The first entries of a vector, or of a row of a table; the title says where there are more."""
        value, wide = self.view.get(symbol), min(self.dim, PART)
        if value is not None:
            value = (value if row is None else value[row])[:wide].reshape(1, wide)
        title += f" 1–{PART}/{self.dim}" if self.dim > PART else ""
        lie = "row" if row is None else "line"
        return Block(symbol, value, (1, wide), lie, row or 0, title=title, **self.flags(symbol))

    def vector_of(self, word: int) -> Block:
        """The input vector of a word, which can be edited."""
        return self.some("V", f"v({self.words[word]})", word)

    def form(self, model: Any, loss: Any) -> str:
        """What a form is called."""
        return self.say(f"{model}_{loss}", K=self.knobs["negatives"])

    def fields(self) -> dict[str, Any]:
        knobs, corpus, training = self.knobs, self.held.corpus, self.view.training
        several = "race" if knobs["race"] == "four" else "live"
        return {
            "corpus": knobs["corpus"], "V": number(len(self.words)), "tokens": number(corpus.vocabulary.total),
            "sentences": number(corpus.sentences), "bad": number(corpus.bad), "dim": knobs["dim"],
            "window": knobs["window"], "K": knobs["negatives"], "sample": f"{float(knobs['sample']):g}",
            "first": self.words[0], "epochs": knobs["epochs"], "rate": f"{float(knobs['rate']):g}",
            "keep": self.figure("keep[0]").strip() if self.view.reel else "·",
            "form": self.form(knobs["model"], knobs["loss"]), "n": number(training.n) if training else 0,
            "mean": five(mean_cosine(self.params["V"])).strip() if training else "·",
            "like": self.paired(2), "with": self.paired(1), "counts": self.say(f"counts_{knobs['model']}"),
            "more": self.say(f"more_{several}").replace("`", ""),
        }  # fmt: skip

    def paired(self, other: int) -> str:
        """The first word of the first analogy, and another of that analogy."""
        questions = next(iter(self.held.questions.values()), None)
        return "–" if questions is None else f"{self.words[questions[0][0]]} – {self.words[questions[0][other]]}"

"""The lesson `words`: the same words as one-hot vectors, by their company, and dense; and what each costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import HOST, HostArray, Rng
from engine.walks.reel import indexed
from engine.walks.step import split
from engine.words import meaning, vectors
from lessons.building.acts import Act, Derived, Scope, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Lengths, Parameter, Size
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start
from lessons.language.pairs import numbers
from lessons.language.texts import TextSource
from lessons.language.words.company import Company, counted, different, read
from lessons.language.words.stage import SIZES, WordsStage


def ppmi(counts: HostArray) -> HostArray:
    """(V, V): how much more often two words stand side by side than chance would have it, ln, and 0 where not more."""
    share = counts / counts.sum()
    with np.errstate(divide="ignore"):
        found: HostArray = np.maximum(np.log(share / (share.sum(axis=0) * share.sum(axis=1, keepdims=True))), 0)
    return found


def principal(rows: HostArray, dim: int) -> HostArray:
    """(D, V): the rows of V words along their `dim` principal directions, a column a word.

    A direction's sign makes its largest part positive.
    """
    _, _, axes = np.linalg.svd(rows, full_matrices=False)
    axes = axes[:dim]
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    found = np.zeros((dim, len(rows)))
    found[: len(axes)] = (axes * signs[:, None]) @ rows.T
    return found


def of(knobs: Knobs, start: Start) -> Company:
    """The text of a start, with the words and window of the knobs."""
    return read(str(start.inputs["text"]), str(knobs["words"]), int(knobs["window"]))


def apart(trial: Trial) -> str:
    """Whether the second pair is as far apart as the first."""
    first, second = (trial.number(f"onehot/dist_x[{n}]") for n in (0, 1))
    return "same" if first == second else "nearer" if second < first else "further"


def likest(trial: Trial) -> str:
    """Whether the first chosen word has more company in common with the second or with the third."""
    company = of(trial.knobs, trial.start)
    first, *others = (company.counts(w) for w in company.chosen[:3])
    near = [float(first @ row) / float(np.sqrt((first @ first) * (row @ row))) for row in others]
    return "second" if near[0] > near[1] else "third" if near[1] > near[0] else "equal"


def saved(trial: Trial) -> float:
    """How many times fewer numbers dense vectors take in a large vocabulary."""
    return trial.number("size/sparse[4]") / trial.number("size/dense[4]")


def has_two_pairs(s: Scope) -> bool:
    return len(s.company.pairs) > 1


def computed(trial: Trial) -> dict[str, Any]:
    """The pairs, how far apart each kind of vector makes them, and what a vocabulary costs."""
    company, W = of(trial.knobs, trial.start), trial.start.params["W"]
    words, eye, wide = company.words, np.eye(len(company.words)), int(trial.knobs["wide"])
    kinds = {
        "one_hot": {w: eye[:, w : w + 1] for w in company.chosen},
        "company": {w: company.counts(w)[:, None].astype(float) for w in company.chosen},
        "dense": {w: W[:, w : w + 1] for w in company.chosen},
    }
    return {
        "words": list(words),
        "pairs": [[words[a], words[b]] for a, b in company.pairs],
        **{kind: [likeness(held[a], held[b]) for a, b in company.pairs] for kind, held in kinds.items()},
        "mean_cosine": vectors.mean_cosine(W.T),
        "numbers": [{"words": V, "one_hot": V * V, "dense": V * wide} for V in SIZES],
    }


def likeness(one: HostArray, other: HostArray) -> dict[str, float]:
    """How far apart two columns are, and their cosine."""
    cosine = float(meaning.cosine(HOST.xp, one, other)[0, 0])
    return {"distance": float(np.linalg.norm(one - other)), "cosine": cosine}


class Words(DeclaredLesson):
    """Column w of W is the dense vector of word w, the words in order of first appearance."""

    sizes = (Size("dim", "dim"),)
    source = TextSource("text", "inputs_sentences", lambda text: None, different, span=(3, 1000))
    holds = (Parameter("W", ("dim", "words")),)
    derived = (
        Derived("company", lambda s: of(s.knobs, s.trial.start)),
        Derived("one_hot", lambda s: [s.device.put(np.eye(s.words)[:, w : w + 1]) for w in range(s.words)]),
        Derived("x", lambda s, w: indexed(s.one_hot)(w), indexed=True),
        Derived("sizes", lambda s: numbers(s.device, SIZES)),
        Derived("size", lambda s, i: indexed(s.sizes)(i), indexed=True),
        Derived("wide", lambda s: s.device.put([[float(s.knobs["wide"])]])),
    )
    acts = (
        Act("onehot", lambda s, at: meaning.compare(s.xp, "x", dict(enumerate(s.one_hot)), s.company.pairs, at)),
        Act("company", lambda s, at: meaning.by_company(s.xp, s.one_hot, s.company.beside, s.company.pairs, at)),
        Act(
            "dense",
            lambda s, at: meaning.by_dense(s.xp, s.W, s.one_hot, s.company.chosen, s.company.pairs, at),
            length=lambda s: len(s.company.chosen) + 2 * len(s.company.pairs) + 3,
        ),
        Act("size", lambda s, at: meaning.sizes(s.sizes, s.wide, at), after=()),
    )
    gradient = Gradient("dense/cos_v[0]", "grad_{}", "cos")
    results = (("loss", "dense/cos_v[0]"), computed)
    questions = (
        Question("apart", "onehot/n=1", "choice", apart, when=has_two_pairs),
        Question("likest", "company/n=0", "choice", likest, when=has_two_pairs),
        Question("saved", "size", "number", saved, 0.1),
    )
    loops = ("phase", ("w", "n"), ("i", "a"), ("b", "o"))
    grain = "n"
    explains = ("cos_v", "cos_c", "cos_x", "dist_x", "turn", "v", "c", "dense", "sparse")
    counted, from_zero = frozenset({"size", "sparse", "dense"}), frozenset("abinow")
    rebuilds = frozenset({"text", "dim", "window"})
    shown_as = WordsStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return meaning.RULES

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        return {"W": draw.normal(0, 1, (lengths["dim"], lengths["words"]))}

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """Without a seed W is made from the text: the principal directions of its words' company."""
        start = super().start(knobs, seed)
        company = of(knobs, start)
        if seed is not None:
            return start
        W = principal(ppmi(counted(start.inputs["text"], int(knobs["window"]))), int(knobs["dim"]))
        flat = next((company.words[w] for w in company.chosen if not np.abs(W[:, w]).max() > 1e-9), None)
        if flat is not None:
            raise Refused("flat", word=flat, dim=knobs["dim"])
        return Start({"W": W}, start.inputs)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        fitted, start = super().read(file, state, knobs)
        of(fitted, start)  # the chosen words are words of its text
        return fitted, start

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        return ("W", (*index, at[0])) if family == "v" and at else super().home(symbol, index)

    def editable(self, symbol: str) -> bool:
        return super().editable(self.home(symbol, ())[0])

"""The lesson `windows`: pairs of a sentence, the noise, and the two directions of prediction."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from engine.device import Rng
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Section, counted, indexed
from engine.walks.step import Path
from engine.words import pair, windows
from engine.words.corpus import vocabulary
from lessons.building.acts import Act, Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Lengths, Parameter, Size
from lessons.contract.view import Knobs, Start, hides
from lessons.language.pairs import numbers, objective
from lessons.language.texts import TextSource
from lessons.language.windows.sentence import Sentence, check, random_numbers, read, size_of
from lessons.language.windows.stage import WindowsStage


class SentenceSource(TextSource):
    """A sentence, and the seed that the noise is drawn by."""

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        return {**super().begin(knobs), "order_seed": 0}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        seed = given.get("order_seed", 0)
        return {**super().read(file, given, knobs), "order_seed": seed if isinstance(seed, int) and seed >= 0 else 0}


def sentence_of(trial: Trial) -> Sentence:
    return read(trial.knobs, trial.start)


def entry(s: Scope, family: str, i: int) -> Any:
    return s.get(f"{family}[{i}]")


def predicting(s: Scope, at: Path) -> list[Section]:
    """One window in the direction that the act is named after."""
    inputs, targets, right = s.sentence.prediction(at[0][0], s.negatives)
    v, u = [s.get(f"in[{word}]") for word in inputs], [s.get(f"out[{word}]") for word in targets]
    label = numbers(s.device, [j < right for j in range(len(targets))])
    families: dict[str, Any] = {name: partial(entry, s, name) for name in ("in", "out", "count", "r", "i", "o")}
    families |= {"v": indexed(v), "u": indexed(u), "t": indexed(label)}
    length = (1 if len(inputs) == 1 else 2 + len(inputs)) + 1 + 4 * len(targets)
    walk = lambda: pair.forward(s.xp, v, u, label, at=at, phases=True)  # noqa: E731
    return [Section(at, walk, lambda: Env({"C": len(inputs)}, families), length)]


def skipgram_loss(s: Scope) -> Objective:
    """Skip-gram's loss at the chosen centre: its neighbours, and the noise that was drawn."""
    (centre,), targets, right = s.sentence.prediction("skipgram", s.negatives)
    label = numbers(s.device, [j < right for j in range(len(targets))])
    return objective(s.device, s.trial.start, "U", targets, label, centre)


def positive_pairs(trial: Trial) -> float:
    """Positive pairs of the whole sentence."""
    return float(len(sentence_of(trial).pairs))


def ratio(trial: Trial) -> float:
    """How many times likelier the most frequent word is drawn than the rarest."""
    counts = sentence_of(trial).counts
    return float((max(counts) / min(counts)) ** vocabulary.POWER)


def updates(trial: Trial) -> str:
    """Which form makes more updates from this window."""
    return "skipgram" if len(sentence_of(trial).context) > 1 else "same"


def computed(trial: Trial) -> dict[str, Any]:
    """The loss, the words, the noise, the pairs and their scores, and who was drawn."""
    sentence, of, params = sentence_of(trial), skipgram_loss(trial.first), trial.start.params
    V, U, codes, tokens = params["V"], params["U"], sentence.codes, sentence.tokens
    return {
        "loss": float(trial.device.get(of.loss())),
        "words": list(sentence.words),
        "counts": list(sentence.counts),
        "noise": vocabulary.noise(sentence.counts),
        "pairs": [[tokens[p.centre], tokens[p.other]] for p in sentence.pairs],
        "scores": [float(U[codes[p.other]] @ V[codes[p.centre]]) for p in sentence.pairs],
        "drawn": [sentence.words[w] for w in trial.first.negatives],
    }


class Windows(DeclaredLesson):
    """Rows of V and U are the words, in order of first appearance."""

    sizes = (Size("dim", "dim"),)
    source = SentenceSource("text", "inputs_words", check, size_of)
    holds = (Parameter("V", ("words", "dim"), rows="in"), Parameter("U", ("words", "dim"), rows="out"))
    derived = (
        Derived("sentence", lambda s: sentence_of(s.trial)),
        Derived("negatives", lambda s: s.sentence.negatives(s.knobs, s.trial.start)),
        Derived("half", lambda s: s.device.put([[0.5]])),
        Derived("window", lambda s: float(s.knobs["window"])),
        Derived("counts", lambda s: numbers(s.device, s.sentence.counts)),
        Derived("count", lambda s, w: indexed(s.counts)(w), indexed=True),
        Derived("edges", lambda s: s.device.put(s.sentence.edges[:, None])),
        Derived("edge_init", lambda s: 0 * s.edges[:1, :]),
        Derived("random", lambda s: numbers(s.device, random_numbers(s.knobs, s.trial.start))),
        Derived("r", lambda s, n: counted(s.random)(n), indexed=True),
        Derived("centres", lambda s: numbers(s.device, [p.centre + 1 for p in s.sentence.pairs])),
        Derived("others", lambda s: numbers(s.device, [p.other + 1 for p in s.sentence.pairs])),
        Derived("i", lambda s, n: counted(s.centres)(n), indexed=True),
        Derived("o", lambda s, n: counted(s.others)(n), indexed=True),
    )
    acts = (
        Act(
            "window",
            lambda s, at: windows.slide(s.device, len(s.sentence.tokens), int(s.window), at),
            length=lambda s: 1 + 3 * len(s.sentence.pairs),
        ),
        Act("noise", lambda s, at: windows.noise(s.counts, at), after=()),
        Act("draw", lambda s, at: windows.draw(s.device, s.edges, s.random, at), after=()),
        Sections("skipgram", predicting),
        Sections("cbow", predicting),
    )
    gradient = Gradient(skipgram_loss, name="L")
    results = (computed,)
    questions = (
        Question("pairs", lambda s: f"window/i={min(2, len(s.sentence.tokens))}", "number", positive_pairs, 0.0),
        Question(
            "ratio",
            "noise/Z",
            "number",
            ratio,
            0.02,
            hides=hides(marks=["powers"]),
            when=lambda s: max(s.sentence.counts) > min(s.sentence.counts),
        ),
        Question("updates", "cbow/scores", "choice", updates),
    )
    loops = (("i", "phase"), ("n", "w", "j", "c"))
    grain = "n"
    example = False
    explains = ("t", "P", "k", "h", "a", "q")
    counted, from_zero = frozenset({"i", "o", "d"}), frozenset("cw")
    rebuilds = frozenset({"text", "dim"})
    shown_as = WindowsStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**pair.RULES, **windows.RULES}

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        start = super().start(knobs, seed)
        return Start(start.params, {**start.inputs, "order_seed": seed or 0})

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        shape = lengths["words"], lengths["dim"]
        return {name: np.round(draw.normal(0, 0.5, shape), 2) for name in ("V", "U")}

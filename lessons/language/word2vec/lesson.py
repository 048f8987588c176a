"""The lesson `word2vec`: the tables that it learns, its acts and its training; the text stands in `experiment`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.device import HOST, Device
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track
from engine.walks.reel import Section, indexed
from engine.walks.step import Path, Walk
from engine.words import batch, prepare, vectors
from engine.words.kernel.fast import packed, unpacked
from engine.words.run.opened import Opened
from engine.words.run.sample import mean_loss
from lessons.building.acts import Act, Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Lengths, Parameter, Size, Source
from lessons.contract.knobs import Refused, Value
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.data.corpora import WORLDS
from lessons.language.pairs import numbers
from lessons.language.word2vec import experiment as exp
from lessons.language.word2vec.asks import QUESTIONS
from lessons.language.word2vec.position import WordStage
from lessons.language.word2vec.text_stage import TextStage
from lessons.language.word2vec.training import TrainStage
from lessons.language.word2vec.update import UpdateStage

STAGES = {"corpus": TextStage, "samples": TextStage, "learn": UpdateStage, "train": TrainStage}


class CorpusSource(Source):
    """The words of the text that the knobs choose; the seed of what is drawn; updates that were made before."""

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        return {"seed": 0, "words": list(exp.held(knobs).words)}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        words = self.begin(knobs)["words"]
        if given.get("words", words) != words:
            raise Refused("inputs_other_words", file=file, corpus=knobs["corpus"])
        seed, updates = (given.get(name, 0) for name in ("seed", "updates"))
        count = [n if isinstance(n, int) and not isinstance(n, bool) and n >= 0 else 0 for n in (seed, updates)]
        return {"seed": count[0], "words": words, "earlier": count[1]}

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        return {"words": len(inputs["words"]), "nodes": len(inputs["words"]) - 1}


@dataclass(frozen=True)
class Output(Parameter):
    """The table of the vectors that are spoken to, where the knob `loss` asks for it."""

    loss: str = ""

    def entries(self, lengths: Lengths, knobs: Knobs) -> Iterator[tuple[str, tuple[int, ...]]]:
        if knobs["loss"] == self.loss:
            yield from super().entries(lengths, knobs)


def chances(s: Scope, at: Path) -> Walk[Any]:
    """How likely each of the most frequent words stays, and is drawn as noise."""
    return prepare.chances(s.xp, s.counts, min(exp.FIRST, int(s.words)), s.total, s.one, s.sample, at)


def meetings(s: Scope, at: Path) -> Walk[Any]:
    """The pairs of the first batch; in CBOW windows have drawn sizes."""
    return prepare.meetings(s.xp, list(zip(s.centres, s.others, strict=True)), s.window, s.sizes or None, at)


def first_batch(s: Scope, at: Path = ()) -> Opened:
    """The first batch of the run, opened."""
    lv, params = exp.live(HOST, s.knobs, s.trial.start), s.trial.start.params
    return lv.opened(*lv.place(0, 0), lambda: packed(HOST, params), at, s.device)


def first_update(s: Scope, at: Path) -> list[Section]:
    """The first batch, in which the whole tables can be read too."""
    return first_batch(s, at).sections({name: partial(s.theta.get, name) for name in s.theta})


def computed(trial: Trial) -> dict[str, Any]:
    """The loss of the first batch and of a pair; neighbours, and what is right of them where that is known."""
    text, start = exp.held(trial.knobs), trial.start
    v, out = start.params["V"], start.params[exp.out_name(trial.knobs)]
    near = vectors.neighbours(v, text.watched, 10)
    result: dict[str, Any] = {
        "loss": float(trial.device.get(first_batch(trial.first).objective().loss())),
        "updates": start.inputs.get("updates", start.inputs.get("earlier", 0)),
        "loss_of_a_pair": mean_loss(HOST.xp, trial.first.live.sample, v, out),
        "mean_cosine": vectors.mean_cosine(v),
        "neighbours": {
            text.words[w]: [{"word": text.words[n.word], "cosine": n.cosine} for n in row]
            for w, row in zip(text.watched, near, strict=True)
        },
    }
    if text.classes:
        result["right_class"] = vectors.purity(v, text.classes)
        result["analogies"] = {kind: vectors.solved(v, some) for kind, some in text.questions.items()}
    return result


class Word2vec(DeclaredLesson):
    """Row w of V and of U belongs to word w, by falling count; of Theta to node w."""

    source = CorpusSource()
    sizes = (Size("dim", "dim"),)
    holds = (
        Parameter("V", ("words", "dim"), rows="v"),
        Output("U", ("words", "dim"), rows="u", loss="ns"),
        Output("Theta", ("nodes", "dim"), rows="theta", loss="hs"),
    )
    derived = (
        Derived("live", lambda s: exp.live(HOST, s.knobs, s.trial.start)),
        Derived("counts", lambda s: s.device.put([[float(n)] for n in exp.read(s.knobs).vocabulary.counts])),
        Derived("count", lambda s, w: s.counts[w : w + 1, :] if 0 <= w < s.words else None, indexed=True),
        Derived("total", lambda s: s.xp.sum(s.counts, axis=0, keepdims=True)),
        Derived("one", lambda s: s.device.put([[1.0]])),
        Derived("sample", lambda s: s.device.put([[float(s.knobs["sample"])]])),
        Derived("window", lambda s: s.device.put([[float(s.knobs["window"])]])),
        Derived("pairs", lambda s: s.live.pairs(*s.live.place(0, 0))),
        Derived("centres", lambda s: numbers(s.device, (pair.centre for pair in s.pairs))),
        Derived("others", lambda s: numbers(s.device, (pair.other for pair in s.pairs))),
        Derived("sizes", lambda s: numbers(s.device, (pair.reach for pair in s.pairs if s.knobs["model"] == "cbow"))),
        Derived("i", lambda s, n: indexed(s.centres)(n - 1), indexed=True),
        Derived("o", lambda s, n: indexed(s.others)(n - 1), indexed=True),
        Derived("size", lambda s, n: indexed(s.sizes)(n - 1), indexed=True),
    )
    acts = (
        Act("corpus", chances, length=lambda s: 1 + 3 * min(exp.FIRST, s.words)),
        Act("samples", meetings, after=(), length=lambda s: 2 * len(s.pairs)),
        Sections("learn", first_update),
    )
    gradient = Gradient(lambda s: first_batch(s).objective(), name="L")
    results = (computed,)
    questions = QUESTIONS
    loops = ("update", "batch", "n", "phase", ("c", "j"), "w")
    grain = "w"
    example = False
    explains = ("q", "p", "a", "dh", "h", "v", "u", "theta", "m", "keep", "P")
    counted, from_zero = frozenset({"i", "o", "d", "size"}), frozenset("cw")
    draws = frozenset({"corpus", "dim", "loss", "min_count", "vocabulary", "sentences"})
    second_views = frozenset({"train"})
    rebuilds = draws
    matrices = frozenset({"counts", "total", "one", "sample", "window", "Z", "L", "rate", "bound"})
    shown_as = WordStage
    lead = exp.next_form

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        """The knobs, those that were not given as the text asks for."""
        fits = {} if knobs["corpus"] in WORLDS else exp.REAL
        return {**knobs, **{name: value for name, value in fits.items() if name not in given}}

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        exp.read(knobs, look=True)
        return exp.begun(knobs, {"seed": seed or 0, "words": list(exp.held(knobs).words)})

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """The loss is the one whose table a state has."""
        loss = "ns" if "U" in state["params"] else "hs" if "Theta" in state["params"] else knobs["loss"]
        return super().read(file, state, {**knobs, "loss": loss})

    def track(self, device: Any, knobs: Knobs, start: Start, fork: State | None = None) -> Track:
        """A fork goes on from its place in the text, with the vectors of `start`."""
        lv, tables = exp.live(device, knobs, start), packed(device, start.params)
        return lv.track(lv.start(tables) if fork is None else lv.fork(fork, tables), self.grains)

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        return exp.rivals(knobs, start)

    def at(self, start: Start, state: State, device: Device) -> Start:
        n = state.n + int(start.inputs.get("earlier", 0))
        return Start(unpacked(device, state.data.vectors), {**start.inputs, "updates": n})

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**prepare.RULES, **batch.RULES}

    def shown(self, view: View) -> Objective:
        """L of the batch in focus: the first one, or in training the update's (of several, the one stepped through)."""
        if view.training is None or view.training.state is None:
            return super().shown(view)
        lv, state, i = exp.live(view.device, view.knobs, view.start), view.training.state, view.loop("batch") or 0
        return lv.opened(*lv.places(state.data)[i], lv.beginning(state, i), ()).objective()

    def panels(self, view: View, text: Text) -> Stage:
        """An update of training that is opened is shown as the first one is."""
        return STAGES["learn" if view.training is not None and view.training.open else view.act](
            self, view, text
        ).stage()

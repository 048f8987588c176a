"""The lesson `word2vec`: the experiment, its predictions and its stage, put together as the contract asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device, HostArray
from engine.walks.gradient_check import Objective
from engine.walks.history import History, State, Track
from engine.walks.reel import Reel
from engine.walks.step import Path, split
from engine.words import batch, prepare, vectors
from engine.words.run.opened import Opened
from engine.words.run.sample import loss, mean_loss, sample
from lessons.building.experiment import Experiment
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.language.word2vec import experiment as exp
from lessons.language.word2vec import stage

AHEAD = 2000
"""Updates that a prediction looks ahead."""


def at_most_frequent(knobs: Knobs, start: Start) -> Path:
    return (("corpus", -1), ("w", 0), ("keep", -1))


def stays(view: View) -> float:
    """The share of its occurrences that the most frequent word keeps."""
    found = view.get("keep[0]")
    assert found is not None
    return float(found.reshape(-1)[0])


def at_first_words(knobs: Knobs, start: Start) -> Path:
    return (("learn", -1), ("n", 0), ("back", -1))


def first_moves(view: View) -> str:
    """Whether a word that spoke is told anything in the first example of all."""
    n = view.loop("n") or 0
    heard = view.get(f"dh[{n}]")
    assert heard is not None
    return "some" if heard.any() else "none"


def at_training(knobs: Knobs, start: Start) -> Path:
    return (("update", 0),)


def in_world(knobs: Knobs, start: Start) -> Path | None:
    """Only where classes are known."""
    return at_training(knobs, start) if exp.held(knobs).questions else None


def then(view: View) -> HostArray:
    """The input vectors after `AHEAD` updates."""
    state = History(exp.training(HOST, view.knobs, view.start, None)).grow(AHEAD)
    return exp.at(view.start, state, HOST).params["V"]


def usual(view: View) -> str:
    """The mean cosine of two words by then."""
    cosine = vectors.mean_cosine(then(view))
    return "zero" if abs(cosine) < 0.1 else "some" if abs(cosine) < 0.9 else "one"


def comes_first(view: View) -> str:
    """Whether words lie nearer to their own class, or to the word that they are paired with, by then."""
    v = vectors.directions(then(view))
    questions = next(iter(exp.held(view.knobs).questions.values()))
    a, b, c, _ = (list(each) for each in zip(*questions, strict=True))
    like, with_ = (v[a] * v[c]).sum(axis=1).mean(), (v[a] * v[b]).sum(axis=1).mean()
    return "like" if like > with_ else "with"


class Word2vec(Experiment):
    """See `contract.lesson.Lesson`. Row w of V and of U belongs to word w, by falling count; of Theta to node w."""

    grains = exp.GRAINS
    grain = "w"
    example = False
    asks = (
        Ask("stays", at_most_frequent, "number", stays, tolerance=0.2),
        Ask("first", at_first_words, "choice", first_moves),
        Ask("usual", at_training, "choice", usual, track="train"),
        Ask("order", in_world, "choice", comes_first, track="train"),
    )
    explains = ("q", "p", "a", "dh", "h", "v", "u", "theta", "m", "keep", "P")
    second_views = frozenset({"train"})
    draws = frozenset({"corpus", "dim", "loss", "min_count", "vocabulary", "sentences"})
    rebuilds = draws
    columns = frozenset(
        {"v", "u", "theta", "h", "a", "p", "q", "dh", "dv", "du", "dtheta", "dnoise", "f", "keep", "P", "count", "d"}
        | {"m", "t", "i", "o", "size", "share", "back", "cut_dv", "cut_du", "cut_dnoise", "cut_dtheta"}
    )

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        return exp.settled(knobs, given)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return exp.begin_at(knobs, seed or 0)

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        V, D = len(inputs["words"]), int(knobs["dim"])
        return {"V": (V, D), exp.out_name(knobs): (V - (knobs["loss"] == "hs"), D)}

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        words = list(exp.held(knobs).words)
        if given.get("words", words) != words:
            raise Refused("inputs_other_words", file=file, corpus=knobs["corpus"])
        seed, updates = (given.get(name, 0) for name in ("seed", "updates"))
        count = [n if isinstance(n, int) and not isinstance(n, bool) and n >= 0 else 0 for n in (seed, updates)]
        return {"seed": count[0], "words": words, "earlier": count[1]}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        rows = params.get("V")
        wide = len(rows[0]) if isinstance(rows, list) and rows and isinstance(rows[0], list) else 0
        tree = "Theta" in params and "U" not in params
        loss_ = "hs" if tree else "ns" if "U" in params else knobs["loss"]
        return {**knobs, "loss": loss_, "dim": wide if 2 <= wide <= 200 else knobs["dim"]}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        name = {"v": "V", "u": "U", "theta": "Theta"}.get(family)
        return (name, (at[0], *index)) if name and at else (symbol, index)

    def editable(self, symbol: str) -> bool:
        return self.home(symbol, ())[0] in ("V", "U", "Theta")

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        return exp.reel(device, knobs, start)

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        return exp.training(device, knobs, start, fork)

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        return exp.rivals(knobs, start)

    def at(self, start: Start, state: State, device: Device) -> Start:
        return exp.at(start, state, device)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**prepare.RULES, **batch.RULES}

    def _objective(self, device: Device, knobs: Knobs, start: Start, opened: Opened) -> Objective:
        """L of a batch, as tables; its gradient from the walk."""
        out = exp.out_name(knobs)
        theta = {name: device.put(value) for name, value in start.params.items()}
        some = sample(device, opened.some, out == "Theta")

        def L(**held: Array) -> Array:
            full = {**theta, **held}
            return loss(device.xp, some, full["V"], full[out])

        return Objective(theta, L, exp.gradient(device, opened, knobs, start))

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        """L of the first batch."""
        return self._objective(device, knobs, start, exp.first_batch(device, knobs, start, ()))

    def shown(self, view: View) -> Objective:
        """L of the batch in focus: the first one, or in training the update's (of several, the one stepped through)."""
        if view.training is None or view.training.state is None:
            return self.objective(view.device, view.knobs, view.start)
        lv, state = exp.live(view.device, view.knobs, view.start), view.training.state
        i = view.loop("batch") or 0
        begin = lv.beginning(state, i)
        start = exp.at(view.start, State(state.n, state.data._replace(vectors=begin())), view.device)
        opened = lv.opened(*lv.places(state.data)[i], begin, ())
        return self._objective(view.device, view.knobs, start, opened)

    def panels(self, view: View, text: Text) -> Stage:
        return stage.panels(view, text, self.rule(view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return stage.says(view, text)

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        found, of = exp.held(knobs), self.objective(device, knobs, start)
        v, out = start.params["V"], start.params[exp.out_name(knobs)]
        lv = exp.live(HOST, knobs, start)
        near = vectors.neighbours(v, found.watched, 10)
        result: dict[str, Any] = {
            "loss": float(device.get(of.loss())),
            "grad": {name: device.get(grad) for name, grad in of.gradient.items()},
            "updates": start.inputs.get("updates", start.inputs.get("earlier", 0)),
            "loss_of_a_pair": mean_loss(np, lv.sample, v, out),
            "mean_cosine": vectors.mean_cosine(v),
            "neighbours": {
                found.words[w]: [{"word": found.words[n.word], "cosine": n.cosine} for n in row]
                for w, row in zip(found.watched, near, strict=True)
            },
        }
        if found.classes:
            result["right_class"] = vectors.purity(v, found.classes)
            result["analogies"] = {kind: vectors.solved(v, some) for kind, some in found.questions.items()}
        return result

"""The lesson `caption`: pixels to a start state, words one by one, back to the pixels; then nets that learn to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.device import HOST, Device
from engine.gated.run.files import CELLS
from engine.maths.optimisers import OPTIMISERS
from engine.sequences import caption
from engine.sequences.one_picture import OnePicture, likeliest
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import on_device, same
from lessons.building.holds import Input, Net, Size, Source
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start, View
from lessons.recurrent.caption import CELLS as KINDS
from lessons.recurrent.caption import EYES
from lessons.recurrent.caption import experiment as exp
from lessons.recurrent.caption.stage import CaptionStage
from lessons.recurrent.gated import columns, seed_of

NAMES = frozenset(("K1", "b1", "K2", "b2", "W1", "D", "bD", *(p for kind in KINDS for p in CELLS[kind].names)))
BIASES = frozenset(name for name in NAMES if name[0] == "b")
SEEN = frozenset(("I", "net1", "h1", "p2", "netD", "h_init", "delta1", "delta_init", "gh_init", "word", "mask"))
MORE = frozenset(f"{to}{b}" for b in ("bD", "b1", "b2", "I", "h1", "p2") for to in ("", "d", "G_", "m_", "v_", "by_"))


class Words(Source):
    """The caption that is right for the picture, word by word; the seed of weights, batches and what is held out."""

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        some, n = exp.album_of(knobs), int(knobs["example"])
        if n > len(some.captions):
            raise Refused("range", knob="example", value=n, range=f"1–{len(some.captions)}")
        return {"caption": list(some.captions[n - 1]), "seed": 0}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        words = given.get("caption", self.begin(knobs)["caption"])
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            raise Refused("inputs_caption", file=file)
        exp.album_of(knobs).codes(words)
        return {"caption": words, "seed": seed_of(given)}

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        return {"T": len(inputs["caption"]) + 1}


def one(s: Scope) -> OnePicture:
    """The net on the picture of the first acts."""
    some, inputs = exp.album_of(s.knobs), s.trial.start.inputs
    image, words = np.array(inputs["I"]), some.codes(inputs["caption"])
    return OnePicture(s.device, exp.net_of(s.knobs), s.theta, image, words, some.longest)


@lru_cache(maxsize=16)
def rules(key: exp.Key) -> Mapping[str, str]:
    """The rules of all acts and of an opened update, by the knobs."""
    made = exp.net_of(dict(key))
    return {**caption.rules(made), **descent.rules(OPTIMISERS[str(dict(key)["optimiser"])], made.names)}


def outcome(trial: Trial) -> dict[str, Any]:
    """The start state, what the net writes with p of each word, E of the right caption and ∂E/∂I."""
    one, words = trial.first.one, ["", "", *exp.album_of(trial.knobs).vocabulary]
    p = one.written()
    return {
        "E": one.E, "start": trial.device.get(one.start)[:, 0], "caption": trial.start.inputs["caption"],
        "written": [words[code] for code in likeliest(p)], "p": [float(each.max()) for each in p],
        "by_I": one.by_picture,
    }  # fmt: skip


def from_zero(trial: Trial) -> str:
    """How a caption begins from a start state of 0."""
    one = trial.first.one
    right, p = one.written()[0], one.written(0 * one.start)[0]
    return "right" if p.argmax() == right.argmax() else "sure" if p.max() > 0.5 else "unsure"


def who(trial: Trial) -> str:
    """Who gets most captions right of the pictures held out."""
    data = exp.ahead(tuple(sorted(trial.knobs.items())), int(trial.start.inputs["seed"]))
    both = data.net.reading.held > 0.5, data.classed.held > 0.5
    return "both" if all(both) else "net" if both[0] else "classifier" if both[1] else "none"


def named(trial: Trial) -> str:
    """Whether a net that was trained on no picture with a certain word writes it."""
    knobs, seed = {**trial.knobs, "held": "word"}, int(trial.start.inputs["seed"])
    some, theta = exp.sets_of(knobs, seed), exp.ahead(tuple(sorted(knobs.items())), seed).net.theta
    found = caption.written(HOST, exp.net_of(knobs), theta, some.held.image, some.album.longest)
    count = sum(some.album.vocabulary[str(knobs["word"])] in codes for codes in found)
    return "all" if count == len(found) else "some" if count else "never"


class Captions(DeclaredLesson):
    """Timesteps count from 0; I has the pixels row by row."""

    source = Words()
    sizes = (Size("H", "hidden"),)
    holds = (
        Net("V", ("K", "H"), shapes=exp.shapes, names=NAMES, vectors=BIASES, lacking=BIASES),
        Input("I", exp.PIXELS),
    )
    derived = (Derived("one", one),)
    acts = (
        Sections("look", lambda s, at: s.one.look(at)),
        Sections("write", lambda s, at: s.one.write(at)),
        Sections("back", lambda s, at: s.one.back(at)),
    )
    gradient = Gradient(lambda s: s.one.objective)
    results = (outcome,)
    questions = (
        Question("zero", "write/t=0", "choice", from_zero),
        Question(
            "who", "update=0", "choice", who, track="train",
            when=lambda s: s.knobs["held"] == "few" and s.knobs["pictures"] == "cards",
        ),
        Question("named", "update=0", "choice", named, track="train", when=lambda s: s.knobs["pictures"] == "cards"),
    )  # fmt: skip
    loops = ("update", "phase", ("t", "k", "layer"), ())
    grain = "t"
    explains = ("word", "yhat", "h", "by_I", "gh", "delta", "E")
    ordinals = frozenset({"word", "letters"})
    example = False
    draws = frozenset({"eye", "pictures", "language", "held", "word", "trained", "cell", "hidden"})
    rebuilds = draws | {"example"}
    columns = columns() | SEEN | MORE
    shown_as = CaptionStage

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        count, chinese = len(exp.album_of(knobs).captions), knobs["language"] == "zh" and "word" not in given
        found = {**knobs, "word": "七"} if chinese else dict(knobs)
        return found if "example" in given else {**found, "example": min(int(knobs["example"]), count)}

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> dict[str, int]:
        return {**super().lengths(knobs, inputs), "K": exp.net_of(knobs).words}

    def prepare(self, knobs: Knobs, seed: int | None, start: Start | None, seconds: float) -> None:
        if start is None:
            exp.weights(knobs, seed or 0, int(knobs["trained"]), seconds)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        inputs = {**self.source.begin(knobs), "seed": seed or 0}
        image = exp.album_of(knobs).image[:, int(knobs["example"]) - 1]
        return Start(exp.weights(knobs, seed or 0, int(knobs["trained"])), {**inputs, "I": image.tolist()})

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """Eye and cell are those whose parameters a state has."""
        params = state["params"]
        eye = "cnn" if "K1" in params else "mlp" if "W1" in params else "linear" if "D" in params else knobs["eye"]
        kinds = {kind: set(CELLS[kind].names) - BIASES for kind in KINDS}
        cell = next((kind for kind, names in kinds.items() if names <= set(params)), knobs["cell"])
        return super().read(file, state, {**knobs, "eye": eye, "cell": cell})

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track:
        """From weights drawn at random, or from those that were put in by hand in place of the trained ones."""
        seed, theta = int(start.inputs["seed"]), on_device(device, start.params)
        both, drawn = exp.training(device, knobs, seed), exp.weights(knobs, seed, 0)
        if fork is not None:
            return both.track(both.fork(fork, theta), self.grains)
        if not same(start.params, drawn) and same(start.params, exp.weights(knobs, seed, int(knobs["trained"]))):
            theta = on_device(device, drawn)
        return both.track(both.start(theta), self.grains)

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        """The other eyes."""
        others = [{**knobs, "eye": eye} for eye in EYES if eye != knobs["eye"]]
        seed = int(start.inputs["seed"])
        return [(str(other["eye"]), other, Start(exp.weights(other, seed, 0), start.inputs)) for other in others]

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return rules(tuple(sorted(knobs.items())))

    def shown(self, view: View) -> Objective:
        """E of what is on the screen: the one picture, or the batch of the update in focus."""
        if view.training is None:
            return self.objective(view.device, view.knobs, view.start)
        s = Trial(self, view.device, view.knobs, view.start).first
        run = exp.training(view.device, view.knobs, int(view.start.inputs["seed"])).run
        return caption.objective(s.xp, run.net, s.theta, run.batch(view.training.n))

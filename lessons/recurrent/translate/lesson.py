"""The lesson `translate`: a sentence is read and translated, back to its first word; then a net that learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from itertools import product
from typing import Any

from engine.device import Device, rng
from engine.maths.optimisers import OPTIMISERS
from engine.sequences import net as nets
from engine.sequences import writing
from engine.sequences.net import Seq2seq
from engine.sequences.training import upto_end
from engine.sequences.translating import Translating
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track
from engine.walks.reel import Section
from engine.walks.step import Path
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import on_device
from lessons.building.holds import Input, Net, Size, Source
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start, View, hides
from lessons.data.translations.read import LONGEST
from lessons.recurrent.gated import seed_of
from lessons.recurrent.sides import VECTORS
from lessons.recurrent.translate import CELLS, KINDS
from lessons.recurrent.translate import experiment as exp
from lessons.recurrent.translate.stage import TranslateStage

CHANCES = 2
"""Section of the seed that draws the numbers of sampling."""
MOST, FEW = 0.5, 0.2
"""Shares from which most are right, and some."""
NETS = [Seq2seq(exp.CELLS[cell], exp.CELLS[cell], kind, 2, 2, 2) for cell, kind in product(CELLS, KINDS)]
NAMES = frozenset(name for net in NETS for name in nets.shapes(net))
FLAT = frozenset(name for net in NETS for name, shape in nets.shapes(net).items() if len(shape) == 1)


class Sentence(Source):
    """The sentence and its translation, in words; the words of both languages; the seed of what is drawn."""

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        return exp.read_inputs(knobs, 0)

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        return exp.checked(knobs, given, file)

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        sizes = {"S": len(inputs["source"]), "T": len(inputs["target"]) + 1}
        return {**sizes, "K": len(inputs["words"]), "L": len(inputs["translations"])}


def whole(s: Scope, forced: bool = True) -> Translating:
    return exp.translating(s.device, s.knobs, s.theta, s.trial.start.inputs, forced)


def written(s: Scope, at: Path) -> Section:
    """The act `decode`, in the way that the knob says."""
    if s.knobs["decoding"] == "greedy":
        return whole(s, False).decoder(at)
    if s.knobs["decoding"] == "beam":
        return whole(s).beamed(int(s.knobs["beam"]), LONGEST, at)
    drawn = rng(int(s.trial.start.inputs["seed"]), CHANCES).random(LONGEST)
    return whole(s).drawn([s.device.put(float(u)) for u in drawn], float(s.knobs["temperature"]), at)


def objective(s: Scope) -> Objective:
    """The mean loss of the sentence's words, each read as it should have been."""
    return nets.objective(s.xp, s.whole.net, s.theta, s.whole.batch)


def computed(trial: Trial) -> dict[str, Any]:
    """The loss at each word, where it looked, and what the net writes of its own accord."""
    s, get = trial.first, trial.device.get
    losses = [float(get(E)) for E in s.whole.run.E]
    free = whole(s, False)
    codes = [int(get(now["a"]).argmax()) for now in free.run.made]
    looked = [now["looked"] for now in s.whole.run.made]
    return {
        "losses": losses,
        "loss": sum(losses),
        "alpha": [get(each["alpha"])[:, 0] for each in looked if each],
        "translation": [trial.start.inputs["translations"][code] for code in upto_end(codes)],
    }


# predictions


def even(trial: Trial) -> float:
    """The largest weight of the first word."""
    return float(trial.device.get(trial.first.whole.run.made[0]["looked"]["alpha"]).max())


def share(of: str, trial: Trial) -> str:
    """How many of some sentences will be exact."""
    right = getattr(exp.ahead(trial.knobs, trial.start), of)
    return "most" if right >= MOST else "some" if right >= FEW else "few"


def where(trial: Trial) -> str:
    """Where most words of the tests have their largest weight."""
    before, own, after = exp.ahead(trial.knobs, trial.start).where
    return "own" if own >= max(before, after) else "before" if before >= after else "after"


@lru_cache(maxsize=16)
def rules(cell: str, kind: str, optimiser: str) -> Mapping[str, str]:
    """The rules of all acts and of an opened update."""
    net = Seq2seq(exp.CELLS[cell], exp.CELLS[cell], kind, 2, 2, 2)
    writes = {**writing.RULES, **writing.beam_rules(net)}
    return {**nets.rules(net), **writes, **descent.rules(OPTIMISERS[optimiser], tuple(nets.shapes(net)))}


def on_digits(s: Scope) -> bool:
    return bool(s.knobs["data"] == "digits")


class Translate(DeclaredLesson):
    """Places of the source count from s = 0, words of the translation from t = 0."""

    source = Sentence()
    sizes = (Size("H", "hidden"), Size("T", low=1, high=LONGEST + 1))
    holds = (
        Net("V", ("L", "H"), shapes=exp.shapes, names=NAMES, vectors=FLAT, lacking=FLAT),
        Input("force", "T", among=(0.0, 1.0)),
    )
    derived = (Derived("whole", whole),)
    acts = (
        Sections("encode", lambda s, at: [s.whole.encoder(at)]),
        Sections("attend", lambda s, at: [s.whole.decoder(at)]),
        Sections("decode", lambda s, at: [written(s, at)]),
        Sections("backward", lambda s, at: [s.whole.back(at)]),
    )
    gradient = Gradient(objective)
    results = (computed,)
    questions = (
        Question(
            "even", "attend/t=0/attention", "number", even, 0.3, hides=hides("alpha"), when=lambda s: s.whole.net.looks
        ),
        Question("long", "update=0", "choice", partial(share, "without"), track="train", when=on_digits),
        Question(
            "where", "update=0", "choice", where, track="train",
            when=lambda s: on_digits(s) and s.whole.net.looks,
        ),
        Question("longer", "update=0", "choice", partial(share, "longer"), track="train", when=on_digits),
    )  # fmt: skip
    loops = ("update", "phase", ("t", "s"), ())
    grain, ordinals = "t", frozenset({"words"})
    explains = ("pick", "yhat", "a", "htilde", "c", "alpha", "h", "d", "ge", "gd", "gh")
    draws = frozenset({"data", "attention", "cell", "hidden", "pairs"})
    rebuilds = draws | {"sentence"}
    example = False
    columns = VECTORS
    shown_as = TranslateStage

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return exp.begin(knobs, seed or 0)

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """Cell and attention are those whose parameters a state has, the sentence is its own."""
        params, inputs = state["params"], state.get("inputs", {})
        cell = "lstm" if "bf_e" in params else "gru" if "bz_e" in params or "bm_e" in params else "srn"
        kinds = (("Ua", "additive"), ("Wa", "general"), ("Wc", "dot"))
        found = {"cell": cell, "attention": next((kind for name, kind in kinds if name in params), "none")}
        if isinstance(inputs.get("source"), list) and inputs["source"]:
            own = exp.read_inputs({**knobs, **found}, seed_of(inputs))
            if inputs["source"] != own["source"]:
                found["sentence"] = " ".join(map(str, inputs["source"]))
        return super().read(file, state, {**knobs, **found})

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return rules(str(knobs["cell"]), str(knobs["attention"]), str(knobs["optimiser"]))

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        run, theta = exp.training(device, knobs, start), on_device(device, start.params)
        begun = run.start(theta) if fork is None else run.fork(fork, theta)
        measures = [lambda state, n=n: state.data.reading[n] for n in (2, 0, 1)]
        measures += [lambda state, n=n: state.data.reading.by_length[n] for n in range(len(run.ranges))]
        return run.track(begun, self.grains, tuple(measures))

    def rivals(self, knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
        return [exp.other(knobs, start)]

    def shown(self, view: View) -> Objective:
        """E of what is on the screen: the sentence, or the batch of the update in focus."""
        training = view.training
        if training is None or training.state is None:
            return self.objective(view.device, view.knobs, view.start)
        run = exp.training(view.device, view.knobs, view.start)
        batch = run.translating(training.n, training.state.data)
        return nets.objective(view.device.xp, run.net, batch.theta, batch.batch)

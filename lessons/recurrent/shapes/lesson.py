"""The lesson `shapes`: one sequence forward and back, its losses and inputs where the shape has them; then training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import Array, Device
from engine.gated import cell as cells
from engine.gated.cell import Inputs
from engine.gated.net import Net
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.history import State, Track
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import on_device
from lessons.building.holds import Size, Source
from lessons.contract.card import Lead
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start, View, hides
from lessons.data.sequences.sentences import WORDS, typed
from lessons.data.sequences.task import PIXELS, numbers_of
from lessons.recurrent.gated import columns, parameters, seed_of
from lessons.recurrent.shapes import experiment as exp
from lessons.recurrent.shapes.stage import ShapesStage

LEADS = {
    "one_to_one": Lead("network"),
    "one_to_many": Lead("caption"),
    "many_to_one": Lead("memory"),
    "many_to_many": Lead("translate"),
    "in_step": Lead("generate"),
}
"""Where each shape is the whole of a lesson."""
APART, LOST = 0.02, 0.1
"""Shares of right answers that differ by less are alike; a loss of right answers that counts as one."""


class Sequence(Source):
    """What is read and wanted at every timestep: words, or pictures as lists of pixels; None where there is nothing."""

    families = ("x",)

    def begin(self, knobs: Knobs, seed: int = 0) -> dict[str, Any]:
        """The example of the test that the knobs choose, or the sentence that they have. Raises Refused."""
        some, sentence = exp.task_of(knobs, seed), str(knobs["sentence"]).strip()
        x, y = some.example(int(knobs["example"]) - 1)
        if sentence and knobs["shape"] == "many_to_one":
            own = typed(sentence, some.vocabulary, some.classes)
            x, y = [*own.words], [None] * (len(own.words) - 1) + [own.label]
        return {"x": x, "y": y, "vocabulary": [*some.vocabulary], "classes": [*some.classes], "seed": seed}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        begun = self.begin(knobs, seed_of(given))
        for name in ("vocabulary", "classes"):
            if given.get(name, begun[name]) != begun[name]:
                raise Refused("inputs_names", file=file, name=name)
        own = {**begun, **{name: given[name] for name in ("x", "y") if name in given}}
        if not exp.task_of(knobs, begun["seed"]).fits(own["x"], own["y"]):
            raise Refused("inputs_sequence", file=file, most=WORDS, classes=", ".join(begun["classes"]))
        return own

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        return {"T": len(inputs["x"]), "I": len(inputs["vocabulary"]) or PIXELS, "K": len(inputs["classes"])}

    def put(self, device: Device, inputs: Mapping[str, Any]) -> dict[str, dict[int, Array]]:
        both = {"x": inputs["vocabulary"], "y": inputs["classes"]}
        columns = {name: numbers_of(inputs[name], names)[:, :, None] for name, names in both.items()}
        wanted = [t for t, each in enumerate(inputs["y"]) if each is not None]
        return {
            "x": dict(enumerate(map(device.put, columns["x"]))),
            "y": {t: device.put(columns["y"][t]) for t in wanted},
        }

    def edited(self, inputs: Mapping[str, Any], at: int, raw: str) -> dict[str, Any]:
        """Another word; one that is not in the vocabulary too, which is read as 0. Raises Refused."""
        if not raw.strip() or not isinstance(inputs["x"][at], str):
            raise Refused("edit_what", symbol=f"x[{at}]")
        return {"x": [*inputs["x"][:at], raw.strip(), *inputs["x"][at + 1 :]]}

    def nudged(self, inputs: Mapping[str, Any], at: int, by: int) -> str:
        known, word = inputs["vocabulary"], inputs["x"][at]
        if not isinstance(word, str):
            raise Refused("edit_what", symbol=f"x[{at}]")
        return str(known[((known.index(word) if word in known else 0) + by) % len(known)])


SEQUENCE = Sequence()


def net(s: Scope) -> Net:
    """The net on the one sequence."""
    cell, x, y = exp.cell_of(s.knobs), s.trial.held["x"], s.trial.held["y"]
    zero = dict.fromkeys(cell.carry, s.device.put(np.zeros((s.H, 1))))
    return Net(s.device, cell, s.theta, Inputs([x[t] for t in range(s.T)], [y.get(t) for t in range(s.T)], zero))


def computed(trial: Trial) -> dict[str, Any]:
    """The losses by timestep, None where there is none; states and answers."""
    net, get, y = trial.first.net, trial.device.get, trial.start.inputs["y"]
    losses = iter(net.run.E)
    return {
        "losses": [None if each is None else float(get(next(losses))) for each in y],
        "loss": float(sum(get(E) for E in net.run.E)),
        **{name: [get(made[name])[:, 0] for made in net.run.made] for name in net.cell.states},
        "yhat": [get(made["yhat"])[:, 0] if "yhat" in made else None for made in net.run.made],
    }


# predictions


def enters(trial: Trial) -> str:
    """At how many timesteps an error enters from a loss."""
    return {1: "one", trial.lengths["T"]: "all"}.get(trial.first.net.targets, "some")


def compared(trial: Trial, rival: str) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Right answers of the net after so many updates, and of one that it is compared with."""
    return exp.ahead(trial.knobs, trial.start), exp.rivals(*exp.chosen(trial.knobs, trial.start.inputs["seed"]))[rival]


def who_loses(trial: Trial) -> str:
    """Whose right answers the order of the words matters to, after so many updates."""
    lost = [scores["all"] - scores["shuffled"] for scores in compared(trial, "bag")]
    if max(lost) < LOST:
        return "nobody"
    return "both" if min(lost) >= LOST else "net" if lost[0] > lost[1] else "bag"


def at_change(trial: Trial) -> str:
    """Who is right more often at the frame where the digit has just changed, after so many updates."""
    net, frame = compared(trial, "frame")
    apart = net["changed0"] - frame["changed0"]
    return "memory" if apart > APART else "frame" if apart < -APART else "alike"


class Shapes(DeclaredLesson):
    """One cell; the shape says at which timesteps there is an input, and at which a loss."""

    source = SEQUENCE
    sizes = (Size("H", "hidden"),)
    holds = (parameters(exp.cell_of, exp.CELLS.values(), inputs="I"),)
    derived = (Derived("net", net),)
    acts = (
        Sections("forward", lambda s, at: [s.net.forward(at)]),
        Sections("backward", lambda s, at: [s.net.backward(at)]),
    )
    gradient = Gradient(lambda s: cells.objective(s.xp, s.net.cell, s.net.theta, s.net.inputs))
    results = (computed,)
    questions = (
        Question(
            "enters", lambda s: f"backward/k={s.T - 1}", "choice", enters, until="backward/k=0",
            when=lambda s: s.knobs["shape"] == "many_to_one" and s.T > 1,
        ),
        Question(
            "shuffled", "update=0", "choice", who_loses, track="train", hides=hides(panels=["results"]),
            when=lambda s: s.knobs["shape"] == "many_to_one",
        ),
        Question(
            "changed", "update=0", "choice", at_change, track="train", hides=hides(panels=["results", "ages"]),
            when=lambda s: s.knobs["shape"] == "in_step",
        ),
    )  # fmt: skip
    loops = ("update", "phase", ("t", "k"), ())
    grain = "t"
    example = False
    explains = ("h", "c", "gh", "gc", "delta", "yhat")
    draws = frozenset({"shape", "language", "data", "model", "hidden"})
    rebuilds = draws | {"example", "sentence"}
    columns = columns()
    shown_as = ShapesStage

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        """Weights, and the example. Raises Refused."""
        return Start(exp.drawn(knobs, exp.task_of(knobs, seed or 0), seed or 0), SEQUENCE.begin(knobs, seed or 0))

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """The model is the one whose parameters a state has."""
        found = next((name for name, cell in exp.CELLS.items() if {*state["params"]} <= {*cell.names}), knobs["model"])
        return super().read(file, state, {**knobs, "model": found})

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track:
        run, theta = exp.training(device, knobs, start), on_device(device, start.params)
        begun = run.start(theta) if fork is None else run.fork(fork, theta)
        reading = exp.measured(device, run.cell, theta, exp.task_of(knobs, start.inputs["seed"]))
        begun = State(begun.n, begun.data._replace(reading=reading))
        return run.track(begun, self.grains, (lambda state: float(state.data.reading["all"]),))

    def lead(self, view: View) -> Lead | None:
        return None if view.act == "train" else LEADS[str(view.knobs["shape"])]  # there ↵ opens the update

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        cell = exp.cell_of(knobs)
        return {**cells.rules(cell, mean=True), **descent.rules(OPTIMISERS[str(knobs["optimiser"])], cell.names)}

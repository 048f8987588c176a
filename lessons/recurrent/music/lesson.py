"""The lesson `music`: a tune read letter by letter, one written so, and a net that learns to, judged by its bars."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from engine.device import HOST, Device
from engine.gated import cell as cells
from engine.gated.net import Net
from engine.gated.run import writing
from engine.gated.run.files import CELLS
from engine.maths.optimisers import OPTIMISERS
from engine.sequences.judging import tally
from engine.walks import descent
from engine.walks.history import State, Track, advanced
from engine.walks.reel import Section
from engine.walks.step import Path
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Size
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start
from lessons.recurrent.gated import columns, parameters
from lessons.recurrent.letter_net import Text
from lessons.recurrent.music import CELLS as KINDS
from lessons.recurrent.music import learning
from lessons.recurrent.music.learning import WRITTEN
from lessons.recurrent.music.stage import MusicStage

AHEAD = 300
"""Updates that a prediction looks ahead."""
COLD, WARM = 0.5, 1.0
"""Temperatures that it compares."""
APART = 0.03
"""Shares of bars nearer to each other than this count as the same."""


def net(s: Scope) -> Net:
    """The net on the first letters of the tunes."""
    whole = learning.net_of(s.knobs)
    return whole.over(s.device, s.theta, whole.text.codes[: s.T + 1])


def written(s: Scope, at: Path) -> Section:
    """Some letters, written with the weights of the start."""
    return learning.net_of(s.knobs).written(s.device, lambda: s.theta, int(s.trial.start.inputs["seed"]), WRITTEN, at)


def computed(trial: Trial) -> dict[str, Any]:
    """The loss of the first letters; what the net writes, and how its bars and those of counted letters are judged."""
    net, knobs, inputs = trial.first.net, trial.knobs, trial.start.inputs
    losses = [float(trial.device.get(E)) for E in net.run.E]
    n, seed, name = int(inputs.get("updates", 0)), int(inputs["seed"]), str(knobs["tunes"])
    wrote = learning.texts(trial.device, learning.net_of(knobs), net.theta, seed, n)
    tunes = learning.tunes(knobs)
    judged = {"net": tally(wrote, tunes.bars, tunes.state)}
    judged |= {f"order {each.order}": each.tally for each in learning.counted(name, seed)}
    return {
        "losses": losses,
        "loss": sum(losses),
        "bits": sum(losses) / len(losses) / float(np.log(2)),
        "sample": wrote[0],
        "bars": {name: each._asdict() for name, each in judged.items()},
    }


# predictions


def composes(trial: Trial) -> str:
    """How many of the bars that the longest table made up itself add up."""
    name, seed = str(trial.knobs["tunes"]), int(trial.start.inputs["seed"])
    share = learning.counted(name, seed)[-1].tally.share("new_right", "new")
    return "most" if share > 0.75 else "few" if not share > 0.25 else "half"


def colder(trial: Trial) -> str:
    """At which temperature more bars add up, after so many updates."""
    knobs, seed = trial.knobs, int(trial.start.inputs["seed"])
    school = learning.school(HOST, knobs, seed)
    theta = Trial(trial.lesson, HOST, knobs, trial.start).theta
    state = advanced(school.advance, school.start(theta, learning.Judge(HOST, knobs, seed).begin), AHEAD)
    shares = []
    for tau in (COLD, WARM):
        wrote = learning.texts(HOST, learning.net_of({**knobs, "temperature": tau}), state.data.theta, seed, AHEAD)
        shares.append(tally(wrote, (), learning.tunes(knobs).state).share())
    return "cold" if shares[0] > shares[1] + APART else "warm" if shares[1] > shares[0] + APART else "same"


class Music(DeclaredLesson):
    source = Text(learning.net_of)
    sizes = (Size("H", "hidden"),)
    holds = (parameters(lambda k: learning.net_of(k).cell, [CELLS[kind] for kind in KINDS], "by bm"),)
    derived = (Derived("net", net),)
    acts = (
        Sections("read", lambda s, at: [s.net.forward(at)]),
        Sections("write", lambda s, at: [written(s, at)]),
    )
    gradient = Gradient(lambda s: cells.objective(s.xp, s.net.cell, s.net.theta, s.net.inputs))
    results = (computed,)
    questions = (
        Question("new", "write/t=0", "choice", composes),
        Question("colder", "update=0", "choice", colder, track="train"),
    )
    loops = ("update", "phase", ("t", "k"), ())
    grain = "t"
    example = False
    explains = ("pick", "q", "h", "c", "gc", "gh", "delta", "yhat")
    draws = frozenset({"tunes", "cell", "hidden"})
    rebuilds = draws | {"window", "batch"}
    columns = columns() | {"q", "F"}
    shown_as = MusicStage

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        learning.tunes(knobs, look=True)
        return dict(knobs)

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> dict[str, int]:
        """A window is shorter than the knob says where the text is."""
        return {**super().lengths(knobs, inputs), "T": learning.net_of(knobs).streams.T}

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        net = learning.net_of(knobs)
        return Start(net.drawn(seed or 0), {**net.as_read(), "seed": seed or 0})

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """The cell is the one whose parameters a state has."""
        params = state["params"]
        cell = "lstm" if "bf" in params else "gru" if "bz" in params else "srn" if "bh" in params else knobs["cell"]
        return super().read(file, state, {**knobs, "cell": cell})

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        return learning.track(device, knobs, start, fork, self.grains)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        cell, optimiser = learning.net_of(knobs).cell, OPTIMISERS[str(knobs["optimiser"])]
        return {**cells.rules(cell, mean=True), **writing.RULES, **descent.rules(optimiser, cell.names)}

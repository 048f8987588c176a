"""The lesson `generate`: a window of the learner's text forward and back, a net that writes, and one that learns to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from engine.device import HOST, Device
from engine.gated import cell as cells
from engine.gated.cell import Theta
from engine.gated.net import Net
from engine.gated.run import writing
from engine.gated.run.files import CELLS
from engine.maths.optimisers import OPTIMISERS
from engine.walks import descent
from engine.walks.history import State, Track, advanced
from engine.walks.reel import Reel, Section
from engine.walks.step import Path
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Size
from lessons.contract.card import Lead, Place
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start, View
from lessons.recurrent.gated import columns, parameters
from lessons.recurrent.generate import CELLS as KINDS
from lessons.recurrent.generate import POINT, learning
from lessons.recurrent.generate.stage import GenerateStage
from lessons.recurrent.letter_net import Text, largest

AHEAD = 1000
"""Updates that a prediction looks ahead."""
COMPARED = 400
"""Letters at the end of the text that the prediction compares losses on."""
REPLAYED = 200
"""Updates that may be made again to have one back."""


def net(s: Scope) -> Net:
    """The net on the first letters of the text."""
    whole = learning.net_of(s.knobs)
    return whole.over(s.device, s.theta, whole.text.codes[: s.T + 1])


def written(s: Scope, theta: Callable[[], Theta], seed: int, at: Path) -> Section:
    """Some letters, written by the net that `theta` gives."""
    return learning.net_of(s.knobs).written(s.device, theta, seed, GenerateStage.written, at)


def computed(trial: Trial) -> dict[str, Any]:
    """The loss of the first letters, bits per letter, the states; and what the net writes."""
    net, get, inputs = trial.first.net, trial.device.get, trial.start.inputs
    losses = [float(get(E)) for E in net.run.E]
    n, seed = int(inputs.get("updates", 0)), int(inputs["seed"])
    return {
        "losses": losses,
        "loss": sum(losses),
        "bits": sum(losses) / len(losses) / float(np.log(2)),
        **{name: [get(made[name])[:, 0] for made in net.run.made] for name in net.cell.carry},
        "sample": learning.net_of(trial.knobs).sample(trial.device, net.theta, n, seed, learning.LONG),
    }


# predictions


def even(trial: Trial) -> float:
    """Bits per letter of a net that holds every letter as likely."""
    return float(np.log2(trial.lengths["K"]))


def sharper(trial: Trial) -> str:
    """What half the temperature does to the likeliest letter: counted from the scores."""
    assert trial.view is not None
    a, tau = trial.view.get("a[0]"), float(trial.knobs["temperature"])
    assert a is not None
    now, half = largest(a, tau), largest(a, tau / 2)
    return "more" if half > now * 1.001 else "less" if half < now / 1.001 else "same"


def unsure(trial: Trial) -> str:
    """Where a net is less sure after so many updates: at the first letters of words, or at their later ones."""
    s = Trial(trial.lesson, HOST, trial.knobs, trial.start).first
    school = learning.school(HOST, s.knobs, int(trial.start.inputs["seed"]))
    state = advanced(school.advance, school.start(s.theta, learning.Reading(0.0)), AHEAD)
    text = learning.coded(s.knobs)
    codes = text.codes[-COMPARED:]
    space = np.isin(np.array(list(text.letters))[codes], (" ", "\n"))
    E = np.array([float(each) for each in learning.net_of(s.knobs).over(HOST, state.data.theta, codes).run.E])
    first, later = E[space[:-1] & ~space[1:]], E[~space[:-1] & ~space[1:]]
    if not first.size or not later.size:
        return "same"
    return "first" if first.mean() > 1.05 * later.mean() else "later" if later.mean() > 1.05 * first.mean() else "same"


class Generate(DeclaredLesson):
    """What the second layer has bears a 2: Ui2, h2[t]."""

    source = Text(learning.net_of)
    sizes = (Size("H", "hidden"),)
    holds = (
        parameters(
            lambda knobs: learning.net_of(knobs).cell, [CELLS[kind]._replace(layers=2) for kind in KINDS], "by bm bm2"
        ),
    )
    derived = (Derived("net", net),)
    acts = (
        Sections("forward", lambda s, at: [s.net.forward(at)]),
        Sections("backward", lambda s, at: [s.net.backward(at)]),
        Sections("write", lambda s, at: [written(s, lambda: s.theta, int(s.trial.start.inputs["seed"]), at)]),
    )
    gradient = Gradient(lambda s: cells.objective(s.xp, s.net.cell, s.net.theta, s.net.inputs))
    results = (computed,)
    questions = (
        Question("even", "forward/t=0/output", "number", even, 0.1),
        Question("sharper", "write/t=0/draw", "choice", sharper),
        Question("unsure", "update=0", "choice", unsure, track="train"),
    )
    loops = ("update", "phase", ("t", "k"), "layer", ())
    grain = "t"
    example = False
    explains = ("pick", "q", "h2", "h", "c", "gc", "gh", "delta", "yhat")
    draws = frozenset({"corpus", "text", "cell", "layers", "hidden", "symbols", "letter", "case"})
    rebuilds = draws | {"window", "batch"}
    columns = columns("2") | {"q", "F"}
    shown_as = GenerateStage

    def settled(self, knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
        learning.coded(knobs, look=True)
        fitted = dict(knobs) if "symbols" in given else {**knobs, "symbols": learning.symbols(knobs)}
        if "rate" not in given and knobs["cell"] == "srn":
            fitted["rate"] = 0.03  # an SRN leaps where a gated cell does not
        return fitted

    def lead(self, view: View) -> Lead | None:
        """To the other application of slide 29, where a net writes by itself."""
        return Lead("caption", Place("write")) if view.act in ("write", "train") else None

    def lengths(self, knobs: Knobs, inputs: Mapping[str, Any] | None = None) -> dict[str, int]:
        """A window is shorter than the knob says where the text is."""
        return {**super().lengths(knobs, inputs), "T": learning.net_of(knobs).streams.T}

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        net = learning.net_of(knobs)
        return Start(net.drawn(seed or 0), {**net.as_read(), "seed": seed or 0})

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        """Cell and layers are those whose parameters a state has."""
        params = state["params"]
        cell = "lstm" if "Uf" in params else "gru" if "Uz" in params else "srn" if "Uh" in params else knobs["cell"]
        layers = 2 if any(name.endswith("2") for name in params) else 1
        known = {**knobs, "cell": cell, "layers": layers}
        inputs = state.get("inputs")
        letters = inputs.get("letters") if isinstance(inputs, Mapping) else None
        if isinstance(letters, str) and isinstance(learning.coded(known).letters, tuple):
            known["letter"] = POINT  # as all states once were
        return super().read(file, state, known)

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track | None:
        s, seed = Trial(self, device, knobs, start).first, int(start.inputs["seed"])
        school = learning.school(device, knobs, seed)
        state = learning.begin(device, knobs, s.theta, seed) if fork is None else school.fork(fork, s.theta)

        def inside(state: State) -> Reel:
            """The text that the net is watched on, read before the update; the update; letters written after it."""
            read, write = ((("update", state.n), (phase, -1)) for phase in ("read", "write"))
            before = learning.net_of(knobs).over(device, state.data.theta, learning.under(knobs)).forward(read)
            after = written(s, lambda: school.advance(state).data.theta, state.n, write)
            return Reel([before, *school.inside(state, self.grains).sections, after], self.grains)

        track = school.track(state, self.grains, (lambda state: state.data.reading.bits,))
        return track._replace(inside=inside, replays=REPLAYED)

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        cell, optimiser = learning.net_of(knobs).cell, OPTIMISERS[str(knobs["optimiser"])]
        return {**cells.rules(cell, mean=True), **writing.RULES, **descent.rules(optimiser, cell.names)}

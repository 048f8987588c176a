"""The lesson `tree`: a typed tree forward and back, the gradient as a sum over nodes, the chain, and training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import HOST, Device
from engine.maths.optimisers import OPTIMISERS
from engine.trees import recursive
from engine.trees.training import Parts
from engine.trees.tree import Leaf, balanced, distances, leaning, numbered
from engine.walks import descent
from engine.walks.gradient_check import Objective
from engine.walks.history import State, Track, advanced
from lessons.building.acts import Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import function, on_device
from lessons.building.holds import Net, Size
from lessons.contract.card import Lead, Place
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start, View, hides
from lessons.data.treebank import nodes_of
from lessons.data.trees import LANGUAGES
from lessons.recurrent.tree import experiment as exp
from lessons.recurrent.tree.stage import TreeStage

NAMES, BIASES = frozenset(recursive.PARAMETERS), frozenset("bc")
AHEAD = 1000
"""Updates that a prediction looks ahead."""
WELL, BETTER = 0.99, 0.15
"""A share of right answers that is as good as all; how much more than guessing is more."""


def parts(s: Scope) -> Parts:
    """The walks on the typed tree."""
    some = recursive.inputs(s.device, nodes_of(s.trial.start.inputs), s.M, s.K)
    return Parts(s.xp, s.f, s.theta, some, {})


def hell(s: Scope) -> Parts:
    """The walks on the net of `bptt` as a tree. WU is W, under a name that is no parameter's."""
    theta, some, _ = exp.hell(s.device, s.f)
    return Parts(s.xp, s.f, theta, some, {"WU": theta["W"]})


def computed(trial: Trial) -> dict[str, Any]:
    """Vectors, probabilities and losses by node, and E; of the chain its loss and gradient."""
    run, walks, get = trial.first.parts.run, trial.first.hell, trial.device.get
    return {
        "E": float(get(run.E)), "p": {str(n): get(p)[:, 0] for n, p in sorted(run.p.items())},
        "yhat": {str(n): get(each)[:, 0] for n, each in run.yhat.items()},
        "losses": {str(n): float(get(E)) for n, E in run.losses.items()},
        "chain": {"E": float(get(walks.run.E)), "dW": get(walks.grad["W"])},
    }  # fmt: skip


def other_brackets(trial: Trial) -> str:
    """Whether the root is the same where the same words, in the same order, are put together as a chain."""
    typed, other = exp.both_roots(trial.knobs, trial.start)
    return "same" if np.abs(typed - other).max() < 1e-9 else "other"


def can_lean(s: Scope) -> bool:
    """Whether the typed tree is another one than the chain of its words."""
    nodes = nodes_of(s.trial.start.inputs)
    return any(node.inner and nodes[node.right - 1].inner for node in nodes)


def of_the_error(trial: Trial) -> str:
    """What the left child of the root receives of Wᵀ δ, beside what its own label gives it."""
    s, get = trial.first, trial.device.get
    some, back = s.parts.some, s.parts.back
    i = some.nodes[-1].left
    whole = get(s.theta["W"]).T @ get(back.delta[len(some.nodes)])
    came = get(back.by_p[i]) - (get(s.theta["V"]).T @ get(back.e[i]) if i in back.e else 0)
    return "half" if np.allclose(came, whole[: len(came)]) else "mean"


def terms(trial: Trial) -> float:
    """How many terms ∂E/∂W has: one for each inner node."""
    return float(sum(node.inner for node in nodes_of(trial.start.inputs)))


def how_often(trial: Trial) -> str:
    """How often the error of the farthest of eight leaves meets W, balanced and in the chain."""
    far = [max(distances(numbered(shape([Leaf(0)] * 8)))) for shape in (balanced, leaning)]
    return "_".join({3: "three", 7: "seven", 8: "eight"}[n] for n in far)


def depth_one(trial: Trial) -> str:
    """Right answers at the largest depth after so many updates on trees of depth 1 only."""
    knobs = {**trial.knobs, "depth": 1}
    run = exp.training(HOST, knobs, trial.start)
    state = advanced(run.advance, run.start(on_device(HOST, trial.start.params)), AHEAD)
    labels = [tree[-1].label for tree in exp.bank(knobs, trial.start).tests[-1].trees]
    right, guess = state.data.reading.right[-1], float(np.bincount(labels).max()) / len(labels)
    return "all" if right > WELL else "some" if right > guess + BETTER else "guess"


class Tree(DeclaredLesson):
    """Nodes count from 1: leaves in order, then the inner nodes, the root last. Classes and words count from 0."""

    source = exp.TypedTree()
    sizes = (Size("H", "hidden"),)
    holds = (
        Net(
            "b", "H", names=NAMES, vectors=BIASES, lacking=BIASES,
            shapes=lambda knobs, of: recursive.shapes(int(knobs["hidden"]), of["M"], of["K"]),
        ),
    )  # fmt: skip
    derived = (Derived("parts", parts), Derived("hell", hell))
    acts = (
        Sections("forward", lambda s, at: [s.parts.forward(at)]),
        Sections("backward", lambda s, at: [s.parts.errors(at)]),
        Sections("ledger", lambda s, at: [s.parts.ledger(at)]),
        Sections("chain", lambda s, at: s.hell.sections(at)),
    )
    gradient = Gradient(lambda s: recursive.objective(s.xp, s.f, s.theta, s.parts.some))
    results = (computed,)
    questions = (
        Question("brackets", "forward/n=1", "choice", other_brackets, when=can_lean, until="forward/n={N}"),
        Question(
            "halves", lambda s: f"backward/n={s.N}", "choice", of_the_error, hides=hides(panels=["law", "halves"])
        ),
        Question("terms", lambda s: f"ledger/n={s.N}", "number", terms, 0.0, hides=hides(panels=["ledger"])),
        Question("far", "chain/forward/n=1", "choice", how_often, hides=hides(panels=["reach"])),
        Question("one", "update=0", "choice", depth_one, track="train", when=lambda s: s.knobs["data"] in LANGUAGES),
    )
    loops = ("update", "phase", "n", "i", "j")
    grain = "n"
    example = False
    explains = ("p", "by_p", "delta", "net", "yhat", "E")
    draws = frozenset({"hidden", "data"})
    rebuilds = draws | {"tree"}
    columns = recursive.COLUMNS | {f"{slot}_{q}" for slot in "Gmv" for q in "bc"}
    shown_as = TreeStage

    def settled(self, knobs: Knobs, given: Any) -> dict[str, Value]:
        return exp.settled(knobs, given)

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        return exp.begin(knobs, seed or 0, self.source.begin(knobs))

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        moves = descent.rules(OPTIMISERS[str(knobs["optimiser"])], recursive.PARAMETERS)
        return {**recursive.rules(function(knobs)), **moves}

    def lead(self, view: View) -> Lead | None:
        """From the chain to the same net in `bptt`."""
        return Lead("bptt", Place("dW/t=3/k=1")) if view.act == "chain" else None

    def track(self, device: Device, knobs: Knobs, start: Start, fork: State | None = None) -> Track:
        race, theta = exp.race(device, knobs, start), on_device(device, start.params)
        return race.track(race.start(theta) if fork is None else race.fork(fork, theta), self.grains)

    def shown(self, view: View) -> Objective:
        """E of what is on the screen: the typed tree, or the batch of the update in focus."""
        if view.training is None or view.training.state is None:
            return self.objective(view.device, view.knobs, view.start)
        run, n = exp.training(view.device, view.knobs, view.start), view.training.n
        return recursive.objective(view.device.xp, run.f, on_device(view.device, view.start.params), run.batch(n))

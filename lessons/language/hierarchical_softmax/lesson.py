"""The lesson `hierarchical-softmax`: Huffman's tree merge by merge, the path to one word, its gradient, one step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import Array, Rng
from engine.walks.gradient_check import Objective
from engine.walks.reel import indexed
from engine.words import huffman, pair
from lessons.building.acts import Act, Derived, Scope, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Lengths, Parameter, Size, Source
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start
from lessons.language.hierarchical_softmax.stage import HierarchicalSoftmaxStage
from lessons.language.hierarchical_softmax.word_tree import WordTree, built, counted, read
from lessons.language.pairs import numbers, objective


class WordsSource(Source):
    """Words with counts. A state may name the target beside them, which becomes the knob's."""

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        built(str(knobs["words"]), str(knobs["target"]))
        return {"words": str(knobs["words"])}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        found = {name: given.get(name, knobs[name]) for name in ("words", "target")}
        if not all(isinstance(value, str) for value in found.values()):
            raise Refused("words_counts", value=str(found)[:24])
        built(found["words"], found["target"])
        return found

    def knobs(self, inputs: Mapping[str, Any]) -> dict[str, Value]:
        return dict(inputs)

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        words = len(counted(inputs["words"]))
        return {"words": words, "nodes": words - 1}


def child(s: Scope, n: int, bit: int) -> Array | None:
    """The count of a child of merged node n."""
    return s.counts[s.tree.children[n - s.words][bit]] if s.words <= n <= s.tree.root else None


def on_path(s: Scope) -> list[Array]:
    """The vectors of the nodes on the path to the target."""
    return [s.get(f"node[{n}]") for n in s.tree.code.nodes]


def loss(s: Scope) -> Objective:
    """−ln p(target)."""
    return objective(s.device, s.trial.start, "Theta", s.tree.code.nodes, s.bits)


def longest(trial: Trial) -> float:
    """Questions on the path to the rarest word."""
    return float(len(trial.first.tree.codes[-1].bits))


def total(trial: Trial) -> str:
    """What the chances of all words add up to."""
    whole = sum(trial.first.tree.chances(**trial.start.params))
    return "one" if abs(whole - 1) < 1e-9 else "less" if whole < 1 else "more"


def gains(trial: Trial) -> str:
    """What the step did to the chance of the target."""
    before, after = (trial.number(f"{act}/P") for act in ("path", "step"))
    return "rises" if after > before else "falls" if after < before else "stays"


def computed(trial: Trial) -> dict[str, Any]:
    """Every word's code and chance, how many bits the text takes, and the path to the target."""
    tree: WordTree = trial.first.tree
    return {
        "codes": {word: "".join(map(str, code.bits)) for word, code in zip(tree.words, tree.codes, strict=True)},
        "weighted_length": sum(len(code.bits) * count for code, count in zip(tree.codes, tree.counts, strict=False)),
        "p": dict(zip(tree.words, tree.chances(**trial.start.params), strict=True)),
        "path": {"nodes": list(tree.code.nodes), "bits": list(tree.code.bits)},
    }


class HierarchicalSoftmax(DeclaredLesson):
    """Row n of Theta is merged node n, counted from 0 in the order of merging."""

    sizes = (Size("dim", "dim"),)
    source = WordsSource()
    holds = (Parameter("v", "dim", also=("h", "v[0]")), Parameter("Theta", ("nodes", "dim"), rows="node"))
    derived = (
        Derived("tree", lambda s: read(s.knobs, s.trial.start)),
        Derived("counts", lambda s: numbers(s.device, s.tree.counts)),
        Derived("count", lambda s, n: s.counts[n] if n < s.words else None, indexed=True),
        Derived("count_a", lambda s, n: child(s, n, 0), indexed=True),
        Derived("count_b", lambda s, n: child(s, n, 1), indexed=True),
        Derived("nodes_on_path", on_path),
        Derived("theta", lambda s, j: indexed(s.nodes_on_path)(j), indexed=True),
        Derived("bits", lambda s: numbers(s.device, s.tree.code.bits)),
        Derived("d", lambda s, j: indexed(s.bits)(j), indexed=True),
        Derived("rate", lambda s: float(s.knobs["rate"])),
    )
    acts = (
        Act("build", lambda s, at: huffman.build(s.device, s.tree.counts[: s.words], at)),
        Act("path", lambda s, at: pair.forward(s.xp, [s.v], s.nodes_on_path, s.bits, True, at), after=()),
        Act("gradient", lambda s, at: pair.gradients(s.h, s.nodes_on_path, s.q, 1, True, "theta", at)),
        Act("step", lambda s, at: pair.step_and_forward(s.xp, [s.v], s.nodes_on_path, s.bits, s.rate, True, at)),
    )
    gradient = Gradient(loss, name="L")
    results = (("loss", "path/L"), computed)
    questions = (
        Question("longest", "build", "number", longest, 0.0),
        Question("total", lambda s: f"path/j={len(s.bits) - 1}", "choice", total),
        Question("target", "step/after", "choice", gains),
    )
    loops = (("phase", "n"), ("j", "c"))
    grain, from_zero = "j", frozenset("c")
    example = False
    explains = ("P", "s", "a", "q", "dtheta", "dh", "theta", "count")
    rebuilds = frozenset({"words", "dim"})
    shown_as = HierarchicalSoftmaxStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**pair.RULES, **huffman.RULES}

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        v = draw.normal(0, 0.6, lengths["dim"])
        return {"v": np.round(v, 2), "Theta": np.round(draw.normal(0, 0.6, (lengths["nodes"], lengths["dim"])), 2)}

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        fitted, start = super().read(file, state, knobs)
        return fitted, Start(start.params, {"words": start.inputs["words"]})  # the target is a knob's from here on

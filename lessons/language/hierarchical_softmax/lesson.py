"""The lesson `hierarchical-softmax`: Huffman's tree merge by merge, the way to one word, its gradient, one step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.device import HOST, Array, Device, rng
from engine.maths.activations import sigmoid
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain, split
from engine.words import huffman, pair
from engine.words.huffman import HuffmanCode, Tree
from lessons.building.experiment import Experiment, indexed
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.language.hierarchical_softmax.stage import panels, says

GRAINS: Grains = {"act": 0, "phase": 1, "n": 1, "j": 2, "c": 2, "op": 3}
MOST = 40
"""Words that a tree may have here."""


class Words(NamedTuple):
    """The words with their counts, the tree over them, the way to each, and which one is the target."""

    words: tuple[str, ...]
    counts: tuple[int, ...]
    tree: Tree
    ways: tuple[HuffmanCode, ...]
    target: int

    @property
    def way(self) -> HuffmanCode:
        return self.ways[self.target]


def counted(text: str) -> dict[str, int]:
    """Words with counts, from "the:15 fox:7", or from a text whose words are counted. Raises Refused."""
    tokens = text.split()
    if any(":" in token for token in tokens):
        found: dict[str, int] = {}
        for token in tokens:
            word, _, count = token.rpartition(":")
            if not word or not count.isdecimal() or not 1 <= int(count) <= 10**9 or word in found:
                raise Refused("words_counts", value=token[:24])
            found[word] = int(count)
    else:
        found = dict(Counter(token.lower() for token in tokens))
    if not 2 <= len(found) <= MOST:
        raise Refused("words_many", count=len(found), most=MOST)
    return found


@lru_cache(maxsize=8)
def prepared(text: str, target: str) -> Words:
    """The tree of a text and the way to the target. Raises Refused where it is none of the words."""
    found = counted(text)
    words = tuple(sorted(found, key=lambda word: -found[word]))
    if target not in words:
        raise Refused("words_target", value=target, words=" ".join(words[:12]))
    counts = tuple(found[word] for word in words)
    tree = drain(huffman.build(HOST, counts))
    return Words(words, counts, tree, tuple(huffman.codes(tree)), words.index(target))


def of(knobs: Knobs, start: Start) -> Words:
    """The words of a start, and the way to the target that the knobs name: another one keeps tree and vectors."""
    return prepared(str(start.inputs["words"]), str(knobs["target"]))


def parts(device: Device, knobs: Knobs, start: Start) -> tuple[Array, list[Array], list[Array]]:
    """v, the nodes on the way to the target, and the bits taken there, on the device, as columns."""
    way = of(knobs, start).way
    theta = [device.put(start.params["Theta"][node][:, None]) for node in way.nodes]
    return device.put(start.params["v"][:, None]), theta, [device.put([[float(bit)]]) for bit in way.bits]


def probabilities(knobs: Knobs, start: Start) -> list[float]:
    """p of every word, untrained or not."""
    found, v = of(knobs, start), start.params["v"]
    scores = start.params["Theta"] @ v
    chance = [1.0] * len(found.words)
    for i, way in enumerate(found.ways):
        for node, bit in zip(way.nodes, way.bits, strict=True):
            chance[i] *= float(sigmoid(HOST.xp, (1 - 2 * bit) * scores[node]))
    return chance


def at_last_merge(knobs: Knobs, start: Start) -> Path:
    found = of(knobs, start)
    return (("build", -1), ("n", found.tree.root))


def longest(view: View) -> float:
    """Questions on the way to the rarest word."""
    return float(len(of(view.knobs, view.start).ways[-1].bits))


def at_end_of_path(knobs: Knobs, start: Start) -> Path:
    return (("path", -1), ("j", len(of(knobs, start).way.bits) - 1))


def total(view: View) -> str:
    """What the chances of all words add up to."""
    whole = sum(probabilities(view.knobs, view.start))
    return "one" if abs(whole - 1) < 1e-9 else "less" if whole < 1 else "more"


def at_after(knobs: Knobs, start: Start) -> Path:
    return (("step", -1), ("after", -1))


def after_step(view: View) -> Start:
    """The start with the vectors that took part as they are here."""
    v, Theta = view.get("v[0]"), view.start.params["Theta"].copy()
    for j, node in enumerate(of(view.knobs, view.start).way.nodes):
        Theta[node] = view.get(f"theta[{j}]")
    assert v is not None
    return Start({"v": v, "Theta": Theta}, view.start.inputs)


def gains(view: View) -> str:
    """What the step did to the chance of the target."""
    target = of(view.knobs, view.start).target
    before, after = (probabilities(view.knobs, start)[target] for start in (view.start, after_step(view)))
    return "rises" if after > before else "falls" if after < before else "stays"


def chances(view: View) -> dict[str, list[float]]:
    """p of every word by its head in the table, [] where it is not known yet: of the step both, before and after."""
    if view.act == "build":
        return {"p": []}
    before = probabilities(view.knobs, view.start)
    if view.act != "step":
        return {"p": before}
    last = len(of(view.knobs, view.start).way.bits) - 1
    done = view.loop("j") == last and "L" in view.written
    return {"before": before, "after": probabilities(view.knobs, after_step(view)) if done else []}


class HierarchicalSoftmax(Experiment):
    """See `contract.lesson.Lesson`. Row n of Theta is merged node n, counted from 0 in the order of merging."""

    grains = GRAINS
    grain = "j"
    example = False
    asks = (
        Ask("longest", at_last_merge, "number", longest, 0.0),
        Ask("total", at_end_of_path, "choice", total),
        Ask("target", at_after, "choice", gains),
    )
    explains = ("P", "s", "a", "q", "dtheta", "dh", "theta", "count")
    rebuilds = frozenset({"words", "dim"})
    columns = frozenset({"v", "theta", "h", "a", "s", "P", "q", "L", "dh", "dtheta", "dv", "d", "count"})

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        inputs = {"words": str(knobs["words"])}
        draw, D = rng(seed or 0), int(knobs["dim"])
        found = prepared(inputs["words"], str(knobs["target"]))
        params = {"v": draw.normal(0, 0.6, D), "Theta": draw.normal(0, 0.6, (len(found.words) - 1, D))}
        return Start({name: np.round(value, 2) for name, value in params.items()}, inputs)

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        found = prepared(inputs["words"], str(knobs["target"]))
        return {"v": (int(knobs["dim"]),), "Theta": (len(found.words) - 1, int(knobs["dim"]))}

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        fitted, start = super().read(file, state, knobs)
        return fitted, Start(start.params, {"words": start.inputs["words"]})  # the target is a knob's from here on

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        found = {name: given.get(name, knobs[name]) for name in ("words", "target")}
        if not all(isinstance(value, str) for value in found.values()):
            raise Refused("words_counts", value=str(found)[:24])
        prepared(found["words"], found["target"])
        return found

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        v = params.get("v")
        D = len(v) if isinstance(v, list) and 1 <= len(v) <= 8 else knobs["dim"]
        return {**knobs, "dim": D, "words": inputs["words"], "target": inputs["target"]}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        if family == "node" and at:
            return "Theta", (at[0], *index)
        return ("v", index) if symbol in ("v[0]", "h") else (symbol, index)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        xp, rate, found = device.xp, float(knobs["rate"]), of(knobs, start)
        v, theta, d = parts(device, knobs, start)
        h = drain(pair.hidden([v]))
        walked = drain(pair.tree_scores(xp, h, theta, d))
        dtheta, dv = drain(pair.gradients(h, theta, walked.q, 1, True, "theta"))
        nodes = [device.put(row[:, None]) for row in start.params["Theta"]]
        weight = [device.put([[float(count)]]) for count in found.counts]
        for a, b in found.tree.children:
            weight.append(weight[a] + weight[b])
        V = len(found.words)

        def child(side: int) -> Any:
            return lambda n: weight[found.tree.children[n - V][side]] if V <= n <= found.tree.root else None

        families = {
            "theta": indexed(theta), "d": indexed(d), "v": indexed([v]), "node": indexed(nodes), "count_a": child(0),
            "count_b": child(1),
        }  # fmt: skip
        asked = [each.T @ h for each in theta]
        s = [sigmoid(xp, (1 - 2 * bit) * score) for bit, score in zip(d, asked, strict=True)]
        known = {"q": walked.q, "dtheta": dtheta, "dv": dv, "a": asked, "s": s}
        whole = xp.exp(-walked.L)

        def env(*made: str, **more: Any) -> Env:
            return Env({"h": h, "C": 1, "rate": rate, **more}, families | {f: indexed(known[f]) for f in made})

        at: dict[str, Path] = {act: ((act, -1),) for act in self.card.acts}
        J = len(theta)
        return Reel(
            [
                Section(
                    at["build"],
                    lambda: huffman.build(device, found.counts, at["build"]),
                    lambda: Env({}, families | {"count": lambda n: weight[n] if n < V else None}),
                    len(found.tree.children),
                ),
                Section(at["path"], lambda: pair.forward(xp, [v], theta, d, True, at["path"]), env, 3 + 5 * J),
                Section(
                    at["gradient"],
                    lambda: pair.gradients(h, theta, walked.q, 1, True, "theta", at["gradient"]),
                    lambda: env("q", "a", "s", L=walked.L, P=whole),
                    2 + 2 * J,
                ),
                Section(
                    at["step"],
                    lambda: pair.step_and_forward(xp, [v], theta, d, rate, True, at["step"]),
                    lambda: env("q", "a", "s", "dtheta", "dv", L=walked.L, P=whole),
                    J + 1 + 3 + 5 * J,
                ),
            ],
            self.grains,
        )

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**pair.RULES, **huffman.RULES}

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        v, theta, d = parts(device, knobs, start)
        xp, way = device.xp, of(knobs, start).way
        whole = device.put(start.params["Theta"])

        def L(**held: Array) -> Array:
            rows: Array = {"Theta": whole, **held}["Theta"]
            nodes = [rows[n : n + 1, :].T for n in way.nodes]
            return xp.sum(drain(pair.tree_scores(xp, held.get("v", v), nodes, d)).L)

        found = drain(pair.tree_scores(xp, v, theta, d))
        dtheta, dv = drain(pair.gradients(v, theta, found.q, 1, True, "theta"))
        rows = [0 * whole[n : n + 1, :] for n in range(whole.shape[0])]
        for node, grad in zip(way.nodes, dtheta, strict=True):
            rows[node] = grad.T
        return Objective({"v": v, "Theta": whole}, L, {"v": dv[0], "Theta": xp.concat(rows)})

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs), of(view.knobs, view.start), chances(view))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text, of(view.knobs, view.start))

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        found, goal = of(knobs, start), self.objective(device, knobs, start)
        chance = probabilities(knobs, start)
        codes = {word: "".join(map(str, way.bits)) for word, way in zip(found.words, found.ways, strict=True)}
        lengths = sum(len(way.bits) * count for way, count in zip(found.ways, found.counts, strict=True))
        return {
            "loss": float(device.get(goal.loss())),
            "grad": {"v": device.get(goal.gradient["v"])[:, 0], "Theta": device.get(goal.gradient["Theta"])},
            "codes": codes,
            "weighted_length": lengths,
            "p": dict(zip(found.words, chance, strict=True)),
            "path": {"nodes": list(found.way.nodes), "bits": list(found.way.bits)},
        }

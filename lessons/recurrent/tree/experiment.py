"""The experiment of `tree`: the typed tree, the chain that is the net of `bptt`, and what is compared of trees."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from engine.device import HOST, Device, HostArray, rng
from engine.gated.gru import AFTER
from engine.gated.plain import SRN
from engine.maths.activations import Activation
from engine.maths.optimisers import OPTIMISERS
from engine.recurrent import srn
from engine.trees import recursive
from engine.trees.beside_cells import BesideCells
from engine.trees.chain import Chain, chain
from engine.trees.compare import farthest, root
from engine.trees.training import TreeRun
from engine.trees.tree import Branch, Leaf, leaning, numbered
from engine.walks.training import Recipe
from lessons.building.defaults import column, function, on_device, recipe
from lessons.building.holds import Source
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start
from lessons.data.treebank import Brackets, Treebank, branch_of, coded, example, nodes_of, treebank, typed, words_of
from lessons.recurrent.gated import seed_of
from lessons.recurrent.letters import Letters
from lessons.recurrent.simple_net import EXAMPLE

FEW, MANY = 4, 8
"""Units of p where they are not given: for formulas, for other data."""
CELLS, SEQUENCES, RECIPE = 32, 32, Recipe(OPTIMISERS["adam"], 0.01, 1.0)
"""Units of the GRU and of the SRN, expressions that an update reads, and how they learn."""
HELLO, LETTERS = "hello", "helo"
"""The text of the chain, whose letters but the last are read, and its vocabulary."""


def settled(knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
    """The tree and the number of units as the data set asks for, where they are not given."""
    name, text = str(knobs["data"]), str(knobs["tree"]).strip()
    units = knobs["hidden"] if "hidden" in given else FEW if name == "formulas" else MANY
    return {**knobs, "tree": text if "tree" in given and text else example(name), "hidden": units}


class TypedTree(Source):
    """A tree as text, the words and the classes it is read with, and the seed."""

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        name, text = str(knobs["data"]), str(knobs["tree"]).strip()
        words, classes = words_of(name)
        inputs = {"tree": text or example(name), "data": name, "words": [*words], "classes": [*classes], "seed": 0}
        typed(inputs["tree"], name)
        return inputs

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        named = {name: str(given.get(name, knobs[name])) for name in ("tree", "data")}
        own = self.begin({**knobs, **named})
        for name in ("words", "classes"):
            if given.get(name, own[name]) != own[name]:
                raise Refused("inputs_codes", file=file, name=name, wanted=own[name][:8])
        return {**own, "seed": seed_of(given)}

    def knobs(self, inputs: Mapping[str, Any]) -> dict[str, Value]:
        return {"tree": inputs["tree"], "data": inputs["data"]}

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        return {"M": len(inputs["words"]), "K": len(inputs["classes"]), "N": len(nodes_of(inputs))}


def begin(knobs: Knobs, seed: int, inputs: Mapping[str, Any]) -> Start:
    """Weights with two figures."""
    drawn = recursive.drawn(int(knobs["hidden"]), len(inputs["words"]), len(inputs["classes"]), rng(seed, 1))
    return Start({name: np.round(value, 2) for name, value in drawn.items()}, {**inputs, "seed": seed})


def bank(knobs: Knobs, start: Start) -> Treebank:
    """The trees to learn from and to be tested with."""
    return treebank(str(knobs["data"]), int(knobs["depth"]), int(start.inputs["seed"]))


def training(device: Device, knobs: Knobs, start: Start) -> TreeRun:
    """The net on the trees of the data set."""
    some, (words, classes) = bank(knobs, start), (len(start.inputs[name]) for name in ("words", "classes"))
    return TreeRun(
        device, function(knobs), recipe(knobs), some.train.trees, int(knobs["batch"]), int(start.inputs["seed"]),
        words, classes, [each.trees for each in some.tests],
    )  # fmt: skip


def race(device: Device, knobs: Knobs, start: Start) -> BesideCells:
    """The tree in training, and a GRU and an SRN on the brackets of every labelled expression."""
    some, words, run = bank(knobs, start), words_of(str(knobs["data"])), training(device, knobs, start)
    source = Brackets(some.train.read, words, SEQUENCES, run.seed)
    return BesideCells(run, (AFTER, SRN), CELLS, RECIPE, source, [coded(each.read, words.words) for each in some.tests])


def hell(device: Device, f: Activation) -> Chain:
    """The net of `bptt` on "hell" as a chain: without biases, from a start state of zeros."""
    codes, H = Letters().coded(HELLO), len(EXAMPLE["W"])
    hot = [device.put(row[:, None]) for row in np.eye(len(LETTERS))]
    b, c, start = (column(device, np.zeros(size)) for size in (H, len(hot), H))
    U, W, V = (device.put(EXAMPLE[name]) for name in "UWV")
    some = srn.Inputs([hot[k] for k in codes["x"]], [hot[k] for k in codes["y"]], start)
    return chain(device.xp, f, srn.Params(U, W, V, b, c), some, codes["y"])


def shaped(knobs: Knobs, start: Start, trees: Sequence[Branch]) -> list[tuple[HostArray, int, float]]:
    """Of each tree the root's vector, how far its farthest leaf is, and ‖∂p_root/∂p‖ of that leaf."""
    f, theta = function(knobs), on_device(HOST, start.params)
    return [(root(HOST, f, theta, n), *farthest(HOST, f, theta, n)) for n in map(numbered, trees)]


def both_roots(knobs: Knobs, start: Start) -> list[HostArray]:
    """The root's vector as the tree is typed, and where the same words are put together as a chain."""
    words = [Leaf(node.word) for node in nodes_of(start.inputs) if not node.inner]
    return [vector for vector, *_ in shaped(knobs, start, [branch_of(start.inputs), leaning(words)])]

"""The simple recurrent network as a tree that leans to the left: the chain is the tree, not only like it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import Activation
from engine.recurrent import srn
from engine.trees.recursive import Inputs, Theta
from engine.trees.tree import Branch, Leaf, Pair, numbered
from engine.walks.step import drain


class Chain(NamedTuple):
    """A recursive net that is an SRN on T letters: W = [W, U] (H, H + K), and its tree.

    The lowest leaf, node 1, is the start state; node t + 2 the letter of timestep t, one-hot; node T + 2 + t is s[t].
    """

    theta: Theta
    inputs: Inputs
    run: srn.Forward
    """The SRN's own forward pass."""


def chain(xp: Any, f: Activation, theta: srn.Params, some: srn.Inputs, classes: Sequence[int]) -> Chain:
    """The chain of a batch of one, with units f; `classes` are the letters wanted, as numbers."""
    whole: Branch = Leaf(0)
    for label in classes:
        whole = Pair(whole, Leaf(0), label)
    labels, given = dict(enumerate(some.y, len(some.x) + 2)), dict(enumerate((some.s_init, *some.x), 1))
    W: Array = xp.concat((theta.W, theta.U), axis=1)
    held = {"L": 0 * theta.U, "W": W, "b": theta.b, "V": theta.V, "c": theta.c}
    run = drain(srn.forward(xp, f, theta, some))
    return Chain(held, Inputs(numbered(whole), {}, labels, given), run)
